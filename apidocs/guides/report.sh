# occurred_at is when it happened, from your order: here, now.
curl BASE/v1/events \
  -H "Authorization: Bearer $WPP_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "external_id": "PED-2001:created",
    "type": "order.created",
    "occurred_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
    "customer": {"external_id": "CLI-42", "phone": "+5511900000001", "name": "Cliente Exemplo"},
    "data": {"order_id": "2001", "total": {"amount": 19990, "currency": "BRL"}}
  }'
