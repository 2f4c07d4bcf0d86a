package messaging

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// magicNumber matches the numbers with a fixed behavior in the simulator, 1 to 17.
var magicNumber = regexp.MustCompile(`^\+55119000000(0[1-9]|1[0-7])$`)

// neverDelivered is the magic number whose messages are accepted and never arrive.
const neverDelivered = "+5511900000009"

// open reports whether the person's last message opened the window until after now.
func open(w portal.Window, now time.Time) bool {
	is, _, _ := w.State(now)
	return is
}

// AlwaysOpen reports whether free-form messages may go to a number whoever
// wrote when: in test, to magic numbers and to the account's testers.
func AlwaysOpen(env portal.Environment, testers []string, e164 string) bool {
	if env != portal.Test || e164 == "" {
		return false
	}
	return magicNumber.MatchString(e164) || slices.Contains(testers, e164)
}

// consent holds what decides whether a person may be written to.
type consent struct {
	optIn       portal.Consent
	lastInbound *time.Time
	required    bool // marketing needs an opt-in
}

// check returns result and code for a message: free-form when category is "".
// Who opted out may be answered only after writing again.
func (c consent) check(category string) (result string, code portal.Code) {
	if c.optIn.Status == portal.OptedOut {
		wroteAgain := c.lastInbound != nil && c.optIn.At != nil && c.lastInbound.After(*c.optIn.At)
		if category == "" && wroteAgain {
			return portal.CheckPass, ""
		}
		return portal.CheckFail, portal.CodeOptedOut
	}
	if category != "marketing" {
		return portal.CheckPass, ""
	}
	switch {
	case c.optIn.Marketing == portal.OptedOut:
		return portal.CheckFail, portal.CodeOptedOut
	case c.optIn.Marketing == portal.OptedIn:
		return portal.CheckPass, ""
	case c.required:
		return portal.CheckFail, portal.CodeOptInRequired
	}
	return portal.CheckWarn, warnOptInUnknown
}

// optOutWords are what a person writes to stop messages, as a whole message, in
// the three languages of the region. The first are what the account is shown.
var optOutWords = []string{
	"PARAR", "SAIR", "CANCELAR", "STOP",
	"PARE", "DESCADASTRAR", "REMOVER", "CANCELAR INSCRICAO", "NAO QUERO MAIS", "NAO ENVIAR", "PARAR PROMOCOES",
	"UNSUBSCRIBE", "OPT OUT", "OPTOUT", "OPT-OUT", "STOP ALL", "STOPALL", "CANCEL", "QUIT", "STOP PROMOTIONS",
	"BAJA", "DAR DE BAJA", "DARME DE BAJA", "SALIR", "DETENER", "NO MAS", "NO ENVIAR", "DETENER PROMOCIONES",
}

// buttonWords mean something else on a button: the order, not the business.
var buttonWords = []string{"CANCELAR", "CANCEL", "SAIR", "SALIR", "QUIT", "REMOVER"}

// plain writes the letters of those languages without their marks.
var plain = strings.NewReplacer("Á", "A", "À", "A", "Â", "A", "Ã", "A", "É", "E", "Ê", "E", "Í", "I", "Ó", "O", "Ô", "O", "Õ", "O", "Ú", "U", "Ü", "U", "Ç", "C", "Ñ", "N")

// isOptOut reports whether a person asks for no more messages.
func isOptOut(in whatsapp.Inbound) bool {
	word := plain.Replace(strings.ToUpper(strings.Trim(in.Text, " \t\r\n.,;:!?¡¿\"'*_")))
	word = strings.Join(strings.Fields(word), " ")
	if in.Type != portal.TypeText && slices.Contains(buttonWords, word) {
		return false
	}
	return slices.Contains(optOutWords, word)
}
