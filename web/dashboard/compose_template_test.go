package dashboard

import (
	"encoding/json"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestFillTemplate: text goes by name, and what has no name of its own by
// components, each button under its index.
func TestFillTemplate(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"name": "Ana", "1": "um", "header.1": "topo", "button.0": "cupom", "button.1": "abc",
		"image": "med_1", "location": "-23.55, -46.63, Loja, Rua A, 1",
	}
	positional, named := portal.ParametersPositional, portal.ParametersNamed
	text := func(component, name string) portal.TemplateParameter {
		return portal.TemplateParameter{Component: component, Name: name, Type: portal.TypeText}
	}
	for name, c := range map[string]struct {
		format     string
		parameters []portal.TemplateParameter
		want       string
	}{
		"nothing to fill": {named, nil, `{}`},
		"names":           {named, []portal.TemplateParameter{text("body", "name")}, `{"parameters":{"name":"Ana"}}`},
		"header and body count alike": {
			positional,
			[]portal.TemplateParameter{text("header", "1"), text("body", "1")},
			`{"components":[{"type":"header","parameters":[{"text":"topo","type":"text"}]},{"type":"body","parameters":[{"text":"um","type":"text"}]}]}`,
		},
		"a code": {
			positional,
			[]portal.TemplateParameter{text("body", "1"), text("button", "0")},
			`{"components":[{"type":"body","parameters":[{"text":"um","type":"text"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"text":"cupom","type":"text"}]}]}`,
		},
		"a coupon before a link": {
			named,
			[]portal.TemplateParameter{text("body", "name"), {Component: "button", Name: "0", Type: "coupon_code"}, text("button", "1")},
			`{"components":[{"type":"body","parameters":[{"parameter_name":"name","text":"Ana","type":"text"}]},` +
				`{"type":"button","sub_type":"copy_code","index":"0","parameters":[{"coupon_code":"cupom","type":"coupon_code"}]},` +
				`{"type":"button","sub_type":"url","index":"1","parameters":[{"text":"abc","type":"text"}]}]}`,
		},
		"a file":  {named, []portal.TemplateParameter{{Component: "header", Name: "image", Type: "image"}}, `{"components":[{"type":"header","parameters":[{"image":{"id":"med_1"},"type":"image"}]}]}`},
		"a place": {named, []portal.TemplateParameter{{Component: "header", Name: "location", Type: "location"}}, `{"components":[{"type":"header","parameters":[{"location":{"address":"Rua A, 1","latitude":"-23.55","longitude":"-46.63","name":"Loja"},"type":"location"}]}]}`},
	} {
		filled := fillTemplate(portal.Template{ParameterFormat: c.format, Parameters: c.parameters}, func(field string) string { return values[field] })
		got, err := json.Marshal(struct {
			Parameters map[string]string `json:"parameters,omitempty"`
			Components []filledComponent `json:"components,omitempty"`
		}{filled.Parameters, filled.Components})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%s, want\n%s", name, err, got, c.want)
		}
	}
}
