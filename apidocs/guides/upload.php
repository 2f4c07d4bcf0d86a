<?php
function call(string $path, string $key, array|string $body, string ...$headers): string
{
    $call = curl_init('BASE' . $path);
    curl_setopt_array($call, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('WPP_TOKEN'), 'Idempotency-Key: ' . $key, ...$headers],
        CURLOPT_POSTFIELDS => $body, // an array is sent as multipart/form-data
    ]);
    $answer = json_decode(curl_exec($call), true);
    if (curl_getinfo($call, CURLINFO_RESPONSE_CODE) >= 300) {
        exit("{$answer['code']}: {$answer['action']} {$answer['request_id']}\n");
    }
    return $answer['id'];
}

$media = call('/v1/media', 'PED-1004:nota', ['file' => new CURLFile('nota.pdf', 'application/pdf', 'nota.pdf')]);

echo call('/v1/messages', 'PED-1004:nota:envio', json_encode([
    'to' => '+5511900000001',
    'type' => 'document',
    'document' => ['id' => $media, 'caption' => 'Nota do pedido 1004', 'filename' => 'nota-1004.pdf'],
]), 'Content-Type: application/json'), "\n";
