package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
)

// payload is an event as it was reported, without what was left out. What names
// the customer, and codes that pay or track, are masked until they are
// revealed; who may only read sees it as the request log keeps it.
func (s sight) payload(e portal.Event) ([]byte, error) {
	sent := struct {
		ExternalID string               `json:"external_id"`
		Type       string               `json:"type"`
		OccurredAt string               `json:"occurred_at"`
		Customer   portal.EventCustomer `json:"customer"`
		Data       portal.EventData     `json:"data"`
	}{ExternalID: e.ExternalID, Type: e.Type, OccurredAt: portal.FormatTime(e.OccurredAt)}
	if err := errors.Join(json.Unmarshal(e.Customer, &sent.Customer), json.Unmarshal(e.Data, &sent.Data)); err != nil {
		return nil, err
	}
	if len(sent.Data.Items) == 0 {
		sent.Data.Items = nil
	}
	if !s.revealed && !s.withheld {
		s.maskCustomer(&sent.Customer)
		s.maskData(&sent.Data)
	}
	raw, err := json.Marshal(sent)
	if err != nil {
		return nil, err
	}
	if raw, err = given(raw); err != nil || !s.withheld {
		return raw, err
	}
	return []byte(audit.Mask("application/json", raw)), nil
}

func (s sight) maskCustomer(c *portal.EventCustomer) {
	through(s.number, c.Phone)
	through(s.email, c.Email)
	through(s.text, c.ExternalID)
	if c.OptIn != nil {
		through(s.text, c.OptIn.Source, c.OptIn.Evidence)
	}
}

func (s sight) maskData(d *portal.EventData) {
	through(s.text, d.Status, d.Reason)
	for i := range d.Items {
		through(s.text, &d.Items[i].Name, d.Items[i].URL, d.Items[i].ImageURL)
	}
	if p := d.Payment; p != nil {
		through(s.opaque, p.PixCode, p.BoletoLine)
		through(s.text, p.URL)
	}
	if p := d.Shipment; p != nil {
		through(s.opaque, p.TrackingCode, p.TrackingURL)
	}
	if l := d.Links; l != nil {
		through(s.text, l.Order, l.Cart, l.Checkout, l.Invoice)
	}
}

// through replaces every text that is there by what how makes of it.
func through(how func(string) string, texts ...*string) {
	for _, t := range texts {
		if t != nil {
			*t = how(*t)
		}
	}
}

// given copies JSON without its members that are null.
func given(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	in, to := jsontext.NewDecoder(bytes.NewReader(raw)), jsontext.NewEncoder(&out)
	for {
		token, err := in.ReadToken()
		if errors.Is(err, io.EOF) {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, err
		}
		token = token.Clone()
		if kind, n := in.StackIndex(in.StackDepth()); kind == jsontext.KindBeginObject && n%2 == 1 && in.PeekKind() == jsontext.KindNull {
			if err := in.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		if err := to.WriteToken(token); err != nil {
			return nil, err
		}
	}
}
