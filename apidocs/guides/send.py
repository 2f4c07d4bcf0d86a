import json
import os
import urllib.error
import urllib.request

request = urllib.request.Request(
    "BASE/v1/messages",
    data=json.dumps({
        "to": "+5511900000001",
        "type": "text",
        "text": {"body": "Olá! Seu pedido 1005 foi enviado."},
    }).encode(),
    headers={
        "Authorization": f"Bearer {os.environ['WPP_TOKEN']}",
        "Content-Type": "application/json",
        "Idempotency-Key": "PED-1005:enviado",
    },
)
try:
    with urllib.request.urlopen(request) as response:
        print(json.load(response)["id"])
except urllib.error.HTTPError as error:
    problem = json.load(error)
    raise SystemExit(f"{problem['code']}: {problem['action']} {problem['request_id']}")
