package messaging

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// component is one filled part of a template in Meta's shape. Only what is
// checked is read; the caller's own text goes to WhatsApp.
type component struct {
	Type       string      `json:"type"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type string `json:"type"`
	Name string `json:"parameter_name,omitempty"`
	Text string `json:"text"`
}

// parameterProblems returns what is missing, unknown or unusable in how ref
// fills t; pointer is where ref stands in the request.
func parameterProblems(t portal.Template, ref TemplateRef, pointer string) []portal.FieldError {
	if ref.Components == nil {
		return mapProblems(t, ref.Parameters, pointer+"/parameters")
	}
	var filled []component
	if json.Unmarshal(ref.Components, &filled) != nil {
		return []portal.FieldError{{Pointer: pointer + "/components", Code: portal.FieldWrongType}}
	}
	var problems []portal.FieldError
	for _, part := range []string{"header", "body", "button"} {
		problems = append(problems, partProblems(t, part, filled, pointer+"/components")...)
	}
	return problems
}

func mapProblems(t portal.Template, given map[string]string, pointer string) (problems []portal.FieldError) {
	add := func(name, code string) {
		problems = append(problems, portal.FieldError{Pointer: pointer + "/" + escapePointer(name), Code: code})
	}
	wanted := map[string]bool{}
	for _, p := range t.Parameters {
		if wanted[p.Name] {
			continue // header and body share the name, and the value
		}
		wanted[p.Name] = true
		text, ok := given[p.Name]
		switch {
		case p.Type != "text" || p.Component == "button":
			add(p.Name, portal.FieldWrongType) // needs components
		case !ok:
			add(p.Name, portal.FieldRequired)
		default:
			if code := textProblem(text); code != "" {
				add(p.Name, code)
			}
		}
	}
	unknown := make([]string, 0, len(given))
	for name := range given {
		if !wanted[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		add(name, portal.FieldUnknown)
	}
	return problems
}

// partProblems compares one part of the template with the components given for it.
func partProblems(t portal.Template, part string, filled []component, pointer string) (problems []portal.FieldError) {
	var given []parameter
	for i, c := range filled {
		if !strings.EqualFold(c.Type, part) {
			continue
		}
		for j, p := range c.Parameters {
			at := fmt.Sprintf("%s/%d/parameters/%d", pointer, i, j)
			if code := textProblem(p.Text); p.Type == "text" && code != "" {
				problems = append(problems, portal.FieldError{Pointer: at + "/text", Code: code})
			}
			given = append(given, p)
		}
	}
	return append(problems, countProblems(t, part, given, pointer)...)
}

func countProblems(t portal.Template, part string, given []parameter, pointer string) (problems []portal.FieldError) {
	var wanted []portal.TemplateParameter
	for _, p := range t.Parameters {
		if p.Component == part {
			wanted = append(wanted, p)
		}
	}
	missing := len(given) < len(wanted)
	if t.ParameterFormat == portal.ParametersNamed {
		missing = missing || part != "button" && slices.ContainsFunc(wanted, func(w portal.TemplateParameter) bool {
			return w.Type == "text" && !slices.ContainsFunc(given, func(g parameter) bool { return g.Name == w.Name })
		})
	}
	if missing {
		problems = append(problems, portal.FieldError{Pointer: pointer, Code: portal.FieldRequired})
	}
	if len(given) > len(wanted) && part != "button" {
		problems = append(problems, portal.FieldError{Pointer: pointer, Code: portal.FieldTooMany})
	}
	return problems
}

// textProblem says why WhatsApp would not take a text as a parameter: it may
// hold no line break, no tab and not five spaces in a row.
func textProblem(text string) (code string) {
	switch {
	case text == "":
		return portal.FieldRequired
	case utf8.RuneCountInString(text) > maxParameter:
		return portal.FieldTooLong
	case strings.ContainsAny(text, "\n\r\t"), strings.Contains(text, "     "):
		return portal.FieldInvalidValue
	}
	return ""
}

// escapePointer writes a name as a part of a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// metaTemplate returns WhatsApp's template object for how ref fills t.
func metaTemplate(t portal.Template, ref TemplateRef) (json.RawMessage, error) {
	object := map[string]any{"name": t.Name, "language": map[string]string{"code": t.Language}}
	if ref.Components != nil {
		object["components"] = ref.Components
	} else if components := metaComponents(t, ref.Parameters); len(components) > 0 {
		object["components"] = components
	}
	return json.Marshal(object)
}

func metaComponents(t portal.Template, values map[string]string) (components []component) {
	for _, p := range t.Parameters {
		if len(components) == 0 || components[len(components)-1].Type != p.Component {
			components = append(components, component{Type: p.Component})
		}
		filled := parameter{Type: "text", Text: values[p.Name]}
		if t.ParameterFormat == portal.ParametersNamed {
			filled.Name = p.Name
		}
		last := &components[len(components)-1]
		last.Parameters = append(last.Parameters, filled)
	}
	return components
}
