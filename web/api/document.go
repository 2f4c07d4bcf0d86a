package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

//go:embed answers.json
var answersJSON []byte

//go:embed bodies.json
var bodiesJSON []byte

var (
	answers = examples[json.RawMessage](answersJSON)           // one row of each resource
	bodies  = examples[map[string]json.RawMessage](bodiesJSON) // by operation, by title
)

func examples[T any](data []byte) map[string]T {
	var m map[string]T
	if err := json.Unmarshal(data, &m); err != nil {
		panic(fmt.Sprintf("examples: %v", err)) // an embedded file: never input
	}
	return m
}

// answerTypes says which wire type an operation's Answer names.
var answerTypes = map[string]reflect.Type{
	"account": reflect.TypeFor[Account](), "module": reflect.TypeFor[Module](), "configuration": reflect.TypeFor[Configuration](),
	"messageBatch": reflect.TypeFor[MessageBatch](), "contactBatch": reflect.TypeFor[ContactBatch](),
	"message": reflect.TypeFor[Message](), "inbound": reflect.TypeFor[Message](), "messageDetail": reflect.TypeFor[MessageDetail](), "verdict": reflect.TypeFor[Verdict](),
	"media": reflect.TypeFor[Media](), "channel": reflect.TypeFor[Channel](), "template": reflect.TypeFor[Template](), "contact": reflect.TypeFor[Contact](), "contactWritten": reflect.TypeFor[ContactWritten](),
	"number": reflect.TypeFor[Number](), "handoff": reflect.TypeFor[Handoff](), "request": reflect.TypeFor[Request](),
	"requestDetail": reflect.TypeFor[RequestDetail](), "error": reflect.TypeFor[CatalogueEntry](),
	"endpoint": reflect.TypeFor[Endpoint](), "endpointCreated": reflect.TypeFor[EndpointCreated](), "delivery": reflect.TypeFor[Delivery](),
	"deliveryRow": reflect.TypeFor[DeliveryRow](), "replay": reflect.TypeFor[Replay](), "event": reflect.TypeFor[Event](), "eventDetail": reflect.TypeFor[EventDetail](),
	"eventBatch": reflect.TypeFor[EventBatch](), "commerceType": reflect.TypeFor[CommerceType](), "webhookEvent": reflect.TypeFor[WebhookEvent](),
}

// listTypes are the answers of the operations that list.
var listTypes = map[string]reflect.Type{
	"listModules": reflect.TypeFor[list[Module]](), "listMessages": reflect.TypeFor[list[Message]](), "listTemplates": reflect.TypeFor[list[Template]](),
	"listContacts": reflect.TypeFor[list[Contact]](), "listHandoffs": reflect.TypeFor[list[Handoff]](), "listRequests": reflect.TypeFor[list[Request]](),
	"listErrors": reflect.TypeFor[list[CatalogueEntry]](), "listWebhookEndpoints": reflect.TypeFor[list[Endpoint]](),
	"listWebhookDeliveries": reflect.TypeFor[list[DeliveryRow]](), "listWebhookEvents": reflect.TypeFor[list[WebhookEvent]](),
	"listEvents": reflect.TypeFor[list[Event]](), "listEventTypes": reflect.TypeFor[list[CommerceType]](),
}

// config is huma without its pages, links and fallbacks.
func (a *API) config(d direction) huma.Config {
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: d.title, Version: d.version, Description: d.text.EN,
			},
			Servers:  []*huma.Server{{URL: a.BaseURL}},
			Security: []map[string][]string{{"token": {}}},
			Components: &huma.Components{
				Schemas:   huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				Responses: a.errorResponses(),
				Headers:   headers,
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {
					Type: "http", Scheme: "bearer",
					Description: "A token of the Tokens page, wpp_live_… or wpp_test_…. It decides the account and the environment.",
				}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	c.Tags = tagsOf(d.name)
	return c
}

// describe returns what huma needs to know of the operation of that id.
func describe(h huma.API, id string) huma.Operation {
	op := operationOf(id)
	if op == nil {
		panic("no operation " + id) // a mistake of the tables, found by every test
	}
	registry := h.OpenAPI().Components.Schemas
	d := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, DefaultStatus: op.Success[0], MaxBodyBytes: -1, BodyReadTimeout: -1,
		Tags: []string{op.Tag}, Summary: op.Summary.EN, Description: op.Text.EN,
		Responses: map[string]*huma.Response{}, Extensions: op.extensions(),
	}
	if op.Open {
		d.Security = []map[string][]string{{}}
	}
	if op.Idempotent {
		d.Parameters = append(d.Parameters, idempotencyKey)
	}
	if op.tagged() {
		d.Parameters = append(d.Parameters, ifNoneMatch)
		d.Responses["304"] = &huma.Response{Description: "You have it already.", Headers: headerRefs("Request-Id", "ETag")}
	}
	for _, status := range op.Success {
		d.Responses[strconv.Itoa(status)] = op.success(registry, status)
	}
	for _, status := range op.errorStatuses() {
		d.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + responseNames[status]}
	}
	switch b := bodies[op.ID]; {
	case op.Batch:
		d.RequestBody, d.SkipValidateBody = op.batchBody(registry), true // line by line
	case b != nil:
		d.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Examples: bodyExamples(b)}}}
	}
	return d
}

// fileForm describes the body of an upload.
func fileForm() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"file": {
			Type: huma.TypeString, Format: "binary",
			Description: "The file. The Content-Type of its part must be that of the content, or application/octet-stream.",
		}},
	}}}}
}

// extensions say what OpenAPI has no words for.
func (op *Operation) extensions() map[string]any {
	x := map[string]any{"x-errors": op.codes()}
	if op.Scope != "" {
		x["x-scope"] = op.Scope
	}
	if op.Module != "" {
		x["x-module"] = op.Module
	}
	if op.TestOnly {
		x["x-environment"] = string(portal.Test)
	}
	return x
}

func bodyExamples(b map[string]json.RawMessage) map[string]*huma.Example {
	out := map[string]*huma.Example{}
	for title, value := range b {
		out[strings.ReplaceAll(strings.ToLower(title), " ", "-")] = &huma.Example{Summary: title, Value: value}
	}
	return out
}

// tagged reports whether the answer carries an ETag.
func (op *Operation) tagged() bool {
	return op.Method == http.MethodGet && (op.Open || listTypes[op.ID] == nil)
}

// success describes one good answer.
func (op *Operation) success(registry huma.Registry, status int) *huma.Response {
	r := &huma.Response{Description: successWords[status], Headers: headerRefs("Request-Id")}
	if !op.Open {
		r.Headers["RateLimit"], r.Headers["RateLimit-Policy"] = headerRef("RateLimit"), headerRef("RateLimit-Policy")
	}
	if op.Idempotent {
		r.Headers["Idempotency-Replayed"] = headerRef("Idempotency-Replayed")
	}
	if op.tagged() {
		r.Headers["ETag"] = headerRef("ETag")
	}
	if status == http.StatusCreated || status == http.StatusAccepted {
		r.Headers["Location"] = headerRef("Location")
	}
	if op.Binary {
		r.Content = map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	}
	if op.Answer == "" {
		return r
	}
	t, example := answerTypes[op.Answer], answers[op.Answer]
	if l := listTypes[op.ID]; l != nil {
		r.Headers["Link"] = headerRef("Link")
		t, example = l, json.RawMessage(`{"data":[`+string(example)+`],"next":null}`)
	}
	r.Content = map[string]*huma.MediaType{"application/json": {Schema: registry.Schema(t, true, ""), Example: example}}
	return r
}

// codes returns every code that the operation may answer, in the catalogue's order.
func (op *Operation) codes() []portal.Code {
	may := map[portal.Code]bool{
		portal.CodeNotAcceptable: true, portal.CodeValidationFailed: true, portal.CodeInternal: true,
		portal.CodeOverloaded: true, portal.CodeStorageUnavailable: true,
	}
	add := func(when bool, codes ...portal.Code) {
		for _, c := range codes {
			may[c] = may[c] || when
		}
	}
	add(!op.Open, portal.CodeMissingToken, portal.CodeInvalidToken, portal.CodeRevokedToken, portal.CodeExpiredToken, portal.CodeInsufficientScope,
		portal.CodeIPNotAllowed, portal.CodeAccountSuspended, portal.CodeCrossSite, portal.CodeRateLimited)
	add(op.Module != "", portal.CodeModuleInactive)
	add(strings.Contains(op.Path, "{") || op.Idempotent, portal.CodeNotFound) // a kept answer about an erased person
	add(op.Body, portal.CodeMalformedJSON)
	add(op.Body || op.Upload || op.Idempotent, portal.CodeUnsupportedMediaType, portal.CodeBodyTooLarge)
	add(op.Idempotent, portal.CodeInvalidIdempotencyKey, portal.CodeIdempotencyMismatch)
	add(listTypes[op.ID] != nil, portal.CodeInvalidCursor)
	add(true, op.Codes...)
	var out []portal.Code
	for _, e := range portal.Catalogue {
		if may[e.Code] {
			out = append(out, e.Code)
		}
	}
	return out
}

func (op *Operation) errorStatuses() (out []int) {
	for _, c := range op.codes() {
		if e, ok := portal.EntryOf(c); ok && !slices.Contains(out, e.Status) {
			out = append(out, e.Status)
		}
	}
	return out
}

var successWords = map[int]string{
	http.StatusOK: "Done.", http.StatusCreated: "Created.", http.StatusAccepted: "Accepted.", http.StatusNoContent: "Done; there is nothing to answer.", http.StatusPartialContent: "The part of it that Range asked for.",
}

// responseNames are the shared answers of errors, one for each status.
var responseNames = map[int]string{
	400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 406: "NotAcceptable", 409: "Conflict",
	412: "PreconditionFailed", 413: "BodyTooLarge", 415: "UnsupportedMediaType", 422: "Unprocessable", 429: "TooManyRequests",
	500: "InternalError", 503: "Unavailable",
}

// errorResponses describes the shared answers, with one example for each code.
func (a *API) errorResponses() map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for _, e := range portal.Catalogue {
		name := responseNames[e.Status]
		if name == "" || e.Status == http.StatusMethodNotAllowed {
			continue
		}
		r := out[name]
		if r == nil {
			r = &huma.Response{
				Description: http.StatusText(e.Status) + ".", Headers: headerRefs("Request-Id"),
				Content: map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: map[string]*huma.Example{}}},
			}
			if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
				r.Headers["Retry-After"] = headerRef("Retry-After")
			}
			out[name] = r
		}
		p := a.problemOf(e, portal.LangEN)
		p.RequestID = "req_01KB2M4X7Q9V0T3R5N8W6Y1Z06"
		p.Instance = "/logs/" + p.RequestID
		r.Content["application/problem+json"].Examples[string(e.Code)] = &huma.Example{Summary: e.Title.EN, Value: p}
	}
	return out
}
