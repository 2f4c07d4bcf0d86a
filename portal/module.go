package portal

import "time"

// Module is a part of the product that an account has or has not.
type Module struct {
	Name        string
	Title       Words
	Description Words
	Scopes      []string
}

// Names of the modules.
const (
	ModuleMessages = "messages"
	ModuleContacts = "contacts"
	ModuleSupport  = "support"
	ModuleEvents   = "events"
	ModuleWebhooks = "webhooks"
)

// Modules lists the modules in the order that pages show them.
var Modules = []Module{
	{
		ModuleMessages,
		Words{"Messages", "Mensagens"},
		Words{"Send messages and follow their status", "Enviar mensagens e acompanhar o estado"},
		[]string{ScopeMessagesSend, ScopeMessagesRead, ScopeTemplatesRead, ScopeTemplatesWrite},
	},
	{
		ModuleContacts,
		Words{"Contacts", "Contatos"},
		Words{"Create and update contacts, check numbers", "Criar e atualizar contatos, conferir números"},
		[]string{ScopeContactsRead, ScopeContactsWrite},
	},
	{
		ModuleSupport,
		Words{"Support", "Atendimento"},
		Words{"Hand a conversation to a person", "Passar uma conversa para uma pessoa"},
		[]string{ScopeHandoffsRead, ScopeHandoffsWrite},
	},
	{
		ModuleEvents,
		Words{"Events", "Eventos"},
		Words{"Report what happens in the store; automations answer it", "Informar o que acontece na loja; as automações respondem"},
		[]string{ScopeEventsRead, ScopeEventsWrite},
	},
	{
		ModuleWebhooks,
		Words{"Status Webhooks", "Status Webhooks"},
		Words{"Tell your systems what happened", "Avisar os seus sistemas do que aconteceu"},
		[]string{ScopeWebhooksRead, ScopeWebhooksWrite},
	},
}

// AccountModule is the state of a module in an account.
type AccountModule struct {
	Module
	Active         bool
	Reason         string // why inactive: "plan", "staff" or ""
	MessagesPerDay int    // messages module only: overrides the plan in a moving 24 h; 0 = the plan's
	UsedThisMonth  int64
	UpdatedAt      time.Time
}
