package messaging

import "github.com/wppmarketing/developers/portal"

// explanations are the sentences of checks, in the order of the checks. A row
// without a result stands for every result of its code.
var explanations = []struct {
	check  string
	result string
	code   portal.Code
	words  portal.Words
}{
	{"channel", portal.CheckPass, "", portal.Words{EN: "The number is connected.", PT: "O número está conectado."}},
	{"channel", "", portal.CodeNoChannel, portal.Words{EN: "The account has no number to send from.", PT: "A conta não tem número para enviar."}},
	{"channel", "", portal.CodeChannelLoggedOut, portal.Words{EN: "The number is logged out of WhatsApp.", PT: "O número está desconectado do WhatsApp."}},
	{"channel", "", portal.CodeChannelBlocked, portal.Words{EN: "WhatsApp blocked the number.", PT: "O WhatsApp bloqueou o número."}},
	{"number", portal.CheckPass, "", portal.Words{EN: "The number is valid.", PT: "O número é válido."}},
	{"number", portal.CheckWarn, portal.CodeNumberNotFound, portal.Words{EN: "The last message to this number found no WhatsApp.", PT: "A última mensagem para este número não encontrou WhatsApp."}},
	{"number", "", portal.CodeInvalidNumber, portal.Words{EN: "This is not a number that can be written to.", PT: "Não é um número que possa receber mensagens."}},
	{"number", "", portal.CodeUnsupportedForChannel, portal.Words{EN: "This channel sends to phone numbers only.", PT: "Este canal só envia para números de telefone."}},
	{"opt_in", portal.CheckPass, "", portal.Words{EN: "Nothing speaks against writing to this person.", PT: "Nada impede escrever a esta pessoa."}},
	{"opt_in", portal.CheckSkipped, "", portal.Words{EN: "Not checked: the number is not usable.", PT: "Não verificado: o número não pode ser usado."}},
	{"opt_in", "", portal.CodeOptedOut, portal.Words{EN: "The person asked for no more messages.", PT: "A pessoa pediu para não receber mensagens."}},
	{"opt_in", "", portal.CodeOptInRequired, portal.Words{EN: "The account requires consent for marketing.", PT: "A conta exige consentimento para marketing."}},
	{"opt_in", "", warnOptInUnknown, portal.Words{EN: "No consent for marketing is known.", PT: "Não há consentimento conhecido para marketing."}},
	{"window", portal.CheckPass, "", portal.Words{EN: "The 24-hour window is open.", PT: "A janela de 24 horas está aberta."}},
	{"window", portal.CheckSkipped, "", portal.Words{EN: "Not checked: there is no number or no channel.", PT: "Não verificado: falta o número ou o canal."}},
	{"window", portal.CheckFail, portal.CodeWindowClosed, portal.Words{EN: "The 24-hour window is closed.", PT: "A janela de 24 horas está fechada."}},
	{"window", portal.CheckWarn, portal.CodeWindowClosed, portal.Words{EN: "The 24-hour window is closed, or will be when the message goes out.", PT: "A janela de 24 horas está fechada, ou estará na hora do envio."}},
	{"template", portal.CheckPass, "", portal.Words{EN: "The template is approved.", PT: "O modelo está aprovado."}},
	{"template", portal.CheckSkipped, "", portal.Words{EN: "No template is used.", PT: "Nenhum modelo é usado."}},
	{"template", "", portal.CodeTemplateNotFound, portal.Words{EN: "The account has no such template in this language.", PT: "A conta não tem esse modelo neste idioma."}},
	{"template", "", portal.CodeTemplateNotApproved, portal.Words{EN: "WhatsApp has not approved the template.", PT: "O WhatsApp não aprovou o modelo."}},
	{"parameters", portal.CheckPass, "", portal.Words{EN: "Every parameter is filled.", PT: "Todos os parâmetros estão preenchidos."}},
	{"parameters", portal.CheckSkipped, "", portal.Words{EN: "There is no template to fill.", PT: "Não há modelo para preencher."}},
	{"parameters", "", portal.CodeTemplateParameters, portal.Words{EN: "The parameters do not match the template.", PT: "Os parâmetros não correspondem ao modelo."}},
	{"limits", portal.CheckPass, "", portal.Words{EN: "Within the limits.", PT: "Dentro dos limites."}},
	{"limits", "", portal.CodeDailyLimitReached, portal.Words{EN: "The daily limit of messages is reached.", PT: "O limite diário de mensagens foi atingido."}},
}

var noWindowNeeded = portal.Words{EN: "Templates need no window.", PT: "Modelos não precisam de janela."}

// explain returns the sentence of a check; asTemplate tells why a window passed.
func explain(c portal.Check, asTemplate bool) portal.Words {
	if c.Check == "window" && c.Result == portal.CheckPass && asTemplate {
		return noWindowNeeded
	}
	for _, x := range explanations {
		if x.check == c.Check && x.code == c.Code && (x.result == "" || x.result == c.Result) {
			return x.words
		}
	}
	return portal.Words{}
}
