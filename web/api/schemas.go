package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// objects are the fields of a message that hold WhatsApp's objects: inbound ones
// have more than a body takes.
var objects = []string{
	"audio", "button", "document", "image", "interactive", "location", "order", "price", "reaction", "sticker", "system", "video",
}

// finish makes the schemas say what the wire does: objects of answers may be
// null and may grow, and raw JSON has a shape.
func finish(doc *huma.OpenAPI) {
	registry := doc.Components.Schemas
	registry.Schema(reflect.TypeFor[Problem](), true, "")
	if registry.Map()["Message"] != nil {
		registry.Schema(reflect.TypeFor[portal.Text](), true, "")
		registry.Schema(reflect.TypeFor[TemplateContent](), true, "")
	}
	asked := map[string]bool{}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			if body := op.RequestBody.Content["application/json"]; body != nil {
				mark(registry, body.Schema, asked)
			}
		}
	}
	for name, s := range registry.Map() {
		if asked[name] {
			continue
		}
		s.AdditionalProperties = nil
		nullable(s, registry.TypeFromRef("#/components/schemas/"+name))
	}
	for _, name := range []string{"Message", "MessageDetail"} {
		s := registry.Map()[name]
		if s == nil {
			continue // not in this document
		}
		p := s.Properties
		p["text"] = orNull(&huma.Schema{Ref: "#/components/schemas/Text"}, p["text"].Description)
		p["template"] = orNull(&huma.Schema{Ref: "#/components/schemas/TemplateContent"}, p["template"].Description)
		p["contacts"] = orNull(&huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}, p["contacts"].Description)
		for _, name := range objects {
			p[name] = orNull(&huma.Schema{Type: huma.TypeObject}, p[name].Description)
		}
	}
}

// mark notes every schema that a body uses.
func mark(r huma.Registry, s *huma.Schema, seen map[string]bool) {
	if s == nil {
		return
	}
	if name := strings.TrimPrefix(s.Ref, "#/components/schemas/"); s.Ref != "" && !seen[name] {
		seen[name] = true
		mark(r, r.SchemaFromRef(s.Ref), seen)
	}
	for _, p := range s.Properties {
		mark(r, p, seen)
	}
	for _, p := range s.AnyOf {
		mark(r, p, seen)
	}
	mark(r, s.Items, seen)
}

// nullable lets pointers to structs, and pointers with an enum, be null.
func nullable(s *huma.Schema, t reflect.Type) {
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil || f.Type.Kind() != reflect.Pointer {
			continue
		}
		if p.Ref != "" {
			s.Properties[name] = orNull(&huma.Schema{Ref: p.Ref}, p.Description)
		} else if len(p.Enum) > 0 {
			p.Enum = append(p.Enum, nil)
		}
	}
}

func orNull(s *huma.Schema, text string) *huma.Schema {
	return &huma.Schema{Description: text, AnyOf: []*huma.Schema{s, {Type: "null"}}}
}

// headers are the response headers of the document.
var headers = map[string]*huma.Header{
	"Request-Id":           header("Id of the request, as in the portal's log.", "req_01KB2M4X7Q9V0T3R5N8W6Y1Z06"),
	"RateLimit":            header("What is left of the limit: r requests, more in t seconds.", `"token";r=99;t=1`),
	"RateLimit-Policy":     header("The limit: q requests in w seconds. Absent when the token has none.", `"token";q=100;w=1`),
	"Retry-After":          header("Seconds to wait.", "1"),
	"Location":             header("Path of the resource.", "/v1/messages/msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01"),
	"ETag":                 header("Version of the answer, for If-None-Match and If-Match.", `"9f86d081884c7d659a2feaa0c55ad015"`),
	"Link":                 header("Address of the next page, rel=next.", `<https://api.example.com/v1/messages?after=b3BhcXVl>; rel="next"`),
	"Idempotency-Replayed": header("true: the answer that was kept for this Idempotency-Key.", "true"),
}

func header(text, example string) *huma.Header {
	return &huma.Header{Description: text, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
}

func headerRef(name string) *huma.Header { return &huma.Header{Ref: "#/components/headers/" + name} }

func headerRefs(names ...string) map[string]*huma.Header {
	out := map[string]*huma.Header{}
	for _, n := range names {
		out[n] = headerRef(n)
	}
	return out
}

// Request headers that the middleware reads, not the handlers.
var (
	idempotencyKey = &huma.Param{
		Name: "Idempotency-Key", In: "header", Example: "PED-1001:enviado",
		Description: "Your key of this request, such as an order number with its step. A repeat within 24 hours gets the same answer and does nothing.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: number(1), MaxLength: number(255)},
	}
	ifNoneMatch = &huma.Param{
		Name: "If-None-Match", In: "header",
		Description: "The ETag that you have: 304 while it is still the same.", Schema: &huma.Schema{Type: huma.TypeString},
	}
)

func number(n int) *int { return &n }
