package api

import (
	"context"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// Configuration is what the account can do in an environment.
type Configuration struct {
	Environment      string        `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	Provider         string        `json:"provider" doc:"cloud, or simulator: then nobody receives anything."`
	Ready            Readiness     `json:"ready" doc:"Whether you can send."`
	DefaultChannelID *string       `json:"default_channel_id"`
	Channels         []Channel     `json:"channels"`
	Limits           Limits        `json:"limits"`
	Window           WindowRule    `json:"window" doc:"The rule of the 24-hour window."`
	OptIn            OptInRule     `json:"opt_in" doc:"The rule of consent."`
	QuietHours       *QuietHours   `json:"quiet_hours" doc:"When automations write to nobody; null without such hours."`
	Departments      []string      `json:"departments" doc:"Where a handoff can go."`
	DefaultCountry   string        `json:"default_country" doc:"Numbers without a country code are read in it."`
	DefaultLanguage  string        `json:"default_language" doc:"WhatsApp's language code."`
	Timezone         string        `json:"timezone" doc:"IANA zone."`
	TesterNumbers    []string      `json:"tester_numbers" doc:"Test only: numbers whose window is open."`
	WebhookEndpoints []EndpointRef `json:"webhook_endpoints" doc:"Where webhooks are delivered."`
	RetentionDays    RetentionDays `json:"retention_days" doc:"How long things are kept."`
}

// QuietHours are in the person's own zone.
type QuietHours struct {
	From string `json:"from" doc:"Hours and minutes, as 20:00."`
	To   string `json:"to" doc:"Hours and minutes, as 20:00."`
}

// EndpointRef is one of the account's webhook endpoints.
type EndpointRef struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Status string `json:"status" doc:"enabled or disabled."`
}

// Readiness says whether messages can be sent.
type Readiness struct {
	Send     bool               `json:"send"`
	Problems []ReadinessProblem `json:"problems" doc:"What to settle before going live. All but no_webhook_endpoint stop sending."`
}

// ReadinessProblem is one thing that stops sending.
type ReadinessProblem struct {
	Code   string `json:"code"`
	Detail string `json:"detail" doc:"The reason in the caller's language."`
	Action string `json:"action" doc:"What to do about it."`
}

// Channel is one of the account's numbers.
type Channel struct {
	ID                  string          `json:"id"`
	Name                string          `json:"name"`
	Phone               string          `json:"phone"`
	Default             bool            `json:"default"`
	Status              string          `json:"status" doc:"connected, connecting, logged_out or blocked."`
	StatusReason        *string         `json:"status_reason"`
	Quality             *string         `json:"quality" doc:"green, yellow, red or unknown."`
	MessagingLimit      *MessagingLimit `json:"messaging_limit" doc:"WhatsApp's limit of people first written to in 24 hours; null when not known."`
	ThroughputPerSecond *int            `json:"throughput_per_second" doc:"WhatsApp's limit of messages per second; null when not known."`
	Waiting             int             `json:"waiting" doc:"Messages queued behind it."`
}

// MessagingLimit is WhatsApp's limit of a number.
type MessagingLimit struct {
	Limit *int `json:"limit" doc:"Null: no limit."`
	Used  int  `json:"used"`
}

// Limits are those of the account and its token.
type Limits struct {
	RequestsPerSecond *int       `json:"requests_per_second" doc:"Null: no limit."`
	MessagesPerDay    DayLimit   `json:"messages_per_day" doc:"A day is a moving 24 hours."`
	BatchLines        int        `json:"batch_lines" doc:"Most lines of a batch."`
	BodyBytes         int        `json:"body_bytes" doc:"Largest body of a request."`
	BatchBytes        int        `json:"batch_bytes" doc:"Largest body of a batch."`
	MediaBytes        MediaBytes `json:"media_bytes" doc:"Largest file of each type."`
}

// MediaBytes are WhatsApp's limits of files.
type MediaBytes struct {
	Image    int64 `json:"image"`
	Video    int64 `json:"video"`
	Audio    int64 `json:"audio"`
	Document int64 `json:"document"`
	Sticker  int64 `json:"sticker"`
}

// DayLimit is a limit of messages in 24 hours.
type DayLimit struct {
	Limit    *int    `json:"limit" doc:"Null: no limit."`
	Used     int     `json:"used"`
	ResetsAt *string `json:"resets_at" format:"date-time" doc:"When the oldest of them leaves the day."`
}

// WindowRule is the rule of the window.
type WindowRule struct {
	Hours   int    `json:"hours"`
	Scope   string `json:"scope"`
	Outside string `json:"outside" doc:"What may be sent when it is closed."`
}

// OptInRule is the rule of consent.
type OptInRule struct {
	MarketingRequires bool     `json:"marketing_requires" doc:"True: marketing to people of unknown consent is refused."`
	OptOutWords       []string `json:"opt_out_words" doc:"What a person writes to opt out."`
}

// RetentionDays is how long things are kept.
type RetentionDays struct {
	Requests       int  `json:"requests"`
	Bodies         int  `json:"bodies"`
	MessageContent *int `json:"message_content" doc:"Null: until it is erased."`
	WebhookEvents  int  `json:"webhook_events"`
	Events         int  `json:"events" doc:"Commercial events and what automations made of them."`
}

// keepWebhookEvents is how many days an event can be fetched again.
const keepWebhookEvents = 30

func (a *API) getConfiguration(ctx context.Context, c *call, _ *struct{}) (reply, error) {
	cfg, err := a.Messaging.Configuration(ctx, c.caller.Tenant)
	if err != nil {
		return reply{}, err
	}
	w := Configuration{
		Environment: string(cfg.Environment), Provider: cfg.Provider, DefaultChannelID: text(cfg.Default),
		Ready:       Readiness{Send: cfg.Ready(), Problems: each(cfg.Problems, func(p messaging.Problem) ReadinessProblem { return problemOf(p, c.lang) })},
		Channels:    each(cfg.Channels, channelOf),
		Limits:      Limits{RequestsPerSecond: c.rate(), MessagesPerDay: dayLimitOf(cfg.Day), BatchLines: maxLines, BodyBytes: maxBody, BatchBytes: maxBatch, MediaBytes: mediaBytes()},
		Window:      WindowRule{Hours: int(portal.WindowLength.Hours()), Scope: "contact_and_channel", Outside: "templates_only"},
		OptIn:       OptInRule{MarketingRequires: cfg.Account.OptInRequired, OptOutWords: cfg.OptOutWords},
		Departments: cfg.Account.Departments, DefaultCountry: cfg.Account.Country, DefaultLanguage: "en_US", Timezone: cfg.Account.Timezone,
		TesterNumbers: cfg.Testers,
		RetentionDays: RetentionDays{
			Requests: int(audit.KeepRequests.Hours() / 24), Bodies: int(audit.KeepBodies.Hours() / 24), WebhookEvents: keepWebhookEvents,
			Events: int(events.Kept.Hours() / 24),
		},
	}
	if cfg.Account.Language == portal.LangPT {
		w.DefaultLanguage = "pt_BR"
	}
	if q := cfg.QuietHours; q != nil {
		w.QuietHours = &QuietHours{From: q.From, To: q.To}
	}
	if err := a.addEndpoints(ctx, c, &w); err != nil {
		return reply{}, err
	}
	return reply{body: w, tag: true}, nil
}

// noEndpoint is a problem that stops nothing: messages go out, and nobody hears
// what becomes of them.
var noEndpoint = messaging.Problem{
	Code:   "no_webhook_endpoint",
	Detail: portal.Words{EN: "No webhook endpoint is enabled. Messages go out, and your system does not hear what becomes of them.", PT: "Nenhum endpoint de webhook está ativo. As mensagens saem, e o seu sistema não sabe o que acontece com elas."},
	Action: portal.Words{EN: "Add one, or read GET /v1/webhook-events.", PT: "Adicione um, ou leia GET /v1/webhook-events."},
}

// addEndpoints lists the endpoints, and says so when none is told anything.
func (a *API) addEndpoints(ctx context.Context, c *call, w *Configuration) error {
	list, _, err := a.Webhooks.List(ctx, c.caller.Tenant, portal.Page{Limit: webhooks.MaxEndpoints})
	if err != nil {
		return err
	}
	w.WebhookEndpoints = each(list, func(e portal.WebhookEndpoint) EndpointRef { return EndpointRef{e.ID, e.URL, e.Status} })
	enabled := slices.ContainsFunc(list, func(e portal.WebhookEndpoint) bool { return e.Status == portal.EndpointEnabled })
	if !enabled && slices.Contains(c.caller.Modules, portal.ModuleWebhooks) {
		w.Ready.Problems = append(w.Ready.Problems, problemOf(noEndpoint, c.lang))
	}
	return nil
}

func problemOf(p messaging.Problem, lang string) ReadinessProblem {
	return ReadinessProblem{Code: string(p.Code), Detail: p.Detail.In(lang), Action: p.Action.In(lang)}
}

func mediaBytes() MediaBytes {
	return MediaBytes{
		Image: portal.MediaLimitOf(portal.TypeImage), Video: portal.MediaLimitOf(portal.TypeVideo), Audio: portal.MediaLimitOf(portal.TypeAudio),
		Document: portal.MediaLimitOf(portal.TypeDocument), Sticker: portal.MediaLimitOf(portal.TypeSticker),
	}
}

func channelOf(s portal.ChannelState) Channel {
	c := Channel{
		ID: s.ID, Name: s.Name, Phone: s.Phone, Default: s.Default, Status: s.Status, StatusReason: text(s.StatusReason),
		Quality: text(s.Quality), ThroughputPerSecond: s.Throughput, Waiting: s.Waiting,
	}
	if s.PeopleLimit != nil {
		c.MessagingLimit = &MessagingLimit{Used: s.People}
		if *s.PeopleLimit > 0 {
			c.MessagingLimit.Limit = s.PeopleLimit
		}
	}
	return c
}

func dayLimitOf(d messaging.Day) DayLimit {
	w := DayLimit{Used: d.Used, ResetsAt: moment(d.ResetsAt)}
	if d.Limit != 0 {
		w.Limit = &d.Limit
	}
	return w
}
