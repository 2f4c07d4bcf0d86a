package dashboard

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
)

// Wire tells what the API answers. It is the API itself, so that the pages
// cannot show another answer than a caller gets.
type Wire interface {
	CommerceExample(t portal.CommerceType) []byte
	EventAnswer(e portal.Event, runs []portal.Run, lang string) ([]byte, error)
	EventExample(t portal.EventType) ([]byte, error)
	ResourceFields(resource, lang string) []portal.ResourceField
	ContactAnswer(c portal.Contact) ([]byte, error)
	HandoffAnswer(h portal.Handoff) ([]byte, error)
	MessageAnswer(m portal.Message, h portal.History, lang string) ([]byte, error)
	MessageDraft(raw []byte) (messaging.Draft, error)
	ModulesAnswer(rows []portal.AccountModule, lang string) ([]byte, error)
	ModuleOperations(module string) []string
}
