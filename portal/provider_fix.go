package portal

// providerFixes are what a reader can do about an error of each class, in the
// words of pages and of the catalogue.
var providerFixes = map[ProviderClass]Words{
	ProviderPermanent:      {"Correct the message and send it as a new one: unchanged it will be refused again.", "Corrija a mensagem e envie como nova: sem mudar, será recusada de novo."},
	ProviderRetry:          {"Nothing to do: it is tried again, later and later, until it expires.", "Nada a fazer: tentamos de novo, cada vez mais tarde, até ela expirar."},
	ProviderRetryOnce:      {"Nothing to do at first: it is tried once more. If that fails too, check the message.", "Nada a fazer por enquanto: tentamos mais uma vez. Se falhar também, confira a mensagem."},
	ProviderSlowChannel:    {"Nothing to do: the number rests for a moment and goes on by itself.", "Nada a fazer: o número descansa um instante e continua sozinho."},
	ProviderSlowPerson:     {"Nothing to do: only what goes to this person waits.", "Nada a fazer: só o que vai para esta pessoa espera."},
	ProviderStop:           {"Open the channel and settle what it says: until then nothing goes out of this number.", "Abra o canal e resolva o que ele indica: até lá nada sai deste número."},
	ProviderNeedsTemplate:  {"Send an approved template, or give a fallback template with the message.", "Envie um modelo aprovado ou indique um modelo reserva na mensagem."},
	ProviderNotFound:       {"Confirm the number with the customer: it has no WhatsApp, an old app, or has blocked you.", "Confirme o número com o cliente: não tem WhatsApp, tem um aplicativo antigo ou bloqueou você."},
	ProviderOptOut:         {"Send this person no more marketing, until they ask for it again.", "Não envie mais marketing a esta pessoa até que ela volte a pedir."},
	ProviderCapped:         {"Wait a day before more marketing to this person.", "Espere um dia antes de mais marketing para esta pessoa."},
	ProviderPauseTemplate:  {"Use another template, or correct this one: it is not sent any more.", "Use outro modelo ou corrija este: ele não é mais enviado."},
	ProviderPauseMarketing: {"Send less marketing, and only to people who asked for it: marketing through this number rests.", "Envie menos marketing, e só a quem pediu: o marketing por este número está em pausa."},
}

// Fix returns what a reader can do about the error.
func (c ProviderCode) Fix() Words { return providerFixes[c.Class] }

// FixEnded returns what a reader can do about the error of a message that has
// ended: what would be tried again by itself is tried no more.
func (c ProviderCode) FixEnded() Words {
	switch c.Class {
	case ProviderRetry, ProviderRetryOnce, ProviderSlowChannel, ProviderSlowPerson:
		return Words{"It is not tried again: send it as a new message, later.", "Não tentamos mais: envie como nova mensagem, mais tarde."}
	}
	return c.Fix()
}

// ProviderCodesOf returns the rows of WhatsApp's table that end a message with
// the code.
func ProviderCodesOf(code Code) (rows []ProviderCode) {
	for _, c := range ProviderCodes {
		if c.Code == code {
			rows = append(rows, c)
		}
	}
	return rows
}
