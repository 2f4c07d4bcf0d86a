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

// Envelope is an event on the wire, to receivers and in the feed.
type Envelope struct {
	ID          string          `json:"id" example:"evt_01KB2M4X7Q9V0T3R5N8W6Y1Z10"`
	Type        string          `json:"type" doc:"Answer 2xx to types you do not know."`
	Timestamp   string          `json:"timestamp" format:"date-time" doc:"When it happened, not when it was sent."`
	Version     int             `json:"version" doc:"Of the payload."`
	AccountID   string          `json:"account_id"`
	Environment string          `json:"environment" enum:"test,live"`
	Subject     string          `json:"subject" doc:"Id of what the event is about."`
	Sequence    int             `json:"sequence" doc:"Counts the events of the subject from 1: drop one that is not greater than the last you kept."`
	Data        json.RawMessage `json:"data" doc:"The resource as it then was, under its own name."`
}

// EnvelopeOf puts an event into its envelope.
func EnvelopeOf(e portal.WebhookEvent) Envelope {
	return Envelope{
		ID: e.ID, Type: e.Type, Timestamp: portal.FormatTime(e.At), Version: PayloadVersion, AccountID: e.AccountID,
		Environment: string(e.Environment), Subject: e.Subject, Sequence: e.Sequence, Data: e.Data,
	}
}

// Body returns the bytes that every receiver of the event gets.
func Body(e portal.WebhookEvent) ([]byte, error) { return json.Marshal(EnvelopeOf(e)) }

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
