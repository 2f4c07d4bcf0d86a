package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// approved are the templates that every business account has: their category
// and the named parameters of their body, in each of the languages.
var approved = map[string]struct {
	category string
	body     []string
}{
	"hello_world":  {category: "utility"},
	"order_update": {category: "utility", body: []string{"name", "order", "status"}},
}

var languages = []string{"pt_BR", "en_US"}

func checkTemplate(request object) (pricing, error) {
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
	template, ok := approved[name]
	if !ok || !slices.Contains(languages, language) {
		return price, &fault{
			status: http.StatusNotFound, code: 132001, title: "Template name does not exist in the translation",
			details: fmt.Sprintf("template name (%s) does not exist in %s", name, language),
		}
	}
	price.Category = template.category
	components, err := o.objects("components", maxComponents)
	if err != nil {
		return price, err
	}
	return price, checkComponents(components, template.body)
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

// checkComponents compares what was given with the names the body expects; no
// approved template has parameters elsewhere.
func checkComponents(components []object, body []string) error {
	given := map[string][]object{}
	for _, c := range components {
		if err := c.only("type", "sub_type", "index", "parameters"); err != nil {
			return err
		}
		kind, err := c.text("type", maxID)
		if err != nil {
			return err
		}
		kind = strings.ToLower(kind)
		if !slices.Contains([]string{"header", "body", "button"}, kind) {
			return badValue("Param type of a component must be header, body or button.")
		}
		parameters, err := c.objects("parameters", maxParameters)
		if err != nil {
			return err
		}
		given[kind] = append(given[kind], parameters...)
	}
	for _, kind := range []string{"header", "body", "button"} {
		var expected []string
		if kind == "body" {
			expected = body
		}
		if len(given[kind]) != len(expected) {
			return refused(132000, "Number of parameters does not match the expected number of params", fmt.Sprintf(
				"%s: number of localizable_params (%d) does not match the expected number of params (%d)",
				kind, len(given[kind]), len(expected)))
		}
	}
	return checkNamed(given["body"], body)
}

// checkNamed wants each of the expected names once, with a text.
func checkNamed(parameters []object, expected []string) error {
	const mismatch = "Parameter format does not match format in the created template"
	length := 0
	seen := map[string]bool{}
	for _, p := range parameters {
		if err := p.only("type", "text", "parameter_name"); err != nil {
			return err
		}
		if kind, err := p.text("type", maxID); err != nil || kind != "text" {
			return refused(132012, mismatch, "body: parameters must be of type text")
		}
		name, err := p.optionalText("parameter_name", maxID)
		if err != nil || name == "" {
			return refused(132012, mismatch, "body: parameter_name is missing or empty")
		}
		if !slices.Contains(expected, name) || seen[name] {
			return refused(132012, mismatch, "body: parameter_name is unknown or given twice")
		}
		seen[name] = true
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
		return refused(132005, "Translated text too long", fmt.Sprintf("body: text is longer than %d characters", maxRendered))
	}
	return nil
}
