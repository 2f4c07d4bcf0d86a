package events

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// hole is a place in the text of a parameter that a field fills: {{total}}, or
// {{customer.first_name|amigo}} with a text for events that do not say it.
var hole = regexp.MustCompile(`\{\{\s*([a-z0-9_.]+)\s*(?:\|([^{}]*))?\}\}`)

// maxParameterText is what WhatsApp takes in one parameter, in characters.
const maxParameterText = 1024

// listShown is how many texts of a list are written out.
const listShown = 3

// fieldLook is how a value is shown.
type fieldLook struct {
	path     string
	language string // WhatsApp's code
	zone     *time.Location
}

// show writes a value as people of a language do.
func (v value) show(l fieldLook) string {
	lang := wordsLanguage(l.language)
	switch v.kind {
	case KindMoney:
		return FormatMoney(v.money, l.language)
	case KindNumber:
		text := strconv.FormatFloat(v.number, 'f', -1, 64)
		if commaLanguage(l.language) {
			text = strings.Replace(text, ".", ",", 1)
		}
		return text
	case KindTime:
		return v.at.In(l.zone).Format(dayFormat(lang) + " 15:04")
	case KindDate:
		return v.at.In(l.zone).Format(dayFormat(lang))
	case KindList:
		return showList(v.list, lang)
	case KindChoice:
		if field, ok := fieldOf(l.path); ok {
			for _, c := range field.Choices {
				if c.Value == v.text {
					return c.Words.In(lang)
				}
			}
		}
	}
	return v.text
}

func dayFormat(lang string) string {
	if lang == portal.LangPT {
		return "02/01/2006"
	}
	return "2 Jan 2006"
}

func showList(list []string, lang string) string {
	if more := len(list) - listShown; more > 0 {
		rest := portal.Words{EN: fmt.Sprintf(" and %d more", more), PT: fmt.Sprintf(" e mais %d", more)}
		return strings.Join(list[:listShown], ", ") + rest.In(lang)
	}
	return strings.Join(list, ", ")
}

// wordsLanguage is the language of the product that is nearest to a template's.
func wordsLanguage(language string) string {
	if strings.HasPrefix(strings.ToLower(language), "pt") {
		return portal.LangPT
	}
	return portal.LangEN
}

// stranger is what a person without a name is called.
func stranger(language string) string {
	if base, _, _ := strings.Cut(strings.ToLower(language), "_"); base == "pt" || base == "es" {
		return "cliente"
	}
	return "there"
}

// filled is a template's parameters as an event fills them.
type filled struct {
	parameters map[string]string
	missing    []missing // nothing says what these are
}

type missing struct{ parameter, field string }

// fill writes the parameters of a template in its language. WhatsApp takes no
// line break and no row of spaces in them, so those become one space.
func (f facts) fill(rule portal.Rule, t portal.Template) (out filled) {
	out.parameters = map[string]string{}
	for _, p := range t.Parameters {
		if _, done := out.parameters[p.Name]; done {
			continue
		}
		text, lacks := f.write(rule.Parameters[p.Name], t.Language)
		out.parameters[p.Name] = text
		if text == "" || lacks != "" {
			out.missing = append(out.missing, missing{p.Name, lacks})
		}
	}
	return out
}

// write fills one text; lacks is the first field that nothing says.
func (f facts) write(text, language string) (written, lacks string) {
	written = hole.ReplaceAllStringFunc(text, func(found string) string {
		m := hole.FindStringSubmatch(found)
		shown := f.value(m[1]).show(fieldLook{m[1], language, f.zone()})
		if shown == "" {
			shown = strings.TrimSpace(m[2])
		}
		if shown == "" && strings.HasPrefix(m[1], "customer.") && strings.HasSuffix(m[1], "name") {
			shown = stranger(language)
		}
		if shown == "" && lacks == "" {
			lacks = m[1]
		}
		return shown
	})
	written = strings.Join(strings.Fields(written), " ")
	if utf8.RuneCountInString(written) > maxParameterText {
		written = string([]rune(written)[:maxParameterText-1]) + "…"
	}
	return written, lacks
}

// words says which parameter stays empty, and why.
func (m missing) words() portal.Words {
	if m.field == "" {
		return portal.Words{
			EN: fmt.Sprintf("The parameter %s has no text", m.parameter),
			PT: fmt.Sprintf("O parâmetro %s está sem texto", m.parameter),
		}
	}
	return portal.Words{
		EN: fmt.Sprintf("The parameter %s needs %s, which the event does not say", m.parameter, m.field),
		PT: fmt.Sprintf("O parâmetro %s precisa de %s, que o evento não informa", m.parameter, m.field),
	}
}

// holesOf returns the fields that a text asks for, and whether braces are left over.
func holesOf(text string) (paths []string, broken bool) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		paths = append(paths, m[1])
	}
	rest := hole.ReplaceAllString(text, "")
	return paths, strings.Contains(rest, "{{") || strings.Contains(rest, "}}")
}

// chooseTemplate picks the language of a template: the rule's, else the
// contact's, else the account's, else what is approved. nil when there is none
// of the name; one that is not approved only when none is.
func chooseTemplate(list []portal.Template, rule portal.Rule, contact portal.Contact, account portal.Account) *portal.Template {
	var approved []portal.Template
	for _, t := range list {
		if t.Status == portal.TemplateApproved {
			approved = append(approved, t)
		}
	}
	if len(approved) == 0 {
		approved = list
	}
	for _, wanted := range []string{rule.Language, contact.Language, templateLanguage(account.Language)} {
		if wanted == "" {
			continue
		}
		if t := inLanguage(approved, wanted); t != nil {
			return t
		}
	}
	if len(approved) == 0 {
		return nil
	}
	return &approved[len(approved)-1] // the oldest: lists begin with the newest
}

// inLanguage finds the language, else one with the same base.
func inLanguage(list []portal.Template, wanted string) *portal.Template {
	for i, t := range list {
		if strings.EqualFold(t.Language, wanted) {
			return &list[i]
		}
	}
	base, _, _ := strings.Cut(wanted, "_")
	for i, t := range list {
		if has, _, _ := strings.Cut(t.Language, "_"); strings.EqualFold(has, base) {
			return &list[i]
		}
	}
	return nil
}

// templateLanguage is WhatsApp's code for a language of the product.
func templateLanguage(lang string) string {
	if lang == portal.LangPT {
		return "pt_BR"
	}
	return "en_US"
}
