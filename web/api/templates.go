package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/templates"
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
	Rejection       *Rejection          `json:"rejection" doc:"Why WhatsApp rejected, paused or disabled it, in its words."`
	TTLSeconds      *int                `json:"ttl_seconds" doc:"WhatsApp's time to live; null = its default."`
	ProviderID      *string             `json:"provider_id" doc:"WhatsApp's id."`
	SyncedAt        *string             `json:"synced_at" format:"date-time" doc:"When it was last compared with WhatsApp."`
	CreatedAt       string              `json:"created_at" format:"date-time"`
	UpdatedAt       string              `json:"updated_at" format:"date-time"`
}

// TemplateParameter is something that a send must fill in.
type TemplateParameter struct {
	Component string `json:"component" doc:"header, body or button."`
	Name      string `json:"name" doc:"Positional ones are named 1, 2 and so on, those of buttons after their index from 0."`
	Type      string `json:"type" doc:"text, image, video, document, location or coupon_code."`
	Example   string `json:"example"`
}

// Rejection is why WhatsApp rejected, paused or disabled a template.
type Rejection struct {
	Reason         string  `json:"reason"`
	Recommendation *string `json:"recommendation"`
}

// TemplateBody is the body of createTemplate.
type TemplateBody struct {
	Name            string                     `json:"name" minLength:"1" maxLength:"512" doc:"Lower-case letters, digits and underscores." example:"pedido_enviado"`
	Language        string                     `json:"language" minLength:"2" maxLength:"20" doc:"WhatsApp's language code." example:"pt_BR"`
	Category        string                     `json:"category" enum:"marketing,utility,authentication" doc:"WhatsApp may change it."`
	ParameterFormat string                     `json:"parameter_format,omitempty" enum:"named,positional" doc:"Without it, what the texts show."`
	Components      []portal.TemplateComponent `json:"components" minItems:"1" maxItems:"4" doc:"Meta's shape."`
	TTLSeconds      *int                       `json:"ttl_seconds,omitempty" minimum:"30" maximum:"2592000" doc:"How long WhatsApp tries to deliver: authentication 30 to 900, utility 30 to 43,200, marketing 43,200 to 2,592,000."`
}

// TemplateChange is the body of updateTemplate.
type TemplateChange struct {
	Category        string                     `json:"category,omitempty" enum:"marketing,utility,authentication" doc:"As it is, without it. WhatsApp does not let that of an approved template be changed."`
	ParameterFormat string                     `json:"parameter_format,omitempty" enum:"named,positional" doc:"As it is, without it."`
	Components      []portal.TemplateComponent `json:"components" minItems:"1" maxItems:"4" doc:"Meta's shape; they replace those that there are."`
	TTLSeconds      *int                       `json:"ttl_seconds,omitempty" minimum:"30" maximum:"2592000" doc:"WhatsApp's default, without it."`
}

// TemplatePath names a template.
type TemplatePath struct {
	Name     string `path:"name" maxLength:"512" doc:"Name of the template." example:"order_update"`
	Language string `path:"language" maxLength:"20" doc:"WhatsApp's language code." example:"pt_BR"`
}

func (a *API) registerTemplates(h huma.API) {
	mount(h, "listTemplates", a.listTemplates)
	mountOutside(h, "createTemplate", a.createTemplate)
	mount(h, "getTemplate", a.getTemplate)
	mountOutside(h, "updateTemplate", a.updateTemplate)
	mountOutside(h, "deleteTemplate", a.deleteTemplate)
}

// ListTemplatesInput are the filters of the list.
type ListTemplatesInput struct {
	PageQuery
	Name     string `query:"name" maxLength:"512" doc:"Only of this name."`
	Status   string `query:"status" enum:"pending,approved,rejected,paused,disabled,deleted" doc:"Only of this status. Without it, all but deleted ones."`
	Category string `query:"category" enum:"marketing,utility,authentication" doc:"Only of this category."`
	Language string `query:"language" maxLength:"20" doc:"Only in this language."`
}

func (a *API) listTemplates(ctx context.Context, c *call, in *ListTemplatesInput) (reply, error) {
	page, err := in.page("templates")
	if err != nil {
		return reply{}, err
	}
	f := portal.TemplateFilter{Name: in.Name, Status: in.Status, Category: in.Category, Language: in.Language}
	rows, next, err := a.Templates.List(ctx, c.caller.Tenant, f, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "templates", next, each(rows, templateOf)), nil
}

func (a *API) createTemplate(ctx context.Context, c *call, in *struct{ Body TemplateBody }) (reply, error) {
	b := in.Body
	t, err := a.Templates.Create(ctx, c.caller, portal.TemplateDraft{
		Name: b.Name, Language: b.Language, Category: b.Category, ParameterFormat: b.ParameterFormat, Components: b.Components, TTL: b.TTLSeconds,
	})
	if err != nil {
		return reply{}, err
	}
	rep := templateReply(t)
	rep.status, rep.location = http.StatusCreated, "/v1/templates/"+t.Name+"/"+t.Language
	return rep, nil
}

func (a *API) getTemplate(ctx context.Context, c *call, in *TemplatePath) (reply, error) {
	t, err := a.Templates.Get(ctx, c.caller.Tenant, in.Name, in.Language)
	if err != nil {
		return reply{}, err
	}
	return templateReply(t), nil
}

func (a *API) updateTemplate(ctx context.Context, c *call, in *struct {
	TemplatePath
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag that you read: change it only if it is still the same."`
	Body    TemplateChange
},
) (reply, error) {
	known, err := a.unchangedTemplate(ctx, c, in.TemplatePath, in.IfMatch)
	if err != nil {
		return reply{}, err
	}
	b := in.Body
	t, err := a.Templates.Edit(ctx, c.caller, known, templates.Edit{
		Category: b.Category, ParameterFormat: b.ParameterFormat, Components: b.Components, TTL: b.TTLSeconds,
	})
	if err != nil {
		return reply{}, err
	}
	return templateReply(t), nil
}

func (a *API) deleteTemplate(ctx context.Context, c *call, in *struct {
	TemplatePath
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag that you read: delete it only if it is still the same."`
},
) (reply, error) {
	known, err := a.unchangedTemplate(ctx, c, in.TemplatePath, in.IfMatch)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, a.Templates.Delete(ctx, c.caller, known)
}

// unchangedTemplate reads the template that a change is about, and refuses one
// that is not as the caller read it.
func (a *API) unchangedTemplate(ctx context.Context, c *call, path TemplatePath, ifMatch string) (portal.Template, error) {
	t, err := a.Templates.Get(ctx, c.caller.Tenant, path.Name, path.Language)
	if err != nil || ifMatch == "" {
		return t, err
	}
	ans, err := render(templateReply(t))
	if err == nil && !matches([]string{ifMatch}, ans.header.Get("ETag")) {
		err = portal.Refuse(portal.CodePreconditionFailed)
	}
	return t, err
}

// templateReply answers a template. A comparison that found nothing new does
// not change its ETag.
func templateReply(t portal.Template) reply {
	body := templateOf(t)
	version := body
	version.SyncedAt = nil
	return reply{body: body, tag: true, version: version}
}

func templateOf(t portal.Template) Template {
	w := Template{
		ID: t.ID, Environment: string(t.Environment), Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status,
		ParameterFormat: t.ParameterFormat, Quality: t.Quality, TTLSeconds: t.TTL, ProviderID: text(t.ProviderID), SyncedAt: moment(t.SyncedAt),
		CreatedAt: portal.FormatTime(t.CreatedAt), UpdatedAt: portal.FormatTime(t.UpdatedAt),
		Parameters: each(t.Parameters, func(p portal.TemplateParameter) TemplateParameter { return TemplateParameter(p) }),
	}
	if t.Reason != "" {
		w.Rejection = &Rejection{Reason: t.Reason, Recommendation: text(t.Recommendation)}
	}
	_ = decode(t.Components, &w.Components) // stored as we wrote it
	return w
}
