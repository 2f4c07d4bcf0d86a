package messaging

import (
	"encoding/json"
	"fmt"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// metaContent returns WhatsApp's object for a free-form message: ours, but for
// the ids, which are WhatsApp's there.
func metaContent(tx *store.Tx, m portal.Message) (json.RawMessage, error) {
	if m.Type != portal.TypeReaction {
		return m.Content, nil
	}
	var r portal.Reaction
	if err := json.Unmarshal(m.Content, &r); err != nil {
		return nil, fmt.Errorf("content of %s: %w", m.ID, err)
	}
	target, err := tx.Message(m.Tenant(), r.MessageID)
	if err != nil {
		return nil, err
	}
	r.MessageID = target.ProviderMessageID
	return json.Marshal(r)
}
