package whatsapp

import (
	"cmp"
	"encoding/json"
	"strings"
)

// TemplateUpdate is news of a template. It repeats, and comes late and out of
// order. Fields that it says nothing of are "".
type TemplateUpdate struct {
	WABA           string
	ID             string
	Name           string
	Language       string
	Status         string // PENDING, APPROVED, REJECTED, PAUSED, DISABLED, DELETED; open
	Reason         string // why, in WhatsApp's word or sentence
	Recommendation string
	Category       string // what it is from now on
	Quality        string // GREEN, YELLOW, RED, UNKNOWN
}

// templateFields are the fields of changes that are news of templates.
var templateFields = map[string]bool{
	"message_template_status_update":  true,
	"message_template_quality_update": true,
	"template_category_update":        true,
}

// readTemplate reads the value of one of templateFields: they differ in their
// parts, which never contradict each other.
func (c *Callback) readTemplate(waba string, raw json.RawMessage) {
	var v struct {
		ID              json.Number `json:"message_template_id"`
		Name            string      `json:"message_template_name"`
		Language        string      `json:"message_template_language"`
		Event           string      `json:"event"`
		Reason          string      `json:"reason"`
		Category        string      `json:"message_template_category"`
		NewCategory     string      `json:"new_category"`
		CorrectCategory string      `json:"correct_category"`
		NewQuality      string      `json:"new_quality_score"`
		Rejection       struct {
			Reason         string `json:"reason"`
			Recommendation string `json:"recommendation"`
		} `json:"rejection_info"`
		Other struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"other_info"`
	}
	if json.Unmarshal(raw, &v) != nil || v.ID == "" || waba == "" {
		c.Unreadable++
		return
	}
	u := TemplateUpdate{
		WABA: clean(waba), ID: clean(v.ID.String()), Name: clean(v.Name), Language: clean(v.Language), Status: clean(templateStatus(v.Event)),
		Reason:         clean(cmp.Or(v.Rejection.Reason, v.Other.Title, known(v.Reason))),
		Recommendation: clean(cmp.Or(v.Rejection.Recommendation, v.Other.Description)),
		Category:       clean(cmp.Or(v.NewCategory, v.Category)), Quality: clean(v.NewQuality),
	}
	if v.CorrectCategory != "" {
		u.Category = "" // only announced: it changes in a day, and that is told again
	}
	c.Templates = append(c.Templates, u)
}

// templateStatus is the status that an event leaves a template in. Warnings
// change nothing.
func templateStatus(event string) string {
	switch event = strings.ToUpper(event); event {
	case "REINSTATED", "UNARCHIVED":
		return "APPROVED"
	case "PENDING_DELETION":
		return "DELETED"
	case "FLAGGED", "LOCKED", "LIMIT_EXCEEDED", "IN_APPEAL":
		return ""
	}
	return event
}

// known drops WhatsApp's word for no reason.
func known(reason string) string {
	if strings.EqualFold(reason, "NONE") {
		return ""
	}
	return reason
}
