package portal

import "time"

// ProviderClass is what an error of WhatsApp asks of us.
type ProviderClass string

// The classes of WhatsApp's errors.
const (
	ProviderPermanent      ProviderClass = "permanent"       // the same message will never go out
	ProviderRetry          ProviderClass = "retry"           // tried again, later and later
	ProviderRetryOnce      ProviderClass = "retry_once"      // tried again a single time
	ProviderSlowChannel    ProviderClass = "slow_channel"    // the number rests, and goes on by itself
	ProviderSlowPerson     ProviderClass = "slow_person"     // only what goes to this person waits
	ProviderStop           ProviderClass = "stop_channel"    // nothing goes out of the number until somebody acts
	ProviderNeedsTemplate  ProviderClass = "needs_template"  // the fallback goes out, or the message ends
	ProviderNotFound       ProviderClass = "not_found"       // the message ends as number_not_found
	ProviderOptOut         ProviderClass = "opt_out"         // the person gets no more marketing
	ProviderCapped         ProviderClass = "capped"          // no marketing to this person for a day
	ProviderPauseTemplate  ProviderClass = "pause_template"  // the template is not sent any more
	ProviderPauseMarketing ProviderClass = "pause_marketing" // marketing through the number rests
)

// ProviderCode is one row of WhatsApp's table of errors, as we act on it.
type ProviderCode struct {
	From, To int // its codes, both included
	Class    ProviderClass
	Code     Code          // ours, in message.error, when a message ends of it
	Wait     time.Duration // before the first of the tries that follow; 0 = the usual
	State    string        // of the channel or the template that it stops
	Reason   string        // of that
	Meaning  Words
}

// ProviderCodes is the whole table, in order of WhatsApp's codes: what is sent,
// and the page of errors, go by it. Codes that are missing are judged by the
// HTTP status of the answer.
var ProviderCodes = []ProviderCode{
	{
		From: 0, To: 0, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonTokenExpired,
		Meaning: Words{"The access token was not accepted.", "O token de acesso não foi aceito."},
	},
	{
		From: 1, To: 1, Class: ProviderRetryOnce, Code: CodeWhatsAppError,
		Meaning: Words{"WhatsApp did not understand the call, or failed while handling it.", "O WhatsApp não entendeu a chamada ou falhou ao tratá-la."},
	},
	{
		From: 2, To: 2, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"WhatsApp is temporarily down.", "O WhatsApp está fora do ar por um momento."},
	},
	{
		From: 3, To: 3, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonPermission,
		Meaning: Words{"The app lacks a capability or a permission.", "Falta uma capacidade ou permissão ao aplicativo."},
	},
	{
		From: 4, To: 4, Class: ProviderSlowChannel, Code: CodeWhatsAppError, Wait: 5 * time.Second,
		Meaning: Words{"The app made too many calls.", "O aplicativo fez chamadas demais."},
	},
	{
		From: 10, To: 10, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonPermission,
		Meaning: Words{"The permission was not granted, or was taken back.", "A permissão não foi dada ou foi retirada."},
	},
	{
		From: 17, To: 17, Class: ProviderSlowChannel, Code: CodeWhatsAppError, Wait: 5 * time.Second,
		Meaning: Words{"Too many calls in the name of this user.", "Chamadas demais em nome deste usuário."},
	},
	{
		From: 33, To: 33, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonNotRegistered,
		Meaning: Words{"The business's number was deleted.", "O número da empresa foi excluído."},
	},
	{
		From: 100, To: 100, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"A parameter is invalid or names something that does not exist.", "Um parâmetro é inválido ou se refere a algo que não existe."},
	},
	{
		From: 190, To: 190, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonTokenExpired,
		Meaning: Words{"The access token is invalid or has expired.", "O token de acesso é inválido ou venceu."},
	},
	{
		From: 200, To: 299, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonPermission,
		Meaning: Words{"A permission is missing.", "Falta uma permissão."},
	},
	{
		From: 368, To: 368, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelBlocked, Reason: ReasonPolicy,
		Meaning: Words{"WhatsApp blocked the account for a while because of its policies.", "O WhatsApp bloqueou a conta por um tempo por causa das suas políticas."},
	},
	{
		From: 80007, To: 80008, Class: ProviderSlowChannel, Code: CodeWhatsAppError, Wait: 5 * time.Second,
		Meaning: Words{"The business account made too many calls.", "A conta comercial fez chamadas demais."},
	},
	{
		From: 130403, To: 130403, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"The business blocked this person.", "A empresa bloqueou esta pessoa."},
	},
	{
		From: 130429, To: 130429, Class: ProviderSlowChannel, Code: CodeWhatsAppError, Wait: time.Second,
		Meaning: Words{"The number sent more messages a second than WhatsApp allows.", "O número enviou mais mensagens por segundo do que o WhatsApp permite."},
	},
	{
		From: 130472, To: 130472, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"The person is part of an experiment of WhatsApp and gets no marketing now.", "A pessoa participa de um experimento do WhatsApp e não recebe marketing agora."},
	},
	{
		From: 130497, To: 130497, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"The business may not write to people of this country.", "A empresa não pode escrever a pessoas deste país."},
	},
	{
		From: 131000, To: 131000, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"Something went wrong at WhatsApp.", "Algo deu errado no WhatsApp."},
	},
	{
		From: 131005, To: 131005, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonPermission,
		Meaning: Words{"Access was denied.", "O acesso foi negado."},
	},
	{
		From: 131008, To: 131008, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"A required parameter is missing.", "Falta um parâmetro obrigatório."},
	},
	{
		From: 131009, To: 131009, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"A parameter has a value that WhatsApp does not take.", "Um parâmetro tem um valor que o WhatsApp não aceita."},
	},
	{
		From: 131016, To: 131016, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"A service of WhatsApp is not available.", "Um serviço do WhatsApp não está disponível."},
	},
	{
		From: 131021, To: 131021, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"The recipient is the sending number itself.", "O destinatário é o próprio número que envia."},
	},
	{
		From: 131026, To: 131026, Class: ProviderNotFound, Code: CodeNumberNotFound,
		Meaning: Words{"The number has no WhatsApp, an old app, or blocked the business.", "O número não tem WhatsApp, usa um aplicativo antigo ou bloqueou a empresa."},
	},
	{
		From: 131030, To: 131030, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"Meta's test number may write only to the numbers on its list.", "O número de teste da Meta só pode escrever aos números da lista dele."},
	},
	{
		From: 131031, To: 131031, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelBlocked, Reason: ReasonPolicy,
		Meaning: Words{"WhatsApp locked the account.", "O WhatsApp bloqueou a conta."},
	},
	{
		From: 131042, To: 131042, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelBlocked, Reason: ReasonPayment,
		Meaning: Words{"There is a problem with the payment method of the business.", "Há um problema com a forma de pagamento da empresa."},
	},
	{
		From: 131045, To: 131045, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonNotRegistered,
		Meaning: Words{"The certificate of the number is wrong.", "O certificado do número está errado."},
	},
	{
		From: 131047, To: 131047, Class: ProviderNeedsTemplate, Code: CodeWindowClosed,
		Meaning: Words{"More than 24 hours have passed since the person last wrote.", "Passaram mais de 24 horas desde a última mensagem da pessoa."},
	},
	{
		From: 131048, To: 131048, Class: ProviderPauseMarketing, Code: CodeWhatsAppError, Wait: time.Hour,
		Meaning: Words{"Too many people blocked the number or reported it as spam.", "Muitas pessoas bloquearam o número ou o denunciaram como spam."},
	},
	{
		From: 131049, To: 131049, Class: ProviderCapped, Code: CodeMarketingCapped,
		Meaning: Words{"The person has had enough marketing for now, in WhatsApp's view.", "Na visão do WhatsApp, a pessoa já recebeu marketing suficiente por ora."},
	},
	{
		From: 131050, To: 131050, Class: ProviderOptOut, Code: CodeOptedOut,
		Meaning: Words{"The person stopped marketing messages of this business.", "A pessoa parou as mensagens de marketing desta empresa."},
	},
	{
		From: 131051, To: 131051, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"WhatsApp does not know this type of message.", "O WhatsApp não conhece este tipo de mensagem."},
	},
	{
		From: 131052, To: 131052, Class: ProviderPermanent, Code: CodeMediaInvalid,
		Meaning: Words{"The media of the message could not be downloaded.", "A mídia da mensagem não pôde ser baixada."},
	},
	{
		From: 131053, To: 131053, Class: ProviderPermanent, Code: CodeMediaInvalid,
		Meaning: Words{"The media of the message could not be uploaded.", "A mídia da mensagem não pôde ser enviada."},
	},
	{
		From: 131055, To: 131055, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"The marketing endpoint did not take the message now.", "O serviço de marketing não aceitou a mensagem agora."},
	},
	{
		From: 131056, To: 131056, Class: ProviderSlowPerson, Code: CodeWhatsAppError,
		Meaning: Words{"Too many messages went to the same person in a short time.", "Muitas mensagens foram para a mesma pessoa em pouco tempo."},
	},
	{
		From: 131057, To: 131057, Class: ProviderSlowChannel, Code: CodeWhatsAppError, Wait: 10 * time.Second,
		Meaning: Words{"The number is in maintenance for about a minute.", "O número está em manutenção por cerca de um minuto."},
	},
	{
		From: 131058, To: 131058, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"hello_world goes out from Meta's public test numbers only.", "hello_world só sai dos números públicos de teste da Meta."},
	},
	{
		From: 131063, To: 131063, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"The marketing endpoint did not take the message now.", "O serviço de marketing não aceitou a mensagem agora."},
	},
	{
		From: 131064, To: 131064, Class: ProviderPauseTemplate, Code: CodeTemplateNotApproved, State: "paused", Reason: "category",
		Meaning: Words{"WhatsApp enforces another category for the template.", "O WhatsApp impõe outra categoria ao modelo."},
	},
	{
		From: 132000, To: 132000, Class: ProviderPermanent, Code: CodeTemplateParameters,
		Meaning: Words{"The number of parameters is not the template's.", "O número de parâmetros não é o do modelo."},
	},
	{
		From: 132001, To: 132001, Class: ProviderPermanent, Code: CodeTemplateNotFound,
		Meaning: Words{"The template does not exist in this language, or is not approved.", "O modelo não existe neste idioma ou não está aprovado."},
	},
	{
		From: 132005, To: 132005, Class: ProviderPermanent, Code: CodeTemplateParameters,
		Meaning: Words{"The text of the filled template is too long.", "O texto do modelo preenchido é longo demais."},
	},
	{
		From: 132007, To: 132007, Class: ProviderPermanent, Code: CodeTemplateParameters,
		Meaning: Words{"The filled template breaks a rule about its characters.", "O modelo preenchido quebra uma regra sobre caracteres."},
	},
	{
		From: 132012, To: 132012, Class: ProviderPermanent, Code: CodeTemplateParameters,
		Meaning: Words{"A parameter has another form than the template asks for.", "Um parâmetro tem forma diferente da que o modelo pede."},
	},
	{
		From: 132015, To: 132015, Class: ProviderPauseTemplate, Code: CodeTemplateNotApproved, State: "paused", Reason: "quality",
		Meaning: Words{"The template is paused because of its quality.", "O modelo está pausado por causa da qualidade."},
	},
	{
		From: 132016, To: 132016, Class: ProviderPauseTemplate, Code: CodeTemplateNotApproved, State: "disabled", Reason: "quality",
		Meaning: Words{"The template is disabled because of its quality.", "O modelo está desativado por causa da qualidade."},
	},
	{
		From: 132018, To: 132018, Class: ProviderPermanent, Code: CodeTemplateParameters,
		Meaning: Words{"The parameters of the template did not pass WhatsApp's check.", "Os parâmetros do modelo não passaram na verificação do WhatsApp."},
	},
	{
		From: 132068, To: 132068, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"The flow is blocked.", "O fluxo está bloqueado."},
	},
	{
		From: 132069, To: 132069, Class: ProviderRetry, Code: CodeWhatsAppError, Wait: 6 * time.Minute,
		Meaning: Words{"The flow is limited to ten messages an hour.", "O fluxo está limitado a dez mensagens por hora."},
	},
	{
		From: 133000, To: 133003, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonNotRegistered,
		Meaning: Words{"The number is not, or no longer, registered.", "O número não está registrado, ou deixou de estar."},
	},
	{
		From: 133004, To: 133004, Class: ProviderRetry, Code: CodeWhatsAppError,
		Meaning: Words{"WhatsApp's registration is not available.", "O registro do WhatsApp não está disponível."},
	},
	{
		From: 133005, To: 133016, Class: ProviderStop, Code: CodeWhatsAppError, State: ChannelLoggedOut, Reason: ReasonNotRegistered,
		Meaning: Words{"The number is not registered, or its PIN is wrong.", "O número não está registrado ou o PIN está errado."},
	},
	{
		From: 134100, To: 134102, Class: ProviderRetry, Code: CodeWhatsAppError, Wait: 2 * time.Minute,
		Meaning: Words{"The template is still being made ready for marketing.", "O modelo ainda está sendo preparado para marketing."},
	},
	{
		From: 135000, To: 135000, Class: ProviderPermanent, Code: CodeWhatsAppError,
		Meaning: Words{"WhatsApp refused the message without a closer reason.", "O WhatsApp recusou a mensagem sem um motivo mais claro."},
	},
}

// ProviderCodeOf returns the row of one of WhatsApp's codes; false when it has none.
func ProviderCodeOf(code int) (ProviderCode, bool) {
	for _, c := range ProviderCodes {
		if c.From <= code && code <= c.To {
			return c, true
		}
	}
	return ProviderCode{}, false
}
