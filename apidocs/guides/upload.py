import json
import os
import secrets
import urllib.error
import urllib.request


def call(path, key, kind, body):
    request = urllib.request.Request("BASE" + path, data=body, headers={
        "Authorization": f"Bearer {os.environ['WPP_TOKEN']}",
        "Content-Type": kind,
        "Idempotency-Key": key,
    })
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)["id"]
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        raise SystemExit(f"{problem['code']}: {problem['action']} {problem['request_id']}")


boundary = secrets.token_hex(16)
with open("nota.pdf", "rb") as file:
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="nota.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
media = call("/v1/media", "PED-1005:nota", f"multipart/form-data; boundary={boundary}", form)

print(call("/v1/messages", "PED-1005:nota:envio", "application/json", json.dumps({
    "to": "+5511900000001",
    "type": "document",
    "document": {"id": media, "caption": "Nota do pedido 1005", "filename": "nota-1005.pdf"},
}).encode()))
