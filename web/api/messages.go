package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// Message is a message on the wire.
type Message struct {
	ID                string          `json:"id" example:"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01"`
	Environment       string          `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	Direction         string          `json:"direction" enum:"outbound,inbound"`
	Status            string          `json:"status" doc:"scheduled, queued, created, delivered, read, failed, number_not_found, expired, canceled, unknown or received; treat a new one as other."`
	Type              string          `json:"type" doc:"text, template, image, video, audio, document, sticker, location, contacts, interactive or reaction; inbound also button, order, system and unsupported. Treat a new one as other."`
	To                *string         `json:"to" doc:"Number of the receiver; null when WhatsApp hides it."`
	From              *string         `json:"from" doc:"Number of the sender; null when WhatsApp hides it."`
	ChannelID         string          `json:"channel_id" doc:"Your number that was used."`
	ContactID         string          `json:"contact_id" doc:"The person, created by the first message."`
	ContactExternalID *string         `json:"contact_external_id" doc:"Your key of the person."`
	WAID              *string         `json:"wa_id" doc:"The number as WhatsApp wrote it. It may lack Brazil's ninth digit: never compare it with to."`
	ConversationID    string          `json:"conversation_id" doc:"The thread with the person."`
	Reference         *string         `json:"reference" doc:"Your note, not unique."`
	Context           *MessageContext `json:"context" doc:"The message that this one answers."`
	MessageContent
	FallbackUsed      bool            `json:"fallback_used" doc:"The window was closed and fallback_template went out."`
	Category          *string         `json:"category" doc:"marketing, utility, authentication or service."`
	Source            string          `json:"source" doc:"api, console, portal or another way in."`
	EventID           *string         `json:"event_id" doc:"The commercial event that caused it."`
	RequestID         *string         `json:"request_id" doc:"The call that created it, as in the log."`
	ProviderMessageID *string         `json:"provider_message_id" doc:"WhatsApp's id, known from created on."`
	Attempts          int             `json:"attempts" doc:"Calls made to WhatsApp."`
	Sequence          int             `json:"sequence" doc:"Number of the last news of this message."`
	Price             json.RawMessage `json:"price" doc:"What WhatsApp said about billing, verbatim; null when not known."`
	Error             *Failure        `json:"error" doc:"Why it ended badly."`
	CreatedAt         string          `json:"created_at" format:"date-time" doc:"When we accepted it."`
	SendAt            *string         `json:"send_at" format:"date-time" doc:"Not before."`
	ExpiresAt         string          `json:"expires_at" format:"date-time" doc:"Not after."`
	AcceptedAt        *string         `json:"accepted_at" format:"date-time" doc:"When WhatsApp accepted it."`
	DeliveredAt       *string         `json:"delivered_at" format:"date-time" doc:"Stays null when WhatsApp skipped it; read implies delivered."`
	ReadAt            *string         `json:"read_at" format:"date-time"`
	UpdatedAt         string          `json:"updated_at" format:"date-time" doc:"When anything changed here."`
}

// MessageContent is what a message says: only the field that its type names,
// as it was given or as WhatsApp wrote it; null after erasure.
type MessageContent struct {
	Text        json.RawMessage `json:"text,omitzero" doc:"Only with this type; null after erasure."`
	Template    json.RawMessage `json:"template,omitzero" doc:"Only with this type; null after erasure."`
	Image       json.RawMessage `json:"image,omitzero" doc:"Only with this type; null after erasure."`
	Video       json.RawMessage `json:"video,omitzero" doc:"Only with this type; null after erasure."`
	Audio       json.RawMessage `json:"audio,omitzero" doc:"Only with this type; null after erasure."`
	Document    json.RawMessage `json:"document,omitzero" doc:"Only with this type; null after erasure."`
	Sticker     json.RawMessage `json:"sticker,omitzero" doc:"Only with this type; null after erasure."`
	Location    json.RawMessage `json:"location,omitzero" doc:"Only with this type; null after erasure."`
	Contacts    json.RawMessage `json:"contacts,omitzero" doc:"Only with this type; null after erasure."`
	Interactive json.RawMessage `json:"interactive,omitzero" doc:"Only with this type; null after erasure."`
	Reaction    json.RawMessage `json:"reaction,omitzero" doc:"Only with this type; null after erasure."`
	Button      json.RawMessage `json:"button,omitzero" doc:"Only with this type, inbound: a tapped button of a template; null after erasure."`
	Order       json.RawMessage `json:"order,omitzero" doc:"Only with this type, inbound; null after erasure."`
	System      json.RawMessage `json:"system,omitzero" doc:"Only with this type, inbound: news of the person's number; null after erasure."`
	Unsupported json.RawMessage `json:"unsupported,omitzero" doc:"Only with this type, inbound; null after erasure."`
}

// MessageContext names the message that another one answers.
type MessageContext struct {
	MessageID string `json:"message_id" pattern:"^msg_[0-9A-HJKMNP-TV-Z]{26}$" doc:"Our id, msg_…" example:"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z05"`
}

// Failure is why a message ended badly.
type Failure struct {
	Code      string         `json:"code" doc:"A code of the catalogue. Never translated."`
	Title     string         `json:"title" doc:"The code in words."`
	Detail    string         `json:"detail" doc:"What happened, in the caller's language."`
	Action    string         `json:"action" doc:"What to do about it."`
	Retryable bool           `json:"retryable" doc:"Whether the same request, unchanged, may succeed later."`
	Provider  *ProviderError `json:"provider" doc:"WhatsApp's own words, for support; do not branch on them."`
}

// ProviderError is WhatsApp's own account of an error.
type ProviderError struct {
	Code    int    `json:"code" example:"131026"`
	Title   string `json:"title"`
	Details string `json:"details"`
}

// MessageBody is the body of sendMessage and validateMessage.
type MessageBody struct {
	To   string `json:"to" minLength:"1" maxLength:"300" doc:"A phone, a contact's id (ctc_…) or your key (ext:CLI-42)." example:"+5511900000001"`
	Type string `json:"type" enum:"text,template,image,video,audio,document,sticker,location,contacts,interactive,reaction" doc:"Which of the objects below is sent."`
	portal.Content
	Template         *TemplateContent `json:"template,omitempty" doc:"With type template."`
	From             string           `json:"from,omitempty" maxLength:"64" doc:"Your number or its id (chn_…); the default channel without it." example:"+5511900000001"`
	Reference        string           `json:"reference,omitempty" maxLength:"255" doc:"Your note, not unique; a filter of the list." example:"PED-1001"`
	Context          *MessageContext  `json:"context,omitempty" doc:"The message that this one answers."`
	SendAt           *time.Time       `json:"send_at,omitempty" doc:"Not before, at most 30 days ahead."`
	ExpiresAt        *time.Time       `json:"expires_at,omitempty" doc:"Not after: 30 seconds to 30 days after it is due, 24 hours without it."`
	FallbackTemplate *TemplateContent `json:"fallback_template,omitempty" doc:"Sent instead when the window is closed."`
}

// TemplateContent names a template and fills it in.
type TemplateContent struct {
	Name       string            `json:"name" minLength:"1" maxLength:"512" doc:"Name of the template." example:"order_update"`
	Language   TemplateLanguage  `json:"language" doc:"Language of the template."`
	Components []json.RawMessage `json:"components,omitempty" maxItems:"10" doc:"Meta's components, verbatim. Use parameters instead when all of them are text."`
	Parameters map[string]string `json:"parameters,omitempty" maxProperties:"50" doc:"Parameter name to text."`
}

// TemplateLanguage is WhatsApp's language code.
type TemplateLanguage struct {
	Code string `json:"code" minLength:"2" maxLength:"20" doc:"WhatsApp's language code." example:"pt_BR"`
}

// InboundBody is the body of simulateInbound.
type InboundBody struct {
	From string      `json:"from" minLength:"1" maxLength:"64" doc:"Number of the customer." example:"+5511987654321"`
	Text InboundText `json:"text" doc:"What the customer writes."`
	To   string      `json:"to,omitempty" maxLength:"64" doc:"Your number or its id (chn_…); the default channel without it." example:"chn_01KB2M4X7Q9V0T3R5N8W6Y1Z02"`
	Name string      `json:"name,omitempty" maxLength:"255" doc:"The customer's name in WhatsApp." example:"Cliente Exemplo"`
}

// InboundText is the text that a customer writes.
type InboundText struct {
	Body string `json:"body" minLength:"1" maxLength:"4096" doc:"The text." example:"Olá! Onde está meu pedido?"`
}

func (a *API) registerMessages(h huma.API) {
	mountWrite(h, "sendMessage", a.sendMessage)
	mountBatch(h, "sendMessages", a.sendLine)
	mount(h, "validateMessage", a.validateMessage)
	mountWrite(h, "cancelMessage", a.cancelMessage)
	mountWrite(h, "readMessage", a.readMessage)
	mount(h, "listMessages", a.listMessages)
	mount(h, "getMessage", a.getMessage)
	mountWrite(h, "simulateInbound", a.simulateInbound)
	mountWrite(h, "loginChannel", a.loginChannel)
}

func (a *API) sendMessage(tx *store.Tx, c *call, in *struct{ Body MessageBody }) (reply, error) {
	m, err := a.Messaging.AcceptTx(tx, c.caller, c.key, draftOf(in.Body))
	if err != nil {
		return reply{}, err
	}
	return c.message(m, http.StatusAccepted), nil
}

// message answers a message and links the log to it.
func (c *call) message(m portal.Message, status int) reply {
	c.messageID, c.contactID = m.ID, m.ContactID
	rep := reply{status: status, body: messageOf(m, c.lang)}
	if status == http.StatusAccepted {
		rep.location = "/v1/messages/" + m.ID
	}
	return rep
}

func (a *API) cancelMessage(tx *store.Tx, c *call, in *struct {
	ID string `path:"id" doc:"Id of the message."`
},
) (reply, error) {
	m, err := a.Messaging.CancelTx(tx, c.caller, in.ID)
	if err != nil {
		return reply{}, err
	}
	return c.message(m, http.StatusOK), nil
}

func (a *API) readMessage(tx *store.Tx, c *call, in *struct {
	ID     string `path:"id" doc:"Id of the message."`
	Typing bool   `query:"typing" doc:"true: the person also sees that somebody is typing, for 25 seconds or until your next message."`
},
) (reply, error) {
	m, err := a.Messaging.ReadTx(tx, c.caller, in.ID, in.Typing)
	if err != nil {
		return reply{}, err
	}
	return c.message(m, http.StatusOK), nil
}

func (a *API) simulateInbound(tx *store.Tx, c *call, in *struct{ Body InboundBody }) (reply, error) {
	b := in.Body
	m, err := a.Messaging.InboundTx(tx, c.caller, messaging.InboundDraft{From: b.From, To: b.To, Text: b.Text.Body, Name: b.Name})
	if err != nil {
		return reply{}, err
	}
	return c.message(m, http.StatusAccepted), nil
}

func (a *API) loginChannel(tx *store.Tx, c *call, in *struct {
	ID string `path:"id" doc:"Id of the channel."`
},
) (reply, error) {
	state, err := a.Messaging.LogInTx(tx, c.caller, in.ID)
	return reply{status: http.StatusOK, body: channelOf(state)}, err
}

// ListMessagesInput are the filters of the list.
type ListMessagesInput struct {
	PageQuery
	Status       string    `query:"status" enum:"scheduled,queued,unknown,created,delivered,read,canceled,failed,number_not_found,expired,received" doc:"Only of this status."`
	To           string    `query:"to" maxLength:"64" doc:"Only to this number."`
	ContactID    string    `query:"contact_id" maxLength:"64" doc:"Only of this contact."`
	Reference    string    `query:"reference" maxLength:"255" doc:"Only with this reference of yours."`
	Direction    string    `query:"direction" enum:"outbound,inbound" doc:"Only in this direction."`
	CreatedAfter time.Time `query:"created_after" doc:"Only accepted after this time."`
	UpdatedSince time.Time `query:"updated_since" doc:"Only changed at or after this time."`
}

func (a *API) listMessages(ctx context.Context, c *call, in *ListMessagesInput) (reply, error) {
	page, err := in.page("messages")
	if err != nil {
		return reply{}, err
	}
	f := portal.MessageFilter{
		Status: portal.Status(in.Status), ContactID: in.ContactID, Reference: in.Reference, Direction: in.Direction,
		CreatedAfter: given(in.CreatedAfter), UpdatedSince: given(in.UpdatedSince),
	}
	if in.To != "" {
		n, err := phone.Parse(phone.FromQuery(in.To), c.caller.Account.Country)
		if err != nil {
			return reply{}, portal.Refuse(portal.CodeInvalidNumber, portal.FieldError{Parameter: "to", Code: portal.FieldInvalidFormat})
		}
		f.To = n.Candidates
	}
	rows, next, err := a.Messaging.List(ctx, c.caller.Tenant, f, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "messages", next, each(rows, func(m portal.Message) Message { return messageOf(m, c.lang) })), nil
}

// draftOf maps a body to what the use case accepts.
func draftOf(b MessageBody) messaging.Draft {
	d := messaging.Draft{
		To: b.To, From: b.From, Type: b.Type, Content: b.Content, Template: templateRef(b.Template), Reference: b.Reference,
		SendAt: b.SendAt, ExpiresAt: b.ExpiresAt, Fallback: templateRef(b.FallbackTemplate),
	}
	if b.Context != nil {
		d.ContextMessageID = b.Context.MessageID
	}
	return d
}

func templateRef(t *TemplateContent) *messaging.TemplateRef {
	if t == nil {
		return nil
	}
	ref := &messaging.TemplateRef{Name: t.Name, Language: t.Language.Code, Parameters: t.Parameters}
	if t.Components != nil {
		ref.Components, _ = encode(t.Components) // it was JSON when it came
	}
	return ref
}

// messageOf maps a message to the wire, with the words of lang.
func messageOf(m portal.Message, lang string) Message {
	w := Message{
		ID: m.ID, Environment: string(m.Environment), Direction: m.Direction, Status: string(m.Status), Type: m.Type,
		To: text(m.To), From: text(m.From), ChannelID: m.ChannelID, ContactID: m.ContactID, ContactExternalID: text(m.ContactExternalID),
		WAID: text(m.WAID), ConversationID: m.ConversationID, Reference: text(m.Reference), FallbackUsed: m.FallbackUsed,
		Category: text(m.Category), Source: m.Source, EventID: text(m.EventID), RequestID: text(m.RequestID), ProviderMessageID: text(m.ProviderMessageID),
		Attempts: m.Attempts, Sequence: m.Sequence, Price: m.Price, Error: failureOf(m.Failure, lang),
		CreatedAt: portal.FormatTime(m.CreatedAt), SendAt: moment(m.SendAt), ExpiresAt: portal.FormatTime(m.ExpiresAt),
		AcceptedAt: moment(m.AcceptedAt), DeliveredAt: moment(m.DeliveredAt), ReadAt: moment(m.ReadAt), UpdatedAt: portal.FormatTime(m.UpdatedAt),
	}
	if m.ContextMessageID != "" {
		w.Context = &MessageContext{MessageID: m.ContextMessageID}
	}
	w.set(m.Type, m.Content)
	return w
}

// contentFields are the fields of the types.
var contentFields = map[string]func(*MessageContent) *json.RawMessage{
	portal.TypeText:        func(c *MessageContent) *json.RawMessage { return &c.Text },
	portal.TypeTemplate:    func(c *MessageContent) *json.RawMessage { return &c.Template },
	portal.TypeImage:       func(c *MessageContent) *json.RawMessage { return &c.Image },
	portal.TypeVideo:       func(c *MessageContent) *json.RawMessage { return &c.Video },
	portal.TypeAudio:       func(c *MessageContent) *json.RawMessage { return &c.Audio },
	portal.TypeDocument:    func(c *MessageContent) *json.RawMessage { return &c.Document },
	portal.TypeSticker:     func(c *MessageContent) *json.RawMessage { return &c.Sticker },
	portal.TypeLocation:    func(c *MessageContent) *json.RawMessage { return &c.Location },
	portal.TypeContacts:    func(c *MessageContent) *json.RawMessage { return &c.Contacts },
	portal.TypeInteractive: func(c *MessageContent) *json.RawMessage { return &c.Interactive },
	portal.TypeReaction:    func(c *MessageContent) *json.RawMessage { return &c.Reaction },
	"button":               func(c *MessageContent) *json.RawMessage { return &c.Button },
	"order":                func(c *MessageContent) *json.RawMessage { return &c.Order },
	"system":               func(c *MessageContent) *json.RawMessage { return &c.System },
}

// set puts content under the name of its type. A type without a field says nothing.
func (c *MessageContent) set(kind string, content json.RawMessage) {
	of, ok := contentFields[kind]
	if !ok {
		return
	}
	*of(c) = content
	if content == nil {
		*of(c) = json.RawMessage("null")
	}
}

func failureOf(f *portal.Failure, lang string) *Failure {
	if f == nil {
		return nil
	}
	e, _ := portal.EntryOf(f.Code)
	w := &Failure{Code: string(f.Code), Title: e.Title.In(lang), Detail: e.Detail.In(lang), Action: e.Action.In(lang), Retryable: e.Retryable}
	if f.Provider != nil {
		w.Provider = &ProviderError{Code: f.Provider.Code, Title: f.Provider.Title, Details: f.Provider.Details}
	}
	return w
}
