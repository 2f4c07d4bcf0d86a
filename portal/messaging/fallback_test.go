package messaging_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

func withFallbackTo(to string) messaging.Draft {
	d := text(to)
	d.Fallback = orderUpdate()
	return d
}

// windowClosed has WhatsApp tell by callback that a message found its window closed.
func (b *bench) windowClosed(wamid, correlation string) {
	b.Helper()
	b.receive(b.line(), "messages", fmt.Sprintf(
		`"statuses":[{"id":%q,"status":"failed","timestamp":"%d","recipient_id":"5511987650001","biz_opaque_callback_data":%q,"errors":[{"code":131047,"title":"Re-engagement message"}]}]`,
		wamid, b.clock.Now().Unix(), correlation))
}

// took answers each call with an id of its own.
func (b *bench) took() (ids *[]string) {
	ids = &[]string{}
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		*ids = append(*ids, fmt.Sprintf("wamid.%d", len(*ids)+1))
		_, err := fmt.Fprintf(w, `{"messages":[{"id":%q}]}`, (*ids)[len(*ids)-1])
		return err == nil
	})
	return ids
}

// TestFallbackAfterACallback: the simulator takes the message and tells later
// that the window was closed; the fallback goes out, once, and arrives.
func TestFallbackAfterACallback(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.simulator.Configure(t.Context(), b.line().PhoneNumberID, func(s *simulator.Settings) error {
		s.Chaos.Duplicates = true
		s.Rules = []simulator.Rule{{Target: simulator.Target{Type: "text"}, Effect: simulator.Effect{Code: 131047, ByStatus: true}}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m := b.accept(withFallbackTo(tester))
	plain := b.accept(text(tester))
	b.pass(10*time.Second, time.Second/2)
	m = b.want(m.ID, portal.StatusRead, "")
	if !m.FallbackUsed || m.Type != portal.TypeTemplate || m.Attempts != 2 || m.Failure != nil {
		t.Errorf("fallback %v, type %s, %d attempts, %+v", m.FallbackUsed, m.Type, m.Attempts, m.Failure)
	}
	b.want(plain.ID, portal.StatusFailed, portal.CodeWindowClosed)
	if n := b.sent(tester); n != 3 {
		t.Errorf("%d calls to WhatsApp, want 3", n)
	}
}

// TestFallbackGoesOutOnce: news of what was replaced are nobody's, however often
// and in whatever order they come.
func TestFallbackGoesOutOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.took()
	m := b.accept(withFallbackTo(tester))
	b.dispatch()
	b.windowClosed("wamid.1", m.ID)
	if m := b.want(m.ID, portal.StatusCreated, ""); !m.FallbackUsed || !m.AwaitsFallback() {
		t.Errorf("waiting: %+v", m)
	}
	b.status(m, "sent", "wamid.1")
	b.clock.add(time.Second)
	b.windowClosed("wamid.1", m.ID)
	b.dispatch()
	b.clock.add(time.Second)
	b.windowClosed("wamid.1", m.ID)
	b.status(m, "delivered", "wamid.1")
	b.pass(time.Minute, 10*time.Second)
	if m := b.want(m.ID, portal.StatusCreated, ""); len(*ids) != 2 || m.ProviderMessageID != "wamid.2" {
		t.Errorf("%d calls, now %s", len(*ids), m.ProviderMessageID)
	}
	b.statusOf(b.line().Channel, "delivered", "wamid.2", m.ID+":fallback")
	b.want(m.ID, portal.StatusDelivered, "")
	b.windowClosed("wamid.2", m.ID+":fallback")
	b.want(m.ID, portal.StatusDelivered, "")
}

// TestFallbackBeforeTheAnswer: the callback overtakes the answer, or the answer never comes.
func TestFallbackBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"overtakes": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m, calls := b.accept(withFallbackTo(tester)), 0
			b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
				if calls++; calls == 1 {
					if !lost {
						b.windowClosed("wamid.1", m.ID)
					} else {
						panic(http.ErrAbortHandler)
					}
				}
				_, err := fmt.Fprintf(w, `{"messages":[{"id":"wamid.%d"}]}`, calls)
				return err == nil
			})
			b.dispatch()
			if lost {
				b.want(m.ID, portal.StatusUnknown, "")
				b.clock.add(time.Second)
				b.windowClosed("wamid.1", m.ID)
				b.dispatch()
			}
			if m := b.want(m.ID, portal.StatusCreated, ""); calls != 2 || m.ProviderMessageID != "wamid.2" || !m.FallbackUsed {
				t.Errorf("%d calls, %s, fallback %v", calls, m.ProviderMessageID, m.FallbackUsed)
			}
		})
	}
}

// TestFallbackIsTriedAgain: a fallback is retried, refused, lost and expires like
// any message, although its first content was taken.
func TestFallbackIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer func(w http.ResponseWriter, call int) // to the fallback, its calls counted from 1
		wait   time.Duration
		status portal.Status
		code   portal.Code
		calls  int
	}{
		{"again", func(w http.ResponseWriter, call int) {
			if call < 3 {
				fault(w, 500, 131000)
			} else {
				_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.F"}]}`)
			}
		}, time.Minute, portal.StatusCreated, "", 3},
		{"refused", func(w http.ResponseWriter, _ int) { fault(w, 400, 132000) }, time.Minute, portal.StatusFailed, portal.CodeTemplateParameters, 1},
		{"lost", func(http.ResponseWriter, int) { panic(http.ErrAbortHandler) }, 25 * time.Hour, portal.StatusFailed, portal.CodeOutcomeUnknown, 1},
		{"down", func(w http.ResponseWriter, _ int) { fault(w, 503, 2) }, 25 * time.Hour, portal.StatusFailed, portal.CodeWhatsAppError, 11},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			calls := 0
			b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				body, _ := io.ReadAll(r.Body)
				if !strings.Contains(string(body), ":fallback") {
					_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.1"}]}`)
					return true
				}
				calls++
				tc.answer(w, calls)
				return true
			})
			m := b.accept(withFallbackTo(tester))
			b.dispatch()
			b.windowClosed("wamid.1", m.ID)
			b.pass(tc.wait, max(tc.wait/300, time.Second))
			b.want(m.ID, tc.status, tc.code)
			if calls != tc.calls {
				t.Errorf("%d calls, want %d", calls, tc.calls)
			}
		})
	}
}
