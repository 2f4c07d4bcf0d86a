package portal

import (
	"regexp"
	"time"
)

// Card is a contact that a message shares.
type Card struct {
	Name      CardName      `json:"name" doc:"Name of the person."`
	Phones    []CardPhone   `json:"phones,omitempty" maxItems:"20" doc:"Telephone numbers."`
	Emails    []CardEmail   `json:"emails,omitempty" maxItems:"20" doc:"E-mail addresses."`
	Addresses []CardAddress `json:"addresses,omitempty" maxItems:"20" doc:"Postal addresses."`
	URLs      []CardURL     `json:"urls,omitempty" maxItems:"20" doc:"Web addresses."`
	Org       *CardOrg      `json:"org,omitempty" doc:"Where the person works."`
	Birthday  string        `json:"birthday,omitempty" maxLength:"10" doc:"YYYY-MM-DD." example:"1990-01-31"`
}

// CardName is the name of a shared contact: formatted, and at least one of its parts.
type CardName struct {
	Formatted string `json:"formatted_name" maxLength:"1000" doc:"The whole name." example:"Loja Exemplo"`
	First     string `json:"first_name,omitempty" maxLength:"1000" example:"Loja"`
	Last      string `json:"last_name,omitempty" maxLength:"1000"`
	Middle    string `json:"middle_name,omitempty" maxLength:"1000"`
	Suffix    string `json:"suffix,omitempty" maxLength:"1000"`
	Prefix    string `json:"prefix,omitempty" maxLength:"1000"`
}

// CardPhone is a telephone number of a shared contact.
type CardPhone struct {
	Phone string `json:"phone,omitempty" maxLength:"64" doc:"The number as it is shown." example:"+55 11 4002-8922"`
	Type  string `json:"type,omitempty" maxLength:"64" doc:"Such as CELL, HOME or WORK." example:"WORK"`
	WAID  string `json:"wa_id,omitempty" maxLength:"32" doc:"WhatsApp's id of the number; with it the card has a button to write." example:"551140028922"`
}

// CardEmail is an e-mail address of a shared contact.
type CardEmail struct {
	Email string `json:"email,omitempty" maxLength:"320"`
	Type  string `json:"type,omitempty" maxLength:"64"`
}

// CardAddress is a postal address of a shared contact.
type CardAddress struct {
	Street      string `json:"street,omitempty" maxLength:"1000"`
	City        string `json:"city,omitempty" maxLength:"1000"`
	State       string `json:"state,omitempty" maxLength:"1000"`
	ZIP         string `json:"zip,omitempty" maxLength:"64"`
	Country     string `json:"country,omitempty" maxLength:"1000"`
	CountryCode string `json:"country_code,omitempty" maxLength:"2"`
	Type        string `json:"type,omitempty" maxLength:"64"`
}

// CardURL is a web address of a shared contact.
type CardURL struct {
	URL  string `json:"url,omitempty" maxLength:"2048"`
	Type string `json:"type,omitempty" maxLength:"64"`
}

// CardOrg is where a shared contact works.
type CardOrg struct {
	Company    string `json:"company,omitempty" maxLength:"1000"`
	Department string `json:"department,omitempty" maxLength:"1000"`
	Title      string `json:"title,omitempty" maxLength:"1000"`
}

const (
	maxCards     = 5
	maxCardField = 1000
	maxCardList  = 20
)

var digitsOnly = regexp.MustCompile(`^[0-9]{5,20}$`)

func (k *checker) cards(cards []Card) {
	k.add(len(cards) == 0, "/contacts", FieldRequired)
	k.add(len(cards) > maxCards, "/contacts", FieldTooMany)
	for i, c := range cards {
		k.card(item("/contacts", i), c)
	}
}

func (k *checker) card(at string, c Card) {
	n := c.Name
	k.text(at+"/name/formatted_name", n.Formatted, maxCardField)
	parts := []struct{ name, value string }{
		{"first_name", n.First}, {"last_name", n.Last}, {"middle_name", n.Middle}, {"suffix", n.Suffix}, {"prefix", n.Prefix},
	}
	named := false
	for _, p := range parts {
		named = named || p.value != ""
		k.atMost(at+"/name/"+p.name, p.value, maxCardField)
	}
	k.add(!named, at+"/name/first_name", FieldRequired)
	lists := []struct {
		name string
		n    int
	}{{"phones", len(c.Phones)}, {"emails", len(c.Emails)}, {"addresses", len(c.Addresses)}, {"urls", len(c.URLs)}}
	for _, l := range lists {
		k.add(l.n > maxCardList, at+"/"+l.name, FieldTooMany)
	}
	for i, p := range c.Phones {
		k.add(p.Phone == "" && p.WAID == "", item(at+"/phones", i)+"/phone", FieldRequired)
		k.add(p.WAID != "" && !digitsOnly.MatchString(p.WAID), item(at+"/phones", i)+"/wa_id", FieldInvalidFormat)
	}
	if c.Birthday != "" {
		_, err := time.Parse(time.DateOnly, c.Birthday)
		k.add(err != nil, at+"/birthday", FieldInvalidFormat)
	}
}
