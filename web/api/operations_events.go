package api

import (
	"net/http"

	"github.com/wppmarketing/developers/portal"
)

var refusedEvents = []portal.Code{portal.CodeContactConflict, portal.CodeEventConflict}

// eventOperations take what happened at the customer's store.
var eventOperations = []Operation{
	{
		ID: "sendEvent", Method: "POST", Path: "/v1/events", Scope: portal.ScopeEventsWrite, Module: portal.ModuleEvents, Tag: "Reports", Body: true, Idempotent: true, Success: []int{http.StatusAccepted, http.StatusOK}, Answer: "eventDetail", Codes: refusedEvents,
		Summary: portal.Words{EN: "Report an event", PT: "Informar um evento"},
		Text:    portal.Words{EN: "Tell what happened; your automations decide what is sent. The contact is created or updated. The same `type`, `external_id` and content again answers 200 with the first decision; other content answers 409. An event without a number, with a bad one, or older than 24 hours is stored and says so in `decision`.", PT: "Conte o que aconteceu; as suas automações decidem o que é enviado. O contato é criado ou atualizado. O mesmo `type`, `external_id` e conteúdo de novo responde 200 com a primeira decisão; outro conteúdo responde 409. Um evento sem número, com número inválido ou com mais de 24 horas é gravado e diz isso em `decision`."},
	},
	{
		ID: "sendEvents", Method: "POST", Path: "/v1/events/batch", Scope: portal.ScopeEventsWrite, Module: portal.ModuleEvents, Tag: "Reports", Body: true, Idempotent: true, Batch: true, Success: ok, Answer: "eventBatch", Codes: refusedEvents,
		Summary: portal.Words{EN: "Report many events", PT: "Informar muitos eventos"},
		Text:    portal.Words{EN: "Up to 1,000 events and 8 MiB, as a JSON array or one JSON object a line (`application/x-ndjson`). Each line follows the rules of a single event and is stored or refused by itself, in order. Pointers of errors start at the line.", PT: "Até 1.000 eventos e 8 MiB, como lista JSON ou um objeto JSON por linha (`application/x-ndjson`). Cada linha segue as regras de um evento avulso e é gravada ou recusada sozinha, em ordem. Os ponteiros dos erros começam na linha."},
	},
	{
		ID: "listEvents", Method: "GET", Path: "/v1/events", Scope: portal.ScopeEventsRead, Module: portal.ModuleEvents, Tag: "Decisions", Success: ok, Answer: "event",
		Summary: portal.Words{EN: "List events", PT: "Listar eventos"},
		Text:    portal.Words{EN: "Newest first, without their automations. Events are kept for 180 days.", PT: "Os mais novos primeiro, sem as automações. Eventos ficam guardados por 180 dias."},
	},
	{
		ID: "getEvent", Method: "GET", Path: "/v1/events/{id}", Scope: portal.ScopeEventsRead, Module: portal.ModuleEvents, Tag: "Decisions", Success: ok, Answer: "eventDetail",
		Summary: portal.Words{EN: "Read an event", PT: "Ler um evento"},
		Text:    portal.Words{EN: "The event and its decision: every automation with this trigger, what it did or why it did nothing, and the message that came of it.", PT: "O evento e a sua decisão: toda automação com este gatilho, o que ela fez ou por que nada fez, e a mensagem que saiu dela."},
	},
	{
		ID: "listEventTypes", Method: "GET", Path: "/v1/event-types", Scope: portal.ScopeEventsRead, Module: portal.ModuleEvents, Tag: "Decisions", Success: ok, Answer: "commerceType",
		Summary: portal.Words{EN: "List event types", PT: "Listar tipos de evento"},
		Text:    portal.Words{EN: "What can be reported: what each type needs, its JSON Schema, an example, and when the last one came.", PT: "O que pode ser informado: o que cada tipo exige, o JSON Schema, um exemplo e quando veio o último."},
	},
}
