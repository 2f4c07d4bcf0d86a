package messaging

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

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
	"PARE", "QUERO PARAR", "QUERO SAIR", "DESCADASTRAR", "REMOVER", "CANCELAR INSCRICAO", "PARAR PROMOCOES", "NAO ENVIAR",
	"NAO QUERO MAIS", "NAO QUERO RECEBER", "NAO QUERO MAIS RECEBER", "NAO QUERO RECEBER MAIS",
	"UNSUBSCRIBE", "UNSUBSCRIBE ME", "OPT OUT", "OPTOUT", "STOP ALL", "STOPALL", "CANCEL", "QUIT", "STOP PROMOTIONS",
	"BAJA", "DAR DE BAJA", "DARME DE BAJA", "SALIR", "DETENER", "NO MAS", "NO ENVIAR", "DETENER PROMOCIONES",
	"CANCELAR SUSCRIPCION", "NO QUIERO MAS", "NO QUIERO RECIBIR", "NO QUIERO RECIBIR MAS",
}

// courtesies may stand beside such words.
var courtesies = []string{"POR FAVOR", "PLEASE"}

// buttonWords mean something else on a button: the order, not the business.
var buttonWords = []string{"CANCELAR", "CANCEL", "SAIR", "SALIR", "QUIT", "REMOVER"}

// plain writes the letters of those languages without their marks.
var plain = strings.NewReplacer("Á", "A", "À", "A", "Â", "A", "Ã", "A", "É", "E", "Ê", "E", "Í", "I", "Ó", "O", "Ô", "O", "Õ", "O", "Ú", "U", "Ü", "U", "Ç", "C", "Ñ", "N")

// bare leaves the letters of a text, without marks, and one space where
// anything else stood; what cannot be seen parts no word.
func bare(text string) string {
	letters := strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Cf):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return ' '
	}, plain.Replace(strings.ToUpper(text)))
	return strings.Join(strings.Fields(letters), " ")
}

// isOptOut reports whether a person asks for no more messages.
func isOptOut(in whatsapp.Inbound) bool {
	word := bare(in.Text)
	for _, c := range courtesies {
		word = strings.TrimSuffix(strings.TrimPrefix(word, c+" "), " "+c)
	}
	if in.Type != portal.TypeText && slices.Contains(buttonWords, word) {
		return false
	}
	return slices.Contains(optOutWords, word)
}
