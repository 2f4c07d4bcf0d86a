package portal

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The types of a template's components.
const (
	ComponentHeader  = "HEADER"
	ComponentBody    = "BODY"
	ComponentFooter  = "FOOTER"
	ComponentButtons = "BUTTONS"
)

// The kinds of a template's buttons.
const (
	ButtonQuickReply = "QUICK_REPLY"
	ButtonURL        = "URL"
	ButtonPhone      = "PHONE_NUMBER"
	ButtonCopyCode   = "COPY_CODE"
	ButtonOTP        = "OTP"
	ButtonFlow       = "FLOW"
)

// TemplateDraft is a template as its author wants it.
type TemplateDraft struct {
	Name            string
	Language        string
	Category        string
	ParameterFormat string
	Components      []TemplateComponent
	TTL             *int // seconds; nil = WhatsApp's default
}

// TemplateComponent is one part of a template in Meta's shape. Type, format and
// the types of buttons are taken in any case.
type TemplateComponent struct {
	Type                      string           `json:"type" minLength:"1" maxLength:"16" doc:"HEADER, BODY, FOOTER or BUTTONS, each at most once; BODY is required." example:"BODY"`
	Format                    string           `json:"format,omitempty" maxLength:"16" doc:"Of a header: TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION." example:"TEXT"`
	Text                      string           `json:"text,omitempty" maxLength:"1024" doc:"Body up to 1,024 characters, header and footer up to 60. Parameters are {{name}} or {{1}}; a footer has none." example:"Olá {{name}}, o pedido {{order}} está {{status}}."`
	Example                   *TemplateExample `json:"example,omitempty" doc:"An example for each parameter, for WhatsApp's review; of a file a med_… id."`
	Buttons                   []TemplateButton `json:"buttons,omitempty" maxItems:"10" doc:"Of BUTTONS: one to ten. Quick replies stand together, before or after the others."`
	AddSecurityRecommendation *bool            `json:"add_security_recommendation,omitempty" doc:"Of an authentication BODY, in place of text."`
	CodeExpirationMinutes     *int             `json:"code_expiration_minutes,omitempty" minimum:"1" maximum:"90" doc:"Of an authentication FOOTER, in place of text."`
}

// TemplateExample holds the examples of a component.
type TemplateExample struct {
	HeaderText      []string       `json:"header_text,omitempty" maxItems:"1" doc:"Positional: the example of the header's parameter."`
	HeaderTextNamed []NamedExample `json:"header_text_named_params,omitempty" maxItems:"1" doc:"Named: the example of the header's parameter."`
	HeaderHandle    []string       `json:"header_handle,omitempty" maxItems:"1" doc:"Of a file: a med_… id, which is handed to WhatsApp, or a handle that WhatsApp gave you."`
	BodyText        [][]string     `json:"body_text,omitempty" maxItems:"1" doc:"Positional: one list with the examples in order."`
	BodyTextNamed   []NamedExample `json:"body_text_named_params,omitempty" maxItems:"100" doc:"Named: an example for each name."`
}

// NamedExample is the example of a named parameter.
type NamedExample struct {
	Name    string `json:"param_name" minLength:"1" maxLength:"64" example:"order"`
	Example string `json:"example" minLength:"1" maxLength:"1024" example:"1001"`
}

// TemplateButton is one button of a template.
type TemplateButton struct {
	Type        string        `json:"type" minLength:"1" maxLength:"16" doc:"QUICK_REPLY, URL (at most 2), PHONE_NUMBER, COPY_CODE, FLOW (at most 1 each), or OTP in an authentication template." example:"URL"`
	Text        string        `json:"text,omitempty" maxLength:"25" doc:"Label." example:"Ver pedido"`
	URL         string        `json:"url,omitempty" maxLength:"2000" doc:"Of URL; may end in {{1}}." example:"https://loja.example.com/p/{{1}}"`
	PhoneNumber string        `json:"phone_number,omitempty" maxLength:"20" doc:"Of PHONE_NUMBER." example:"+551140028922"`
	Example     any           `json:"example,omitempty" doc:"Of a URL with a parameter: a list with one whole address; of COPY_CODE: the code, up to 15 characters."`
	FlowID      string        `json:"flow_id,omitempty" maxLength:"64" doc:"Of FLOW."`
	OTPType     string        `json:"otp_type,omitempty" maxLength:"16" doc:"Of OTP: COPY_CODE, ONE_TAP or ZERO_TAP."`
	Apps        []TemplateApp `json:"supported_apps,omitempty" maxItems:"5" doc:"Of OTP with ONE_TAP or ZERO_TAP: the apps that may read the code."`
	ZeroTap     *bool         `json:"zero_tap_terms_accepted,omitempty" doc:"Of OTP with ZERO_TAP."`
}

// TemplateApp is an app that may read a code by itself.
type TemplateApp struct {
	Package   string `json:"package_name" minLength:"1" maxLength:"224" example:"com.example.loja"`
	Signature string `json:"signature_hash" minLength:"11" maxLength:"11" example:"K8a/AINcGX7"`
}

// examples returns the texts of Example: one, or those of a list.
func (b TemplateButton) examples() (list []string) {
	switch v := b.Example.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// of returns the example of a parameter, "" when there is none.
func (e *TemplateExample) of(part string, i int, name string) string {
	if e == nil {
		return ""
	}
	named, positional := e.BodyTextNamed, []string(nil)
	if len(e.BodyText) > 0 {
		positional = e.BodyText[0]
	}
	if part == "header" {
		named, positional = e.HeaderTextNamed, e.HeaderText
	}
	for _, n := range named {
		if n.Name == name {
			return n.Example
		}
	}
	if i < len(positional) {
		return positional[i]
	}
	return ""
}

// Normal returns d as it is sent: Meta's words in upper case, and the form of
// the parameters that the texts show when none was given. The code of an
// authentication template is positional: WhatsApp writes the text around it.
func (d TemplateDraft) Normal() TemplateDraft {
	d.Components = slices.Clone(d.Components)
	positional := false
	for i := range d.Components {
		c := &d.Components[i]
		c.Type, c.Format = strings.ToUpper(c.Type), strings.ToUpper(c.Format)
		c.Buttons = slices.Clone(c.Buttons)
		for j := range c.Buttons {
			b := &c.Buttons[j]
			b.Type, b.OTPType = strings.ToUpper(b.Type), strings.ToUpper(b.OTPType)
		}
		for _, name := range placeholders(c.Text) {
			_, err := strconv.Atoi(name)
			positional = positional || err == nil
		}
	}
	if d.ParameterFormat == "" {
		d.ParameterFormat = ParametersNamed
		if positional || d.Category == CategoryAuthentication {
			d.ParameterFormat = ParametersPositional
		}
	}
	return d
}

// JSON returns the components in Meta's shape.
func (d TemplateDraft) JSON() (json.RawMessage, error) { return json.Marshal(d.Components) }

// The limits of WhatsApp, in characters or items.
const (
	maxTemplateName  = 512
	maxTemplateBody  = 1024
	maxTemplateLine  = 60
	maxTemplateLabel = 25
	maxTemplateURL   = 2000
	maxTemplatePhone = 20
	maxTemplateCode  = 15
	maxTemplateTaps  = 10
	maxTemplateFlow  = 64
	maxHandle        = 4096
)

var (
	templateName = regexp.MustCompile(`^[a-z0-9_]+$`)
	placeholder  = regexp.MustCompile(`\{\{([^{}]+)\}\}`)
	namedHole    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	touching     = regexp.MustCompile(`\}\}\s*\{\{`)
	dialable     = regexp.MustCompile(`^\+?[0-9][0-9 ()-]*$`)
)

// Check returns what WhatsApp would not take of a normal draft, each with the
// pointer to it. What WhatsApp alone can judge, such as the tone, is its review's.
func (d TemplateDraft) Check() []FieldError {
	var k checker
	k.text("/name", d.Name, maxTemplateName)
	k.add(d.Name != "" && !templateName.MatchString(d.Name), "/name", FieldInvalidFormat)
	k.add(!slices.Contains(TemplateLanguages, d.Language), "/language", FieldInvalidValue)
	k.checkTemplate(d)
	return k.fields
}

// CheckEdit is Check of what an edit can change.
func (d TemplateDraft) CheckEdit() []FieldError {
	var k checker
	k.checkTemplate(d)
	return k.fields
}

func (k *checker) checkTemplate(d TemplateDraft) {
	k.add(!slices.Contains(TemplateCategories, d.Category), "/category", FieldInvalidValue)
	k.add(d.ParameterFormat != ParametersNamed && d.ParameterFormat != ParametersPositional, "/parameter_format", FieldInvalidValue)
	if bounds, ok := TemplateTTLs[d.Category]; ok && d.TTL != nil {
		k.add(*d.TTL < bounds[0] || *d.TTL > bounds[1], "/ttl_seconds", FieldOutOfRange)
	}
	seen := map[string]bool{}
	for i, c := range d.Components {
		at := item("/components", i)
		k.add(seen[c.Type], at+"/type", FieldConflict)
		seen[c.Type] = true
		k.component(at, c, d)
	}
	k.add(!seen[ComponentBody], "/components", FieldRequired)
}

func (k *checker) component(at string, c TemplateComponent, d TemplateDraft) {
	login := d.Category == CategoryAuthentication
	k.add(c.Type != ComponentHeader && c.Format != "", at+"/format", FieldConflict)
	k.add(c.Type != ComponentButtons && c.Buttons != nil, at+"/buttons", FieldConflict)
	k.add((c.Type != ComponentBody || !login) && c.AddSecurityRecommendation != nil, at+"/add_security_recommendation", FieldConflict)
	k.add((c.Type != ComponentFooter || !login) && c.CodeExpirationMinutes != nil, at+"/code_expiration_minutes", FieldConflict)
	switch c.Type {
	case ComponentHeader:
		k.add(login, at+"/type", FieldInvalidValue)
		k.templateHeader(at, c, d)
	case ComponentBody:
		if login {
			k.add(c.Text != "", at+"/text", FieldConflict) // WhatsApp writes the text of a code
			return
		}
		k.text(at+"/text", c.Text, maxTemplateBody)
		k.holes(at, "body", c, d)
	case ComponentFooter:
		if login {
			k.add(c.Text != "", at+"/text", FieldConflict)
			k.add(c.CodeExpirationMinutes != nil && (*c.CodeExpirationMinutes < 1 || *c.CodeExpirationMinutes > 90), at+"/code_expiration_minutes", FieldOutOfRange)
			return
		}
		k.text(at+"/text", c.Text, maxTemplateLine)
		k.add(strings.Contains(c.Text, "{{"), at+"/text", FieldInvalidValue)
	case ComponentButtons:
		k.add(c.Text != "", at+"/text", FieldConflict)
		k.templateButtons(at+"/buttons", c.Buttons, login)
	default:
		k.add(true, at+"/type", FieldInvalidValue)
	}
}

func (k *checker) templateHeader(at string, c TemplateComponent, d TemplateDraft) {
	switch c.Format {
	case "TEXT":
		k.text(at+"/text", c.Text, maxTemplateLine)
		k.add(strings.ContainsAny(c.Text, "\r\n"), at+"/text", FieldInvalidValue)
		k.add(len(placeholders(c.Text)) > 1, at+"/text", FieldTooMany)
		k.holes(at, "header", c, d)
	case "IMAGE", "VIDEO", "DOCUMENT":
		k.add(c.Text != "", at+"/text", FieldConflict)
		handle := c.Example != nil && len(c.Example.HeaderHandle) == 1 && c.Example.HeaderHandle[0] != ""
		k.add(!handle, at+"/example/header_handle", FieldRequired)
		k.add(handle && len(c.Example.HeaderHandle[0]) > maxHandle, at+"/example/header_handle/0", FieldTooLong)
	case "LOCATION":
		k.add(c.Text != "", at+"/text", FieldConflict)
	case "":
		k.add(true, at+"/format", FieldRequired)
	default:
		k.add(true, at+"/format", FieldInvalidValue)
	}
}

// holes checks the parameters of a text and that each has an example.
func (k *checker) holes(at, part string, c TemplateComponent, d TemplateDraft) {
	rest := placeholder.ReplaceAllString(c.Text, "")
	k.add(strings.Contains(rest, "{{") || strings.Contains(rest, "}}"), at+"/text", FieldInvalidFormat)
	names := placeholders(c.Text)
	for i, name := range names {
		wrong := !namedHole.MatchString(name)
		if d.ParameterFormat == ParametersPositional {
			wrong = name != strconv.Itoa(i+1)
		}
		if wrong {
			k.add(true, at+"/text", FieldInvalidFormat)
			break
		}
	}
	text := strings.TrimSpace(c.Text)
	if part == "body" && len(names) > 0 {
		// WhatsApp's rule: a message neither begins nor ends with what it does not know.
		k.add(strings.HasPrefix(text, "{{") || strings.HasSuffix(text, "}}") || touching.MatchString(text), at+"/text", FieldInvalidValue)
	}
	for i, name := range names {
		if c.Example.of(part, i, name) == "" {
			k.add(true, at+"/example/"+exampleField(part, d.ParameterFormat), FieldRequired)
			break
		}
	}
}

func exampleField(part, format string) string {
	if format == ParametersNamed {
		return part + "_text_named_params"
	}
	return part + "_text"
}

// mostOf is how many buttons of a kind a template may have.
var mostOf = map[string]int{
	ButtonQuickReply: maxTemplateTaps, ButtonURL: 2, ButtonPhone: 1, ButtonCopyCode: 1, ButtonOTP: 1, ButtonFlow: 1,
}

func (k *checker) templateButtons(at string, buttons []TemplateButton, login bool) {
	k.add(len(buttons) == 0, at, FieldRequired)
	k.add(len(buttons) > maxTemplateTaps, at, FieldTooMany)
	count, labels, changes := map[string]int{}, map[string]bool{}, 0
	for i, b := range buttons {
		where := item(at, i)
		most, known := mostOf[b.Type]
		k.add(!known || login != (b.Type == ButtonOTP), where+"/type", FieldInvalidValue)
		count[b.Type]++
		k.add(known && count[b.Type] == most+1, where+"/type", FieldTooMany)
		k.add(b.Text != "" && labels[b.Text], where+"/text", FieldConflict)
		labels[b.Text] = true
		if i > 0 && (b.Type == ButtonQuickReply) != (buttons[i-1].Type == ButtonQuickReply) {
			if changes++; changes == 2 {
				k.add(true, where+"/type", FieldConflict) // quick replies stand together
			}
		}
		k.templateButton(where, b)
	}
}

func (k *checker) templateButton(at string, b TemplateButton) {
	if b.Type != ButtonCopyCode && b.Type != ButtonOTP {
		k.text(at+"/text", b.Text, maxTemplateLabel)
		k.add(strings.Contains(b.Text, "{{") || strings.ContainsAny(b.Text, "\r\n"), at+"/text", FieldInvalidValue)
	}
	k.add(b.Type != ButtonURL && b.URL != "", at+"/url", FieldConflict)
	k.add(b.Type != ButtonPhone && b.PhoneNumber != "", at+"/phone_number", FieldConflict)
	k.add(b.Type != ButtonFlow && b.FlowID != "", at+"/flow_id", FieldConflict)
	k.add(b.Type != ButtonOTP && (b.OTPType != "" || b.Apps != nil || b.ZeroTap != nil), at+"/otp_type", FieldConflict)
	switch b.Type {
	case ButtonURL:
		k.templateURL(at, b)
	case ButtonPhone:
		k.text(at+"/phone_number", b.PhoneNumber, maxTemplatePhone)
		k.add(b.PhoneNumber != "" && !dialable.MatchString(b.PhoneNumber), at+"/phone_number", FieldInvalidFormat)
	case ButtonCopyCode:
		examples := b.examples()
		k.add(len(examples) != 1 || examples[0] == "", at+"/example", FieldRequired)
		k.add(len(examples) == 1 && utf8.RuneCountInString(examples[0]) > maxTemplateCode, at+"/example", FieldTooLong)
	case ButtonFlow:
		k.text(at+"/flow_id", b.FlowID, maxTemplateFlow)
	case ButtonOTP:
		k.add(!slices.Contains([]string{"COPY_CODE", "ONE_TAP", "ZERO_TAP"}, b.OTPType), at+"/otp_type", FieldInvalidValue)
		k.add(b.OTPType != "COPY_CODE" && len(b.Apps) == 0, at+"/supported_apps", FieldRequired)
	}
}

func (k *checker) templateURL(at string, b TemplateButton) {
	k.add(b.URL == "", at+"/url", FieldRequired)
	k.add(len(b.URL) > maxTemplateURL, at+"/url", FieldTooLong)
	fixed := strings.TrimSuffix(b.URL, "{{1}}")
	k.add(b.URL != "" && (strings.ContainsAny(fixed, "{} \r\n") || !strings.HasPrefix(fixed, "https://") && !strings.HasPrefix(fixed, "http://")), at+"/url", FieldInvalidFormat)
	k.add(fixed != b.URL && len(b.examples()) != 1, at+"/example", FieldRequired)
	k.add(fixed == b.URL && b.Example != nil, at+"/example", FieldConflict)
}
