package messaging_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

func TestWholePathByNumber(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		draft     messaging.Draft
		after     time.Duration
		status    portal.Status
		code      portal.Code
		delivered bool
		sequence  int
	}{
		{"text to a tester", text(tester), 3 * time.Second, portal.StatusRead, "", true, 4},
		{"template to anybody", template(person), 3 * time.Second, portal.StatusRead, "", true, 4},
		{"created at once", template(person), 0, portal.StatusCreated, "", false, 2},
		{"1 delivered, never read", text(magic("01")), time.Hour, portal.StatusDelivered, "", true, 3},
		{"2 read without delivered", text(magic("02")), time.Hour, portal.StatusRead, "", false, 3},
		{"3 fails by status", text(magic("03")), time.Hour, portal.StatusFailed, portal.CodeWhatsAppError, false, 3},
		{"4 number not found", text(magic("04")), time.Hour, portal.StatusNumberNotFound, portal.CodeNumberNotFound, false, 3},
		{"9 not yet expired", text(magic("09")), 9 * time.Second, portal.StatusCreated, "", false, 2},
		{"9 expires after ten seconds", text(magic("09")), 11 * time.Second, portal.StatusExpired, portal.CodeExpiredUndelivered, false, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.accept(tc.draft)
			if m.Status != portal.StatusQueued || m.Sequence != 1 {
				t.Fatalf("accepted as %s, sequence %d", m.Status, m.Sequence)
			}
			b.pass(tc.after, max(tc.after/10, time.Second/2))
			m = b.want(m.ID, tc.status, tc.code)
			if (m.DeliveredAt != nil) != tc.delivered || m.Sequence != tc.sequence || m.Attempts != 1 {
				t.Errorf("delivered %v, sequence %d, %d attempts", m.DeliveredAt, m.Sequence, m.Attempts)
			}
			if n := b.sent(m.To); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestWholePathTellsItsHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(template(person))
	b.pass(3*time.Second, time.Second/2)
	m, h := b.get(m.ID)
	if m.ProviderMessageID == "" || m.WAID != "5531987654321" || m.Category != "utility" || m.AcceptedAt == nil || m.ReadAt == nil {
		t.Errorf("message: %+v", m)
	}
	if want := `{"billable":true,"category":"utility","model":"PMP","type":"regular"}`; string(m.Price) != want {
		t.Errorf("price %s, want %s", m.Price, want)
	}
	var checks []string
	for _, c := range h.Checks {
		checks = append(checks, c.Check)
		if c.Detail.EN == "" || c.Detail.PT == "" {
			t.Errorf("check %s has no words", c.Check)
		}
	}
	if got := strings.Join(checks, " "); got != "channel number opt_in window template parameters media limits" {
		t.Errorf("checks: %s", got)
	}
	if len(h.Attempts) != 1 || h.Attempts[0].Outcome != portal.AttemptAccepted || h.Attempts[0].HTTPStatus != 200 || h.Attempts[0].TraceID == "" {
		t.Errorf("attempts: %+v", h.Attempts)
	}
	var news []string
	for _, n := range h.News {
		news = append(news, fmt.Sprintf("%s %v %d", n.Status, n.Applied, n.Sequence))
	}
	if got := strings.Join(news, " "); got != "created true 2 delivered true 3 read true 4" {
		t.Errorf("news: %s", got)
	}
	c, err := b.store.Reader(t.Context()).ContactByRef(b.caller.Tenant, m.ContactID)
	if err != nil || c.WAID != m.WAID || c.LastOutboundAt == nil {
		t.Errorf("contact learnt %q, written to at %v (%v)", c.WAID, c.LastOutboundAt, err)
	}
}

func TestEarlyNewsAndTheAnswerAgree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		b.simulator.ServeHTTP(w, r)
		b.clock.add(2 * time.Second)
		b.callBack() // every status arrives before the answer does
		return true
	})
	m := b.accept(text(tester))
	b.dispatch()
	m = b.want(m.ID, portal.StatusRead, "")
	_, h := b.get(m.ID)
	if len(h.Attempts) != 1 || h.Attempts[0].Outcome != portal.AttemptAccepted || h.Attempts[0].HTTPStatus != 200 {
		t.Errorf("attempts: %+v", h.Attempts)
	}
	if m.Sequence != 4 || b.sent(tester) != 1 {
		t.Errorf("sequence %d, sent %d times", m.Sequence, b.sent(tester))
	}
}

func TestLostAnswerIsUnknownAndNeverSentAgain(t *testing.T) {
	t.Parallel()
	lose := func(b *bench, deliver bool) {
		b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if deliver {
				b.simulator.ServeHTTP(w, r)
			}
			panic(http.ErrAbortHandler)
		})
	}
	t.Run("found again by its statuses", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
			swallowed := &discard{header: http.Header{}}
			b.simulator.ServeHTTP(swallowed, r)
			panic(http.ErrAbortHandler)
		})
		m := b.accept(text(tester))
		b.dispatch()
		m = b.want(m.ID, portal.StatusUnknown, "")
		if m.Sequence != 1 {
			t.Errorf("unknown is no news, sequence %d", m.Sequence)
		}
		b.pass(3*time.Second, time.Second/2)
		m = b.want(m.ID, portal.StatusRead, "")
		if m.ProviderMessageID == "" || b.sent(tester) != 1 {
			t.Errorf("provider id %q, sent %d times", m.ProviderMessageID, b.sent(tester))
		}
	})
	t.Run("without news it fails after a day", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		lose(b, false)
		m := b.accept(text(tester))
		b.pass(23*time.Hour, time.Hour)
		b.want(m.ID, portal.StatusUnknown, "")
		b.pass(2*time.Hour, time.Hour)
		m = b.want(m.ID, portal.StatusFailed, portal.CodeOutcomeUnknown)
		if b.sent(tester) != 1 || m.Attempts != 1 {
			t.Errorf("sent %d times, %d attempts", b.sent(tester), m.Attempts)
		}
	})
}

// discard takes an answer that nobody gets.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func TestKilledBetweenAttemptAndOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun := b.accept(text(tester))
	claimed := b.accept(text(magic("01")))
	b.tx(func(tx *store.Tx) error {
		if _, err := tx.ClaimMessages(store.ClaimOptions{Limit: 10, PerChannel: 10, Lease: 30 * time.Second}); err != nil {
			return err
		}
		m, err := tx.LockMessage(b.caller.Tenant, begun.ID)
		if err != nil {
			return err
		}
		m.Attempts = 1
		due := tx.Now()
		if err := tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: 1, At: tx.Now()}); err != nil {
			return err
		}
		return tx.LeaseMessage(m, &due, tx.Now().Add(30*time.Second))
	})
	b.dispatch()
	b.want(claimed.ID, portal.StatusQueued, "")
	if err := b.service.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.dispatch()
	b.want(begun.ID, portal.StatusUnknown, "")
	b.want(claimed.ID, portal.StatusCreated, "")
	if b.sent(tester) != 0 || b.sent(magic("01")) != 1 {
		t.Errorf("sent %d and %d times", b.sent(tester), b.sent(magic("01")))
	}
	_, h := b.get(begun.ID)
	if len(h.Attempts) != 1 || h.Attempts[0].Outcome != portal.AttemptLost {
		t.Errorf("attempts: %+v", h.Attempts)
	}
}

// fault answers as WhatsApp refuses.
func fault(w http.ResponseWriter, status, code int) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"message":"(#%d) No","code":%d,"error_data":{"details":"d"},"fbtrace_id":"A1"}}`, code, code)
}

func TestRefusalsAndRetries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status int
		code   int
		times  int // how often WhatsApp answers so
		after  time.Duration
		want   portal.Status
		failed portal.Code
		sends  int
	}{
		{"permanent", 400, 131009, 99, time.Hour, portal.StatusFailed, portal.CodeWhatsAppError, 1},
		{"not found at once", 400, 131026, 99, time.Hour, portal.StatusNumberNotFound, portal.CodeNumberNotFound, 1},
		{"marketing cap", 400, 131049, 99, time.Hour, portal.StatusFailed, portal.CodeMarketingCapped, 1},
		{"no error object", 404, -1, 99, time.Hour, portal.StatusFailed, portal.CodeWhatsAppError, 1},
		{"pair limit twice, then accepted", 400, 131056, 2, time.Minute, portal.StatusRead, "", 3},
		{"throttled until it expires", 400, 130429, 999, 25 * time.Hour, portal.StatusExpired, portal.CodeExpiredUnsent, 0},
		{"ever the same trouble", 500, 131000, 999, 3 * time.Hour, portal.StatusFailed, portal.CodeWhatsAppError, 12},
		{"window closed over there", 400, 131047, 99, time.Hour, portal.StatusFailed, portal.CodeWindowClosed, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			left := tc.times
			b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
				if left == 0 {
					return false
				}
				left--
				if tc.code < 0 {
					w.WriteHeader(tc.status)
				} else {
					fault(w, tc.status, tc.code)
				}
				return true
			})
			m := b.accept(text(tester))
			b.pass(tc.after, max(tc.after/100, time.Second))
			b.want(m.ID, tc.want, tc.failed)
			if n := b.sent(tester); tc.sends > 0 && n != tc.sends {
				t.Errorf("sent %d times, want %d", n, tc.sends)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if b.sent(tester) > 1 {
			return false
		}
		w.Header().Set("Retry-After", "600")
		fault(w, 429, 130429)
		return true
	})
	m := b.accept(text(tester))
	b.pass(599*time.Second, 20*time.Second)
	if n := b.sent(tester); n != 1 {
		t.Errorf("sent %d times before ten minutes were over", n)
	}
	b.pass(3*time.Minute, time.Second)
	b.want(m.ID, portal.StatusRead, "")
}

func TestOrderToOnePersonIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var bodies []string
	refused := false
	b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if !refused {
			refused = true
			fault(w, 400, 131056)
			return true
		}
		_, rest, _ := strings.Cut(string(raw), `"body":"`)
		bodies = append(bodies, rest[:1])
		return false
	})
	for _, body := range []string{"1", "2", "3"} {
		d := text(tester)
		d.Content.Text.Body = body
		b.accept(d)
	}
	b.dispatch()
	d := text(tester)
	d.Content.Text.Body = "4"
	b.accept(d)
	b.pass(10*time.Second, 100*time.Millisecond)
	if got := strings.Join(bodies, ""); got != "1234" {
		t.Errorf("sent in the order %s", got)
	}
}

func TestStoppedChannelHoldsTheOthersBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool { fault(w, 401, 190); return true })
	first := b.accept(text(tester))
	b.dispatch()
	b.want(first.ID, portal.StatusFailed, portal.CodeWhatsAppError)
	_, err := b.try(b.caller, text(magic("01")))
	code(t, "send", err, portal.CodeChannelLoggedOut)
	c, err := b.service.Configuration(t.Context(), b.caller.Tenant)
	if err != nil || c.Ready() || c.Problems[0].Code != portal.CodeChannelLoggedOut {
		t.Errorf("configuration: %+v, %v", c.Problems, err)
	}
}

// poison panics when the message to one number is sent.
type poison struct {
	number string
	next   http.RoundTripper
}

func (p poison) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), p.number) {
		panic("poison")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return p.next.RoundTrip(r)
}

func TestPoisonHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(t, func(o *messaging.Options, _ *portal.Account) {
		front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.toWhatsApp(w, r) })
		o.Simulator = whatsapp.New(whatsapp.Options{Transport: poison{"5511900000003", whatsapp.HandlerTransport(front)}})
	})
	panics := b.accept(text(magic("03")))
	broken := b.accept(text(magic("02")))
	b.tx(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE /* test */ messages SET content = '{' WHERE id = ?`, broken.ID)
		return err
	})
	var fine []string
	for i := range 50 {
		fine = append(fine, b.accept(template(fmt.Sprintf("+551198765%04d", i))).ID)
	}
	b.pass(3*time.Second, time.Second/2)
	b.want(broken.ID, portal.StatusFailed, portal.CodeInternal)
	b.want(panics.ID, portal.StatusUnknown, "") // nobody knows whether it left
	for _, id := range fine {
		b.want(id, portal.StatusRead, "")
	}
}
