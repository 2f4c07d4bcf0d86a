# One delivery as it came: its raw body in body.json, its headers in variables.
key=$(printf %s "${WPP_WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
want=v1,$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)

case " $WEBHOOK_SIGNATURE " in
  *" $want "*) ;; # the list has two v1 during a rotation
  *) echo "not ours, or changed on its way"; exit 1 ;;
esac
age=$(($(date +%s) - WEBHOOK_TIMESTAMP))
if [ "${age#-}" -gt 300 ]; then echo "more than five minutes away"; exit 1; fi
echo "verified"
