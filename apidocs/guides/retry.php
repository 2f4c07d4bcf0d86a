<?php
// Repeats the same request, with the same key, until it has an answer that
// waiting will not change.
function send(string $key, array $body): int
{
    for ($try = 0; ; $try++) {
        $wait = 2 ** $try;
        $call = curl_init('BASE/v1/messages');
        curl_setopt_array($call, [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPHEADER => [
                'Authorization: Bearer ' . getenv('WPP_TOKEN'),
                'Content-Type: application/json',
                'Idempotency-Key: ' . $key,
            ],
            CURLOPT_POSTFIELDS => json_encode($body),
            CURLOPT_HEADERFUNCTION => function ($call, $line) use (&$wait) {
                if (preg_match('/^retry-after: *(\d+)/i', $line, $found)) {
                    $wait = (int) $found[1];
                }
                return strlen($line);
            },
        ]);
        curl_exec($call);
        $status = curl_getinfo($call, CURLINFO_RESPONSE_CODE);
        $again = $status === 0 || $status === 429 || $status >= 500;
        if (!$again || $try === 5) {
            return $status;
        }
        sleep($wait);
    }
}

echo send('PED-1004:enviado', [
    'to' => '+5511900000001',
    'type' => 'text',
    'text' => ['body' => 'Olá! Seu pedido 1004 foi enviado.'],
]), "\n";
