package ui

import "github.com/wppmarketing/developers/portal"

// look is how a message status is drawn.
type look struct {
	icon, class string
	word        portal.Words
}

// messageStatuses is every status of the contract with its ticks and word.
var messageStatuses = map[portal.Status]look{
	portal.StatusScheduled:      {"clock", "", portal.Words{EN: "Scheduled", PT: "Agendada"}},
	portal.StatusQueued:         {"clock", "", portal.Words{EN: "Queued", PT: "Na fila"}},
	portal.StatusUnknown:        {"info", "late", portal.Words{EN: "Unknown", PT: "Desconhecida"}},
	portal.StatusCreated:        {"tick1", "", portal.Words{EN: "Created", PT: "Criada"}},
	portal.StatusDelivered:      {"tick2", "", portal.Words{EN: "Delivered", PT: "Entregue"}},
	portal.StatusRead:           {"tick2", "read", portal.Words{EN: "Read", PT: "Lida"}},
	portal.StatusCanceled:       {"x", "", portal.Words{EN: "Canceled", PT: "Cancelada"}},
	portal.StatusFailed:         {"warn", "bad", portal.Words{EN: "Error", PT: "Erro"}},
	portal.StatusNumberNotFound: {"x", "bad", portal.Words{EN: "No WhatsApp", PT: "Sem WhatsApp"}},
	portal.StatusExpired:        {"clock", "late", portal.Words{EN: "Expired", PT: "Expirada"}},
	portal.StatusReceived:       {"back", "", portal.Words{EN: "Received", PT: "Recebida"}},
}

// messageStatus returns how s is drawn; a word it does not know is shown as it is.
func messageStatus(s portal.Status) look {
	if l, ok := messageStatuses[s]; ok {
		return l
	}
	return look{"info", "late", portal.Words{EN: string(s), PT: string(s)}}
}

// StatusWords returns the name of a message status, for filters and sentences.
func StatusWords(s portal.Status) portal.Words { return messageStatus(s).word }
