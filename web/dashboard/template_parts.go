package dashboard

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// partFields are the fields of the form that hold a part of a template.
var partFields = map[string]string{
	portal.ComponentHeader: "header", portal.ComponentBody: "body", portal.ComponentFooter: "footer",
}

// templateProblems are the sentences of a refusal, each at its field; nil for
// any other outcome.
func templateProblems(f views.TemplateForm, err error) (list []views.TemplateProblem) {
	refused := asRefusal(err)
	words := refusedWords(err)
	if refused == nil || words == (portal.Words{}) {
		return nil
	}
	d := draftOfForm(f)
	for _, field := range refused.Fields {
		said := field.Detail
		if said == (portal.Words{}) {
			said = fieldWords[field.Code]
		}
		list = append(list, views.TemplateProblem{Field: templateField(f, d, field.Pointer), Words: said})
	}
	if list == nil {
		list = []views.TemplateProblem{{Words: words}}
	}
	return list
}

// templateField is the field of the form that a pointer into its draft means,
// "" when it means the whole.
func templateField(f views.TemplateForm, d portal.TemplateDraft, pointer string) string {
	path := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if path[0] != "components" {
		return path[0]
	}
	if len(path) < 3 {
		return ""
	}
	i, err := strconv.Atoi(path[1])
	if err != nil || i >= len(d.Components) {
		return ""
	}
	switch part := d.Components[i].Type; {
	case path[2] == "example":
		return "examples"
	case part != portal.ComponentButtons:
		return partFields[part]
	case len(path) < 5:
		return "replies"
	}
	switch j, err := strconv.Atoi(path[3]); {
	case err != nil || j < len(views.Lines(f.Replies)):
		return "replies"
	case path[4] == "text":
		return "link_text"
	}
	return "link"
}

// templateSend is a template in the body of a message, in the order that people read it.
type templateSend struct {
	To       string `json:"to"`
	Type     string `json:"type"`
	Template struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Parameters map[string]string `json:"parameters,omitempty"`
		Components []sentPart        `json:"components,omitempty"`
	} `json:"template"`
}

type sentPart struct {
	Type       string           `json:"type"`
	SubType    string           `json:"sub_type,omitempty"`
	Index      string           `json:"index,omitempty"`
	Parameters []map[string]any `json:"parameters"`
}

// templateMessage is the body of the call that sends a template with its examples.
func templateMessage(to string, t portal.Template) []byte {
	m := templateSend{To: to, Type: portal.TypeTemplate}
	m.Template.Name, m.Template.Language.Code = t.Name, t.Language
	parameters, texts := map[string]string{}, true
	for _, q := range t.Parameters {
		texts = texts && q.Type == "text" && q.Component != "button"
		parameters[q.Name] = q.Example
	}
	if texts {
		m.Template.Parameters = parameters
	} else {
		m.Template.Components = sentParts(t)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return body
}

// sentParts are the components that fill a template in.
func sentParts(t portal.Template) (list []sentPart) {
	for _, q := range t.Parameters {
		if q.Component == "button" {
			part := sentPart{Type: "button", SubType: "url", Index: q.Name, Parameters: []map[string]any{filledIn(q, false)}}
			if q.Type == "coupon_code" {
				part.SubType = "copy_code"
			}
			list = append(list, part)
			continue
		}
		if len(list) == 0 || list[len(list)-1].Type != q.Component {
			list = append(list, sentPart{Type: q.Component})
		}
		last := &list[len(list)-1]
		last.Parameters = append(last.Parameters, filledIn(q, t.ParameterFormat == portal.ParametersNamed))
	}
	return list
}

// exampleFiles are the names of files in the example of a call.
var exampleFiles = map[string]string{"image": "photo.jpg", "video": "video.mp4", "document": "invoice.pdf"}

func filledIn(q portal.TemplateParameter, named bool) map[string]any {
	switch {
	case q.Type == "location":
		return map[string]any{"type": q.Type, q.Type: map[string]string{"latitude": "-23.5505", "longitude": "-46.6333", "name": "Loja", "address": "São Paulo"}}
	case q.Type == "coupon_code":
		return map[string]any{"type": q.Type, q.Type: q.Example}
	case exampleFiles[q.Type] != "":
		return map[string]any{"type": q.Type, q.Type: map[string]string{"link": "https://files.example.com/" + exampleFiles[q.Type]}}
	case q.Component == "button": // the example is the whole address, what is sent its end
		return map[string]any{"type": "text", "text": cmp.Or(q.Example[strings.LastIndex(q.Example, "/")+1:], "1001")}
	}
	filled := map[string]any{"type": "text", "text": q.Example}
	if named {
		filled["parameter_name"] = q.Name
	}
	return filled
}
