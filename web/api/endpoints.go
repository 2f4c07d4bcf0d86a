package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// Endpoint is a webhook endpoint on the wire.
type Endpoint struct {
	ID                      string            `json:"id" example:"whk_01KB2M4X7Q9V0T3R5N8W6Y1Z09"`
	Environment             string            `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	URL                     string            `json:"url"`
	Description             *string           `json:"description" doc:"Your note."`
	Events                  []string          `json:"events" doc:"Exact types, group.* or *; * includes types added later."`
	Headers                 map[string]string `json:"headers" doc:"Your own headers. Their values are never shown again."`
	Status                  string            `json:"status" enum:"enabled,disabled"`
	DisabledReason          *string           `json:"disabled_reason" doc:"manual, failing, or gone (your server answered 410)."`
	PublicKey               string            `json:"public_key" doc:"Verifies the v1a signatures (ed25519)."`
	PreviousSecretExpiresAt *string           `json:"previous_secret_expires_at" format:"date-time" doc:"Until then the old secret signs too."`
	Version                 int               `json:"version" doc:"Of the payload."`
	Health                  EndpointHealth    `json:"health"`
	CreatedAt               string            `json:"created_at" format:"date-time"`
	UpdatedAt               string            `json:"updated_at" format:"date-time"`
}

// EndpointHealth is how an endpoint does.
type EndpointHealth struct {
	State          string   `json:"state" doc:"healthy, degraded or failing."`
	FailingSince   *string  `json:"failing_since" format:"date-time" doc:"The first failure since the last success."`
	DisablesAt     *string  `json:"disables_at" format:"date-time" doc:"When it is disabled if it goes on failing."`
	LastSuccessAt  *string  `json:"last_success_at" format:"date-time"`
	LastFailureAt  *string  `json:"last_failure_at" format:"date-time"`
	Pending        int      `json:"pending" doc:"Deliveries that wait, counted up to 1000."`
	SuccessRate24h *float64 `json:"success_rate_24h" doc:"Of the attempts of the last 24 hours; null without any."`
}

// EndpointCreated is an endpoint with the secret that nobody sees again.
type EndpointCreated struct {
	Endpoint
	Secret *string `json:"secret" doc:"The signing secret, whsec_…; null in a replayed answer."`
}

// EndpointBody is the body of createWebhookEndpoint.
type EndpointBody struct {
	URL         string            `json:"url" minLength:"1" maxLength:"2048" doc:"https, public." example:"https://erp.example.com/wpp"`
	Events      []string          `json:"events" minItems:"1" maxItems:"50" doc:"Exact types, group.* or *; * includes types added later." example:"[\"message.*\"]"`
	Description string            `json:"description,omitempty" maxLength:"255" doc:"Your note." example:"ERP"`
	Headers     map[string]string `json:"headers,omitempty" doc:"Your own headers, sent with each call: at most 10, 1 KiB in all."`
}

// EndpointPatch is the body of updateWebhookEndpoint.
type EndpointPatch struct {
	URL         *string            `json:"url,omitempty" minLength:"1" maxLength:"2048" doc:"https, public." example:"https://erp.example.com/wpp"`
	Events      []string           `json:"events,omitempty" minItems:"1" maxItems:"50" doc:"Exact types, group.* or *; * includes types added later."`
	Description optional[string]   `json:"description,omitzero" maxLength:"255" doc:"Your note."`
	Headers     map[string]*string `json:"headers,omitempty" doc:"Merged by name; null removes one."`
	Status      *string            `json:"status,omitempty" enum:"enabled,disabled" doc:"Switches the endpoint."`
}

// RotationBody is the body of rotateWebhookSecret.
type RotationBody struct {
	Overlap string `json:"overlap,omitempty" maxLength:"16" doc:"How long the old secret signs too: 0s to 7d, 24h without it." example:"24h"`
}

// EndpointPath names an endpoint.
type EndpointPath struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the endpoint."`
}

func (a *API) registerEndpoints(h huma.API) {
	mountWrite(h, "createWebhookEndpoint", a.createEndpoint)
	mount(h, "listWebhookEndpoints", a.listEndpoints)
	mount(h, "getWebhookEndpoint", a.getEndpoint)
	mountWrite(h, "updateWebhookEndpoint", a.updateEndpoint)
	mountWrite(h, "deleteWebhookEndpoint", a.deleteEndpoint)
	mountWrite(h, "rotateWebhookSecret", a.rotateSecret)
	mountOutside(h, "testWebhookEndpoint", a.testEndpoint)
}

func (a *API) createEndpoint(tx *store.Tx, c *call, in *struct{ Body EndpointBody }) (reply, error) {
	b := in.Body
	made, err := a.Webhooks.CreateTx(tx, c.caller, webhooks.Form{URL: b.URL, Description: b.Description, Events: b.Events, Headers: b.Headers})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, location: "/v1/webhook-endpoints/" + made.ID, body: shown(made, tx.Now()), kept: shown(hidden(made), tx.Now())}, nil
}

func (a *API) rotateSecret(tx *store.Tx, c *call, in *struct {
	EndpointPath
	Body RotationBody
},
) (reply, error) {
	overlap := 24 * time.Hour
	switch in.Body.Overlap {
	case "":
	case "0s":
		overlap = 0
	default:
		var err error
		if overlap, err = portal.ParseDuration(in.Body.Overlap); err != nil {
			return reply{}, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/overlap", Code: portal.FieldInvalidFormat})
		}
	}
	made, err := a.Webhooks.RotateTx(tx, c.caller, in.ID, overlap)
	if err != nil {
		return reply{}, err
	}
	return reply{body: shown(made, tx.Now()), kept: shown(hidden(made), tx.Now())}, nil
}

func hidden(made webhooks.Created) webhooks.Created {
	made.Secret = ""
	return made
}

func shown(made webhooks.Created, now time.Time) EndpointCreated {
	return EndpointCreated{endpointOf(made.WebhookEndpoint, webhooks.Figures{}, now), text(made.Secret)}
}

func (a *API) updateEndpoint(tx *store.Tx, c *call, in *struct {
	EndpointPath
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag that you read: change it only if it is still the same."`
	Body    EndpointPatch
},
) (reply, error) {
	if in.IfMatch != "" {
		now, _, err := tx.EndpointWithSecrets(c.caller.Tenant, in.ID) // for its lock: who read the same waits
		if err != nil {
			return reply{}, err
		}
		version, err := encode(endpointVersion(now))
		if err != nil {
			return reply{}, err
		}
		if !matches([]string{uncounted(in.IfMatch)}, etag(version)) {
			return reply{}, portal.Refuse(portal.CodePreconditionFailed)
		}
	}
	b := in.Body
	var description *string
	if b.Description.Set {
		description = &b.Description.Value // null clears it
	}
	e, err := a.Webhooks.ChangeTx(tx, c.caller, in.ID, webhooks.Change{
		URL: b.URL, Description: description, Status: b.Status, Events: b.Events, Headers: b.Headers,
	})
	if err != nil {
		return reply{}, err
	}
	return reply{body: endpointOf(e, webhooks.Figures{}, tx.Now())}, nil
}

func (a *API) deleteEndpoint(tx *store.Tx, c *call, in *EndpointPath) (reply, error) {
	return reply{status: http.StatusNoContent}, a.Webhooks.DeleteTx(tx, c.caller, in.ID)
}

func (a *API) listEndpoints(ctx context.Context, c *call, in *PageQuery) (reply, error) {
	page, err := in.page("webhook-endpoints")
	if err != nil {
		return reply{}, err
	}
	rows, next, err := a.Webhooks.List(ctx, c.caller.Tenant, page)
	if err != nil {
		return reply{}, err
	}
	out := make([]Endpoint, 0, len(rows))
	for _, e := range rows {
		f, err := a.Webhooks.Figures(ctx, e)
		if err != nil {
			return reply{}, err
		}
		out = append(out, endpointOf(e, f, a.Store.Now()))
	}
	return listed(c, "webhook-endpoints", next, out), nil
}

func (a *API) getEndpoint(ctx context.Context, c *call, in *EndpointPath) (reply, error) {
	e, err := a.Webhooks.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	f, err := a.Webhooks.Figures(ctx, e)
	return reply{body: endpointOf(e, f, a.Store.Now()), tag: true, version: endpointVersion(e), counts: true}, err
}

func (a *API) testEndpoint(ctx context.Context, c *call, in *EndpointPath) (reply, error) {
	told, err := a.Webhooks.Test(ctx, c.caller, in.ID)
	if err != nil {
		return reply{}, err
	}
	return reply{body: a.deliveryOf(ctx, told)}, nil
}

// endpointVersion is what a change of an endpoint may ask to be the same. Its
// answer also counts what is delivered to it.
func endpointVersion(e portal.WebhookEndpoint) endpointState {
	return endpointState{e.ID, e.UpdatedAt.UnixMicro()}
}

type endpointState struct {
	ID      string
	Changed int64 // as exact as the store: two changes never have the same
}

func endpointOf(e portal.WebhookEndpoint, f webhooks.Figures, now time.Time) Endpoint {
	headers := map[string]string{}
	for _, name := range e.HeaderNames {
		headers[name] = "••••"
	}
	previous := e.PreviousExpiresAt
	if previous != nil && !previous.After(now) {
		previous = nil
	}
	return Endpoint{
		ID: e.ID, Environment: string(e.Environment), URL: e.URL, Description: text(e.Description), Events: e.Events, Headers: headers,
		Status: e.Status, DisabledReason: text(e.DisabledReason), PublicKey: e.PublicKey, PreviousSecretExpiresAt: moment(previous), Version: e.Version,
		Health: EndpointHealth{
			State: e.Health(now), FailingSince: moment(e.FailingSince), DisablesAt: moment(e.DisablesAt()), LastSuccessAt: moment(e.LastSuccessAt),
			LastFailureAt: moment(e.LastFailureAt), Pending: f.Pending, SuccessRate24h: f.SuccessRate,
		},
		CreatedAt: portal.FormatTime(e.CreatedAt), UpdatedAt: portal.FormatTime(e.UpdatedAt),
	}
}
