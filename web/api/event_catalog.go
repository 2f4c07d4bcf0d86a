package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// EventExample returns an example of what receivers get for a type, as the document has it.
func (a *API) EventExample(t portal.EventType) ([]byte, error) {
	var e WebhookEvent
	if err := json.Unmarshal(answers["webhookEvent"], &e); err != nil {
		return nil, fmt.Errorf("example of %s: %w", t.Name, err)
	}
	data, err := json.Marshal(exampleData(t))
	e.Type, e.Data = t.Name, data
	if err != nil {
		return nil, fmt.Errorf("example of %s: %w", t.Name, err)
	}
	return encode(e)
}

// exampleData is what the example of a type holds as data.
func exampleData(t portal.EventType) map[string]json.RawMessage {
	data := map[string]json.RawMessage{}
	for _, name := range t.Resources() {
		data[name] = answers[resourceAnswers[name]]
	}
	return data
}

// resourceTypes are the resources of events as they are written.
var resourceTypes = map[string]reflect.Type{
	"message": reflect.TypeFor[Message](), "channel": reflect.TypeFor[Channel](), "contact": reflect.TypeFor[Contact](),
	"template": reflect.TypeFor[Template](), "handoff": reflect.TypeFor[Handoff](), "token": reflect.TypeFor[ExpiringToken](),
	"endpoint": reflect.TypeFor[Endpoint](),
}

// ResourceFields returns the fields of a resource of events, in their order.
func (a *API) ResourceFields(resource, lang string) []portal.ResourceField {
	return fieldsIn(resourceTypes[resource], lang)
}

func fieldsIn(t reflect.Type, lang string) (list []portal.ResourceField) {
	if t == nil {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			list = append(list, fieldsIn(f.Type, lang)...)
		case name != "" && name != "-":
			list = append(list, portal.ResourceField{Name: name, Type: wireType(f), Text: docOf(f, lang)})
		}
	}
	return list
}

func docOf(f reflect.StructField, lang string) string {
	text := f.Tag.Get("doc")
	if pt, ok := portuguese[text]; ok && lang == portal.LangPT {
		return pt
	}
	return text
}

// wireType is the type of a field in JSON: with its format, and null where it may be.
func wireType(f reflect.StructField) string {
	t, null := f.Type, ""
	if t.Kind() == reflect.Pointer {
		t, null = t.Elem(), " | null"
	}
	if format := f.Tag.Get("format"); format != "" {
		return format + null
	}
	numbers := []reflect.Kind{reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64}
	switch kind := t.Kind(); {
	case kind == reflect.Bool:
		return "boolean" + null
	case slices.Contains(numbers, kind):
		return "number" + null
	case kind == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return "array" + null
	case kind == reflect.String:
		return "string" + null
	}
	return "object" + null
}
