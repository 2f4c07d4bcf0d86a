package api

import (
	"net/http"

	"github.com/wppmarketing/developers/portal"
)

// Operation is one operation of /v1: what a caller needs for it and how it is
// described. Scope and Module come from here and nowhere else.
type Operation struct {
	ID         string
	Method     string
	Path       string
	Scope      string // "" only when Open
	Module     string // "" = always on
	Tag        string // English name of the group
	Open       bool   // no token needed
	TestOnly   bool   // only in the test environment
	Body       bool   // takes a JSON body
	Upload     bool   // takes a form with a file
	Binary     bool   // answers a file
	Idempotent bool   // honors Idempotency-Key
	Batch      bool   // takes many lines: a JSON array or NDJSON
	Success    []int
	Answer     string        // key of answers.json, of one row when it is a list
	Codes      []portal.Code // of its own, beside those that every operation may answer
	Summary    portal.Words
	Text       portal.Words // description
}

// The groups of operations, as users know them.
var tags = []struct{ name, text portal.Words }{
	{portal.Words{EN: "Account", PT: "Conta"}, portal.Words{EN: "Who you are, what is active, and whether you can send.", PT: "Quem é você, o que está ativo e se dá para enviar."}},
	{portal.Words{EN: "Messages", PT: "Mensagens"}, portal.Words{EN: "Send messages and follow what became of them.", PT: "Envie mensagens e acompanhe o que aconteceu com elas."}},
	{portal.Words{EN: "Templates", PT: "Modelos"}, portal.Words{EN: "The approved texts of your account.", PT: "Os textos aprovados da sua conta."}},
	{portal.Words{EN: "Media", PT: "Mídia"}, portal.Words{EN: "Files to send, and files that people sent.", PT: "Arquivos para enviar e arquivos que as pessoas enviaram."}},
	{portal.Words{EN: "Contacts", PT: "Contatos"}, portal.Words{EN: "The people you write to, and their numbers.", PT: "As pessoas para quem você escreve e seus números."}},
	{portal.Words{EN: "Support", PT: "Atendimento"}, portal.Words{EN: "Hand a conversation to a person.", PT: "Passe uma conversa para uma pessoa."}},
	{portal.Words{EN: "Request log", PT: "Log de requisições"}, portal.Words{EN: "Your own calls, masked.", PT: "As suas chamadas, mascaradas."}},
	{portal.Words{EN: "Errors", PT: "Erros"}, portal.Words{EN: "Every error code, in words.", PT: "Todos os códigos de erro, em palavras."}},
	{portal.Words{EN: "Reports", PT: "Relatos"}, portal.Words{EN: "Tell what happened, one event or many.", PT: "Conte o que aconteceu, um evento ou muitos."}},
	{portal.Words{EN: "Decisions", PT: "Decisões"}, portal.Words{EN: "What came of each event, and what can be reported.", PT: "O que saiu de cada evento, e o que pode ser informado."}},
	{portal.Words{EN: "Endpoints", PT: "Endpoints"}, portal.Words{EN: "The addresses that are told what happens.", PT: "Os endereços que ficam sabendo do que acontece."}},
	{portal.Words{EN: "Deliveries", PT: "Entregas"}, portal.Words{EN: "What was sent, what your server answered, and sending it again.", PT: "O que foi enviado, o que o seu servidor respondeu, e o reenvio."}},
	{portal.Words{EN: "Events", PT: "Eventos"}, portal.Words{EN: "What happened, to be read when you like.", PT: "O que aconteceu, para ler quando quiser."}},
	{portal.Words{EN: "Test environment", PT: "Ambiente de teste"}, portal.Words{EN: "What only a test token can do.", PT: "O que só um token de teste pode fazer."}},
}

var (
	ok          = []int{http.StatusOK}
	created     = []int{http.StatusCreated, http.StatusOK}
	whole       = []int{http.StatusOK, http.StatusPartialContent}
	createdOnly = []int{http.StatusCreated}
	accepted    = []int{http.StatusAccepted}
	noBody      = []int{http.StatusNoContent}

	refusedSends = []portal.Code{
		portal.CodeInvalidNumber, portal.CodeWindowClosed, portal.CodeTemplateNotFound, portal.CodeTemplateNotApproved,
		portal.CodeTemplateParameters, portal.CodeOptedOut, portal.CodeOptInRequired, portal.CodeUnsupportedForChannel,
		portal.CodeNoChannel, portal.CodeChannelLoggedOut, portal.CodeChannelBlocked, portal.CodeDailyLimitReached, portal.CodePairRateLimited,
		portal.CodeMediaNotFound, portal.CodeMediaInvalid,
	}
	refusedTemplates = []portal.Code{portal.CodeNoChannel, portal.CodeChannelLoggedOut}
	refusedSamples   = append([]portal.Code{portal.CodeMediaNotFound, portal.CodeMediaInvalid}, refusedTemplates...)
	refusedContacts  = []portal.Code{portal.CodeInvalidNumber, portal.CodeContactConflict}
)

// operations is the whole of /v1, in the order of the reference page.
var developerOperations = []Operation{
	{
		ID: "getAccount", Method: "GET", Path: "/v1/account", Scope: portal.ScopeAccountRead, Tag: "Account", Success: ok, Answer: "account",
		Summary: portal.Words{EN: "Read the account", PT: "Ler a conta"},
		Text:    portal.Words{EN: "Who am I: the account and the token of this call.", PT: "Quem sou eu: a conta e o token desta chamada."},
	},
	{
		ID: "listModules", Method: "GET", Path: "/v1/modules", Scope: portal.ScopeAccountRead, Tag: "Account", Success: ok, Answer: "module",
		Summary: portal.Words{EN: "List modules", PT: "Listar módulos"},
		Text:    portal.Words{EN: "What the account has, and what each part needs.", PT: "O que a conta tem e o que cada parte exige."},
	},
	{
		ID: "getConfiguration", Method: "GET", Path: "/v1/configuration", Scope: portal.ScopeAccountRead, Tag: "Account", Success: ok, Answer: "configuration",
		Summary: portal.Words{EN: "Read the configuration", PT: "Ler a configuração"},
		Text:    portal.Words{EN: "Whether you can send, and if not, why. Also channels, limits and rules. Read it before you go live.", PT: "Se dá para enviar e, se não der, por quê. Também canais, limites e regras. Leia antes de ir para produção."},
	},

	{
		ID: "sendMessage", Method: "POST", Path: "/v1/messages", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Messages", Body: true, Idempotent: true, Success: accepted, Answer: "message", Codes: refusedSends,
		Summary: portal.Words{EN: "Send a message", PT: "Enviar uma mensagem"},
		Text:    portal.Words{EN: "Accepts a message; it is sent within moments, or at `send_at`. Free text needs an open 24-hour window, a template does not. Always send an Idempotency-Key.", PT: "Aceita uma mensagem; ela sai em instantes ou em `send_at`. Texto livre exige a janela de 24 horas aberta; um modelo, não. Envie sempre uma Idempotency-Key."},
	},
	{
		ID: "validateMessage", Method: "POST", Path: "/v1/messages/validate", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Messages", Body: true, Success: ok, Answer: "verdict",
		Summary: portal.Words{EN: "Check a message", PT: "Conferir uma mensagem"},
		Text:    portal.Words{EN: "A dry run of sending: every check with its result. Nothing is stored and no limit is used up.", PT: "Um ensaio do envio: cada verificação com o resultado. Nada é gravado e nenhum limite é consumido."},
	},
	{
		ID: "sendMessages", Method: "POST", Path: "/v1/messages/batch", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Messages", Body: true, Idempotent: true, Batch: true, Success: ok, Answer: "messageBatch", Codes: refusedSends,
		Summary: portal.Words{EN: "Send many messages", PT: "Enviar muitas mensagens"},
		Text:    portal.Words{EN: "Up to 1,000 messages and 8 MiB, as a JSON array or one JSON object a line (`application/x-ndjson`). Each line is accepted or refused by itself, in order, and the answer has one result for each. Pointers of errors start at the line. An Idempotency-Key keeps the whole answer; a line's `idempotency_key` protects that message in any batch.", PT: "Até 1.000 mensagens e 8 MiB, como lista JSON ou um objeto JSON por linha (`application/x-ndjson`). Cada linha é aceita ou recusada sozinha, em ordem, e a resposta traz um resultado para cada uma. Os ponteiros dos erros começam na linha. Uma Idempotency-Key guarda a resposta inteira; a `idempotency_key` de uma linha protege aquela mensagem em qualquer lote."},
	},
	{
		ID: "cancelMessage", Method: "POST", Path: "/v1/messages/{id}/cancel", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Messages", Idempotent: true, Success: ok, Answer: "message", Codes: []portal.Code{portal.CodeNotCancelable},
		Summary: portal.Words{EN: "Cancel a message", PT: "Cancelar uma mensagem"},
		Text:    portal.Words{EN: "Cancels a message that has not left yet.", PT: "Cancela uma mensagem que ainda não saiu."},
	},
	{
		ID: "readMessage", Method: "POST", Path: "/v1/messages/{id}/read", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Messages", Idempotent: true, Success: ok, Answer: "inbound",
		Summary: portal.Words{EN: "Mark a message as read", PT: "Marcar uma mensagem como lida"},
		Text:    portal.Words{EN: "The person sees blue ticks on what they wrote, and on all before it. Only for received messages; asking again changes nothing. With `typing=true` the person also sees \"typing…\", for 25 seconds or until your next message.", PT: "A pessoa vê os tiques azuis no que escreveu e em tudo antes. Só para mensagens recebidas; pedir de novo não muda nada. Com `typing=true` a pessoa também vê \"digitando…\", por 25 segundos ou até a sua próxima mensagem."},
	},
	{
		ID: "listMessages", Method: "GET", Path: "/v1/messages", Scope: portal.ScopeMessagesRead, Module: portal.ModuleMessages, Tag: "Messages", Success: ok, Answer: "message", Codes: []portal.Code{portal.CodeInvalidNumber},
		Summary: portal.Words{EN: "List messages", PT: "Listar mensagens"},
		Text:    portal.Words{EN: "Newest first, without timelines. With `updated_since` only what changed since then.", PT: "As mais novas primeiro, sem histórico. Com `updated_since`, só o que mudou desde então."},
	},
	{
		ID: "getMessage", Method: "GET", Path: "/v1/messages/{id}", Scope: portal.ScopeMessagesRead, Module: portal.ModuleMessages, Tag: "Messages", Success: ok, Answer: "messageDetail",
		Summary: portal.Words{EN: "Read a message", PT: "Ler uma mensagem"},
		Text:    portal.Words{EN: "The message and its timeline: who asked, what was checked, each attempt, each status.", PT: "A mensagem e seu histórico: quem pediu, o que foi verificado, cada tentativa, cada estado."},
	},

	{
		ID: "listTemplates", Method: "GET", Path: "/v1/templates", Scope: portal.ScopeTemplatesRead, Module: portal.ModuleMessages, Tag: "Templates", Success: ok, Answer: "template",
		Summary: portal.Words{EN: "List templates", PT: "Listar modelos"},
		Text:    portal.Words{EN: "One row for each name and language. Only approved ones are sent.", PT: "Uma linha por nome e idioma. Só os aprovados são enviados."},
	},
	{
		ID: "createTemplate", Method: "POST", Path: "/v1/templates", Scope: portal.ScopeTemplatesWrite, Module: portal.ModuleMessages, Tag: "Templates", Body: true, Idempotent: true, Success: []int{http.StatusCreated}, Answer: "template", Codes: append([]portal.Code{portal.CodeTemplateExists}, refusedSamples...),
		Summary: portal.Words{EN: "Create a template", PT: "Criar um modelo"},
		Text:    portal.Words{EN: "WhatsApp reviews it: the status is `pending` until it is approved or rejected. In test a review takes two seconds.", PT: "O WhatsApp analisa: o estado é `pending` até ser aprovado ou rejeitado. Em teste, a análise leva dois segundos."},
	},
	{
		ID: "getTemplate", Method: "GET", Path: "/v1/templates/{name}/{language}", Scope: portal.ScopeTemplatesRead, Module: portal.ModuleMessages, Tag: "Templates", Success: ok, Answer: "template",
		Summary: portal.Words{EN: "Read a template", PT: "Ler um modelo"},
		Text:    portal.Words{EN: "The text, and the parameters that a send must fill in. A deleted one says so.", PT: "O texto e os parâmetros que o envio precisa preencher. Um modelo apagado diz isso."},
	},
	{
		ID: "updateTemplate", Method: "PUT", Path: "/v1/templates/{name}/{language}", Scope: portal.ScopeTemplatesWrite, Module: portal.ModuleMessages, Tag: "Templates", Body: true, Success: ok, Answer: "template", Codes: append([]portal.Code{portal.CodePreconditionFailed}, refusedSamples...),
		Summary: portal.Words{EN: "Change a template", PT: "Alterar um modelo"},
		Text:    portal.Words{EN: "WhatsApp reviews it again, and it is not sent until it is approved. WhatsApp allows an approved template one edit a day and ten in 30 days.", PT: "O WhatsApp analisa de novo, e o modelo não é enviado até ser aprovado. O WhatsApp permite uma edição por dia e dez em 30 dias em um modelo aprovado."},
	},
	{
		ID: "deleteTemplate", Method: "DELETE", Path: "/v1/templates/{name}/{language}", Scope: portal.ScopeTemplatesWrite, Module: portal.ModuleMessages, Tag: "Templates", Success: noBody, Codes: append([]portal.Code{portal.CodePreconditionFailed}, refusedTemplates...),
		Summary: portal.Words{EN: "Delete a template", PT: "Apagar um modelo"},
		Text:    portal.Words{EN: "Deletes it at WhatsApp, in this language only. WhatsApp keeps the name of an approved template taken for 30 days.", PT: "Apaga no WhatsApp, só neste idioma. O WhatsApp mantém o nome de um modelo aprovado reservado por 30 dias."},
	},

	{
		ID: "uploadMedia", Method: "POST", Path: "/v1/media", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Media", Upload: true, Idempotent: true, Success: createdOnly, Answer: "media", Codes: []portal.Code{portal.CodeMediaInvalid, portal.CodeIdempotencyConflict},
		Summary: portal.Words{EN: "Upload a file", PT: "Enviar um arquivo"},
		Text:    portal.Words{EN: "A form with one file, of a type and size that WhatsApp takes; `limits.media_bytes` in the configuration has the sizes. The content decides what it is, not the name. Use the id in messages for 30 days. A repeat with the same Idempotency-Key and the same file gets the same answer; while the first is still coming in it gets 409.", PT: "Um formulário com um arquivo, de tipo e tamanho que o WhatsApp aceita; `limits.media_bytes` na configuração traz os tamanhos. Quem decide o tipo é o conteúdo, não o nome. Use o id em mensagens por 30 dias. Uma repetição com a mesma Idempotency-Key e o mesmo arquivo recebe a mesma resposta; enquanto o primeiro ainda está chegando, recebe 409."},
	},
	{
		ID: "getMedia", Method: "GET", Path: "/v1/media/{id}", Scope: portal.ScopeMessagesRead, Module: portal.ModuleMessages, Tag: "Media", Success: ok, Answer: "media",
		Summary: portal.Words{EN: "Read a file's data", PT: "Ler os dados de um arquivo"},
		Text:    portal.Words{EN: "Type, size and name of a file, and whether one that a person sent has been fetched yet.", PT: "Tipo, tamanho e nome de um arquivo, e se um que a pessoa enviou já foi buscado."},
	},
	{
		ID: "getMediaContent", Method: "GET", Path: "/v1/media/{id}/content", Scope: portal.ScopeMessagesRead, Module: portal.ModuleMessages, Tag: "Media", Binary: true, Success: whole,
		Summary: portal.Words{EN: "Download a file", PT: "Baixar um arquivo"},
		Text:    portal.Words{EN: "The file itself, as an attachment of the type that its content has. Range and If-None-Match are honored. A file that is still being fetched is not found; ask again in a moment.", PT: "O próprio arquivo, como anexo do tipo que o conteúdo tem. Range e If-None-Match são aceitos. Um arquivo que ainda está sendo buscado não é encontrado; tente de novo em instantes."},
	},
	{
		ID: "deleteMedia", Method: "DELETE", Path: "/v1/media/{id}", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Media", Success: noBody,
		Summary: portal.Words{EN: "Delete a file", PT: "Excluir um arquivo"},
		Text:    portal.Words{EN: "The file is gone at once. Messages with it that have not left yet end as media_not_found; those that were sent stay.", PT: "O arquivo some na hora. Mensagens com ele que ainda não saíram terminam como media_not_found; as enviadas ficam."},
	},

	{
		ID: "upsertContact", Method: "PUT", Path: "/v1/contacts", Scope: portal.ScopeContactsWrite, Module: portal.ModuleContacts, Tag: "Contacts", Body: true, Success: created, Answer: "contactWritten", Codes: refusedContacts,
		Summary: portal.Words{EN: "Create or update a contact", PT: "Criar ou atualizar um contato"},
		Text:    portal.Words{EN: "Found by `external_id`, then by `phone`. A field left out stays, null clears it, `tags` replace, `attributes` merge by key.", PT: "Encontrado por `external_id`, depois por `phone`. Campo omitido fica, null limpa, `tags` substitui, `attributes` combina por chave."},
	},
	{
		ID: "upsertContacts", Method: "POST", Path: "/v1/contacts/batch", Scope: portal.ScopeContactsWrite, Module: portal.ModuleContacts, Tag: "Contacts", Body: true, Idempotent: true, Batch: true, Success: ok, Answer: "contactBatch", Codes: refusedContacts,
		Summary: portal.Words{EN: "Create or update many contacts", PT: "Criar ou atualizar muitos contatos"},
		Text:    portal.Words{EN: "Up to 1,000 contacts and 8 MiB, as a JSON array or one JSON object a line (`application/x-ndjson`). Each line follows the rules of a single contact and is written or refused by itself, in order. Pointers of errors start at the line.", PT: "Até 1.000 contatos e 8 MiB, como lista JSON ou um objeto JSON por linha (`application/x-ndjson`). Cada linha segue as regras de um contato avulso e é gravada ou recusada sozinha, em ordem. Os ponteiros dos erros começam na linha."},
	},
	{
		ID: "listContacts", Method: "GET", Path: "/v1/contacts", Scope: portal.ScopeContactsRead, Module: portal.ModuleContacts, Tag: "Contacts", Success: ok, Answer: "contact",
		Summary: portal.Words{EN: "List contacts", PT: "Listar contatos"},
		Text:    portal.Words{EN: "Newest first; with `updated_since` the oldest change first.", PT: "Os mais novos primeiro; com `updated_since`, a mudança mais antiga primeiro."},
	},
	{
		ID: "getContact", Method: "GET", Path: "/v1/contacts/{id}", Scope: portal.ScopeContactsRead, Module: portal.ModuleContacts, Tag: "Contacts", Success: ok, Answer: "contact",
		Summary: portal.Words{EN: "Read a contact", PT: "Ler um contato"},
		Text:    portal.Words{EN: "By our id, by yours (`ext:CLI-42`), or by number (`phone:+5511987654321`).", PT: "Pelo nosso id, pelo seu (`ext:CLI-42`) ou pelo número (`phone:+5511987654321`)."},
	},
	{
		ID: "patchContact", Method: "PATCH", Path: "/v1/contacts/{id}", Scope: portal.ScopeContactsWrite, Module: portal.ModuleContacts, Tag: "Contacts", Body: true, Success: ok, Answer: "contactWritten", Codes: append([]portal.Code{portal.CodePreconditionFailed}, refusedContacts...),
		Summary: portal.Words{EN: "Change a contact", PT: "Alterar um contato"},
		Text:    portal.Words{EN: "A field left out stays, null clears it. With If-Match it is changed only if nobody else did meanwhile.", PT: "Campo omitido fica, null limpa. Com If-Match, só altera se ninguém alterou nesse meio-tempo."},
	},
	{
		ID: "deleteContact", Method: "DELETE", Path: "/v1/contacts/{id}", Scope: portal.ScopeContactsWrite, Module: portal.ModuleContacts, Tag: "Contacts", Success: noBody,
		Summary: portal.Words{EN: "Erase a contact", PT: "Apagar um contato"},
		Text:    portal.Words{EN: "Erases the person's data: the contact and the content of its messages. An opt-out is kept as a keyed hash.", PT: "Apaga os dados da pessoa: o contato e o conteúdo das mensagens. A recusa de mensagens fica como hash com chave."},
	},
	{
		ID: "resolveNumber", Method: "POST", Path: "/v1/numbers/resolve", Scope: portal.ScopeContactsRead, Module: portal.ModuleContacts, Tag: "Contacts", Body: true, Success: ok, Answer: "number", Codes: []portal.Code{portal.CodeInvalidNumber},
		Summary: portal.Words{EN: "Check a number", PT: "Conferir um número"},
		Text:    portal.Words{EN: "The canonical form of a number, Brazil's ninth digit included, and what is known about it.", PT: "A forma canônica do número, com o nono dígito, e o que se sabe sobre ele."},
	},

	{
		ID: "requestHandoff", Method: "POST", Path: "/v1/handoffs", Scope: portal.ScopeHandoffsWrite, Module: portal.ModuleSupport, Tag: "Support", Body: true, Idempotent: true, Success: created, Answer: "handoff", Codes: []portal.Code{portal.CodeInvalidNumber},
		Summary: portal.Words{EN: "Ask for a person", PT: "Pedir um atendente"},
		Text:    portal.Words{EN: "Puts the conversation in the queue of your agents. One is open for each contact: asking again answers 200 with it.", PT: "Põe a conversa na fila dos atendentes. Há um aberto por contato: pedir de novo responde 200 com ele."},
	},
	{
		ID: "listHandoffs", Method: "GET", Path: "/v1/handoffs", Scope: portal.ScopeHandoffsRead, Module: portal.ModuleSupport, Tag: "Support", Success: ok, Answer: "handoff",
		Summary: portal.Words{EN: "List handoffs", PT: "Listar atendimentos"},
		Text:    portal.Words{EN: "Newest first, of one status or of all.", PT: "Os mais novos primeiro, de um estado ou de todos."},
	},
	{
		ID: "getHandoff", Method: "GET", Path: "/v1/handoffs/{id}", Scope: portal.ScopeHandoffsRead, Module: portal.ModuleSupport, Tag: "Support", Success: ok, Answer: "handoff",
		Summary: portal.Words{EN: "Read a handoff", PT: "Ler um atendimento"},
		Text:    portal.Words{EN: "Who asked, who took it, and how it ended.", PT: "Quem pediu, quem assumiu e como terminou."},
	},
	{
		ID: "resolveHandoff", Method: "POST", Path: "/v1/handoffs/{id}/resolve", Scope: portal.ScopeHandoffsWrite, Module: portal.ModuleSupport, Tag: "Support", Body: true, Idempotent: true, Success: ok, Answer: "handoff", Codes: []portal.Code{portal.CodeAlreadyResolved},
		Summary: portal.Words{EN: "Resolve a handoff", PT: "Concluir um atendimento"},
		Text:    portal.Words{EN: "Ends the handoff and lets automations go on.", PT: "Encerra o atendimento e libera as automações."},
	},

	{
		ID: "listRequests", Method: "GET", Path: "/v1/requests", Scope: portal.ScopeLogsRead, Tag: "Request log", Success: ok, Answer: "request",
		Summary: portal.Words{EN: "List requests", PT: "Listar requisições"},
		Text:    portal.Words{EN: "Your own calls, newest first, without headers and bodies.", PT: "As suas chamadas, as mais novas primeiro, sem cabeçalhos e corpos."},
	},
	{
		ID: "getRequest", Method: "GET", Path: "/v1/requests/{id}", Scope: portal.ScopeLogsRead, Tag: "Request log", Success: ok, Answer: "requestDetail",
		Summary: portal.Words{EN: "Read a request", PT: "Ler uma requisição"},
		Text:    portal.Words{EN: "One call with its headers and bodies, masked when they were written.", PT: "Uma chamada com cabeçalhos e corpos, mascarados na gravação."},
	},

	{
		ID: "listErrors", Method: "GET", Path: "/v1/errors", Tag: "Errors", Open: true, Success: ok, Answer: "error",
		Summary: portal.Words{EN: "List error codes", PT: "Listar códigos de erro"},
		Text:    portal.Words{EN: "The catalogue in both languages. Needs no token.", PT: "O catálogo nos dois idiomas. Não exige token."},
	},
	{
		ID: "getError", Method: "GET", Path: "/v1/errors/{code}", Tag: "Errors", Open: true, Success: ok, Answer: "error",
		Summary: portal.Words{EN: "Read an error code", PT: "Ler um código de erro"},
		Text:    portal.Words{EN: "One code of the catalogue in both languages. Needs no token.", PT: "Um código do catálogo nos dois idiomas. Não exige token."},
	},

	{
		ID: "simulateInbound", Method: "POST", Path: "/v1/test/inbound", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Test environment", TestOnly: true, Body: true, Idempotent: true, Success: accepted, Answer: "inbound",
		Codes:   []portal.Code{portal.CodeInvalidNumber, portal.CodeNoChannel, portal.CodeEnvironmentMismatch},
		Summary: portal.Words{EN: "Let the customer write", PT: "Fazer o cliente escrever"},
		Text:    portal.Words{EN: "The customer writes to you in the simulator, which opens the 24-hour window. Test tokens only.", PT: "O cliente escreve para você no simulador, o que abre a janela de 24 horas. Só com token de teste."},
	},
	{
		ID: "loginChannel", Method: "POST", Path: "/v1/test/channels/{id}/login", Scope: portal.ScopeMessagesSend, Module: portal.ModuleMessages, Tag: "Test environment", TestOnly: true, Idempotent: true, Success: ok, Answer: "channel",
		Codes:   []portal.Code{portal.CodeEnvironmentMismatch},
		Summary: portal.Words{EN: "Log a channel in", PT: "Conectar um canal"},
		Text:    portal.Words{EN: "Brings a simulated number back that a message to +55 11 90000-0010 logged out. It comes back by itself after a minute. Test tokens only.", PT: "Traz de volta um número simulado que uma mensagem para +55 11 90000-0010 desconectou. Ele volta sozinho após um minuto. Só com token de teste."},
	},
}

// Operations returns what /v1 offers, in the order of the reference page.
func (a *API) Operations() []Operation { return append([]Operation(nil), operations...) }

func operationOf(id string) *Operation {
	for i := range operations {
		if operations[i].ID == id {
			return &operations[i]
		}
	}
	return nil
}
