package portal

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The statuses of a template. WhatsApp has more, which are kept as it says them,
// in lower case.
const (
	TemplatePending  = "pending"  // WhatsApp reviews it
	TemplateApproved = "approved" // the only status in which a template is sent
	TemplateRejected = "rejected"
	TemplatePaused   = "paused" // too many people complained; it comes back by itself
	TemplateDisabled = "disabled"
	TemplateDeleted  = "deleted"
)

// TemplateStatuses are the statuses that lists are filtered by.
var TemplateStatuses = []string{
	TemplatePending, TemplateApproved, TemplateRejected, TemplatePaused, TemplateDisabled, TemplateDeleted,
}

// The categories of a template.
const (
	CategoryMarketing      = "marketing"
	CategoryUtility        = "utility"
	CategoryAuthentication = "authentication"
)

// TemplateCategories are the categories in WhatsApp's order of price.
var TemplateCategories = []string{CategoryMarketing, CategoryUtility, CategoryAuthentication}

// The forms of a template's parameters.
const (
	ParametersNamed      = "named"
	ParametersPositional = "positional"
)

// TemplateParameter is something a send must fill in.
type TemplateParameter struct {
	Component string `json:"component"` // header, body, button
	Name      string `json:"name"`      // positional: "1", "2" …; of a file its type; of a button its index from 0
	Type      string `json:"type"`      // text, image, video, document, location, coupon_code
	Example   string `json:"example"`
}

// Template is a text of the account that WhatsApp reviews; the key is (Name, Language).
type Template struct {
	ID              string
	AccountID       string
	Environment     Environment
	Name            string
	Language        string // WhatsApp's code, such as pt_BR
	Category        string // marketing, utility, authentication
	Status          string
	ParameterFormat string // named or positional
	Parameters      []TemplateParameter
	Components      json.RawMessage // Meta's shape, verbatim
	Quality         string          // green yellow red unknown
	Reason          string          // WhatsApp's word for why it is rejected, paused or disabled, or ""
	Recommendation  string          // what WhatsApp advises then, or ""
	TTL             *int            // seconds; nil = WhatsApp's default
	WABA            string          // WhatsApp's id of the business account that holds it
	ProviderID      string
	SyncedAt        *time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Tenant returns the account and environment of the template.
func (t Template) Tenant() Tenant { return Tenant{AccountID: t.AccountID, Environment: t.Environment} }

// Exists reports whether WhatsApp has the template.
func (t Template) Exists() bool { return t.Status != TemplateDeleted }

// TemplateFilter narrows a list of templates. Zero fields do not.
type TemplateFilter struct {
	Name     string // the whole name
	Search   string // part of the name
	Status   string // "" = all but deleted ones
	Category string
	Language string
}

// TemplateEvent is one thing that happened to a template.
type TemplateEvent struct {
	TemplateID string
	At         time.Time
	Kind       string // status, category, quality or content
	Before     string
	After      string
	Reason     string // WhatsApp's word for it, or ""
	Source     string // callback, sync, or what the portal or a token did: portal, api, console
	Actor      string // name of who did it, or ""
}

// The kinds of a TemplateEvent.
const (
	TemplateEventStatus   = "status"
	TemplateEventCategory = "category"
	TemplateEventQuality  = "quality"
	TemplateEventContent  = "content"
)

// TemplateLanguages are the language codes that WhatsApp takes for templates.
var TemplateLanguages = strings.Fields(`
af ar ar_AE ar_EG ar_LB ar_MA ar_QA az be_BY bg bn bn_IN ca cs da da_DK de de_AT de_CH el en en_AE en_AU en_CA en_GB
en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_US en_ZA es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_HN
es_MX es_PA es_PE es_UY et fa fi fil fr fr_BE fr_CA fr_CH fr_CI fr_MA ga gu ha he hi hr hu id it ja ka kk kn ko ky_KG
lo lt lv mk ml mr ms nb nl nl_BE pa pl prs_AF ps_AF pt_BR pt_PT ro ru rw_RW si_LK sk sl sq sr sv sw ta te th tr uk ur
uz vi zh_CN zh_HK zh_TW zu`)

// TemplateTTLs are the shortest and longest times to live of each category, in seconds.
var TemplateTTLs = map[string][2]int{
	CategoryAuthentication: {30, 900},
	CategoryUtility:        {30, 43_200},
	CategoryMarketing:      {43_200, 2_592_000},
}

// placeholders returns the names between double braces, in their order, each once.
func placeholders(text string) (names []string) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// ParametersOf reads what a send must fill in from components in Meta's shape
// and in any spelling of it; components it does not know ask for nothing.
func ParametersOf(components json.RawMessage) []TemplateParameter {
	var parts []TemplateComponent
	list := []TemplateParameter{}
	if json.Unmarshal(components, &parts) != nil {
		return list
	}
	for _, part := range parts {
		switch strings.ToUpper(part.Type) {
		case ComponentHeader:
			list = append(list, part.headerParameters()...)
		case ComponentBody:
			list = append(list, part.textParameters("body")...)
		case ComponentButtons:
			list = append(list, part.buttonParameters()...)
		}
	}
	return list
}

func (c TemplateComponent) headerParameters() []TemplateParameter {
	switch format := strings.ToLower(c.Format); format {
	case "image", "video", "document", "location":
		return []TemplateParameter{{Component: "header", Name: format, Type: format}}
	}
	return c.textParameters("header")
}

func (c TemplateComponent) textParameters(part string) (list []TemplateParameter) {
	if part == "body" && c.AddSecurityRecommendation != nil && c.Text == "" {
		return []TemplateParameter{{Component: part, Name: "1", Type: "text", Example: "123456"}}
	}
	for i, name := range placeholders(c.Text) {
		list = append(list, TemplateParameter{Component: part, Name: name, Type: "text", Example: c.Example.of(part, i, name)})
	}
	return list
}

func (c TemplateComponent) buttonParameters() (list []TemplateParameter) {
	for i, b := range c.Buttons {
		p := TemplateParameter{Component: "button", Name: item("", i)[1:], Type: "text"}
		if examples := b.examples(); len(examples) > 0 {
			p.Example = examples[0]
		}
		switch strings.ToUpper(b.Type) {
		case ButtonURL:
			if placeholder.MatchString(b.URL) {
				list = append(list, p)
			}
		case ButtonOTP:
			p.Example = "123456"
			list = append(list, p)
		case ButtonCopyCode:
			p.Type = "coupon_code"
			list = append(list, p)
		}
	}
	return list
}
