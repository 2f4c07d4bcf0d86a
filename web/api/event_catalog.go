package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// EventExample returns an example of what receivers get for a type, as the document has it.
func (a *API) EventExample(t portal.EventType) ([]byte, error) {
	e, err := exampleEvent(t)
	if err != nil {
		return nil, err
	}
	return encode(e)
}

// exampleEvent is the example of a type, whose subject is what it holds.
func exampleEvent(t portal.EventType) (e WebhookEvent, err error) {
	defer portal.Wrap(&err, "example of %s", t.Name)
	if err := json.Unmarshal(answers["webhookEvent"], &e); err != nil {
		return e, err
	}
	data := map[string]json.RawMessage{}
	for _, name := range t.Resources() {
		data[name] = answers[resourceAnswers[name]]
	}
	e.Type, e.Sequence = t.Name, 1
	if t.Resource == "message" {
		if data["message"], e.Sequence, err = exampleMessage(t.Name); err != nil {
			return e, err
		}
	}
	var subject struct{ ID string }
	if err := json.Unmarshal(data[t.Resource], &subject); err != nil {
		return e, err
	}
	e.Subject = subject.ID
	e.Data, err = json.Marshal(data)
	return e, err
}

// exampleMessage is a message as an event of the type holds it, with its
// sequence: what a person wrote with its content, ours without.
func exampleMessage(eventType string) (raw json.RawMessage, sequence int, err error) {
	if eventType == portal.EventMessageReceived {
		return answers["inbound"], 1, nil
	}
	var m Message
	if err := json.Unmarshal(answers["message"], &m); err != nil {
		return nil, 0, err
	}
	_, m.Status, _ = strings.Cut(eventType, ".")
	m.Environment, m.Template = string(portal.Test), nil
	m.Sequence = 3
	switch eventType {
	case portal.EventMessageRead:
		m.Sequence = 4
	case portal.EventMessageDelivered:
		m.ReadAt = nil
	case portal.EventMessageCreated:
		m.Sequence, m.DeliveredAt, m.ReadAt = 2, nil, nil
	case portal.EventMessageQueued:
		m.Sequence, m.AcceptedAt, m.DeliveredAt, m.ReadAt = 1, nil, nil, nil
	default:
		m.DeliveredAt, m.ReadAt = nil, nil
	}
	raw, err = json.Marshal(m)
	return raw, m.Sequence, err
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
