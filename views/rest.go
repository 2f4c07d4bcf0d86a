package views

import (
	"context"
	"strconv"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// RestProps say that something rests which goes on by itself.
type RestProps struct {
	Until time.Time // zero = nobody knows
	Code  int       // WhatsApp's error that asked for it, or 0
	Why   portal.Words
}

func (p RestProps) title(ctx context.Context) string {
	if p.Until.IsZero() {
		return ui.L(ctx, "Waiting", "Esperando")
	}
	return ui.L(ctx, "Waiting until ", "Esperando até ") + ui.DateTime(ctx, p.Until)
}

func (p RestProps) text(ctx context.Context) string {
	row, known := portal.ProviderCodeOf(p.Code)
	if p.Code == 0 || !known {
		return ui.W(ctx, p.Why)
	}
	return ui.W(ctx, p.Why) + " " + strconv.Itoa(p.Code) + ": " + ui.W(ctx, row.Meaning) + " " + ui.W(ctx, row.Fix())
}
