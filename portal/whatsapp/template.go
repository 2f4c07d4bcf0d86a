package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Business is a business account and a token that may manage it.
type Business struct {
	WABA  string
	Token string
}

// String leaves the token out.
func (b Business) String() string { return b.WABA }

// GoString leaves the token out.
func (b Business) GoString() string { return b.WABA }

// LogValue leaves the token out.
func (b Business) LogValue() slog.Value { return slog.StringValue(b.WABA) }

// Template is a template as WhatsApp has it, in Meta's words.
type Template struct {
	ID              string
	Name            string
	Language        string
	Status          string // PENDING, APPROVED, REJECTED, PAUSED, DISABLED; open
	Category        string // MARKETING, UTILITY, AUTHENTICATION
	ParameterFormat string // NAMED or POSITIONAL, "" when it was not told
	Components      json.RawMessage
	Quality         string // GREEN, YELLOW, RED, UNKNOWN, or ""
	Reason          string // why it was rejected, or ""
	TTL             *int   // seconds
}

// wireTemplate is a template in Meta's JSON.
type wireTemplate struct {
	ID              string          `json:"id,omitempty"`
	Name            string          `json:"name,omitempty"`
	Language        string          `json:"language,omitempty"`
	Status          string          `json:"status,omitempty"`
	Category        string          `json:"category,omitempty"`
	ParameterFormat string          `json:"parameter_format,omitempty"`
	Components      json.RawMessage `json:"components,omitempty"`
	TTL             *int            `json:"message_send_ttl_seconds,omitempty"`
	Reason          string          `json:"rejected_reason,omitempty"`
	Quality         *struct {
		Score string `json:"score"`
	} `json:"quality_score,omitempty"`
}

func (w wireTemplate) public() Template {
	t := Template{
		ID: clean(w.ID), Name: clean(w.Name), Language: clean(w.Language), Status: strings.ToUpper(clean(w.Status)), Category: strings.ToUpper(clean(w.Category)),
		ParameterFormat: strings.ToUpper(clean(w.ParameterFormat)), Reason: clean(known(w.Reason)), TTL: w.TTL,
	}
	if w.Quality != nil {
		t.Quality = strings.ToUpper(clean(w.Quality.Score))
	}
	if len(w.Components) > 0 && w.Components[0] == '[' {
		t.Components = bytes.ReplaceAll(bytes.ToValidUTF8(w.Components, []byte("\uFFFD")), []byte(`\u0000`), nil)
	}
	return t
}

func wire(t Template) wireTemplate {
	return wireTemplate{
		Name: t.Name, Language: t.Language, Category: t.Category, ParameterFormat: t.ParameterFormat, Components: t.Components, TTL: t.TTL,
	}
}

// templateQuery are the fields that we want to know of a template.
const templateQuery = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason,message_send_ttl_seconds"

// templatesPage is how many templates one call lists.
const templatesPage = 50

// CreateTemplate asks WhatsApp to review a new template, and returns its id,
// status and category: WhatsApp may choose another category. RetryLater leaves
// open whether it exists now.
func (c *Client) CreateTemplate(ctx context.Context, b Business, t Template) (made Template, out Outcome) {
	var w wireTemplate
	out = c.tend(ctx, b, request{http.MethodPost, url.PathEscape(b.WABA) + "/message_templates", wire(t)}, &w)
	if out.Kind == Accepted && w.ID == "" {
		out.Kind, out.Cause = RetryLater, errors.New("the answer holds no template id")
	}
	return w.public(), out
}

// EditTemplate asks WhatsApp to review a changed template. Name and language
// cannot be changed.
func (c *Client) EditTemplate(ctx context.Context, b Business, id string, t Template) Outcome {
	w := wire(t)
	w.Name, w.Language = "", ""
	return c.tend(ctx, b, request{http.MethodPost, url.PathEscape(id), w}, nil)
}

// DeleteTemplate deletes the template of that name and id: without the id
// WhatsApp would delete all languages.
func (c *Client) DeleteTemplate(ctx context.Context, b Business, name, id string) Outcome {
	query := url.Values{"name": {name}, "hsm_id": {id}}
	return c.tend(ctx, b, request{http.MethodDelete, url.PathEscape(b.WABA) + "/message_templates?" + query.Encode(), nil}, nil)
}

// Template reads one template.
func (c *Client) Template(ctx context.Context, b Business, id string) (Template, Outcome) {
	var w wireTemplate
	out := c.tend(ctx, b, request{http.MethodGet, url.PathEscape(id) + "?fields=" + templateQuery, nil}, &w)
	return w.public(), out
}

// TemplateList asks for a page of templates.
type TemplateList struct {
	Name  string // only this name and longer ones; "" = all
	After string // what the page before returned as next
}

// Templates lists a page of the business account's templates; next is "" on the last page.
func (c *Client) Templates(ctx context.Context, b Business, l TemplateList) (list []Template, next string, out Outcome) {
	query := url.Values{"fields": {templateQuery}, "limit": {strconv.Itoa(templatesPage)}}
	if l.After != "" {
		query.Set("after", l.After)
	}
	if l.Name != "" {
		query.Set("name", l.Name)
	}
	var page struct {
		Data   []wireTemplate `json:"data"`
		Paging struct {
			Cursors struct {
				After string `json:"after"`
			} `json:"cursors"`
			Next string `json:"next"`
		} `json:"paging"`
	}
	out = c.tend(ctx, b, request{http.MethodGet, url.PathEscape(b.WABA) + "/message_templates?" + query.Encode(), nil}, &page)
	for _, w := range page.Data {
		list = append(list, w.public())
	}
	// The cursor alone does not tell: the last page has one too. The address in
	// next is not called, because a token must go nowhere else.
	if page.Paging.Next != "" && page.Paging.Cursors.After != l.After {
		next = page.Paging.Cursors.After
	}
	return list, next, out
}

// tend makes one call about templates.
func (c *Client) tend(ctx context.Context, b Business, q request, into any) Outcome {
	return c.manage(ctx, Channel{PhoneNumberID: b.WABA, Token: b.Token}, q, into)
}
