import json
import os
import time
import urllib.error
import urllib.request


def send(key, body):
    """Repeats the same request, with the same key, until it has an answer
    that waiting will not change."""
    for attempt in range(6):
        wait = 2 ** attempt
        request = urllib.request.Request(
            "BASE/v1/messages",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {os.environ['WPP_TOKEN']}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        try:
            return urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            if error.code != 429 and error.code < 500:
                raise
            wait = int(error.headers.get("Retry-After") or wait)
        except urllib.error.URLError:
            pass
        time.sleep(wait)
    raise SystemExit("no answer")


answer = send("PED-1005:enviado", {
    "to": "+5511900000001",
    "type": "text",
    "text": {"body": "Olá! Seu pedido 1005 foi enviado."},
})
print(answer.status, answer.headers.get("Idempotency-Replayed"))
