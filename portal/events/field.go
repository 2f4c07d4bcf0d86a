package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// The kinds of a field.
const (
	KindText   = "text"
	KindNumber = "number"
	KindMoney  = "money"
	KindTime   = "time" // a moment, shown in the contact's zone
	KindDate   = "date" // a moment of which only the day is shown
	KindChoice = "choice"
	KindList   = "list" // of texts
)

// Field is something of an event that conditions ask and parameters show.
type Field struct {
	Path    string
	Kind    string
	Words   portal.Words
	Choices []Choice // of KindChoice
	Types   []string // the events that usually have it; nil = all
	get     func(facts) value
}

// Choice is a value that a field can have.
type Choice struct {
	Value string
	Words portal.Words
}

// facts is what is known when an automation looks at an event.
type facts struct {
	event    portal.Event
	data     portal.EventData
	customer portal.EventCustomer
	contact  portal.Contact // zero when nobody is known
	account  portal.Account
}

// factsOf reads an event; its JSON was checked when it was taken in.
func factsOf(e portal.Event, contact portal.Contact, account portal.Account) (f facts, err error) {
	f = facts{event: e, contact: contact, account: account}
	if err := json.Unmarshal(e.Data, &f.data); err != nil {
		return f, fmt.Errorf("data of %s: %w", e.ID, err)
	}
	if err := json.Unmarshal(e.Customer, &f.customer); err != nil {
		return f, fmt.Errorf("customer of %s: %w", e.ID, err)
	}
	return f, nil
}

// zone is the contact's, else the account's.
func (f facts) zone() *time.Location {
	for _, name := range []string{f.contact.Timezone, f.account.Timezone} {
		if name == "" {
			continue
		}
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	return time.UTC
}

// currency is what amounts without one are in.
func (f facts) currency() string {
	for _, m := range []*portal.Money{f.data.Total, f.data.Subtotal} {
		if m != nil {
			return m.Currency
		}
	}
	return CurrencyOf(f.account)
}

// CurrencyOf is the currency that the amounts of an account's conditions are shown in.
func CurrencyOf(a portal.Account) string {
	if a.Country == "BR" || a.Country == "" {
		return "BRL"
	}
	return "USD"
}

// value is what a field holds; the zero value holds nothing.
type value struct {
	kind   string
	text   string // of text and choice
	number float64
	money  portal.Money
	at     time.Time
	list   []string
}

func (v value) present() bool { return v.kind != "" }

func textValue(s *string) value {
	if s == nil || strings.TrimSpace(*s) == "" {
		return value{}
	}
	return value{kind: KindText, text: strings.TrimSpace(*s)}
}

func moneyValue(m *portal.Money) value {
	if m == nil {
		return value{}
	}
	return value{kind: KindMoney, money: *m}
}

func timeValue(t *time.Time) value {
	if t == nil || t.IsZero() {
		return value{}
	}
	return value{kind: KindTime, at: *t}
}

func listValue(list []string) value {
	if len(list) == 0 {
		return value{}
	}
	return value{kind: KindList, list: list}
}

// firstText is the first of them that says something.
func firstText(texts ...*string) value {
	for _, s := range texts {
		if v := textValue(s); v.present() {
			return v
		}
	}
	return value{}
}

func (f facts) name() value { return firstText(f.customer.Name, &f.contact.Name) }

func (f facts) firstName() value {
	v := f.name()
	if words := strings.Fields(v.text); len(words) > 0 {
		v.text = words[0]
	}
	return v
}

func (f facts) pieces() value {
	if len(f.data.Items) == 0 {
		return value{}
	}
	v := value{kind: KindNumber}
	for _, i := range f.data.Items {
		v.number += i.Quantity
	}
	return v
}

func (f facts) itemNames() (list []string) {
	for _, i := range f.data.Items {
		if name := strings.TrimSpace(i.Name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func (f facts) skus() (list []string) {
	for _, i := range f.data.Items {
		if i.SKU != nil && *i.SKU != "" {
			list = append(list, *i.SKU)
		}
	}
	return list
}

func (f facts) payment() portal.EventPayment {
	if f.data.Payment == nil {
		return portal.EventPayment{}
	}
	return *f.data.Payment
}

func (f facts) shipment() portal.EventShipment {
	if f.data.Shipment == nil {
		return portal.EventShipment{}
	}
	return *f.data.Shipment
}

func (f facts) links() portal.EventLinks {
	if f.data.Links == nil {
		return portal.EventLinks{}
	}
	return *f.data.Links
}

func (f facts) installments() value {
	if n := f.payment().Installments; n != nil {
		return value{kind: KindNumber, number: float64(*n)}
	}
	return value{}
}

// value returns what a field holds, the zero value for a path that is none.
func (f facts) value(path string) value {
	field, ok := fieldOf(path)
	if !ok {
		return value{}
	}
	v := field.get(f)
	if v.present() {
		v.kind = field.Kind
	}
	return v
}

func fieldOf(path string) (Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Path == path })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

// Fields returns the fields that events of a type usually have, "" for all.
func Fields(eventType string) (list []Field) {
	for _, f := range fields {
		if eventType == "" || f.Types == nil || slices.Contains(f.Types, eventType) {
			list = append(list, f)
		}
	}
	return list
}
