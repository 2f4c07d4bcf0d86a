package messaging_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// limited switches WhatsApp's limits on in the test environment.
func (b *bench) limited() {
	b.Helper()
	b.tx(func(tx *store.Tx) error { return tx.SetTestLimits(b.caller.AccountID, true) })
}

// taken answers as WhatsApp takes a message, and calls back about nothing.
func taken(w http.ResponseWriter) {
	fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.%s"}]}`, portal.NewID("m"))
}

// timed notes when each call to WhatsApp is made.
func (b *bench) timed() *[]time.Time {
	var times []time.Time
	b.intercept(func(http.ResponseWriter, *http.Request) bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		times = append(times, b.clock.Now())
		return false
	})
	return &times
}

// TestOnePersonIsPaced: forty-five messages may go at once, then one every six
// seconds, in order; others do not wait, and the hundred and first is refused.
func TestOnePersonIsPaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.limited()
	times := b.timed()
	for range 100 {
		b.accept(template(person))
	}
	v, err := b.service.Validate(t.Context(), b.caller, template(person))
	if err != nil || v.WouldSend || v.Blocking[0] != portal.CodePairRateLimited || v.PairReady == nil {
		t.Errorf("verdict %+v, %v", v, err)
	}
	_, err = b.try(b.caller, template(person))
	code(t, "the hundred and first", err, portal.CodePairRateLimited)
	b.accept(template(tester))
	begin := b.clock.Now()
	b.pass(30*time.Second, time.Second)
	if n := b.sent(person); n < 45 || n > 50 {
		t.Errorf("%d messages in thirty seconds, want 45 and one every six", n)
	}
	if b.sent(tester) != 1 {
		t.Error("somebody else waited")
	}
	b.pass(6*time.Minute, time.Second)
	if n := b.sent(person); n != 100 {
		t.Errorf("%d of 100 sent", n)
	}
	for i, at := range *times {
		if i > 46 && at.Before(begin.Add(time.Duration(i-46)*5*time.Second)) {
			t.Fatalf("the call %d was made after %s", i, at.Sub(begin))
		}
	}
}

// TestPairLimitHoldsThePersonOnly: what WhatsApp says about one person waits
// 1, 4, 16 … seconds, and others go on.
func TestPairLimitHoldsThePersonOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var times []time.Time
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if b.sent(tester) > 0 && b.sent(person) == 0 || len(times) == 4 {
			return false
		}
		times = append(times, b.clock.Now())
		fault(w, 400, 131056)
		return true
	})
	first := b.accept(template(person))
	second := b.accept(template(person))
	b.dispatch()
	other := b.accept(template(tester))
	b.clock.add(900 * time.Millisecond)
	b.mu.Lock()
	b.sends[person] = 0
	b.mu.Unlock()
	b.dispatch()
	b.want(other.ID, portal.StatusCreated, "")
	b.want(second.ID, portal.StatusQueued, "")
	b.pass(2*time.Minute, 100*time.Millisecond)
	b.want(first.ID, portal.StatusRead, "")
	b.want(second.ID, portal.StatusRead, "")
	for i, wait := range []time.Duration{time.Second, 4 * time.Second, 16 * time.Second} {
		if got := times[i+1].Sub(times[i]); got < wait || got > wait+2*time.Second {
			t.Errorf("the wait %d was %s, want %s", i, got, wait)
		}
	}
}

// TestThePortfolioIsPacedAndRefused: of a business that may write to three
// people first, the fourth is refused, one who wrote or was counted is not, and
// what was scheduled waits for its room.
func TestThePortfolioIsPacedAndRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.limited()
	b.tx(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE /* test */ channels SET people_limit = 3`)
		return err
	})
	later := b.clock.Now().Add(time.Minute)
	scheduled := template("+5531987650009")
	scheduled.SendAt = &later
	waiting := b.accept(scheduled)
	for i := range 3 {
		b.accept(template(fmt.Sprintf("+553198765000%d", i)))
	}
	v, err := b.service.Validate(t.Context(), b.caller, template(person))
	if err != nil || v.WouldSend || v.Portfolio == nil || *v.Portfolio != 0 {
		t.Errorf("verdict %+v, %v", v, err)
	}
	_, err = b.try(b.caller, template(person))
	code(t, "the fourth", err, portal.CodeDailyLimitReached)
	b.accept(template("+5531987650001")) // counted
	b.writes(person, "Oi")
	b.accept(template(person)) // wrote first
	b.pass(2*time.Hour, 10*time.Minute)
	b.want(waiting.ID, portal.StatusQueued, "")
	b.pass(22*time.Hour, time.Hour)
	b.want(waiting.ID, portal.StatusCreated, "")
}

// TestTheSwitchOfThePhonePage: limits that the simulator counts are kept by the
// program, too, and it never meets them; switched off, nothing is counted.
func TestTheSwitchOfThePhonePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	channel := b.line()
	count := func(l simulator.Limits) {
		t.Helper()
		err := b.simulator.Configure(t.Context(), channel.PhoneNumberID, func(s *simulator.Settings) error { s.Limits = l; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	count(simulator.Limits{Throughput: 40, Pair: true, Portfolio: 2})
	b.accept(template("+5531987650001"))
	v, err := b.service.Validate(t.Context(), b.caller, template(person))
	if err != nil || v.Portfolio == nil || *v.Portfolio != 1 {
		t.Errorf("verdict %+v, %v", v, err)
	}
	for range 50 {
		b.accept(template(person))
	}
	_, err = b.try(b.caller, template("+5531987650003"))
	code(t, "a third person", err, portal.CodeDailyLimitReached)
	b.pass(10*time.Second, 100*time.Millisecond)
	if n := b.sent(person); n < 45 || n > 48 {
		t.Errorf("%d messages in ten seconds, want 45 and one every six", n)
	}
	count(simulator.Limits{})
	b.accept(template("+5531987650003"))
	b.pass(2*time.Second, 100*time.Millisecond)
	if n := b.sent(person); n != 50 {
		t.Errorf("%d of 50 sent without limits", n)
	}
	for _, a := range b.attempts() {
		if a.Failure != nil {
			t.Errorf("WhatsApp refused: %+v", a.Failure)
		}
	}
}

// attempts returns all that were made.
func (b *bench) attempts() (all []portal.Attempt) {
	b.Helper()
	list, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.MessageFilter{}, portal.Page{Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range list {
		_, h := b.get(m.ID)
		all = append(all, h.Attempts...)
	}
	return all
}

// TestPriority: behind a slow number, a code goes before what is older and less urgent.
func TestPriority(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.limited()
	b.addTemplate("offer", "marketing", portal.TemplateApproved, "named")
	b.addTemplate("code", "authentication", portal.TemplateApproved, "named")
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool { taken(w); return true })
	send := func(name, to string) portal.Message {
		return b.accept(messaging.Draft{To: to, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: name, Language: "pt_BR"}})
	}
	var offers []portal.Message
	for i := range 40 {
		offers = append(offers, send("offer", fmt.Sprintf("+5531987650%03d", i)))
	}
	urgent := send("code", "+5531987650000") // even to the same person
	b.dispatch()
	b.want(urgent.ID, portal.StatusCreated, "")
	left := 0
	for _, m := range offers {
		if m, _ := b.get(m.ID); m.Status == portal.StatusQueued {
			left++
		}
	}
	if left < 30 {
		t.Errorf("%d of 40 offers wait, want most", left)
	}
	for range 20 {
		b.clock.add(100 * time.Millisecond)
		b.dispatch()
	}
	for _, m := range offers {
		b.want(m.ID, portal.StatusCreated, "")
	}
}

// TestMarketingRests: after too many complaints marketing waits an hour, and
// nothing else does.
func TestMarketingRests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.addTemplate("offer", "marketing", portal.TemplateApproved, "named")
	refuse := true
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if refuse {
			refuse = false
			fault(w, 400, 131048)
		} else {
			taken(w)
		}
		return true
	})
	d := messaging.Draft{To: person, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: "offer", Language: "pt_BR"}}
	first := b.accept(d)
	b.dispatch()
	d.To = tester
	second := b.accept(d)
	useful := b.accept(template(tester))
	b.pass(50*time.Minute, 10*time.Minute)
	b.want(first.ID, portal.StatusQueued, "")
	b.want(second.ID, portal.StatusQueued, "")
	b.want(useful.ID, portal.StatusCreated, "")
	waiting, _ := b.get(second.ID)
	if h, err := b.service.Hindered(t.Context(), waiting); err != nil || h == nil || h.Code != 131048 || !h.Until.After(b.clock.Now()) {
		t.Errorf("hindered by %+v, %v", h, err)
	}
	b.pass(20*time.Minute, 5*time.Minute)
	b.want(first.ID, portal.StatusCreated, "")
	b.want(second.ID, portal.StatusCreated, "")
}
