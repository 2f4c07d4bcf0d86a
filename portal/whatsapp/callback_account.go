package whatsapp

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// AccountNews is what WhatsApp told about a number or its business account.
type AccountNews struct {
	WABA    string   // WhatsApp's id of the business account
	Field   string   // phone_number_quality_update, account_update, …
	Number  string   // the number it is about, in digits; "" = the whole business account
	Event   string   // WhatsApp's word, upper case; may be ""
	Limit   *int     // people first written to in 24 h; 0 = no limit; nil = not told
	States  []string // bans, restrictions and violations, upper case
	Name    string   // that was decided about, or ""
	Details string   // WhatsApp's sentence for a person, or ""
}

// accountFields are the fields of a callback that AccountNews are read from.
var accountFields = []string{
	"phone_number_quality_update", "phone_number_name_update", "business_capability_update",
	"account_update", "account_alerts", "account_review_update", "security",
}

// wireAccount holds what the fields have, in one: their names do not collide.
type wireAccount struct {
	Number   string `json:"display_phone_number"`
	Phone    string `json:"phone_number"`
	Event    string `json:"event"`
	Decision string `json:"decision"`
	Name     string `json:"requested_verified_name"`
	Reason   string `json:"rejection_reason"`
	Business tier   `json:"max_daily_conversations_per_business"`
	PerPhone tier   `json:"max_daily_conversation_per_phone"`
	Current  tier   `json:"current_limit"`
	Ban      struct {
		State stringOrList `json:"waba_ban_state"`
	} `json:"ban_info"`
	Restrictions []struct {
		Type string `json:"restriction_type"`
	} `json:"restriction_info"`
	Violation struct {
		Type string `json:"violation_type"`
	} `json:"violation_info"`
	wireAlert
	Alert wireAlert `json:"alert_info"`
}

// wireAlert stands in alert_info, or, as Meta's older examples have it, beside it.
type wireAlert struct {
	Type        string `json:"alert_type"`
	Description string `json:"alert_description"`
}

// stringOrList reads a text, or a list of texts: Meta sends both.
type stringOrList []string

func (l *stringOrList) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = stringOrList{one}
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		*l = list
	}
	return nil
}

// readAccount reads the value of one change of accountFields.
func (c *Callback) readAccount(waba, field string, raw json.RawMessage) {
	var w wireAccount
	if waba = clean(waba); waba == "" || len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &w) != nil {
		c.Unreadable++
		return
	}
	n := AccountNews{
		WABA: waba, Field: field, Number: digitsOf(w.Number + w.Phone), Event: upper(w.Event + w.Decision),
		Name: clean(w.Name), Details: clean(cmp.Or(w.Alert.Description, w.Description)),
	}
	for _, limit := range []tier{w.Business, w.PerPhone, w.Current} {
		if n.Limit == nil {
			n.Limit = limit.people
		}
	}
	if n.Event == "" {
		n.Event = upper(cmp.Or(w.Alert.Type, w.Type))
	}
	if reason := clean(w.Reason); reason != "" && reason != "NONE" {
		n.Details = reason
	}
	n.States = append(n.States, w.Ban.State...)
	for _, r := range w.Restrictions {
		n.States = append(n.States, r.Type)
	}
	n.States = append(n.States, w.Violation.Type)
	for i, s := range n.States {
		n.States[i] = upper(s)
	}
	n.States = slices.DeleteFunc(n.States, func(s string) bool { return s == "" })
	c.Account = append(c.Account, n)
}

// People returns the limit of people first written to in 24 h that the news
// tell; 0 = none; nil = they tell of something else.
func (n AccountNews) People() *int {
	if n.Event == "THROUGHPUT_UPGRADE" || n.Event == "ONBOARDING" {
		return nil // the tier beside them is none of people
	}
	return n.Limit
}

func upper(s string) string { return strings.ToUpper(clean(s)) }

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
