<?php
$call = curl_init('BASE/v1/messages');
curl_setopt_array($call, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        'Authorization: Bearer ' . getenv('WPP_TOKEN'),
        'Content-Type: application/json',
        'Idempotency-Key: PED-1004:enviado',
    ],
    CURLOPT_POSTFIELDS => json_encode([
        'to' => '+5511900000001',
        'type' => 'text',
        'text' => ['body' => 'Olá! Seu pedido 1004 foi enviado.'],
    ]),
]);
$answer = json_decode(curl_exec($call), true);
if (curl_getinfo($call, CURLINFO_RESPONSE_CODE) !== 202) {
    exit("{$answer['code']}: {$answer['action']} {$answer['request_id']}\n");
}
echo $answer['id'], "\n";
