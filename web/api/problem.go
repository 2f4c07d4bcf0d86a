package api

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// maxFields bounds how many refused fields one answer lists.
const maxFields = 50

// Problem is the body of every error answer (RFC 9457).
type Problem struct { //nolint:errname // RFC 9457 calls it a problem
	Type      string         `json:"type" format:"uri" doc:"Address of the explanation of this code."`
	Title     string         `json:"title" doc:"The code in words."`
	Status    int            `json:"status" doc:"HTTP status."`
	Detail    string         `json:"detail" doc:"What happened, in the caller's language."`
	Code      string         `json:"code" doc:"What went wrong. Never translated; new codes may appear."`
	RequestID string         `json:"request_id" doc:"Id of the request, as in the Request-Id header."`
	Instance  string         `json:"instance" doc:"Path of the request's entry in the portal's log."`
	Retryable bool           `json:"retryable" doc:"Whether the same request, unchanged, may succeed later."`
	Action    string         `json:"action" doc:"What to do about it."`
	Errors    []FieldProblem `json:"errors" doc:"The fields and parameters that were refused."`
}

// FieldProblem points at one refused part of a request. It never holds the value.
type FieldProblem struct {
	Pointer   *string `json:"pointer" doc:"JSON pointer of the field in the body."`
	Parameter *string `json:"parameter" doc:"Name of the query, path or header parameter."`
	Code      string  `json:"code" doc:"Why it was refused: required, unknown_field, wrong_type, invalid_format, invalid_value, too_long, too_short, too_many, out_of_range, not_found or conflict."`
	Detail    string  `json:"detail" doc:"The reason in the caller's language."`
}

func (p *Problem) Error() string { return p.Code }

// GetStatus and ContentType make huma write the problem as what it is.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func init() { //nolint:gochecknoinits // huma's hooks are package variables
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return callOf(hc.Context()).problem(refusalOf(status, msg, errs))
	}
	huma.NewError = func(status int, msg string, _ ...error) huma.StatusError {
		return &Problem{Status: status, Detail: msg}
	}
}

// refuse makes the error the answer of the call.
func (c *call) refuse(err error) {
	p := c.problem(err)
	body, encErr := encode(p)
	if encErr != nil {
		c.api.Logger.Error("encode problem", "request_id", c.id, "error", encErr)
	}
	c.answer.status, c.answer.body = p.Status, body
	c.answer.header.Set("Content-Type", p.ContentType(""))
}

// problem turns any error into what the caller may read, sets the headers that
// belong to it, and logs the cause of those that are our fault.
func (c *call) problem(err error) *Problem {
	p, entry, refusal := c.explain(err)
	c.code = entry.Code
	c.setErrorHeaders(entry, refusal)
	return p
}

// explain is problem without an effect on the answer: for one line of a batch.
func (c *call) explain(err error) (*Problem, portal.Entry, *portal.Error) {
	var refusal *portal.Error
	if !errors.As(err, &refusal) {
		refusal = &portal.Error{Code: portal.CodeInternal}
	}
	entry, ok := portal.EntryOf(refusal.Code)
	if !ok || entry.Status == 0 {
		entry, _ = portal.EntryOf(portal.CodeInternal)
	}
	if entry.Status >= http.StatusInternalServerError {
		c.api.Logger.LogAttrs(c.r.Context(), slog.LevelError, "api call failed", slog.String("request_id", c.id), slog.Any("error", err))
	}
	detail := refusal.Detail
	if detail == (portal.Words{}) {
		detail = entry.Detail
	}
	p := c.api.problemOf(entry, c.lang)
	p.Detail, p.RequestID, p.Instance = detail.In(c.lang), c.id, "/logs/"+c.id
	for i, f := range refusal.Fields {
		if i == maxFields {
			break
		}
		p.Errors = append(p.Errors, fieldProblem(f, c.lang))
	}
	return p, entry, refusal
}

// problemOf returns the problem of a row of the catalogue, of no call in particular.
func (a *API) problemOf(e portal.Entry, lang string) *Problem {
	return &Problem{
		Type: a.BaseURL + "/docs/errors#" + string(e.Code), Title: e.Title.In(lang), Status: e.Status, Detail: e.Detail.In(lang),
		Code: string(e.Code), Retryable: e.Retryable, Action: e.Action.In(lang), Errors: []FieldProblem{},
	}
}

func fieldProblem(f portal.FieldError, lang string) FieldProblem {
	detail := f.Detail
	if detail == (portal.Words{}) {
		detail = fieldWords[f.Code]
	}
	p := FieldProblem{Code: f.Code, Detail: detail.In(lang)}
	if f.Parameter != "" {
		p.Parameter = &f.Parameter
	} else {
		p.Pointer = &f.Pointer
	}
	return p
}

func (c *call) setErrorHeaders(e portal.Entry, refusal *portal.Error) {
	h := c.answer.header
	switch e.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
		if e.Code != portal.CodeMissingToken {
			h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(seconds(refusal.RetryAfter)))
	}
	switch e.Code {
	case portal.CodeIdempotencyConflict:
		h.Set("Retry-After", "1")
	case portal.CodeDailyLimitReached:
		c.limitDay(refusal)
	}
}

// fieldWords says each code of a field in words, where the refusal has none of its own.
var fieldWords = map[string]portal.Words{
	portal.FieldRequired:      {EN: "It is required.", PT: "É obrigatório."},
	portal.FieldUnknown:       {EN: "It is not known here. Check the spelling.", PT: "Não é conhecido aqui. Confira a grafia."},
	portal.FieldWrongType:     {EN: "It has the wrong type.", PT: "O tipo está errado."},
	portal.FieldInvalidFormat: {EN: "It has the wrong format.", PT: "O formato está errado."},
	portal.FieldInvalidValue:  {EN: "The value is not allowed.", PT: "O valor não é aceito."},
	portal.FieldTooLong:       {EN: "It is too long.", PT: "É longo demais."},
	portal.FieldTooShort:      {EN: "It is too short.", PT: "É curto demais."},
	portal.FieldTooMany:       {EN: "There are too many.", PT: "Há itens demais."},
	portal.FieldOutOfRange:    {EN: "It is out of range.", PT: "Está fora do intervalo."},
	portal.FieldNotFound:      {EN: "There is no such thing.", PT: "Não existe."},
	portal.FieldConflict:      {EN: "It contradicts something else.", PT: "Contradiz outro dado."},
}

// refusalOf reads what huma found wrong: a status, a message and details whose
// messages are those of validation.go. Values that it names are dropped.
func refusalOf(status int, msg string, errs []error) error {
	switch {
	case status == http.StatusUnsupportedMediaType:
		return portal.Refuse(portal.CodeUnsupportedMediaType)
	case status == http.StatusNotAcceptable:
		return portal.Refuse(portal.CodeNotAcceptable)
	case msg == "request body is required":
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldRequired})
	case status >= http.StatusInternalServerError:
		return errors.Join(append([]error{errors.New(msg)}, errs...)...)
	}
	refusal := portal.Refuse(portal.CodeValidationFailed)
	for _, e := range errs {
		var d *huma.ErrorDetail
		if !errors.As(e, &d) || len(refusal.Fields) == maxFields {
			continue
		}
		if strings.HasPrefix(d.Message, malformed) {
			return portal.Refuse(portal.CodeMalformedJSON)
		}
		refusal.Fields = append(refusal.Fields, fieldOf(d))
	}
	return refusal
}
