package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// The portal shows what the API would answer. It asks here, so that the two cannot differ.

// MessageAnswer returns what getMessage answers about m, in the words of lang.
func (a *API) MessageAnswer(m portal.Message, h portal.History, lang string) ([]byte, error) {
	return encode(MessageDetail{messageOf(m, lang), timelineOf(m, h, lang)})
}

// ModulesAnswer returns what listModules answers about rows, in the words of lang.
func (a *API) ModulesAnswer(rows []portal.AccountModule, lang string) ([]byte, error) {
	return encode(list[Module]{Data: each(rows, func(m portal.AccountModule) Module { return moduleOf(m, lang) })})
}

// ModuleOperations returns the operationIds that the module brings.
func (a *API) ModuleOperations(module string) []string { return operationsOf(module) }

// MessageDraft reads a body of sendMessage as the operation does, with the same
// schema: malformed_json or validation_failed say what is wrong with it.
func (a *API) MessageDraft(raw []byte) (d messaging.Draft, err error) {
	var tree any
	if err := decode(raw, &tree); err != nil {
		if fault, ok := strings.CutPrefix(err.Error(), faulty); ok {
			code, at, _ := strings.Cut(fault, " ")
			return d, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: code, Pointer: at})
		}
		return d, portal.Refuse(portal.CodeMalformedJSON)
	}
	path := huma.NewPathBuffer(nil, 0)
	path.Push("body")
	var found huma.ValidateResult
	huma.Validate(a.registry, a.registry.Schema(reflect.TypeFor[MessageBody](), true, ""), path, huma.ModeWriteToServer, tree, &found)
	var fields []portal.FieldError
	for _, e := range found.Errors {
		if detail, ok := errors.AsType[*huma.ErrorDetail](e); ok {
			fields = append(fields, fieldOf(detail))
		}
	}
	if len(fields) > 0 {
		return d, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	var body MessageBody
	if err := decode(raw, &body); err != nil {
		return d, portal.Refuse(portal.CodeMalformedJSON)
	}
	return draftOf(body), nil
}

// ContactAnswer returns what getContact answers about p at now.
func (a *API) ContactAnswer(p portal.Contact) ([]byte, error) {
	return encode(contactOf(p, a.Store.Now()))
}

// EventAnswer returns what getEvent answers about e and what automations made of
// it, in the words of lang.
func (a *API) EventAnswer(e portal.Event, runs []portal.Run, lang string) ([]byte, error) {
	w, err := eventDetail(e, runs, lang)
	if err != nil {
		return nil, err
	}
	return encode(w)
}

// HandoffAnswer returns what getHandoff answers about h.
func (a *API) HandoffAnswer(h portal.Handoff) ([]byte, error) { return encode(handoffOf(h)) }

// Resource renders a resource as webhooks tell of it, in the words of lang: the
// answer of its operation, without the content of outbound messages. Those of a
// kind that has no wire form are an error.
func Resource(resource any, lang string) (json.RawMessage, error) {
	switch v := resource.(type) {
	case portal.Message:
		w := messageOf(v, lang)
		if v.Direction == portal.Outbound {
			w.MessageContent = MessageContent{}
		}
		return encode(w)
	case portal.Contact:
		return encode(contactOf(v, v.UpdatedAt))
	case portal.Template:
		return encode(templateOf(v))
	case portal.Handoff:
		return encode(handoffOf(v))
	case portal.ChannelState:
		return encode(channelOf(v))
	case portal.Token:
		return encode(ExpiringToken{ID: v.ID, Name: v.Name, ExpiresAt: moment(v.ExpiresAt)})
	case portal.WebhookEndpoint:
		return encode(endpointOf(v, webhooks.Figures{}, v.UpdatedAt))
	}
	return nil, fmt.Errorf("no wire form of %T", resource)
}

// ExpiringToken is a token as token.expiring tells of it.
type ExpiringToken struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	ExpiresAt *string `json:"expires_at" format:"date-time"`
}
