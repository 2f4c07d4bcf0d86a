package api

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// direction is one of the ways between a customer's system and WPP. Each has a
// document of its own, so that nobody builds on the wrong one.
type direction struct {
	name    string // in addresses and file names
	version string // of the document: a change of the document needs a new one
	title   string
	text    portal.Words
	mount   func(a *API, h huma.API)
}

// The names of the directions.
const (
	Developer = "developer"
	Events    = "events"
	Webhooks  = "webhooks"
)

// directions lists them in the order of the pages.
var directions = []direction{
	{
		Developer, "1.2.0", "WPP Developers", portal.Words{
			EN: "Send WhatsApp messages, keep contacts and hand conversations to people. Call it from your backend with a bearer token; a test token talks to the simulator, where nobody receives anything.",
			PT: "Envie mensagens de WhatsApp, mantenha contatos e passe conversas para pessoas. Chame do seu backend com um bearer token; um token de teste fala com o simulador, onde ninguém recebe nada.",
		}, (*API).mountDeveloper,
	},
	{
		Events, "1.0.0", "WPP Developers: Events API", portal.Words{
			EN: "Tell WPP what happened in your store: a cart was abandoned, an order was placed, a payment came in. Your automations decide which message answers it, and every answer says which did and why the others did not.",
			PT: "Conte à WPP o que aconteceu na sua loja: um carrinho foi abandonado, um pedido foi feito, um pagamento entrou. As suas automações decidem que mensagem responde, e toda resposta diz quais responderam e por que as outras não.",
		}, (*API).registerEvents,
	},
	{
		Webhooks, "1.0.0", "WPP Developers: Status Webhooks", portal.Words{
			EN: "We call your server when something happens: a message was delivered, a person wrote. Here you manage the endpoints, look at deliveries, and read what you missed.",
			PT: "Nós chamamos o seu servidor quando algo acontece: uma mensagem foi entregue, uma pessoa escreveu. Aqui você cuida dos endpoints, vê as entregas e lê o que perdeu.",
		}, (*API).mountWebhooks,
	},
}

// Documents returns the names of the documents, in the order of the pages.
func Documents() (names []string) {
	for _, d := range directions {
		names = append(names, d.name)
	}
	return names
}

// operations are those of all directions.
var operations = slices.Concat(developerOperations, eventOperations, webhookOperations)

// document says in which document the operation is.
func (op *Operation) document() string {
	in := func(list []Operation) bool {
		return slices.ContainsFunc(list, func(o Operation) bool { return o.ID == op.ID })
	}
	switch {
	case in(webhookOperations):
		return Webhooks
	case in(eventOperations):
		return Events
	}
	return Developer
}

// tagsOf returns the groups that the operations of a document are in.
func tagsOf(document string) (list []*huma.Tag) {
	for _, t := range tags {
		used := slices.ContainsFunc(operations, func(op Operation) bool { return op.Tag == t.name.EN && op.document() == document })
		if used {
			list = append(list, &huma.Tag{Name: t.name.EN, Description: t.text.EN})
		}
	}
	return list
}

// mountDeveloper mounts the handlers of API Developer, one line a resource.
func (a *API) mountDeveloper(h huma.API) {
	a.registerAccount(h)
	a.registerMessages(h)
	a.registerTemplates(h)
	a.registerMedia(h)
	a.registerContacts(h)
	a.registerHandoffs(h)
	a.registerRequests(h)
	a.registerErrors(h)
}

// mountWebhooks mounts the handlers of Status Webhooks.
func (a *API) mountWebhooks(h huma.API) {
	a.registerEndpoints(h)
	a.registerDeliveries(h)
	describeWebhooks(h.OpenAPI())
}
