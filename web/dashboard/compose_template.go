package dashboard

import (
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// fillTemplate fills a template with the values of a form's fields. Text that
// its name alone tells goes by parameters; a file, a button, and a header whose
// positions the body has too, need components.
func fillTemplate(tpl portal.Template, value func(field string) string) (t filledTemplate) {
	named := !slices.ContainsFunc(tpl.Parameters, func(p portal.TemplateParameter) bool {
		return p.Type != portal.TypeText || views.ParameterField(p) != p.Name
	})
	for _, p := range tpl.Parameters {
		v := value(views.ParameterField(p))
		if !named {
			t.fill(tpl, p, v)
			continue
		}
		if t.Parameters == nil {
			t.Parameters = map[string]string{}
		}
		t.Parameters[p.Name] = v
	}
	return t
}

// fill adds a parameter to the component it belongs to: each button is one.
func (t *filledTemplate) fill(tpl portal.Template, p portal.TemplateParameter, value string) {
	button := p.Component == "button"
	last := len(t.Components) - 1
	if button || last < 0 || t.Components[last].Type != p.Component {
		t.Components = append(t.Components, filledComponent{Type: p.Component})
		last++
	}
	part := &t.Components[last]
	filled := map[string]any{"type": p.Type}
	switch p.Type {
	case portal.TypeText, "coupon_code":
		filled[p.Type] = value
	case portal.TypeLocation:
		filled[p.Type] = sentPlace(value)
	default:
		filled[p.Type] = sentFile(value)
	}
	switch {
	case button:
		part.SubType, part.Index = "url", p.Name
		if p.Type == "coupon_code" {
			part.SubType = "copy_code"
		}
	case p.Type == portal.TypeText && tpl.ParameterFormat == portal.ParametersNamed:
		filled["parameter_name"] = p.Name
	}
	part.Parameters = append(part.Parameters, filled)
}

// sentFile is a file as a person names it: by its id or its address.
func sentFile(value string) map[string]string {
	if strings.HasPrefix(value, portal.PrefixMedia+"_") {
		return map[string]string{"id": value}
	}
	return map[string]string{"link": value}
}

// sentPlace is a place as a person writes it: latitude, longitude, name, address.
func sentPlace(value string) map[string]string {
	place := map[string]string{}
	fields := []string{"latitude", "longitude", "name", "address"}
	for i, text := range strings.SplitN(value, ",", len(fields)) {
		place[fields[i]] = strings.TrimSpace(text)
	}
	return place
}
