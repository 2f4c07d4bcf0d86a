package api

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// CommerceType is a type of commercial event, as listEventTypes has it.
type CommerceType struct {
	Type           string         `json:"type" example:"order.created"`
	Title          string         `json:"title" doc:"In the caller's language."`
	Description    string         `json:"description" doc:"In the caller's language."`
	Needs          []string       `json:"needs" doc:"The parts of data that an event of this type must have."`
	Schema         map[string]any `json:"schema" doc:"JSON Schema of the body of this type."`
	Example        map[string]any `json:"example" doc:"A body that is accepted."`
	LastReceivedAt *string        `json:"last_received_at" format:"date-time" doc:"When the last one came; null: never, or not within 180 days."`
}

// eventTypes lists the catalogue. Schemas and examples are those of the document.
func (a *API) eventTypes(r huma.Registry) handler[struct{}] {
	schema := r.Schema(reflect.TypeFor[EventBody](), true, "")
	return func(ctx context.Context, c *call, _ *struct{}) (reply, error) {
		seen, err := a.Events.LastSeen(ctx, c.caller.Tenant)
		if err != nil {
			return reply{}, err
		}
		list := make([]CommerceType, len(portal.CommerceTypes))
		for i, t := range portal.CommerceTypes {
			if list[i], err = commerceType(r, schema, t, c.lang); err != nil {
				return reply{}, err
			}
			if at, ok := seen[t.Name]; ok {
				list[i].LastReceivedAt = moment(&at)
			}
		}
		return listed(c, "event types", "", list), nil
	}
}

func commerceType(r huma.Registry, schema *huma.Schema, t portal.CommerceType, lang string) (w CommerceType, err error) {
	w = CommerceType{Type: t.Name, Title: t.Title.In(lang), Description: t.Text.In(lang), Needs: append([]string{}, t.Needs...)}
	if err := json.Unmarshal(bodies["sendEvent"][t.Title.EN], &w.Example); err != nil {
		return w, fmt.Errorf("example of %s: %w", t.Name, err)
	}
	if w.Schema, err = inlined(r, schema); err != nil {
		return w, fmt.Errorf("schema of %s: %w", t.Name, err)
	}
	w.Schema["properties"].(map[string]any)["type"] = map[string]any{"const": t.Name}
	demand(w.Schema, t.Needs)
	return w, nil
}

// inlined renders a schema without references.
func inlined(r huma.Registry, s *huma.Schema) (out map[string]any, err error) {
	raw, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil, err
	}
	whole, err := resolve(r, out)
	if err != nil {
		return nil, err
	}
	return whole.(map[string]any), nil
}

func resolve(r huma.Registry, v any) (_ any, err error) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			return inlined(r, r.SchemaFromRef(ref))
		}
		for name, member := range v {
			if v[name], err = resolve(r, member); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, item := range v {
			if v[i], err = resolve(r, item); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// demand makes parts of data required: "links.checkout" is the member checkout
// of links.
func demand(schema map[string]any, needs []string) {
	for _, need := range needs {
		at := schema
		for name := range strings.SplitSeq("data."+need, ".") {
			require(at, name)
			at = object(at["properties"].(map[string]any)[name].(map[string]any))
		}
	}
}

func require(schema map[string]any, name string) {
	names, _ := schema["required"].([]any)
	for _, n := range names {
		if n == name {
			return
		}
	}
	schema["required"] = append(names, name)
}

// object returns the schema of the object where null is allowed too, and takes
// null out.
func object(s map[string]any) map[string]any {
	anyOf, ok := s["anyOf"].([]any)
	if !ok {
		if types, ok := s["type"].([]any); ok {
			s["type"] = types[0]
		}
		return s
	}
	whole := anyOf[0].(map[string]any)
	delete(s, "anyOf")
	for name, member := range whole {
		s[name] = member
	}
	return s
}
