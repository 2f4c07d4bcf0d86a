package messaging

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// TemplateNews takes what a callback of a channel told about templates, in the
// transaction that applies the callback.
type TemplateNews func(tx *store.Tx, c portal.Channel, updates []whatsapp.TemplateUpdate) error

// notApproved says why a template is not sent, by its status.
var notApproved = map[string]portal.Words{
	portal.TemplatePending:  {EN: "WhatsApp is still reviewing the template.", PT: "O WhatsApp ainda está analisando o modelo."},
	portal.TemplateRejected: {EN: "WhatsApp rejected the template.", PT: "O WhatsApp rejeitou o modelo."},
	portal.TemplatePaused:   {EN: "WhatsApp paused the template because people complained about it.", PT: "O WhatsApp pausou o modelo porque pessoas reclamaram dele."},
	portal.TemplateDisabled: {EN: "WhatsApp disabled the template for good.", PT: "O WhatsApp desativou o modelo de vez."},
	portal.TemplateDeleted:  {EN: "The template was deleted.", PT: "O modelo foi apagado."},
}

// saysWhy puts the reason of a refused template into the last check and, if the
// refusal is this one, into it.
func (e *evaluation) saysWhy(status string) {
	words, ok := notApproved[status]
	if !ok {
		return
	}
	e.checks[len(e.checks)-1].Detail = words
	if e.refusal != nil && e.refusal.Code == portal.CodeTemplateNotApproved {
		e.refusal.Detail = words
	}
}
