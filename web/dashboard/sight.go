package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views/ui"
)

// sight is what of a person's data a reader sees. Numbers, e-mail addresses and
// WhatsApp's ids are masked until they are revealed; to who may only read,
// names and contents are withheld too, and nothing can be revealed.
type sight struct{ revealed, withheld bool }

// sight returns what p sees without revealing anything.
func (p *Person) sight() sight { return sight{withheld: !p.May(portal.WriteMessages)} }

const masked = "••••"

func (s sight) number(e164 string) string {
	if s.revealed {
		return phone.Format(e164)
	}
	return phone.Mask(e164)
}

// waID is the number as WhatsApp writes it: without its plus sign.
func (s sight) waID(id string) string {
	if s.revealed || id == "" {
		return id
	}
	if m := phone.Mask("+" + id); m != masked {
		return m
	}
	return masked
}

func (s sight) email(address string) string {
	if s.revealed || address == "" {
		return address
	}
	return masked + "@" + masked
}

func (s sight) name(name string) string {
	if !s.withheld || name == "" {
		return name
	}
	first, _ := utf8.DecodeRuneInString(name)
	return string(first) + masked
}

func (s sight) text(text string) string {
	if s.revealed {
		return text
	}
	return audit.MaskText(text)
}

// key is a reporter's own id of a person, an event or a message. Shops use
// numbers, e-mail addresses and documents as such: who may only read does not
// see those in it.
func (s sight) key(id string) string {
	if !s.withheld {
		return id
	}
	return s.text(id)
}

// opaque is an id that may hold a number.
func (s sight) opaque(id string) string {
	if s.revealed || id == "" {
		return id
	}
	return masked
}

// content masks the texts inside the JSON of a message.
func (s sight) content(raw json.RawMessage) json.RawMessage {
	if s.revealed || raw == nil {
		return raw
	}
	var tree any
	if s.withheld || json.Unmarshal(raw, &tree) != nil {
		return nil
	}
	out, err := json.Marshal(s.tree(tree))
	if err != nil {
		return nil
	}
	return out
}

func (s sight) tree(node any) any {
	switch v := node.(type) {
	case string:
		return s.text(v)
	case []any:
		for i := range v {
			v[i] = s.tree(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = s.tree(v[k])
		}
	}
	return node
}

// message returns m with what s does not see masked. The account's own number stays.
func (s sight) message(m portal.Message) portal.Message {
	switch {
	case s.revealed:
	case m.Direction == portal.Inbound:
		m.From = phone.Mask(m.From)
	default:
		m.To = phone.Mask(m.To)
	}
	m.WAID, m.ProviderMessageID, m.Reference = s.waID(m.WAID), s.opaque(m.ProviderMessageID), s.key(m.Reference)
	m.Content, m.Fallback = s.content(m.Content), s.content(m.Fallback)
	if m.Failure != nil && m.Failure.Provider != nil {
		told := *m.Failure.Provider
		told.Details = s.text(told.Details)
		m.Failure = &portal.Failure{Code: m.Failure.Code, Provider: &told}
	}
	return m
}

// contact returns c with what s does not see masked.
func (s sight) contact(c portal.Contact) portal.Contact {
	c.Phone, c.WAID, c.Email, c.UserID = s.number(c.Phone), s.waID(c.WAID), s.email(c.Email), s.opaque(c.UserID)
	c.Name, c.Username, c.ExternalID = s.name(c.Name), s.name(c.Username), s.key(c.ExternalID)
	c.OptIn.Evidence = s.text(c.OptIn.Evidence)
	attributes := make(map[string]any, len(c.Attributes))
	for k, v := range c.Attributes {
		if s.withheld {
			attributes[k] = masked
		} else {
			attributes[k] = s.tree(v)
		}
	}
	c.Attributes = attributes
	return c
}

// handoff returns h with what s does not see masked.
func (s sight) handoff(h portal.Handoff) portal.Handoff {
	h.ContactPhone, h.ContactName = s.number(h.ContactPhone), s.name(h.ContactName)
	h.Reason, h.Note, h.ResolutionNote = s.text(h.Reason), s.text(h.Note), s.text(h.ResolutionNote)
	if s.withheld {
		h.Note, h.ResolutionNote = "", ""
	}
	return h
}

// mayReveal reports whether the person may see the numbers of a contact: by
// role, or because its open conversation is theirs.
func (d *Dashboard) mayReveal(ctx context.Context, p *Person, contactID string) (bool, error) {
	if p.May(portal.RevealNumbers) {
		return true, nil
	}
	if !p.May(portal.WriteConversations) {
		return false, nil
	}
	h, err := d.Store.Reader(ctx).OpenHandoff(p.Tenant(), contactID)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return false, nil
	}
	return err == nil && isOf(h, p), err
}

// isOf reports whether the person has taken the handoff.
func isOf(h portal.Handoff, p *Person) bool {
	return h.AssignedTo != nil && h.AssignedTo.ID == p.User.ID
}

// reveal writes that the person was shown the data of a row. Somebody who may
// not see them finds no such page.
func (d *Dashboard) reveal(ctx context.Context, p *Person, contactID, target string) error {
	ok, err := d.mayReveal(ctx, p, contactID)
	if err != nil {
		return err
	}
	if !ok {
		return portal.Refuse(portal.CodeNotFound)
	}
	kind := map[string]string{portal.PrefixMessage: "message", portal.PrefixContact: "contact", portal.PrefixHandoff: "handoff", portal.PrefixEvent: "event"}
	prefix, _, _ := strings.Cut(target, "_")
	return d.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Audit(portal.Audit{
			AccountID: p.Account.ID, Actor: p.Actor(), Action: kind[prefix] + ".revealed", Target: target, RequestID: portal.RequestID(ctx),
		})
	})
}

// at returns the request as if it had asked for path: a page that a form
// answers with must send its reader back to the page, not to the form.
func at(r *http.Request, path string) *http.Request {
	f := ui.From(r.Context())
	f.URL = href(r.Context(), path)
	return r.WithContext(ui.With(r.Context(), f))
}

// caller returns the person as the use cases know who acts.
func (p *Person) caller(ctx context.Context) portal.Caller {
	return portal.Caller{
		Tenant: p.Tenant(), Account: p.Account, Role: p.Role, Portal: true,
		UserID: p.User.ID, UserName: p.User.Name, IP: p.IP, RequestID: portal.RequestID(ctx),
	}
}
