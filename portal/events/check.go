package events

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"

	"github.com/wppmarketing/developers/portal"
)

// The limits of an event.
const (
	maxText   = 255
	maxCode   = 1024 // of a PIX code
	maxURL    = 2048
	maxItems  = 200
	maxAmount = 1 << 50
	clockSkew = 5 * time.Minute // how far the caller's clock may run ahead of ours
)

// The words that an event may use.
var (
	Methods          = []string{"pix", "boleto", "card", "wallet", "other"}
	PaymentStatuses  = []string{"pending", "approved", "refused", "refunded"}
	ShipmentStatuses = []string{"posted", "in_transit", "out_for_delivery", "ready_for_pickup", "delivered", "failed_attempt", "returned"}
)

var boletoLine = regexp.MustCompile(`^[0-9]{47,48}$`)

// check returns all that is wrong with the report itself, each with the pointer
// to it. The customer's fields are checked by the rules of contacts.
func (r Report) check(now time.Time) []portal.FieldError {
	var k checker
	k.required("/external_id", r.ExternalID, maxText)
	kind, known := portal.CommerceTypeOf(r.Type)
	switch {
	case r.Type == "":
		k.add("/type", portal.FieldRequired)
	case !known:
		k.add("/type", portal.FieldInvalidValue)
	}
	switch at := r.OccurredAt; {
	case at.IsZero():
		k.add("/occurred_at", portal.FieldRequired)
	case at.After(now.Add(clockSkew)) || at.Before(time.Unix(0, 0)):
		k.add("/occurred_at", portal.FieldOutOfRange)
	}
	if !r.Customer.ExternalID.given() && !r.Customer.Phone.given() {
		k.fields = append(k.fields, portal.FieldError{Pointer: "/customer/phone", Code: portal.FieldRequired, Detail: nameless})
	}
	k.customer(r.Customer)
	k.data(r.Data)
	if len(k.fields) == 0 {
		k.needs(kind, r.Data)
	}
	return k.fields
}

var nameless = portal.Words{
	EN: "Give the customer's phone or external_id.",
	PT: "Informe phone ou external_id do cliente.",
}

// checker collects what is wrong. It never keeps a value.
type checker struct{ fields []portal.FieldError }

func (k *checker) add(pointer, code string) {
	k.fields = append(k.fields, portal.FieldError{Pointer: pointer, Code: code})
}

func (k *checker) required(pointer, s string, limit int) {
	if s == "" {
		k.add(pointer, portal.FieldRequired)
	}
	k.text(pointer, &s, limit)
}

func (k *checker) text(pointer string, s *string, limit int) {
	switch {
	case s == nil:
	case utf8.RuneCountInString(*s) > limit:
		k.add(pointer, portal.FieldTooLong)
	case strings.ContainsFunc(*s, unicode.IsControl):
		k.add(pointer, portal.FieldInvalidFormat)
	}
}

func (k *checker) word(pointer string, s *string, words []string) {
	if s != nil && !slices.Contains(words, *s) {
		k.add(pointer, portal.FieldInvalidValue)
	}
}

func (k *checker) money(pointer string, m *portal.Money) {
	if m == nil {
		return
	}
	if m.Amount < 0 || m.Amount > maxAmount {
		k.add(pointer+"/amount", portal.FieldOutOfRange)
	}
	if unit, err := currency.ParseISO(m.Currency); err != nil || unit.String() != m.Currency {
		k.add(pointer+"/currency", portal.FieldInvalidValue)
	}
}

// link takes pages that a customer may be sent to: https, with a host and
// without a password.
func (k *checker) link(pointer string, s *string) {
	if s == nil {
		return
	}
	u, err := url.Parse(*s)
	switch {
	case len(*s) > maxURL:
		k.add(pointer, portal.FieldTooLong)
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(*s, unicode.IsSpace):
		k.fields = append(k.fields, portal.FieldError{Pointer: pointer, Code: portal.FieldInvalidFormat, Detail: wantsHTTPS})
	}
}

var wantsHTTPS = portal.Words{
	EN: "Give a whole address that starts with https://.",
	PT: "Informe um endereço inteiro que comece com https://.",
}

// moment keeps out times that no store can hold.
func (k *checker) moment(pointer string, t *time.Time) {
	if t != nil && (t.Year() < 1970 || t.Year() > 9999) {
		k.add(pointer, portal.FieldOutOfRange)
	}
}

// customer keeps out what no store can hold also where no contact is made.
func (k *checker) customer(c Customer) {
	k.text("/customer/external_id", c.ExternalID.pointer(), maxText)
	k.text("/customer/phone", c.Phone.pointer(), maxText)
	k.text("/customer/name", c.Name.pointer(), maxText)
	k.text("/customer/email", c.Email.pointer(), maxText)
	k.text("/customer/country", c.Country.pointer(), maxText)
}

func (k *checker) data(d portal.EventData) {
	k.text("/data/cart_id", d.CartID, maxText)
	k.text("/data/order_id", d.OrderID, maxText)
	k.text("/data/status", d.Status, maxText)
	k.text("/data/reason", d.Reason, maxText)
	k.money("/data/total", d.Total)
	k.money("/data/subtotal", d.Subtotal)
	k.money("/data/discount", d.Discount)
	k.money("/data/shipping_cost", d.ShippingCost)
	if len(d.Items) > maxItems {
		k.add("/data/items", portal.FieldTooMany)
		return
	}
	for i, item := range d.Items {
		k.item(fmt.Sprintf("/data/items/%d", i), item)
	}
	if d.Payment != nil {
		k.payment(*d.Payment)
	}
	if d.Shipment != nil {
		k.shipment(*d.Shipment)
	}
	if l := d.Links; l != nil {
		k.link("/data/links/order", l.Order)
		k.link("/data/links/cart", l.Cart)
		k.link("/data/links/checkout", l.Checkout)
		k.link("/data/links/invoice", l.Invoice)
	}
}

func (k *checker) item(at string, i portal.EventItem) {
	k.text(at+"/sku", i.SKU, maxText)
	k.required(at+"/name", i.Name, maxText)
	if !(i.Quantity > 0) || i.Quantity > math.MaxInt32 {
		k.add(at+"/quantity", portal.FieldOutOfRange)
	}
	k.money(at+"/unit_price", i.UnitPrice)
	k.link(at+"/url", i.URL)
	k.link(at+"/image_url", i.ImageURL)
}

func (k *checker) payment(p portal.EventPayment) {
	k.word("/data/payment/method", p.Method, Methods)
	k.word("/data/payment/status", p.Status, PaymentStatuses)
	if p.Installments != nil && (*p.Installments < 1 || *p.Installments > 120) {
		k.add("/data/payment/installments", portal.FieldOutOfRange)
	}
	k.moment("/data/payment/expires_at", p.ExpiresAt)
	k.text("/data/payment/pix_code", p.PixCode, maxCode)
	k.text("/data/payment/boleto_line", p.BoletoLine, maxText)
	if p.BoletoLine != nil && !boletoLine.MatchString(strings.NewReplacer(".", "", " ", "", "-", "").Replace(*p.BoletoLine)) {
		k.fields = append(k.fields, portal.FieldError{Pointer: "/data/payment/boleto_line", Code: portal.FieldInvalidFormat, Detail: wantsLine})
	}
	k.link("/data/payment/url", p.URL)
}

var wantsLine = portal.Words{
	EN: "Give the digitable line: 47 or 48 digits, with or without dots and spaces.",
	PT: "Informe a linha digitável: 47 ou 48 dígitos, com ou sem pontos e espaços.",
}

func (k *checker) shipment(s portal.EventShipment) {
	k.word("/data/shipment/status", s.Status, ShipmentStatuses)
	k.text("/data/shipment/carrier", s.Carrier, maxText)
	k.text("/data/shipment/tracking_code", s.TrackingCode, maxText)
	k.link("/data/shipment/tracking_url", s.TrackingURL)
	k.moment("/data/shipment/estimated_at", s.EstimatedAt)
}

// needs adds what an event of its type must have.
func (k *checker) needs(kind portal.CommerceType, d portal.EventData) {
	has := map[string]bool{
		"cart_id": d.CartID != nil && *d.CartID != "", "order_id": d.OrderID != nil && *d.OrderID != "", "items": len(d.Items) > 0, "total": d.Total != nil,
		"payment": d.Payment != nil, "shipment": d.Shipment != nil, "links.checkout": d.Links != nil && d.Links.Checkout != nil,
	}
	for _, need := range kind.Needs {
		if !has[need] {
			k.add("/data/"+strings.ReplaceAll(need, ".", "/"), portal.FieldRequired)
		}
	}
	if p := d.Payment; kind.Name == portal.OrderCreated && p != nil && p.URL == nil && is(p.Status, "pending") {
		if is(p.Method, "pix") && p.PixCode == nil {
			k.add("/data/payment/pix_code", portal.FieldRequired)
		}
		if is(p.Method, "boleto") && p.BoletoLine == nil {
			k.add("/data/payment/boleto_line", portal.FieldRequired)
		}
	}
}

func is(s *string, word string) bool { return s != nil && *s == word }
