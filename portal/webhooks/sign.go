package webhooks

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
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
func Body(e portal.WebhookEvent) ([]byte, error) {
	envelope := EnvelopeOf(e)
	envelope.Data = json.RawMessage("0")
	head, err := json.Marshal(envelope)
	if err != nil {
		return nil, err
	}
	// What was stored is JSON already; reading it again would cost as much as all the rest.
	head = head[:len(head)-len("0}")]
	body := append(make([]byte, 0, len(head)+len(e.Data)+1), head...)
	return append(append(body, e.Data...), '}'), nil
}

// PayloadVersion is that of Body.
const PayloadVersion = 1

// signer makes both signatures of a key.
type signer struct {
	secret  *standardwebhooks.Webhook
	private ed25519.PrivateKey
}

func newSigner(k portal.SigningKeys) (signer, error) {
	w, err := standardwebhooks.NewWebhookRaw(k.Secret)
	if err != nil {
		return signer{}, fmt.Errorf("signing secret: %w", err)
	}
	return signer{w, ed25519.NewKeyFromSeed(k.Private)}, nil
}

// newSigners returns those of an endpoint, the current one first.
func newSigners(secrets portal.EndpointSecrets) (list []signer, err error) {
	keys := []portal.SigningKeys{secrets.Current}
	if secrets.Previous != nil {
		keys = append(keys, *secrets.Previous)
	}
	for _, k := range keys {
		s, err := newSigner(k)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// sign returns the headers of Standard Webhooks 1.0.0 for an attempt made at
// now: an HMAC-SHA256 (v1) and an ed25519 signature (v1a) of each key.
func sign(signers []signer, id string, now time.Time, body []byte) (http.Header, error) {
	at := strconv.FormatInt(now.Unix(), 10)
	signed := append(append(make([]byte, 0, len(id)+len(at)+len(body)+2), id+"."+at+"."...), body...)
	signatures := make([]string, 0, 2*len(signers))
	for _, s := range signers {
		v1, err := s.secret.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("sign %s: %w", id, err)
		}
		signatures = append(signatures, v1, "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, signed)))
	}
	return http.Header{
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {at},
		"Webhook-Signature": {strings.Join(signatures, " ")},
	}, nil
}

// Local signs for a receiver on the machine of a developer, with keys of its
// own (wpp listen).
type Local struct {
	Secret string // whsec_…
	signer signer
}

// NewLocal returns a signer with that secret, or with a new one for "".
func NewLocal(secret string) (l Local, err error) {
	k := newKeys()
	if secret != "" {
		if k.Secret, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")); err != nil || len(k.Secret) < 24 || len(k.Secret) > 64 {
			return l, errors.New("a signing secret is whsec_ and 24 to 64 bytes in base64")
		}
	}
	s, err := newSigner(k)
	return Local{Secret: secretText(k), signer: s}, err
}

// Header returns the headers of an attempt made at now.
func (l Local) Header(id string, now time.Time, body []byte) (http.Header, error) {
	return sign([]signer{l.signer}, id, now, body)
}
