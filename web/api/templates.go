package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// Template is a template on the wire.
type Template struct {
	ID              string              `json:"id"`
	Environment     string              `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	Name            string              `json:"name" doc:"With language the key of the template."`
	Language        string              `json:"language" doc:"WhatsApp's language code."`
	Category        string              `json:"category" doc:"marketing, utility or authentication. WhatsApp may change it."`
	Status          string              `json:"status" doc:"pending, approved, rejected, paused, disabled or deleted; only approved is sent."`
	ParameterFormat string              `json:"parameter_format" doc:"named or positional."`
	Parameters      []TemplateParameter `json:"parameters" doc:"What a send must fill in, in order."`
	Components      []json.RawMessage   `json:"components" doc:"Meta's shape, verbatim."`
	Quality         string              `json:"quality" doc:"green, yellow, red or unknown."`
	Rejection       *Rejection          `json:"rejection" doc:"Why WhatsApp rejected it."`
	TTLSeconds      *int                `json:"ttl_seconds" doc:"WhatsApp's time to live; null = its default."`
	ProviderID      *string             `json:"provider_id" doc:"WhatsApp's id."`
	SyncedAt        *string             `json:"synced_at" format:"date-time" doc:"When it was last compared with WhatsApp."`
	CreatedAt       string              `json:"created_at" format:"date-time"`
	UpdatedAt       string              `json:"updated_at" format:"date-time"`
}

// TemplateParameter is something that a send must fill in.
type TemplateParameter struct {
	Component string `json:"component" doc:"header or body."`
	Name      string `json:"name" doc:"Positional ones are named 1, 2 and so on."`
	Type      string `json:"type"`
	Example   string `json:"example"`
}

// Rejection is why WhatsApp rejected a template.
type Rejection struct {
	Reason         string  `json:"reason"`
	Recommendation *string `json:"recommendation"`
}

func (a *API) registerTemplates(h huma.API) {
	mount(h, "listTemplates", a.listTemplates)
	mount(h, "getTemplate", a.getTemplate)
}

func (a *API) listTemplates(ctx context.Context, c *call, in *PageQuery) (reply, error) {
	page, err := in.page("templates")
	if err != nil {
		return reply{}, err
	}
	rows, next, err := a.Messaging.Templates(ctx, c.caller.Tenant, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "templates", next, each(rows, templateOf)), nil
}

func (a *API) getTemplate(ctx context.Context, c *call, in *struct {
	Name     string `path:"name" maxLength:"512" doc:"Name of the template." example:"order_update"`
	Language string `path:"language" maxLength:"20" doc:"WhatsApp's language code." example:"pt_BR"`
},
) (reply, error) {
	t, err := a.Messaging.Template(ctx, c.caller.Tenant, in.Name, in.Language)
	if err != nil {
		return reply{}, err
	}
	return reply{body: templateOf(t), tag: true}, nil
}

func templateOf(t portal.Template) Template {
	w := Template{
		ID: t.ID, Environment: string(t.Environment), Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status,
		ParameterFormat: t.ParameterFormat, Quality: t.Quality, TTLSeconds: t.TTL, ProviderID: text(t.ProviderID), SyncedAt: moment(t.SyncedAt),
		CreatedAt: portal.FormatTime(t.CreatedAt), UpdatedAt: portal.FormatTime(t.UpdatedAt),
		Parameters: each(t.Parameters, func(p portal.TemplateParameter) TemplateParameter { return TemplateParameter(p) }),
	}
	_ = decode(t.Components, &w.Components) // stored as we wrote it
	return w
}
