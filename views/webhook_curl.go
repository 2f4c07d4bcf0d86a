package views

import (
	"maps"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// curl is the last call of the delivery as a command that signs it anew: a
// receiver refuses the signature of an old moment. Secrets are variables, in
// capitals, that the reader sets. "" when the body is not shown.
func (o DeliveryOpen) curl(e portal.WebhookEndpoint) string {
	if len(o.Attempts) == 0 || o.Attempts[0].Body == "" || o.Attempts[0].Attempt.Request == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(`key=$(printf %s "${WPP_WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')` + "\n")
	b.WriteString("id=" + logQuote(o.Delivery.EventID) + " at=$(date +%s)\n")
	b.WriteString("body=" + logQuote(strings.TrimSpace(o.Attempts[0].Body)) + "\n")
	b.WriteString(`signature=v1,$(printf '%s.%s.%s' "$id" "$at" "$body" |` + "\n")
	b.WriteString(`  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)` + "\n")
	b.WriteString("curl -i " + logQuote(e.URL) + " \\\n")
	b.WriteString(`  -H "webhook-id: $id" -H "webhook-timestamp: $at" -H "webhook-signature: $signature"`)
	headers := o.Attempts[0].Attempt.Request.Headers
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if strings.HasPrefix(name, "webhook-") {
			continue
		}
		b.WriteString(" \\\n  -H ")
		if strings.Contains(headers[name], "••") {
			b.WriteString(logQuote(name+": ") + `"$` + shellName(name) + `"`)
		} else {
			b.WriteString(logQuote(name + ": " + headers[name]))
		}
	}
	b.WriteString(" \\\n  --data-raw \"$body\"")
	return b.String()
}

// shellName makes the name of a variable of that of a header.
func shellName(header string) string {
	return "H_" + strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(header))
}
