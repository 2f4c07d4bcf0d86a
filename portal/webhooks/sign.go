package webhooks

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wppmarketing/developers/portal"
)

// newKeys makes the keys of an endpoint.
func newKeys() portal.SigningKeys {
	k := portal.SigningKeys{Secret: make([]byte, 32), Private: make([]byte, ed25519.SeedSize)}
	_, _ = rand.Read(k.Secret) // crypto/rand.Read never fails since Go 1.24
	_, _ = rand.Read(k.Private)
	return k
}

// secretText is the signing secret as it is shown once.
func secretText(k portal.SigningKeys) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(k.Secret)
}

// publicKey is the public half of the ed25519 key.
func publicKey(k portal.SigningKeys) string {
	public := ed25519.NewKeyFromSeed(k.Private).Public().(ed25519.PublicKey) //nolint:forcetypeassert // it is, says crypto/ed25519
	return "whpk_" + base64.StdEncoding.EncodeToString(public)
}

// Body returns the bytes that every receiver of the event gets.
func Body(e portal.WebhookEvent) ([]byte, error) {
	return json.Marshal(struct {
		ID          string             `json:"id"`
		Type        string             `json:"type"`
		Timestamp   string             `json:"timestamp"`
		Version     int                `json:"version"`
		AccountID   string             `json:"account_id"`
		Environment portal.Environment `json:"environment"`
		Subject     string             `json:"subject"`
		Sequence    int                `json:"sequence"`
		Data        json.RawMessage    `json:"data"`
	}{e.ID, e.Type, portal.FormatTime(e.At), PayloadVersion, e.AccountID, e.Environment, e.Subject, e.Sequence, e.Data})
}

// PayloadVersion is that of Body.
const PayloadVersion = 1

// sign returns the headers of Standard Webhooks 1.0.0 for an attempt made at
// now: an HMAC-SHA256 (v1) and an ed25519 signature (v1a) of each valid key.
func sign(e portal.WebhookEndpoint, secrets portal.EndpointSecrets, id string, now time.Time, body []byte) (http.Header, error) {
	keys := []portal.SigningKeys{secrets.Current}
	if secrets.Previous != nil && e.PreviousExpiresAt != nil && now.Before(*e.PreviousExpiresAt) {
		keys = append(keys, *secrets.Previous)
	}
	var signatures []string
	for _, k := range keys {
		w, err := standardwebhooks.NewWebhookRaw(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("signing secret of %s: %w", e.ID, err)
		}
		v1, err := w.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("sign for %s: %w", e.ID, err)
		}
		signed := append([]byte(id+"."+strconv.FormatInt(now.Unix(), 10)+"."), body...)
		v1a := ed25519.Sign(ed25519.NewKeyFromSeed(k.Private), signed)
		signatures = append(signatures, v1, "v1a,"+base64.StdEncoding.EncodeToString(v1a))
	}
	return http.Header{
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
		"Webhook-Signature": {strings.Join(signatures, " ")},
	}, nil
}
