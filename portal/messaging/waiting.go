package messaging

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Hindrance is what keeps a message waiting that could otherwise go out.
type Hindrance struct {
	Until time.Time // zero = nobody knows
	Code  int       // WhatsApp's, when it asked for the rest; else 0
	Why   portal.Words
}

// Hindered says what a queued message waits for; nil when for nothing but its turn.
func (s *Service) Hindered(ctx context.Context, m portal.Message) (h *Hindrance, err error) {
	defer portal.Wrap(&err, "Hindered(%s)", m.ID)
	if m.Status != portal.StatusQueued && !m.AwaitsFallback() || m.Content == nil {
		return nil, nil
	}
	r := s.store.Reader(ctx)
	state, err := r.SendState(m.Tenant(), m.ID)
	if err != nil {
		return nil, err
	}
	if h := paceHindrance(m, state, s.store.Now()); h != nil {
		return h, nil
	}
	if m.Type != portal.TypeTemplate {
		return nil, nil
	}
	ref, err := readTemplateRef(m.Content)
	if err != nil {
		return nil, err
	}
	t, err := r.Template(m.Tenant(), ref.Name, ref.Language)
	if err == nil && t.Status == portal.TemplatePaused {
		return &Hindrance{Why: portal.Words{
			EN: "WhatsApp paused the template. The message goes out when it is approved again, or expires.",
			PT: "O WhatsApp pausou o modelo. A mensagem sai quando ele for aprovado de novo, ou expira.",
		}}, nil
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		err = nil
	}
	return nil, err
}

// paceHindrance names the limit whose rest ends last.
func paceHindrance(m portal.Message, state store.SendState, now time.Time) (h *Hindrance) {
	add := func(p store.Pace, until time.Time, en, pt string) {
		if until.After(now) && (h == nil || until.After(h.Until)) {
			h = &Hindrance{Until: until, Code: p.Reason, Why: portal.Words{EN: en, PT: pt}}
		}
	}
	add(state.Channel, state.Channel.HeldUntil, "WhatsApp slows the number down.", "O WhatsApp desacelera o número.")
	add(state.Pair, state.Pair.HeldUntil, "WhatsApp wants fewer messages to this person.", "O WhatsApp quer menos mensagens para esta pessoa.")
	if m.Category == "marketing" {
		add(state.Marketing, state.Marketing.HeldUntil, "Marketing through this number rests.", "O marketing por este número descansa.")
	}
	if state.Limited {
		add(store.Pace{}, pairFree(state.Pair, 0, now), "Many messages went to this person: one goes every six seconds.", "Muitas mensagens foram para esta pessoa: sai uma a cada seis segundos.")
	}
	return h
}
