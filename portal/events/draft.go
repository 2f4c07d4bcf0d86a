package events

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Check says what would stand against a message if it were sent now; it changes nothing.
type Check func(ctx context.Context, c portal.Caller, w Wish) ([]portal.Check, error)

// TryOptions say which rule is tried on which event.
type TryOptions struct {
	AutomationID string      // whose cap counts, "" = of none
	Rule         portal.Rule // a draft, saved or not, or what is published
	EventID      string      // a stored event, "" = a sample of the trigger
	Now          bool        // as if the delay were over
}

// Trial is what a rule would make of an event.
type Trial struct {
	Run        portal.Run // not stored: its outcome, trace, due_at and sentence
	Event      portal.Event
	Sample     bool              // the event is made up
	Template   *portal.Template  // nil when none was found
	Parameters map[string]string // of Template, as the event fills them; missing ones are ""
	Preview    Preview           // of Template, filled
}

// Preview is a template's text with its parameters filled.
type Preview struct {
	Header, Body, Footer string
	Buttons              []string
}

// Try asks everything that a run asks, of a stored event or of a sample, and
// stores and sends nothing. not_found when the tenant has no such event. A rule
// that is not complete gets as far as it can.
func (s *Service) Try(ctx context.Context, c portal.Caller, o TryOptions) (t Trial, err error) {
	defer portal.Wrap(&err, "Try(%s)", o.AutomationID)
	r := s.store.Reader(ctx)
	contact := portal.Contact{}
	if o.EventID != "" {
		if t.Event, err = r.Event(c.Tenant, o.EventID); err != nil {
			return t, err
		}
		contact, err = r.ContactByRef(c.Tenant, t.Event.ContactID)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return t, err
		}
	} else if t.Event, err = sampleEvent(c, o.Rule.Trigger, s.store.Now()); err != nil {
		return t, err
	}
	t.Sample = o.EventID == ""
	account, err := r.Account(c.AccountID)
	if err != nil {
		return t, err
	}
	f, err := factsOf(t.Event, contact, account)
	if err != nil {
		return t, err
	}
	quiet, err := r.QuietHours(c.AccountID)
	if err != nil {
		return t, err
	}
	f.event.ReceivedAt = s.store.Now() // as if it came now
	l := look{
		r: r, tenant: c.Tenant, id: o.AutomationID, rule: tidy(o.Rule), enabled: true, facts: f, quiet: portal.ParseQuietHours(quiet), now: s.store.Now(),
	}
	if !t.Sample {
		l.stop = stopOf(t.Event, contact)
	}
	if l = l.begin(); o.Now {
		l.due, l.waits = l.now, false
	}
	return t, s.try(ctx, c, &l, &t)
}

// stopOf is why nobody answers the customer of a stored event now, or "". Being
// too old does not count: trying one is as if it came now.
func stopOf(e portal.Event, contact portal.Contact) string {
	if e.Reason == portal.ReasonInvalidNumber {
		return e.Reason
	}
	if contact.Phone == "" && contact.UserID == "" {
		return portal.ReasonNoPhone
	}
	return ""
}

func (s *Service) try(ctx context.Context, c portal.Caller, l *look, t *Trial) error {
	if err := l.run(); err != nil {
		return err
	}
	if l.outcome == "" && s.check != nil && !t.Sample {
		if err := s.askSending(ctx, c, l); err != nil {
			return err
		}
	}
	t.Run = portal.Run{
		AccountID: c.AccountID, Environment: c.Environment, EventID: t.Event.ID, AutomationID: l.id, ContactID: l.facts.contact.ID,
		OrderID: textOf(l.facts.data.OrderID), CartID: textOf(l.facts.data.CartID), CreatedAt: l.now,
	}
	l.write(&t.Run)
	if l.template == nil {
		if err := l.findTemplate(); err != nil {
			return err
		}
	}
	if t.Template = l.template; t.Template != nil {
		t.Parameters = l.facts.fill(l.rule, *t.Template).parameters
		t.Preview = preview(*t.Template, t.Parameters)
	}
	return nil
}

// askSending puts into the last check what stands against sending now.
func (s *Service) askSending(ctx context.Context, c portal.Caller, l *look) error {
	checks, err := s.check(ctx, c, l.wants())
	if err != nil {
		return err
	}
	for _, k := range checks {
		if k.Result == portal.CheckFail {
			l.limits(portal.CheckWarn, string(k.Code), k.Detail)
			return nil
		}
	}
	l.limits(portal.CheckPass, "", portal.Words{EN: "Within the limits now", PT: "Dentro dos limites agora"})
	return nil
}

// preview fills the texts of a template; holes that nothing fills stay.
func preview(t portal.Template, parameters map[string]string) (p Preview) {
	var parts []portal.TemplateComponent
	if json.Unmarshal(t.Components, &parts) != nil {
		return p
	}
	fill := func(text string) string {
		for name, v := range parameters {
			if v != "" {
				text = strings.ReplaceAll(text, "{{"+name+"}}", v)
			}
		}
		return text
	}
	for _, part := range parts {
		switch strings.ToUpper(part.Type) {
		case portal.ComponentHeader:
			p.Header = fill(part.Text)
		case portal.ComponentBody:
			p.Body = fill(part.Text)
		case portal.ComponentFooter:
			p.Footer = part.Text
		case portal.ComponentButtons:
			for _, b := range part.Buttons {
				p.Buttons = append(p.Buttons, b.Text)
			}
		}
	}
	return p
}

// sampleEvent is an event of a type as a store would report it now.
func sampleEvent(c portal.Caller, eventType string, now time.Time) (e portal.Event, err error) {
	r := Sample(eventType, now)
	if e, err = r.event(c, now); err != nil {
		return e, err
	}
	e.ID, e.ContactID = "", ""
	return e, nil
}

// Sample is an event of a type that says everything such events say, of nobody
// who exists.
func Sample(eventType string, now time.Time) Report {
	text := func(s string) *string { return &s }
	money := func(n int64) *portal.Money { return &portal.Money{Amount: n, Currency: "BRL"} }
	soon, later := now.Add(30*time.Minute), now.Add(3*24*time.Hour)
	r := Report{
		ExternalID: "1001:" + eventType, Type: eventType, OccurredAt: now,
		Customer: Customer{
			ExternalID: Optional[string]{Set: true, Value: "CLI-42"}, Name: Optional[string]{Set: true, Value: "Ana Souza"}, Country: Optional[string]{Set: true, Value: "BR"},
		},
	}
	if eventType == portal.CustomerCreated {
		return r
	}
	d := &r.Data
	d.Total = money(19990)
	d.Items = []portal.EventItem{{SKU: text("CAM-01"), Name: "Camiseta", Quantity: 2, UnitPrice: money(9995)}}
	d.Links = &portal.EventLinks{Order: text("https://loja.example.com/p/1001")}
	if isCart(eventType) {
		d.CartID, d.Links = text("CAR-77"), &portal.EventLinks{Cart: text("https://loja.example.com/c/77"), Checkout: text("https://loja.example.com/c/77/fechar")}
		return r
	}
	d.OrderID, d.Status = text("1001"), text("recebido")
	d.Payment = &portal.EventPayment{Method: text("pix"), Status: text("pending"), ExpiresAt: &soon, PixCode: text("00020101021226580014BR.GOV.BCB.PIX"), URL: text("https://loja.example.com/p/1001/pagar")}
	switch eventType {
	case portal.PaymentApproved:
		d.Payment.Status = text("approved")
	case portal.PaymentRefused:
		d.Payment.Status, d.Payment.Method, d.Reason = text("refused"), text("card"), text("saldo insuficiente")
	case portal.PaymentRefunded:
		d.Payment.Status, d.Reason = text("refunded"), text("troca")
	case portal.OrderCanceled:
		d.Payment, d.Reason = nil, text("sem estoque")
	case portal.ShipmentUpdated:
		d.Payment = nil
		d.Shipment = &portal.EventShipment{
			Status: text("posted"), Carrier: text("Correios"), TrackingCode: text("QB123456789BR"),
			TrackingURL: text("https://rastreio.example.com/QB123456789BR"), EstimatedAt: &later,
		}
	}
	return r
}
