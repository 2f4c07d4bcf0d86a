package simulator

import (
	"context"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal/whatsapp"
)

// typingShown is how long WhatsApp shows that the business is typing.
const typingShown = 25 * time.Second

// showTyping notes that the author of the message sees "typing…" from now on. A
// message whose id names nobody is nobody's.
func (s *Simulator) showTyping(ctx context.Context, ph Phone, o object) error {
	wamid, err := o.text("message_id", maxID)
	if err != nil {
		return err
	}
	author := whatsapp.AuthorOf(wamid)
	if author == "" {
		return nil
	}
	if err := s.journal.SetPerson(ctx, ph, "+"+author, func(p *Person) { p.TypingAt = s.timeOf(ph) }); err != nil {
		return fmt.Errorf("typing: %w", err)
	}
	return nil
}

// Typing reports whether the person sees "typing…" under the name of the
// business: for 25 seconds, or until a message came after it. latest is when the
// latest one came.
func (p Person) Typing(ph Phone, now, latest time.Time) bool {
	passed := time.Duration(ph.Settings.Ahead)
	return !p.TypingAt.IsZero() && now.Add(passed).Before(p.TypingAt.Add(typingShown)) && !latest.Add(passed).After(p.TypingAt)
}
