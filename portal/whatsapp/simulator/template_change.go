package simulator

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// The subcodes of Meta's error 100 about templates.
const (
	subcodeExists   = 2388024 // name and language are taken
	subcodeTooLong  = 2388040
	subcodeExamples = 2388043
	subcodeHoles    = 2388299 // a parameter at the start or the end
)

func newTemplateID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return strconv.FormatInt(n.Int64()+100_000_000_000_000, 10)
}

// templateBody is what a call says about a template.
type templateBody struct {
	Name            string                     `json:"name"`
	Language        string                     `json:"language"`
	Category        string                     `json:"category"`
	ParameterFormat string                     `json:"parameter_format"`
	Components      []portal.TemplateComponent `json:"components"`
	TTL             *int                       `json:"message_send_ttl_seconds"`
	AllowChange     bool                       `json:"allow_category_change"`
	CTAOptOut       bool                       `json:"cta_url_link_tracking_opted_out"`
}

func readTemplate(r *http.Request) (b templateBody, err error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return b, fmt.Errorf("read body: %w", err)
	}
	if len(raw) > maxBody || json.Unmarshal(raw, &b) != nil {
		return b, invalid("The body is not a message template.")
	}
	return b, nil
}

// draft returns what a body says as a draft, and Meta's fault with it.
func (b templateBody) draft() portal.TemplateDraft {
	return portal.TemplateDraft{
		Name: b.Name, Language: b.Language, Category: strings.ToLower(b.Category),
		ParameterFormat: strings.ToLower(b.ParameterFormat), Components: b.Components, TTL: b.TTL,
	}.Normal()
}

// templateFault is how Meta says that it does not take a template: a code that
// is always the same, a subcode for some causes, and words for people.
func templateFault(subcode int, title, advice string) *fault {
	return &fault{status: http.StatusBadRequest, code: 100, subcode: subcode, title: "Invalid parameter", heading: title, advice: advice}
}

func faultOf(fields []portal.FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	f := fields[0]
	where := strings.TrimPrefix(f.Pointer, "/")
	body := strings.HasSuffix(where, "/text") && strings.HasPrefix(where, "components")
	switch {
	case f.Code == portal.FieldTooLong:
		return templateFault(subcodeTooLong, "Character Limit Exceeded", "Param "+where+" is longer than WhatsApp allows.")
	case f.Code == portal.FieldRequired && strings.Contains(where, "/example"):
		return templateFault(subcodeExamples, "Missing Sample Parameters", "Param "+where+" needs an example for each variable.")
	case f.Code == portal.FieldInvalidValue && body:
		return templateFault(subcodeHoles, "Variables Misplaced", "Variables cannot be at the start or end of a template, or side by side.")
	}
	return templateFault(0, "Invalid Template", fmt.Sprintf("Param %s is not valid (%s).", cmp.Or(where, "components"), f.Code))
}

func (s *Simulator) createTemplate(r *http.Request, ph Phone) (any, error) {
	b, err := readTemplate(r)
	if err != nil {
		return nil, err
	}
	d := b.draft()
	if err := faultOf(d.Check()); err != nil {
		return nil, err
	}
	if err := s.checkSamples(r.Context(), ph, d.Components); err != nil {
		return nil, err
	}
	all, err := s.templates.Templates(r.Context(), ph.WABA)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if len(all) >= maxPerAccount {
		return nil, templateFault(2388007, "Message Template Limit Exceeded", "The account has as many templates as it may have.")
	}
	now := s.timeOf(ph)
	t := Template{
		ID: newTemplateID(), WABA: ph.WABA, Name: d.Name, Language: d.Language, Category: strings.ToUpper(d.Category), Status: "PENDING",
		ParameterFormat: strings.ToUpper(d.ParameterFormat), Quality: "UNKNOWN", Reason: "NONE", TTL: d.TTL, CreatedAt: now,
		Plan: review(d.Name, now),
	}
	if t.Components, err = d.JSON(); err != nil {
		return nil, fmt.Errorf("components: %w", err)
	}
	err = s.saveTemplate(r.Context(), ph, t)
	if errors.Is(err, portal.Refuse(portal.CodeTemplateExists)) {
		return nil, templateFault(subcodeExists, "Content in This Language Already Exists",
			"There is already content in this language for this template. You can create a new template and try again.")
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": t.ID, "status": t.Status, "category": t.Category}, nil
}

// editTemplate changes a template and reviews it again.
func (s *Simulator) editTemplate(r *http.Request, ph Phone, t Template) (any, error) {
	b, err := readTemplate(r)
	if err != nil {
		return nil, err
	}
	now := s.timeOf(ph)
	t = t.at(now)
	if !slices.Contains([]string{"APPROVED", "REJECTED", "PAUSED"}, t.Status) {
		return nil, templateFault(0, "Message Template Cannot Be Edited", "Only an approved, rejected or paused template can be edited.")
	}
	b.Name, b.Language = t.Name, t.Language
	b.Category = cmp.Or(strings.ToUpper(b.Category), t.Category)
	if t.Status == "APPROVED" && b.Category != t.Category {
		return nil, templateFault(0, "Category Cannot Be Changed", "The category of an approved template cannot be changed.")
	}
	b.ParameterFormat = cmp.Or(b.ParameterFormat, t.ParameterFormat)
	if b.Components == nil && json.Unmarshal(t.Components, &b.Components) != nil {
		return nil, invalid("Param components is missing.")
	}
	d := b.draft()
	if err := faultOf(d.Check()); err != nil {
		return nil, err
	}
	if err := s.checkSamples(r.Context(), ph, d.Components); err != nil {
		return nil, err
	}
	t.Category, t.ParameterFormat = strings.ToUpper(d.Category), strings.ToUpper(d.ParameterFormat)
	t.Status, t.Reason, t.Plan = "PENDING", "NONE", reviewAgain(t.Name, now)
	t.TTL = d.TTL
	if t.Components, err = d.JSON(); err != nil {
		return nil, fmt.Errorf("components: %w", err)
	}
	return map[string]bool{"success": true}, s.saveTemplate(r.Context(), ph, t)
}

// deleteTemplates deletes a name in all languages, or with hsm_id the one.
func (s *Simulator) deleteTemplates(r *http.Request, ph Phone) (any, error) {
	q := r.URL.Query()
	name, id := q.Get("name"), q.Get("hsm_id")
	if name == "" {
		return nil, invalid("The parameter name is required.")
	}
	all, err := s.templates.Templates(r.Context(), ph.WABA)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	var ids []string
	for _, t := range all {
		if t.Name == name && (id == "" || t.ID == id) {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return nil, &fault{
			status: http.StatusNotFound, code: 100, subcode: 2593002, title: "Invalid parameter",
			heading: "Message Template Not Found", advice: "Message template with this name was not found.",
		}
	}
	if err := s.templates.DeleteTemplates(r.Context(), ph.WABA, ids); err != nil {
		return nil, fmt.Errorf("delete: %w", err)
	}
	return map[string]bool{"success": true}, nil
}
