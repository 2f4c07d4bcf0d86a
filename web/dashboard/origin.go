package dashboard

import (
	"context"
	"encoding/json"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// originOf says how a message of a person came: forwarded, or from an ad.
func originOf(ctx context.Context, m portal.Message) string {
	var from struct {
		Forwarded bool `json:"forwarded"`
		Often     bool `json:"frequently_forwarded"`
		Referral  *struct {
			Headline string `json:"headline"`
		} `json:"referral"`
	}
	if m.Direction != portal.Inbound || json.Unmarshal(m.Content, &from) != nil {
		return ""
	}
	switch {
	case from.Referral != nil:
		return ui.L(ctx, "an ad: ", "um anúncio: ") + from.Referral.Headline
	case from.Often:
		return ui.L(ctx, "forwarded many times", "encaminhada muitas vezes")
	case from.Forwarded:
		return ui.L(ctx, "forwarded", "encaminhada")
	}
	return ""
}
