package portal

// EventType is a kind of webhook event.
type EventType struct {
	Name        string
	Resource    string // what it is about, in data: "message", …
	Description Words
}

// Resources are the names of all that data holds.
func (t EventType) Resources() []string {
	if t.Name == EventMessageReceived || t.Resource == "handoff" {
		return []string{t.Resource, "contact"}
	}
	return []string{t.Resource}
}

// ResourceField is one field of a resource, as the API documents it.
type ResourceField struct{ Name, Type, Text string }

// EventTest is sent by the test of an endpoint and by nothing else. Nobody subscribes to it.
const EventTest = "endpoint.test"

// The types of webhook events.
const (
	EventMessageQueued         = "message.queued"
	EventMessageCreated        = "message.created"
	EventMessageDelivered      = "message.delivered"
	EventMessageRead           = "message.read"
	EventMessageFailed         = "message.failed"
	EventMessageNumberNotFound = "message.number_not_found"
	EventMessageExpired        = "message.expired"
	EventMessageCanceled       = "message.canceled"
	EventMessageReceived       = "message.received"
	EventChannelLoggedOut      = "channel.logged_out"
	EventChannelConnected      = "channel.connected"
	EventChannelBlocked        = "channel.blocked"
	EventContactOptedOut       = "contact.opted_out"
	EventContactOptedIn        = "contact.opted_in"
	EventTemplateUpdated       = "template.updated"
	EventHandoffRequested      = "conversation.handoff_requested"
	EventHandoffAssigned       = "conversation.handoff_assigned"
	EventHandoffResolved       = "conversation.handoff_resolved"
	EventTokenExpiring         = "token.expiring"
	EventEndpointDisabled      = "endpoint.disabled"
)

// EventTypes is the catalogue, in the order that pages show it.
var EventTypes = []EventType{
	{EventMessageQueued, "message", Words{"The message was accepted and waits to be sent.", "A mensagem foi aceita e espera o envio."}},
	{EventMessageCreated, "message", Words{"WhatsApp accepted the message.", "O WhatsApp aceitou a mensagem."}},
	{EventMessageDelivered, "message", Words{"The message reached the person's phone.", "A mensagem chegou ao telefone da pessoa."}},
	{EventMessageRead, "message", Words{"The person read the message. A message that is read was delivered, even if no event said so.", "A pessoa leu a mensagem. Mensagem lida foi entregue, mesmo sem evento de entrega."}},
	{EventMessageFailed, "message", Words{"The message was not delivered; error says why and what to do.", "A mensagem não foi entregue; error diz por quê e o que fazer."}},
	{EventMessageNumberNotFound, "message", Words{"The number has no WhatsApp, or cannot get this message.", "O número não tem WhatsApp, ou não pode receber esta mensagem."}},
	{EventMessageExpired, "message", Words{"The message was not sent, or not delivered, in time.", "A mensagem não foi enviada, ou não foi entregue, a tempo."}},
	{EventMessageCanceled, "message", Words{"The message was canceled before it was sent.", "A mensagem foi cancelada antes do envio."}},
	{EventMessageReceived, "message", Words{"A person wrote to one of your numbers.", "Uma pessoa escreveu para um dos seus números."}},
	{EventChannelLoggedOut, "channel", Words{"WhatsApp logged one of your numbers out: its messages wait.", "O WhatsApp desconectou um dos seus números: as mensagens dele esperam."}},
	{EventChannelConnected, "channel", Words{"A number is connected and sends.", "Um número está conectado e envia."}},
	{EventChannelBlocked, "channel", Words{"WhatsApp blocked one of your numbers.", "O WhatsApp bloqueou um dos seus números."}},
	{EventContactOptedOut, "contact", Words{"A person does not want messages any more, or no marketing.", "Uma pessoa não quer mais mensagens, ou não quer marketing."}},
	{EventContactOptedIn, "contact", Words{"A person agreed to messages.", "Uma pessoa aceitou receber mensagens."}},
	{EventTemplateUpdated, "template", Words{"The status, category or quality of a template changed.", "O estado, a categoria ou a qualidade de um modelo mudou."}},
	{EventHandoffRequested, "handoff", Words{"A conversation waits for a person of your team.", "Uma conversa espera alguém da sua equipe."}},
	{EventHandoffAssigned, "handoff", Words{"A person of your team took a conversation.", "Alguém da sua equipe assumiu uma conversa."}},
	{EventHandoffResolved, "handoff", Words{"A conversation went back to automation.", "Uma conversa voltou para a automação."}},
	{EventTokenExpiring, "token", Words{"A token ends within 14 days.", "Um token termina em até 14 dias."}},
	{EventEndpointDisabled, "endpoint", Words{"Another webhook endpoint was disabled.", "Outro endpoint de webhook foi desativado."}},
}
