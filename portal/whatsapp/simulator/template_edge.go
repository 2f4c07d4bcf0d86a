package simulator

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	templatesLimit = 25  // of a list that names none
	maxTemplates   = 100 // of one page
	maxPerAccount  = 6000
)

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
