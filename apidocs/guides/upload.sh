media=$(curl -sS --fail-with-body BASE/v1/media \
  -H "Authorization: Bearer $WPP_TOKEN" \
  -H "Idempotency-Key: PED-1001:nota" \
  -F "file=@nota.pdf;type=application/pdf" | sed -n 's/.*"id":"\(med_[^"]*\)".*/\1/p')

curl -sS --fail-with-body BASE/v1/messages \
  -H "Authorization: Bearer $WPP_TOKEN" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: PED-1001:nota:envio" \
  -d '{"to":"+5511900000001","type":"document","document":{"id":"'"$media"'","caption":"Nota do pedido 1001","filename":"nota-1001.pdf"}}'
