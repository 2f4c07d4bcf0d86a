<?php
$createdAt = time(); // when it happened, from your order: here, now
$call = curl_init('BASE/v1/events');
curl_setopt_array($call, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        'Authorization: Bearer ' . getenv('WPP_TOKEN'),
        'Content-Type: application/json',
    ],
    CURLOPT_POSTFIELDS => json_encode([
        'external_id' => 'PED-2004:created', // from your order too: a repeat must be the same
        'type' => 'order.created',
        'occurred_at' => date(DATE_ATOM, $createdAt),
        'customer' => ['external_id' => 'CLI-42', 'phone' => '+5511900000001', 'name' => 'Cliente Exemplo'],
        'data' => ['order_id' => '2004', 'total' => ['amount' => 19990, 'currency' => 'BRL']],
    ]),
]);
$answer = json_decode(curl_exec($call), true);
if (curl_getinfo($call, CURLINFO_RESPONSE_CODE) > 299) { // 202 the first time, 200 for a repeat
    exit("{$answer['code']}: {$answer['action']} {$answer['request_id']}\n");
}
echo $answer['id'], ' ', $answer['decision']['outcome'], ' ', $answer['decision']['reason'], "\n";
