curl BASE/v1/messages \
  -H "Authorization: Bearer $WPP_TOKEN" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: PED-1001:enviado" \
  -d '{"to":"+5511900000001","type":"text","text":{"body":"Olá! Seu pedido 1001 foi enviado."}}'
