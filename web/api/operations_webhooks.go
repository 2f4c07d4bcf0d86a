package api

import (
	"net/http"

	"github.com/wppmarketing/developers/portal"
)

// webhookOperations manage what is told to the customer's systems.
var webhookOperations = []Operation{
	{
		ID: "createWebhookEndpoint", Method: "POST", Path: "/v1/webhook-endpoints", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Endpoints", Body: true, Idempotent: true, Success: []int{http.StatusCreated}, Answer: "endpointCreated",
		Summary: portal.Words{EN: "Register an endpoint", PT: "Cadastrar um endpoint"},
		Text:    portal.Words{EN: "The answer shows the signing secret, once. A repeat with the same Idempotency-Key does not.", PT: "A resposta mostra o segredo de assinatura, uma vez. A repetição com a mesma Idempotency-Key não mostra."},
	},
	{
		ID: "listWebhookEndpoints", Method: "GET", Path: "/v1/webhook-endpoints", Scope: portal.ScopeWebhooksRead, Module: portal.ModuleWebhooks, Tag: "Endpoints", Success: ok, Answer: "endpoint",
		Summary: portal.Words{EN: "List endpoints", PT: "Listar endpoints"},
		Text:    portal.Words{EN: "Newest first, with their health.", PT: "Os mais novos primeiro, com a saúde de cada um."},
	},
	{
		ID: "getWebhookEndpoint", Method: "GET", Path: "/v1/webhook-endpoints/{id}", Scope: portal.ScopeWebhooksRead, Module: portal.ModuleWebhooks, Tag: "Endpoints", Success: ok, Answer: "endpoint",
		Summary: portal.Words{EN: "Read an endpoint", PT: "Ler um endpoint"},
		Text:    portal.Words{EN: "Its events, its health and its public key; never its secret.", PT: "Os eventos, a saúde e a chave pública; nunca o segredo."},
	},
	{
		ID: "updateWebhookEndpoint", Method: "PATCH", Path: "/v1/webhook-endpoints/{id}", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Endpoints", Body: true, Success: ok, Answer: "endpoint", Codes: []portal.Code{portal.CodePreconditionFailed},
		Summary: portal.Words{EN: "Change an endpoint", PT: "Alterar um endpoint"},
		Text:    portal.Words{EN: "JSON merge patch (RFC 7396). Set status to disabled or enabled to switch it; disabling cancels what is pending.", PT: "JSON merge patch (RFC 7396). Em status, disabled desliga e enabled liga; desligar cancela o que está pendente."},
	},
	{
		ID: "deleteWebhookEndpoint", Method: "DELETE", Path: "/v1/webhook-endpoints/{id}", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Endpoints", Success: noBody,
		Summary: portal.Words{EN: "Delete an endpoint", PT: "Excluir um endpoint"},
		Text:    portal.Words{EN: "What is pending for it is canceled.", PT: "O que está pendente para ele é cancelado."},
	},
	{
		ID: "rotateWebhookSecret", Method: "POST", Path: "/v1/webhook-endpoints/{id}/rotate-secret", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Endpoints", Body: true, Idempotent: true, Success: ok, Answer: "endpointCreated",
		Summary: portal.Words{EN: "Rotate the secret", PT: "Trocar o segredo"},
		Text:    portal.Words{EN: "The answer shows the new secret, once. Both sign until the overlap is over.", PT: "A resposta mostra o novo segredo, uma vez. Os dois assinam até acabar a sobreposição."},
	},
	{
		ID: "testWebhookEndpoint", Method: "POST", Path: "/v1/webhook-endpoints/{id}/test", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Endpoints", Idempotent: true, Success: ok, Answer: "delivery", Codes: []portal.Code{portal.CodeIdempotencyConflict},
		Summary: portal.Words{EN: "Send a test event", PT: "Enviar um evento de teste"},
		Text:    portal.Words{EN: "Sends endpoint.test once, now, and answers with what your server said. It has no effect on the endpoint's health.", PT: "Envia endpoint.test uma vez, agora, e responde com o que o seu servidor disse. Não afeta a saúde do endpoint."},
	},
	{
		ID: "replayWebhookEvents", Method: "POST", Path: "/v1/webhook-endpoints/{id}/replay", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Deliveries", Body: true, Idempotent: true, Success: accepted, Answer: "replay",
		Summary: portal.Words{EN: "Replay events", PT: "Repetir eventos"},
		Text:    portal.Words{EN: "Sends the events of a time range again, with the same ids and the secret of today. With failed_only, only those that the endpoint does not have.", PT: "Envia de novo os eventos de um período, com os mesmos ids e o segredo atual. Com failed_only, só os que o endpoint não tem."},
	},
	{
		ID: "listWebhookDeliveries", Method: "GET", Path: "/v1/webhook-endpoints/{id}/deliveries", Scope: portal.ScopeWebhooksRead, Module: portal.ModuleWebhooks, Tag: "Deliveries", Success: ok, Answer: "deliveryRow",
		Summary: portal.Words{EN: "List deliveries", PT: "Listar entregas"},
		Text:    portal.Words{EN: "Newest first, without requests and answers.", PT: "As mais novas primeiro, sem requisições e respostas."},
	},
	{
		ID: "getWebhookDelivery", Method: "GET", Path: "/v1/webhook-endpoints/{id}/deliveries/{delivery_id}", Scope: portal.ScopeWebhooksRead, Module: portal.ModuleWebhooks, Tag: "Deliveries", Success: ok, Answer: "delivery",
		Summary: portal.Words{EN: "Read a delivery", PT: "Ler uma entrega"},
		Text:    portal.Words{EN: "Each attempt with what was sent and what your server answered.", PT: "Cada tentativa com o que foi enviado e o que o seu servidor respondeu."},
	},
	{
		ID: "resendWebhookDelivery", Method: "POST", Path: "/v1/webhook-endpoints/{id}/deliveries/{delivery_id}/resend", Scope: portal.ScopeWebhooksWrite, Module: portal.ModuleWebhooks, Tag: "Deliveries", Idempotent: true, Success: accepted, Answer: "deliveryRow",
		Summary: portal.Words{EN: "Resend a delivery", PT: "Reenviar uma entrega"},
		Text:    portal.Words{EN: "Makes a new delivery of the same event.", PT: "Cria uma nova entrega do mesmo evento."},
	},
	{
		ID: "listWebhookEvents", Method: "GET", Path: "/v1/webhook-events", Scope: portal.ScopeWebhooksRead, Module: portal.ModuleWebhooks, Tag: "Events", Success: ok, Answer: "webhookEvent",
		Summary: portal.Words{EN: "Read the feed", PT: "Ler o feed"},
		Text:    portal.Words{EN: "Every event once, oldest first, whether or not an endpoint wants it. Keep next and ask again with it: nothing ever appears behind it. Without after it starts at the oldest kept event.", PT: "Cada evento uma vez, os mais antigos primeiro, com ou sem endpoint para ele. Guarde next e pergunte de novo com ele: nada aparece atrás dele. Sem after, começa no evento mais antigo guardado."},
	},
}
