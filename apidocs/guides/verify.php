<?php
// Whether a call is ours, whole, and not older than five minutes.
function verified(array $server, string $body): bool
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $at = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($at) || abs(time() - (int) $at) > 300) {
        return false;
    }
    $secret = base64_decode(substr(getenv('WPP_WEBHOOK_SECRET'), strlen('whsec_')));
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $secret, true));
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $got) { // two v1 during a rotation
        if (hash_equals($want, $got)) {
            return true;
        }
    }
    return false;
}

$body = file_get_contents('php://input'); // the raw bytes, not JSON written anew
if (!verified($_SERVER, $body)) {
    http_response_code(401);
    exit;
}
error_log('keep ' . $_SERVER['HTTP_WEBHOOK_ID']); // store it, then answer, then work
http_response_code(204);
