import json
import os
import urllib.error
import urllib.request
from datetime import datetime, timezone

created_at = datetime.now(timezone.utc)  # when it happened, from your order: here, now
request = urllib.request.Request(
    "BASE/v1/events",
    data=json.dumps({
        "external_id": "PED-2005:created",  # from your order too: a repeat must be the same
        "type": "order.created",
        "occurred_at": created_at.isoformat(),
        "customer": {"external_id": "CLI-42", "phone": "+5511900000001", "name": "Cliente Exemplo"},
        "data": {"order_id": "2005", "total": {"amount": 19990, "currency": "BRL"}},
    }).encode(),
    headers={
        "Authorization": f"Bearer {os.environ['WPP_TOKEN']}",
        "Content-Type": "application/json",
    },
)
try:
    with urllib.request.urlopen(request) as response:  # 202 the first time, 200 for a repeat
        answer = json.load(response)
except urllib.error.HTTPError as error:
    problem = json.load(error)
    raise SystemExit(f"{problem['code']}: {problem['action']} {problem['request_id']}")
print(answer["id"], answer["decision"]["outcome"], answer["decision"]["reason"] or "")
