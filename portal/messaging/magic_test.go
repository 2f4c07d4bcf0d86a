package messaging_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
)

// TestMagicNumbers sends to the numbers that make trouble: each message ends
// as the contract says.
func TestMagicNumbers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		draft    messaging.Draft
		after    time.Duration
		status   portal.Status
		code     portal.Code
		attempts int
		spread   int // so many more when the waits between them fall short
	}{
		{"5 pair limit twice", text(magic("05")), time.Minute, portal.StatusRead, "", 3, 0},
		{"6 slow answer", text(magic("06")), 10 * time.Second, portal.StatusRead, "", 1, 0},
		{"7 answer lost", text(magic("07")), 10 * time.Second, portal.StatusRead, "", 1, 0},
		{"8 twice and disordered", text(magic("08")), 10 * time.Second, portal.StatusRead, "", 1, 0},
		{"11 closed after all", text(magic("11")), 10 * time.Second, portal.StatusFailed, portal.CodeWindowClosed, 1, 0},
		{"12 without the ninth digit", text(magic("12")), 10 * time.Second, portal.StatusRead, "", 1, 0},
		{"13 throughput", text(magic("13")), time.Minute, portal.StatusRead, "", 4, 1},
		{"15 marketing cap", template(magic("15")), 10 * time.Second, portal.StatusFailed, portal.CodeMarketingCapped, 1, 0},
		{"16 marketing stopped", template(magic("16")), 10 * time.Second, portal.StatusFailed, portal.CodeOptedOut, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.accept(tc.draft)
			b.pass(tc.after, 250*time.Millisecond)
			if m = b.want(m.ID, tc.status, tc.code); m.Attempts < tc.attempts || m.Attempts > tc.attempts+tc.spread {
				t.Errorf("%d attempts, want %d", m.Attempts, tc.attempts)
			}
		})
	}
}

func TestMagicFallback(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := text(magic("11"))
	d.Fallback = orderUpdate()
	m := b.accept(d)
	b.pass(10*time.Second, 250*time.Millisecond)
	if m = b.want(m.ID, portal.StatusRead, ""); !m.FallbackUsed {
		t.Error("the fallback did not go out")
	}
}

// TestMagicDisorder keeps every status of number 8 in the history, and applies
// none that came late or again.
func TestMagicDisorder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(text(magic("08")))
	b.pass(10*time.Second, 250*time.Millisecond)
	m, h := b.get(m.ID)
	applied := 0
	for _, n := range h.News {
		if n.Applied {
			applied++
		}
	}
	if m.Status != portal.StatusRead || applied != 2 || m.Sequence != 3 { // created by the answer, then read
		t.Errorf("%s, %d of %d news applied, sequence %d", m.Status, applied, len(h.News), m.Sequence)
	}
}

// TestMagicPeople: number 12 is known to WhatsApp without its ninth digit, 14
// opts out, 16 stops marketing, and 17 answers.
func TestMagicPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var sent []portal.Message
	for _, n := range []string{"12", "14", "16", "17"} {
		sent = append(sent, b.accept(text(magic(n))))
	}
	b.pass(10*time.Second, 250*time.Millisecond)
	m, _ := b.get(sent[0].ID)
	if c := b.contact(m.ContactID); m.WAID != "551100000012" || c.WAID != "551100000012" || c.Phone != magic("12") {
		t.Errorf("message %q, contact %q %q", m.WAID, c.WAID, c.Phone)
	}
	if c := b.contact(sent[1].ContactID); c.OptIn.Status != portal.OptedOut || c.OptIn.Marketing != portal.OptedOut {
		t.Errorf("PARAR left %+v", c.OptIn)
	}
	if c := b.contact(sent[2].ContactID); c.OptIn.Status == portal.OptedOut || c.OptIn.Marketing != portal.OptedOut {
		t.Errorf("131050 left %+v", c.OptIn)
	}
	list, _, err := b.service.List(t.Context(), b.caller.Tenant, portal.MessageFilter{Direction: portal.Inbound, ContactID: sent[3].ContactID}, portal.Page{})
	if err != nil || len(list) != 1 || string(list[0].Content) != `{"body":"Ol\u00e1"}` && string(list[0].Content) != `{"body":"Olá"}` {
		t.Errorf("answers: %+v, %v", list, err)
	}
}

// TestLogOut: number 10 logs the channel out. Its message ends, others wait,
// and go out when the channel is back: after a minute, or at once by a login.
func TestLogOut(t *testing.T) {
	t.Parallel()
	for _, login := range []bool{false, true} {
		b := newBench(t)
		waits := text(tester)
		soon := b.clock.Now().Add(5 * time.Second)
		waits.SendAt = &soon
		waiting := b.accept(waits)
		out := b.accept(text(magic("10")))
		b.pass(10*time.Second, time.Second)
		b.want(out.ID, portal.StatusFailed, portal.CodeWhatsAppError)
		b.want(waiting.ID, portal.StatusQueued, "")
		_, err := b.try(b.caller, text(tester))
		code(t, "while logged out", err, portal.CodeChannelLoggedOut)
		if login {
			b.logIn(out.ChannelID)
		} else {
			b.reconnect()
			b.want(waiting.ID, portal.StatusQueued, "")
			b.clock.add(time.Minute)
			b.reconnect()
		}
		b.pass(5*time.Second, time.Second)
		b.want(waiting.ID, portal.StatusRead, "")
		b.accept(text(tester))
	}
}
