package simulator

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// The subcodes of Meta's error 100 about templates.
const (
	subcodeExists   = 2388024 // name and language are taken
	subcodeTooLong  = 2388040
	subcodeExamples = 2388043
	subcodeHoles    = 2388299 // a parameter at the start or the end
)

const (
	templatesLimit = 25  // of a list that names none
	maxTemplates   = 100 // of one page
	maxPerAccount  = 6000
)

func newTemplateID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return strconv.FormatInt(n.Int64()+100_000_000_000_000, 10)
}

// timeOf is the time as a number has it, which somebody may have moved ahead.
func (s *Simulator) timeOf(ph Phone) time.Time {
	return s.now().Add(time.Duration(ph.Settings.Ahead))
}

// isTemplate reports whether a node is a template.
func (s *Simulator) isTemplate(ctx context.Context, id string) bool {
	_, err := s.templates.Template(ctx, id)
	return err == nil
}

// templateNode answers /{template-id}.
func (s *Simulator) templateNode(r *http.Request, id string) (any, error) {
	t, err := s.templates.Template(r.Context(), id)
	if err != nil {
		return nil, noObject(r.Method)
	}
	ph, err := s.authorizeBusiness(r, t.WABA)
	if err != nil {
		return nil, err
	}
	switch r.Method {
	case http.MethodGet:
		return describeTemplate(t.at(s.timeOf(ph)), r.URL.Query().Get("fields"))
	case http.MethodPost:
		return s.editTemplate(r, ph, t)
	}
	return nil, errUnknownPath
}

// listTemplates answers a page, newest first.
func (s *Simulator) listTemplates(r *http.Request, ph Phone) (any, error) {
	q := r.URL.Query()
	limit := templatesLimit
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, invalid("Param limit must be a positive number.")
		}
		limit = min(n, maxTemplates)
	}
	all, err := s.templates.Templates(r.Context(), ph.WABA)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	slices.Reverse(all)
	now := s.timeOf(ph)
	all = slices.DeleteFunc(all, func(t Template) bool { return !chosen(t.at(now), q) })
	from, until := 0, len(all)
	if at := slices.IndexFunc(all, func(t Template) bool { return t.ID == q.Get("after") }); at >= 0 {
		from = at + 1
	}
	if at := slices.IndexFunc(all, func(t Template) bool { return t.ID == q.Get("before") }); at >= 0 {
		until = at
		from = max(0, until-limit)
	}
	page := all[from:min(until, from+limit)]
	rows := make([]any, 0, len(page))
	for _, t := range page {
		row, err := describeTemplate(t.at(now), q.Get("fields"))
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	answer := map[string]any{"data": rows}
	if len(page) > 0 {
		answer["paging"] = paging(r, page, from > 0, from+len(page) < len(all))
	}
	return answer, nil
}

// paging names the ends of a page, and the pages around it if there are any.
func paging(r *http.Request, page []Template, before, after bool) map[string]any {
	first, last := page[0].ID, page[len(page)-1].ID
	p := map[string]any{"cursors": map[string]string{"before": first, "after": last}}
	address := func(name, id string) string {
		q := r.URL.Query()
		q.Del("after")
		q.Del("before")
		q.Set(name, id)
		return (&url.URL{Scheme: "https", Host: cmp.Or(r.Host, "graph.facebook.com"), Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	if after {
		p["next"] = address("after", last)
	}
	if before {
		p["previous"] = address("before", first)
	}
	return p
}

// chosen reports whether a template passes the filters of a list.
func chosen(t Template, q url.Values) bool {
	for filter, value := range map[string]string{
		"status": t.Status, "category": t.Category, "language": t.Language, "quality_score": t.Quality,
	} {
		if want := q.Get(filter); want != "" && !strings.EqualFold(want, value) {
			return false
		}
	}
	return strings.Contains(t.Name, q.Get("name"))
}

// describeTemplate is a template on the wire; fields "" means the usual ones.
func describeTemplate(t Template, fields string) (any, error) {
	all := map[string]any{
		"id": t.ID, "name": t.Name, "language": t.Language, "status": t.Status, "category": t.Category,
		"parameter_format": t.ParameterFormat, "components": t.Components,
		"quality_score":   map[string]any{"score": t.Quality, "date": t.CreatedAt.Unix()},
		"rejected_reason": cmp.Or(t.Reason, "NONE"),
	}
	if t.TTL != nil {
		all["message_send_ttl_seconds"] = *t.TTL
	}
	names := []string{"name", "parameter_format", "components", "language", "status", "category"}
	if fields != "" {
		names = strings.Split(fields, ",")
	}
	row := map[string]any{"id": t.ID}
	for _, name := range names {
		name = strings.TrimSpace(name)
		value, ok := all[name]
		if !ok && name != "message_send_ttl_seconds" {
			return nil, invalid(fmt.Sprintf("Tried accessing nonexisting field (%s) on node type (WhatsAppMessageTemplate).", name))
		}
		if ok {
			row[name] = value
		}
	}
	return row, nil
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

// How long the simulator's review takes, and what comes after it.
const (
	reviewAfter = 2 * time.Second
	laterAfter  = 5 * time.Second
	waitAfter   = 24 * time.Hour
	farAhead    = time.Minute // what comes later is told to who asks, not called back
)

// review is what happens to a new template. How its name begins decides, so
// that every end can be tried.
func review(name string, now time.Time) []Step {
	approved := Step{At: now.Add(reviewAfter), Status: "APPROVED"}
	begin, _, _ := strings.Cut(name, "_")
	switch begin {
	case "reject":
		return []Step{{At: now.Add(reviewAfter), Status: "REJECTED", Reason: "INVALID_FORMAT"}}
	case "pause":
		return []Step{approved, {At: now.Add(laterAfter), Status: "PAUSED", Quality: "RED"}}
	case "disable":
		return []Step{approved, {At: now.Add(laterAfter), Status: "DISABLED", Quality: "RED"}}
	case "recategorize":
		return []Step{approved, {At: now.Add(laterAfter), Category: "MARKETING"}}
	case "wait":
		return []Step{{At: now.Add(waitAfter), Status: "APPROVED"}}
	}
	return []Step{approved}
}

// reviewAgain is what happens to an edited template: the edit helped.
func reviewAgain(name string, now time.Time) []Step {
	if strings.HasPrefix(name, "wait_") {
		return review(name, now)
	}
	return []Step{{At: now.Add(reviewAfter), Status: "APPROVED", Quality: "UNKNOWN", Reason: "NONE"}}
}

// saveTemplate keeps a template and schedules what its plan calls back with.
func (s *Simulator) saveTemplate(ctx context.Context, ph Phone, t Template) error {
	var callbacks []Callback
	before := t
	for _, step := range t.Plan {
		due := step.At.Add(-time.Duration(ph.Settings.Ahead))
		if !s.heard(ph) || due.Sub(s.now()) > farAhead {
			break
		}
		after := before
		after.Plan = []Step{step}
		after = after.at(step.At)
		for _, change := range templateChanges(before, after) {
			cb, err := newCallback(ph, due, change.field, change.value)
			if err != nil {
				return err
			}
			callbacks = append(callbacks, cb)
		}
		before = after
	}
	if err := s.templates.SaveTemplate(ctx, t, callbacks); err != nil {
		return fmt.Errorf("save template: %w", err)
	}
	return nil
}

// change is one change of a callback.
type change struct {
	field string
	value map[string]any
}

// templateChanges are the callbacks about what differs.
func templateChanges(before, after Template) (list []change) {
	add := func(field string, more map[string]any) {
		more["message_template_id"] = json.Number(after.ID)
		more["message_template_name"] = after.Name
		more["message_template_language"] = after.Language
		list = append(list, change{field, more})
	}
	if before.Quality != after.Quality {
		add("message_template_quality_update", map[string]any{"previous_quality_score": before.Quality, "new_quality_score": after.Quality})
	}
	if before.Category != after.Category {
		add("template_category_update", map[string]any{"previous_category": before.Category, "new_category": after.Category})
	}
	if before.Status != after.Status {
		value := map[string]any{"event": after.Status, "reason": cmp.Or(after.Reason, "NONE"), "message_template_category": after.Category}
		switch after.Status {
		case "REJECTED":
			value["rejection_info"] = map[string]string{
				"reason":         "The name of the template begins with reject_, so the simulator rejects it.",
				"recommendation": "Edit the template: the simulator approves every edit.",
			}
		case "PAUSED":
			value["other_info"] = map[string]string{"title": "FIRST_PAUSE", "description": "Too many people blocked or reported this template. It is paused for 3 hours."}
		case "DISABLED":
			value["disable_info"] = map[string]any{"disable_date": unix(after.Plan[0].At)}
			value["other_info"] = map[string]string{"title": "DISABLED", "description": "The template was paused too often."}
		}
		add("message_template_status_update", value)
	}
	return list
}
