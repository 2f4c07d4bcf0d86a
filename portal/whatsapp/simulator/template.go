package simulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// The limits of a template message.
const (
	maxTemplateName  = 512
	maxLanguage      = 15
	maxComponents    = 12
	maxParameters    = 64
	maxParameterText = 32768
	maxRendered      = 1024
)

// checkTemplate checks a message of type template against the template of that
// name and language.
func (s *Simulator) checkTemplate(ctx context.Context, ph Phone, request object) (pricing, error) {
	price := pricing{Billable: true, Model: "PMP", Type: "regular"}
	o, err := request.child("template")
	if err != nil {
		return price, err
	}
	if err := o.only("name", "language", "components"); err != nil {
		return price, err
	}
	name, err := o.text("name", maxTemplateName)
	if err != nil {
		return price, err
	}
	language, err := templateLanguage(o)
	if err != nil {
		return price, err
	}
	t, err := s.templates.TemplateNamed(ctx, ph.WABA, name, language)
	if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
		return price, fmt.Errorf("template: %w", err)
	}
	t = t.at(s.timeOf(ph))
	if err := sendable(t, name, language); err != nil {
		return price, err
	}
	price.Category = strings.ToLower(t.Category)
	given, err := readComponents(o)
	if err != nil {
		return price, err
	}
	return price, fills(t, given)
}

// sendable returns why a template cannot be sent.
func sendable(t Template, name, language string) error {
	switch t.Status {
	case "APPROVED":
		return nil
	case "PAUSED":
		return refused(132015, "Template is paused", fmt.Sprintf("template name (%s) is paused due to low quality", name))
	case "DISABLED":
		return refused(132016, "Template is disabled", fmt.Sprintf("template name (%s) is disabled", name))
	}
	details := fmt.Sprintf("template name (%s) does not exist in %s", name, language)
	if t.ID != "" {
		details = fmt.Sprintf("template name (%s) is not approved in %s", name, language)
	}
	return &fault{status: http.StatusNotFound, code: 132001, title: "Template name does not exist in the translation", details: details}
}

func templateLanguage(o object) (string, error) {
	language, err := o.child("language")
	if err != nil {
		return "", err
	}
	if err := language.only("code", "policy"); err != nil {
		return "", err
	}
	if policy, err := language.optionalText("policy", maxID); err != nil || policy != "" && policy != "deterministic" {
		return "", badValue("Param template['language']['policy'] must be deterministic.")
	}
	return language.text("code", maxLanguage)
}

// givenPart is one component of a message.
type givenPart struct {
	kind       string // header, body, button
	index      string // of a button
	parameters []object
}

func readComponents(o object) (list []givenPart, err error) {
	components, err := o.objects("components", maxComponents)
	if err != nil {
		return nil, err
	}
	for _, c := range components {
		if err := c.only("type", "sub_type", "index", "parameters"); err != nil {
			return nil, err
		}
		kind, err := c.text("type", maxID)
		if err != nil {
			return nil, err
		}
		part := givenPart{kind: strings.ToLower(kind)}
		if !slices.Contains([]string{"header", "body", "button"}, part.kind) {
			return nil, badValue("Param type of a component must be header, body or button.")
		}
		if part.kind == "button" && c.has("index") {
			part.index = strings.Trim(string(c.fields["index"]), `"`)
		}
		if part.parameters, err = c.objects("parameters", maxParameters); err != nil {
			return nil, err
		}
		list = append(list, part)
	}
	return list, nil
}

const mismatch = "Parameter format does not match format in the created template"

// fills compares what a message gives with what its template wants.
func fills(t Template, given []givenPart) error {
	wanted := map[string][]portal.TemplateParameter{}
	for _, p := range portal.ParametersOf(t.Components) {
		wanted[p.Component] = append(wanted[p.Component], p)
	}
	texts := map[string][]object{}
	for _, part := range given {
		if part.kind != "button" {
			texts[part.kind] = append(texts[part.kind], part.parameters...)
		}
	}
	for _, kind := range []string{"header", "body"} {
		if len(texts[kind]) != len(wanted[kind]) {
			return refused(132000, "Number of parameters does not match the expected number of params", fmt.Sprintf(
				"%s: number of localizable_params (%d) does not match the expected number of params (%d)",
				kind, len(texts[kind]), len(wanted[kind])))
		}
		if err := fillsPart(t, kind, texts[kind], wanted[kind]); err != nil {
			return err
		}
	}
	return fillsButtons(given, wanted["button"])
}

// fillsPart wants each of the expected parameters once.
func fillsPart(t Template, kind string, given []object, wanted []portal.TemplateParameter) error {
	length := 0
	seen := map[string]bool{}
	for i, p := range given {
		want := wanted[i]
		kindOf, err := p.text("type", maxID)
		if err != nil || kindOf != want.Type {
			return refused(132012, mismatch, fmt.Sprintf("%s: Format mismatch, expected %s, received %s", kind, strings.ToUpper(want.Type), strings.ToUpper(kindOf)))
		}
		if want.Type != "text" {
			if err := fillsFile(p, want.Type); err != nil {
				return err
			}
			continue
		}
		if t.ParameterFormat == "NAMED" {
			if err := fillsName(p, kind, wanted, seen); err != nil {
				return err
			}
		}
		text, err := p.text("text", maxParameterText)
		if err != nil {
			return err
		}
		if strings.ContainsAny(text, "\n\r\t") || strings.Contains(text, "     ") {
			return refused(132018, "Template parameters are not valid",
				"Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
		}
		length += len([]rune(text))
	}
	if length > maxRendered {
		return refused(132005, "Translated text too long", fmt.Sprintf("%s: text is longer than %d characters", kind, maxRendered))
	}
	return nil
}

func fillsName(p object, kind string, wanted []portal.TemplateParameter, seen map[string]bool) error {
	if err := p.only("type", "text", "parameter_name"); err != nil {
		return err
	}
	name, err := p.optionalText("parameter_name", maxID)
	if err != nil || name == "" {
		return refused(132012, mismatch, kind+": parameter_name is missing or empty")
	}
	known := slices.ContainsFunc(wanted, func(w portal.TemplateParameter) bool { return w.Name == name })
	if !known || seen[name] {
		return refused(132012, mismatch, kind+": parameter_name is unknown or given twice")
	}
	seen[name] = true
	return nil
}

// fillsFile checks the parameter of a header that is a file or a place.
func fillsFile(p object, kind string) error {
	if err := p.only("type", kind); err != nil {
		return err
	}
	o, err := p.child(kind)
	if err != nil {
		return err
	}
	if kind == "location" {
		return checkLocation(o)
	}
	return media("caption", "filename")(o)
}

// fillsButtons wants a parameter for each button that has a variable.
func fillsButtons(given []givenPart, wanted []portal.TemplateParameter) error {
	byIndex := map[string][]object{}
	for _, part := range given {
		if part.kind == "button" {
			byIndex[part.index] = part.parameters
		}
	}
	for _, w := range wanted {
		parameters := byIndex[w.Name]
		if len(parameters) != 1 {
			return refused(131008, "Required parameter is missing", fmt.Sprintf("buttons: Button at index %s requires a parameter", w.Name))
		}
		if kind, err := parameters[0].text("type", maxID); err != nil || kind != w.Type {
			return refused(132012, mismatch, fmt.Sprintf("buttons: Format mismatch at index %s, expected %s", w.Name, w.Type))
		}
		if _, err := parameters[0].text(w.Type, maxParameterText); err != nil {
			return err
		}
	}
	return nil
}
