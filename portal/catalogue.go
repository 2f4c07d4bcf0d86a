package portal

// The codes of the contract, in the order of its table.
const (
	CodeMalformedJSON         Code = "malformed_json"
	CodeInvalidCursor         Code = "invalid_cursor"
	CodeInvalidIdempotencyKey Code = "invalid_idempotency_key"

	CodeMissingToken Code = "missing_token"
	CodeInvalidToken Code = "invalid_token"
	CodeRevokedToken Code = "revoked_token"
	CodeExpiredToken Code = "expired_token"

	CodeInsufficientScope   Code = "insufficient_scope"
	CodeModuleInactive      Code = "module_inactive"
	CodeIPNotAllowed        Code = "ip_not_allowed"
	CodeEnvironmentMismatch Code = "environment_mismatch"
	CodeAccountSuspended    Code = "account_suspended"
	CodeCrossSite           Code = "cross_site"

	CodeNotFound             Code = "not_found"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeNotAcceptable        Code = "not_acceptable"
	CodeBodyTooLarge         Code = "body_too_large"
	CodeUnsupportedMediaType Code = "unsupported_media_type"

	CodeIdempotencyConflict Code = "idempotency_conflict"
	CodeAlreadyResolved     Code = "already_resolved"
	CodeNotCancelable       Code = "not_cancelable"
	CodeContactConflict     Code = "contact_conflict"
	CodeEventConflict       Code = "event_conflict"
	CodeTemplateExists      Code = "template_exists"
	CodeNoChannel           Code = "no_channel"
	CodeChannelLoggedOut    Code = "channel_logged_out"
	CodeChannelBlocked      Code = "channel_blocked"
	CodePreconditionFailed  Code = "precondition_failed"

	CodeValidationFailed      Code = "validation_failed"
	CodeIdempotencyMismatch   Code = "idempotency_mismatch"
	CodeInvalidNumber         Code = "invalid_number"
	CodeWindowClosed          Code = "window_closed"
	CodeTemplateNotFound      Code = "template_not_found"
	CodeTemplateNotApproved   Code = "template_not_approved"
	CodeTemplateParameters    Code = "template_parameters"
	CodeOptedOut              Code = "opted_out"
	CodeOptInRequired         Code = "opt_in_required"
	CodeMediaNotFound         Code = "media_not_found"
	CodeMediaInvalid          Code = "media_invalid"
	CodeUnsupportedForChannel Code = "unsupported_for_channel"

	CodeRateLimited       Code = "rate_limited"
	CodePairRateLimited   Code = "pair_rate_limited"
	CodeDailyLimitReached Code = "daily_limit_reached"

	CodeInternal           Code = "internal"
	CodeOverloaded         Code = "overloaded"
	CodeStorageUnavailable Code = "storage_unavailable"

	// Only in message.error.
	CodeWhatsAppError      Code = "whatsapp_error"
	CodeNumberNotFound     Code = "number_not_found"
	CodeExpiredUnsent      Code = "expired_unsent"
	CodeExpiredUndelivered Code = "expired_undelivered"
	CodeOutcomeUnknown     Code = "outcome_unknown"
	CodeMarketingCapped    Code = "marketing_capped"
)

// Entry is one row of the error catalogue.
type Entry struct {
	Code      Code
	Status    int  // HTTP status; 0 for codes that appear only in message.error
	Retryable bool // the same request, unchanged, may succeed later
	Title     Words
	Detail    Words // the cause, in one sentence
	Action    Words // what to do, in one sentence
}

// Catalogue holds every code in the order of the contract's table. It is what
// GET /v1/errors and the page of errors show.
var Catalogue = []Entry{
	{
		CodeMalformedJSON, 400, false,
		Words{"Malformed JSON", "JSON malformado"},
		Words{"The body is not valid JSON: a syntax error, a repeated key, invalid UTF-8, or a number out of range.", "O corpo não é JSON válido: erro de sintaxe, chave repetida, UTF-8 inválido ou número fora do intervalo."},
		Words{"Check the body with a JSON parser and send it again.", "Confira o corpo com um leitor de JSON e envie de novo."},
	},
	{
		CodeInvalidCursor, 400, false,
		Words{"Invalid cursor", "Cursor inválido"},
		Words{"The cursor in `after` was not made for this list.", "O cursor em `after` não é desta lista."},
		Words{"Use the `next` value of the page before, unchanged, or leave `after` out.", "Use o valor `next` da página anterior, sem alterar, ou não envie `after`."},
	},
	{
		CodeInvalidIdempotencyKey, 400, false,
		Words{"Invalid Idempotency-Key", "Idempotency-Key inválida"},
		Words{"The Idempotency-Key is not 1 to 255 printable ASCII characters.", "A Idempotency-Key não tem de 1 a 255 caracteres ASCII imprimíveis."},
		Words{"Send a UUID or your own order number as the key.", "Envie um UUID ou o número do seu pedido como chave."},
	},
	{
		CodeMissingToken, 401, false,
		Words{"Token missing", "Token ausente"},
		Words{"The request has no Authorization header.", "A requisição não tem o cabeçalho Authorization."},
		Words{"Send `Authorization: Bearer` with a token from the Tokens page.", "Envie `Authorization: Bearer` com um token da página Tokens."},
	},
	{
		CodeInvalidToken, 401, false,
		Words{"Invalid token", "Token inválido"},
		Words{"The token does not exist or is not well formed.", "O token não existe ou está malformado."},
		Words{"Copy the whole token again, or create a new one.", "Copie o token inteiro de novo ou crie outro."},
	},
	{
		CodeRevokedToken, 401, false,
		Words{"Token revoked", "Token revogado"},
		Words{"This token was revoked.", "Este token foi revogado."},
		Words{"Use another token or create a new one.", "Use outro token ou crie um novo."},
	},
	{
		CodeExpiredToken, 401, false,
		Words{"Token expired", "Token expirado"},
		Words{"This token has expired.", "Este token expirou."},
		Words{"Create a new token, or rotate before the expiry next time.", "Crie um novo token ou, da próxima vez, troque antes do vencimento."},
	},
	{
		CodeInsufficientScope, 403, false,
		Words{"Scope missing", "Falta um escopo"},
		Words{"The token does not have the scope of this operation.", "O token não tem o escopo desta operação."},
		Words{"Edit the token and add the scope that the API reference names.", "Edite o token e inclua o escopo que a referência da API indica."},
	},
	{
		CodeModuleInactive, 403, false,
		Words{"Module inactive", "Módulo inativo"},
		Words{"The module of this operation is not active in the account.", "O módulo desta operação não está ativo na conta."},
		Words{"Ask the owner of the account to have it activated.", "Peça ao responsável pela conta que o ative."},
	},
	{
		CodeIPNotAllowed, 403, false,
		Words{"IP address not allowed", "Endereço IP não permitido"},
		Words{"The token is not allowed from this IP address.", "O token não é aceito a partir deste endereço IP."},
		Words{"Add the address to the token's list, or call from an allowed one.", "Inclua o endereço na lista do token ou chame de um endereço permitido."},
	},
	{
		CodeEnvironmentMismatch, 403, false,
		Words{"Wrong environment", "Ambiente errado"},
		Words{"This operation exists in the test environment only.", "Esta operação só existe no ambiente de teste."},
		Words{"Use a test token.", "Use um token de teste."},
	},
	{
		CodeAccountSuspended, 403, false,
		Words{"Account suspended", "Conta suspensa"},
		Words{"The account is suspended.", "A conta está suspensa."},
		Words{"Contact support.", "Fale com o suporte."},
	},
	{
		CodeCrossSite, 403, false,
		Words{"Not from the API reference", "Fora da referência da API"},
		Words{"A signed-in session can call the API from the API reference only.", "Uma sessão só pode chamar a API a partir da referência da API."},
		Words{"Call from your backend with a token, or start trying in the API reference.", "Chame do seu backend com um token ou comece a testar na referência da API."},
	},
	{
		CodeNotFound, 404, false,
		Words{"Not found", "Não encontrado"},
		Words{"There is nothing here for this account and environment.", "Não há nada aqui para esta conta e este ambiente."},
		Words{"Check the id, the path, and whether the token is of the right environment.", "Confira o id, o caminho e se o token é do ambiente certo."},
	},
	{
		CodeMethodNotAllowed, 405, false,
		Words{"Method not allowed", "Método não permitido"},
		Words{"This path does not take this method.", "Este caminho não aceita este método."},
		Words{"Use one of the methods in the Allow header.", "Use um dos métodos do cabeçalho Allow."},
	},
	{
		CodeNotAcceptable, 406, false,
		Words{"Not acceptable", "Formato não disponível"},
		Words{"The API answers with JSON, which the Accept header excludes.", "A API responde em JSON, que o cabeçalho Accept exclui."},
		Words{"Send `Accept: application/json` or leave the header out.", "Envie `Accept: application/json` ou não envie o cabeçalho."},
	},
	{
		CodeBodyTooLarge, 413, false,
		Words{"Body too large", "Corpo grande demais"},
		Words{"The body is larger than 1 MiB.", "O corpo tem mais de 1 MiB."},
		Words{"Send a smaller body.", "Envie um corpo menor."},
	},
	{
		CodeUnsupportedMediaType, 415, false,
		Words{"Unsupported media type", "Tipo de conteúdo não aceito"},
		Words{"The body is not declared as uncompressed application/json, or as multipart/form-data for an upload.", "O corpo não está declarado como application/json sem compressão, ou multipart/form-data para um arquivo."},
		Words{"Send `Content-Type: application/json`, for a file multipart/form-data, and no Content-Encoding.", "Envie `Content-Type: application/json`, para um arquivo multipart/form-data, sem Content-Encoding."},
	},
	{
		CodeIdempotencyConflict, 409, true,
		Words{"Same key in progress", "Mesma chave em andamento"},
		Words{"Another request with this Idempotency-Key is still running.", "Outra requisição com esta Idempotency-Key ainda está em andamento."},
		Words{"Wait the seconds of Retry-After and send the same request again.", "Espere os segundos do Retry-After e envie a mesma requisição de novo."},
	},
	{
		CodeAlreadyResolved, 409, false,
		Words{"Already resolved", "Já resolvido"},
		Words{"This handoff was resolved before.", "Este atendimento já foi resolvido."},
		Words{"Read the handoff to see how it ended.", "Leia o atendimento para ver como terminou."},
	},
	{
		CodeNotCancelable, 409, false,
		Words{"Cannot be canceled", "Não pode ser cancelada"},
		Words{"The message has already left, or it has ended.", "A mensagem já saiu ou já terminou."},
		Words{"Read the message to see its status.", "Leia a mensagem para ver o estado."},
	},
	{
		CodeContactConflict, 409, false,
		Words{"Contact conflict", "Conflito de contatos"},
		Words{"The phone and the external id belong to two different contacts.", "O telefone e o external_id pertencem a contatos diferentes."},
		Words{"Read both contacts and correct one of them first.", "Leia os dois contatos e corrija um deles antes."},
	},
	{
		CodeEventConflict, 409, false,
		Words{"Event reported with other content", "Evento informado com outro conteúdo"},
		Words{"An event of this type and external_id is stored, and it says something else.", "Há um evento gravado com este type e este external_id, e ele diz outra coisa."},
		Words{"Repeat an event with exactly the same content, or give what is new another external_id.", "Repita um evento com exatamente o mesmo conteúdo, ou dê outro external_id ao que for novo."},
	},
	{
		CodeTemplateExists, 409, false,
		Words{"Template exists", "Modelo já existe"},
		Words{"There is a template of this name and language already.", "Já existe um modelo com este nome e idioma."},
		Words{"Change it with `PUT`, or choose another name.", "Altere com `PUT` ou escolha outro nome."},
	},
	{
		CodeNoChannel, 409, false,
		Words{"No channel", "Sem canal"},
		Words{"The account has no number to send from in this environment, or it was removed before the message went out.", "A conta não tem número para enviar neste ambiente, ou ele foi removido antes do envio."},
		Words{"Read `GET /v1/configuration` and connect a number.", "Leia `GET /v1/configuration` e conecte um número."},
	},
	{
		CodeChannelLoggedOut, 409, true,
		Words{"Channel logged out", "Canal desconectado"},
		Words{"The number is disconnected from WhatsApp.", "O número está desconectado do WhatsApp."},
		Words{"Connect the number again, then send the same request.", "Conecte o número de novo e envie a mesma requisição."},
	},
	{
		CodeChannelBlocked, 409, false,
		Words{"Channel blocked", "Canal bloqueado"},
		Words{"WhatsApp has blocked the number, or your team paused it.", "O WhatsApp bloqueou o número, ou a sua equipe o pausou."},
		Words{"Read the reason in `GET /v1/configuration`: settle it with WhatsApp, or resume the number.", "Veja o motivo em `GET /v1/configuration`: resolva com o WhatsApp ou retome o número."},
	},
	{
		CodePreconditionFailed, 412, false,
		Words{"Changed meanwhile", "Alterado nesse meio-tempo"},
		Words{"The resource is no longer the one in If-Match.", "O recurso não é mais o do If-Match."},
		Words{"Read it again, apply your change and send the new ETag.", "Leia de novo, aplique a alteração e envie o novo ETag."},
	},
	{
		CodeValidationFailed, 422, false,
		Words{"Validation failed", "Dados inválidos"},
		Words{"One or more fields or parameters are not valid.", "Um ou mais campos ou parâmetros não são válidos."},
		Words{"Correct what `errors` points at.", "Corrija o que `errors` indica."},
	},
	{
		CodeIdempotencyMismatch, 422, false,
		Words{"Key used for another request", "Chave usada em outra requisição"},
		Words{"This Idempotency-Key was used with another method, path or body.", "Esta Idempotency-Key foi usada com outro método, caminho ou corpo."},
		Words{"Use a new key for a new request.", "Use uma chave nova para uma requisição nova."},
	},
	{
		CodeInvalidNumber, 422, false,
		Words{"Invalid phone number", "Número inválido"},
		Words{"The number is not a valid phone number.", "O número não é um telefone válido."},
		Words{"Send it with country code, such as +5511987654321.", "Envie com o código do país, como +5511987654321."},
	},
	{
		CodeWindowClosed, 422, false,
		Words{"24-hour window closed", "Janela de 24 horas fechada"},
		Words{"The person has not written to this number in the last 24 hours, so only templates may be sent.", "A pessoa não escreveu a este número nas últimas 24 horas; só modelos podem ser enviados."},
		Words{"Send an approved template, or add fallback_template.", "Envie um modelo aprovado ou use fallback_template."},
	},
	{
		CodeTemplateNotFound, 422, false,
		Words{"Template not found", "Modelo não encontrado"},
		Words{"There is no template of this name and language.", "Não há modelo com este nome e idioma."},
		Words{"Read `GET /v1/templates` for the names and languages you have.", "Veja em `GET /v1/templates` os nomes e idiomas disponíveis."},
	},
	{
		CodeTemplateNotApproved, 422, false,
		Words{"Template not approved", "Modelo não aprovado"},
		Words{"WhatsApp has not approved this template, or has paused it.", "O WhatsApp não aprovou este modelo ou o pausou."},
		Words{"Use another template, or wait for the approval.", "Use outro modelo ou espere a aprovação."},
	},
	{
		CodeTemplateParameters, 422, false,
		Words{"Template parameters do not fit", "Parâmetros do modelo não conferem"},
		Words{"The parameters are not those of the template.", "Os parâmetros não são os do modelo."},
		Words{"Fill in exactly the `parameters` that the template lists.", "Preencha exatamente os `parameters` que o modelo lista."},
	},
	{
		CodeOptedOut, 422, false,
		Words{"Person opted out", "Pessoa não quer mensagens"},
		Words{"The person has asked not to receive these messages.", "A pessoa pediu para não receber estas mensagens."},
		Words{"Do not send. The person can write to you again, or opt in again.", "Não envie. A pessoa pode escrever de novo ou voltar a autorizar."},
	},
	{
		CodeOptInRequired, 422, false,
		Words{"Opt-in required", "Autorização exigida"},
		Words{"The account sends marketing only to people who opted in, and this one has not.", "A conta só envia marketing a quem autorizou, e esta pessoa não autorizou."},
		Words{"Record the opt-in in the contact, with `at` and `evidence`.", "Registre a autorização no contato, com `at` e `evidence`."},
	},
	{
		CodeMediaNotFound, 422, false,
		Words{"Media not found", "Mídia não encontrada"},
		Words{"There is no file of this id, or it was deleted or has expired.", "Não há arquivo com este id, ou ele foi excluído ou expirou."},
		Words{"Upload the file again with `POST /v1/media` and send its new id.", "Envie o arquivo de novo com `POST /v1/media` e use o novo id."},
	},
	{
		CodeMediaInvalid, 422, false,
		Words{"Media not valid", "Mídia inválida"},
		Words{"The file has a type or a size that WhatsApp does not take there, or is not what it is said to be.", "O arquivo tem um tipo ou tamanho que o WhatsApp não aceita ali, ou não é o que diz ser."},
		Words{"Look at `errors`, convert the file or choose another message type. `limits.media_bytes` in `GET /v1/configuration` has the sizes.", "Veja `errors`, converta o arquivo ou escolha outro tipo de mensagem. `limits.media_bytes` em `GET /v1/configuration` traz os tamanhos."},
	},
	{
		CodeUnsupportedForChannel, 422, false,
		Words{"Not supported by the channel", "Não aceito pelo canal"},
		Words{"This number cannot send such a message, or cannot reach such a receiver.", "Este número não envia este tipo de mensagem ou não alcança este destinatário."},
		Words{"Use another type, another number, or the person's phone.", "Use outro tipo, outro número ou o telefone da pessoa."},
	},
	{
		CodeRateLimited, 429, true,
		Words{"Too many requests", "Requisições demais"},
		Words{"The limit of requests per second was reached.", "O limite de requisições por segundo foi atingido."},
		Words{"Wait the seconds of Retry-After and send again.", "Espere os segundos do Retry-After e envie de novo."},
	},
	{
		CodePairRateLimited, 429, true,
		Words{"Too many messages to one person", "Mensagens demais para uma pessoa"},
		Words{"A hundred of your messages already wait for this person.", "Cem mensagens suas já esperam por esta pessoa."},
		Words{"Wait until they are sent, then send again.", "Espere que sejam enviadas e envie de novo."},
	},
	{
		CodeDailyLimitReached, 429, true,
		Words{"Daily limit reached", "Limite diário atingido"},
		Words{"The messages of the last 24 hours have reached the limit.", "As mensagens das últimas 24 horas atingiram o limite."},
		Words{"Send again later, or ask for a higher limit.", "Envie mais tarde ou peça um limite maior."},
	},
	{
		CodeInternal, 500, true,
		Words{"Internal error", "Erro interno"},
		Words{"Something went wrong on our side.", "Algo deu errado do nosso lado."},
		Words{"Send the same request again with the same Idempotency-Key. If it goes on, tell support the request_id.", "Envie a mesma requisição com a mesma Idempotency-Key. Se continuar, informe o request_id ao suporte."},
	},
	{
		CodeOverloaded, 503, true,
		Words{"Overloaded", "Sobrecarga"},
		Words{"Too many requests wait to be written.", "Há requisições demais à espera de gravação."},
		Words{"Wait the seconds of Retry-After and send again with the same Idempotency-Key.", "Espere os segundos do Retry-After e envie de novo com a mesma Idempotency-Key."},
	},
	{
		CodeStorageUnavailable, 503, true,
		Words{"Storage unavailable", "Armazenamento indisponível"},
		Words{"The database cannot be written or read right now.", "O banco de dados não está disponível no momento."},
		Words{"Wait the seconds of Retry-After and send again with the same Idempotency-Key.", "Espere os segundos do Retry-After e envie de novo com a mesma Idempotency-Key."},
	},
	{
		CodeWhatsAppError, 0, true,
		Words{"WhatsApp error", "Erro do WhatsApp"},
		Words{"WhatsApp refused or lost the message for a reason of its own.", "O WhatsApp recusou ou perdeu a mensagem por um motivo dele."},
		Words{"Look at `provider` for its words, and try again later.", "Veja em `provider` o que ele disse e tente de novo mais tarde."},
	},
	{
		CodeNumberNotFound, 0, false,
		Words{"Number without WhatsApp", "Número sem WhatsApp"},
		Words{"WhatsApp could not deliver to this number.", "O WhatsApp não conseguiu entregar a este número."},
		Words{"Confirm the number with the customer.", "Confirme o número com o cliente."},
	},
	{
		CodeExpiredUnsent, 0, true,
		Words{"Expired before sending", "Expirada antes do envio"},
		Words{"The message was not sent before `expires_at`.", "A mensagem não foi enviada antes de `expires_at`."},
		Words{"It never left: it is safe to send it again.", "Ela não saiu: pode enviar de novo com segurança."},
	},
	{
		CodeExpiredUndelivered, 0, false,
		Words{"Expired undelivered", "Expirada sem entrega"},
		Words{"WhatsApp accepted the message and did not deliver it in time.", "O WhatsApp aceitou a mensagem e não a entregou a tempo."},
		Words{"It may still arrive: send again only if twice does no harm.", "Ela ainda pode chegar: só envie de novo se repetir não fizer mal."},
	},
	{
		CodeOutcomeUnknown, 0, false,
		Words{"Outcome unknown", "Resultado desconhecido"},
		Words{"The answer of WhatsApp was lost, and no news came for 24 hours.", "A resposta do WhatsApp se perdeu e não houve notícia por 24 horas."},
		Words{"It may have arrived: send again only if twice does no harm.", "Ela pode ter chegado: só envie de novo se repetir não fizer mal."},
	},
	{
		CodeMarketingCapped, 0, false,
		Words{"Marketing cap", "Limite de marketing"},
		Words{"WhatsApp limits how much marketing this person gets, and held the message back.", "O WhatsApp limita o marketing que esta pessoa recebe e reteve a mensagem."},
		Words{"Wait a day before you try again, with less marketing.", "Espere um dia antes de tentar de novo, com menos marketing."},
	},
}

var entries = func() map[Code]Entry {
	m := make(map[Code]Entry, len(Catalogue))
	for _, e := range Catalogue {
		m[e.Code] = e
	}
	return m
}()

// EntryOf returns the catalogue's row of the code; ok is false for a text that is no code.
func EntryOf(code Code) (e Entry, ok bool) {
	e, ok = entries[code]
	return e, ok
}
