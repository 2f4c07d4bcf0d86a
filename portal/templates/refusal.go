package templates

import (
	"cmp"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// The subcodes of Meta's error 100 that mean something of their own.
const (
	subcodeNoObject = 33
	subcodeExists   = 2388024
	subcodeNoName   = 2593002
)

var (
	silentWords    = portal.Words{EN: "WhatsApp gave no answer. Nothing was changed as far as we know.", PT: "O WhatsApp não respondeu. Até onde sabemos, nada mudou."}
	throttledWords = portal.Words{EN: "WhatsApp allows no more template calls of this business account for now.", PT: "O WhatsApp não aceita mais chamadas de modelos desta conta por enquanto."}
	tokenWords     = portal.Words{EN: "WhatsApp does not let this number's token manage templates.", PT: "O WhatsApp não deixa o token deste número gerenciar modelos."}
)

// maxAdvice bounds how much of WhatsApp's words is told on.
const maxAdvice = 500

// refusal returns what an outcome means to who asked; nil when WhatsApp did it.
func refusal(out whatsapp.Outcome) error {
	switch out.Kind {
	case whatsapp.Accepted:
		return nil
	case whatsapp.Throttled, whatsapp.PairLimited:
		return &portal.Error{Code: portal.CodeRateLimited, Detail: throttledWords, RetryAfter: max(out.RetryAfter, time.Minute)}
	case whatsapp.ChannelStopped:
		return &portal.Error{Code: portal.CodeChannelLoggedOut, Detail: tokenWords}
	case whatsapp.RetryLater, whatsapp.Unknown:
		return &portal.Error{Code: portal.CodeOverloaded, Detail: silentWords, RetryAfter: out.RetryAfter, Cause: out.Cause}
	}
	if out.Error == nil {
		return &portal.Error{Code: portal.CodeOverloaded, Detail: silentWords, Cause: out.Cause}
	}
	switch out.Error.Subcode {
	case subcodeExists:
		return portal.Refuse(portal.CodeTemplateExists)
	case subcodeNoObject, subcodeNoName:
		return portal.Refuse(portal.CodeNotFound)
	}
	said := cut(cmp.Or(out.Error.Advice, out.Error.Details, out.Error.Title))
	words := portal.Words{EN: "WhatsApp refused the template: " + said, PT: "O WhatsApp recusou o modelo: " + said}
	return &portal.Error{
		Code: portal.CodeValidationFailed, Detail: words,
		Fields: []portal.FieldError{{Pointer: "/components", Code: portal.FieldInvalidValue, Detail: words}},
	}
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxAdvice {
		return string(runes[:maxAdvice]) + "…"
	}
	return text
}
