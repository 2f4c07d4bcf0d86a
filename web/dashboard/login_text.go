package dashboard

import (
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// loginWords are what WhatsApp writes in an authentication template, whose
// account gives only the code; English stands for the languages not here.
var loginWords = map[string]struct{ code, secret, ends string }{
	"en": {"{{1}} is your verification code.", "For your security, do not share this code.", "This code expires in {{1}} minutes."},
	"es": {"Tu código de verificación es {{1}}.", "Por tu seguridad, no lo compartas.", "Este código caduca en {{1}} minutos."},
	"pt": {"Seu código de verificação é {{1}}.", "Para sua segurança, não o compartilhe.", "Este código expira em {{1}} minutos."},
}

// shown is the text of a part of the template, also where WhatsApp writes it.
func (p templatePart) shown(tpl portal.Template) string {
	if p.Text != "" || tpl.Category != portal.CategoryAuthentication {
		return p.Text
	}
	words, known := loginWords[strings.ToLower(tpl.Language[:min(2, len(tpl.Language))])]
	if !known {
		words = loginWords["en"]
	}
	if tpl.Environment == portal.Live {
		words.code = strings.ReplaceAll(words.code, "{{1}}", "••••••") // whoever reads it could sign in as that person
	}
	switch kind := strings.ToUpper(p.Type); {
	case kind == portal.ComponentBody && p.Secret:
		return words.code + " " + words.secret
	case kind == portal.ComponentBody:
		return words.code
	case kind == portal.ComponentFooter && p.Minutes > 0:
		return strings.ReplaceAll(words.ends, "{{1}}", strconv.Itoa(p.Minutes))
	}
	return ""
}
