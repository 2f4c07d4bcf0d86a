package storetest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// mail is people with a clock that moves only when told to.
type mail struct {
	people
	mu  *sync.Mutex
	now *time.Time
}

func onMail(t *testing.T, fn func(p mail)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
		p := mail{mu: new(sync.Mutex), now: &now}
		p.people = newPeople(t, open(func(o *store.Options) {
			o.Now = func() time.Time {
				p.mu.Lock()
				defer p.mu.Unlock()
				return *p.now
			}
		}))
		fn(p)
	})
}

func (p mail) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*p.now = p.now.Add(d)
}

// queued returns a message that is not stored yet.
func (p mail) queued(contactID string) portal.Message {
	return portal.Message{
		ID: portal.NewID(portal.PrefixMessage), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment,
		Direction: portal.Outbound, Status: portal.StatusQueued, Type: portal.TypeText, To: "+5531987654321", From: "+5511900000000",
		ChannelID: p.channel, ContactID: contactID, Content: json.RawMessage(`{"body":"Oi"}`), Source: portal.SourceAPI,
		Sequence: 1, CreatedAt: p.store.Now(), UpdatedAt: p.store.Now(), ExpiresAt: p.store.Now().Add(time.Hour),
	}
}

// insert stores the message, due after a while; a negative while means never.
func (p mail) insert(m portal.Message, while time.Duration) portal.Message {
	p.Helper()
	p.tx(func(tx *store.Tx) error {
		if while < 0 {
			return tx.InsertMessage(m, nil, nil)
		}
		due := tx.Now().Add(while)
		return tx.InsertMessage(m, nil, &due)
	})
	return m
}

func (p mail) save(id string, change func(m *portal.Message)) {
	p.Helper()
	p.tx(func(tx *store.Tx) error {
		m, err := tx.LockMessage(p.tenant, id)
		if err != nil {
			return err
		}
		change(&m)
		return tx.SaveMessage(m, nil)
	})
}

func (p mail) message(id string) portal.Message {
	p.Helper()
	m, err := p.store.Reader(p.Context()).Message(p.tenant, id)
	if err != nil {
		p.Fatal(err)
	}
	return m
}

func (p mail) claim(limit int) (ids []string) {
	p.Helper()
	p.tx(func(tx *store.Tx) error {
		ids = nil
		claimed, err := tx.ClaimMessages(limit, time.Minute)
		for _, c := range claimed {
			ids = append(ids, c.ID)
		}
		return err
	})
	return ids
}

func TestMessageKeepsEveryField(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		at := func(minutes int) *time.Time {
			t := p.store.Now().Add(time.Duration(minutes) * time.Minute)
			return &t
		}
		full := portal.Message{
			ID: portal.NewID(portal.PrefixMessage), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment,
			Direction: portal.Outbound, Status: portal.StatusScheduled, Type: portal.TypeTemplate, To: "+5531987654321",
			From: "+5511900000000", ChannelID: p.channel, ContactID: c.ID, WAID: "553187654321", ConversationID: "cnv_1",
			Reference: "PED-1", ContextMessageID: "msg_1", Content: json.RawMessage(`{"name":"order_update","x":"ç"}`),
			Fallback: json.RawMessage(`{"name":"f"}`), FallbackUsed: true, Category: "utility", Source: portal.SourceConsole,
			RequestID: "req_1", TokenID: "tok_1", UserID: "usr_1", IdempotencyKey: "key", ProviderMessageID: "wamid.1",
			Attempts: 3, Sequence: 4, Price: json.RawMessage(`{"billable":true}`),
			Failure:   &portal.Failure{Code: portal.CodeWhatsAppError, Provider: &portal.ProviderError{Code: 131000, Title: "t", Details: "d"}},
			CreatedAt: *at(0), SendAt: at(1), ExpiresAt: *at(2), ExpiryGiven: true, AcceptedAt: at(3), DeliveredAt: at(4), ReadAt: at(5), UpdatedAt: *at(6),
		}
		p.insert(full, -1)
		equal(p, "inserted", p.message(full.ID), full)

		p.save(full.ID, func(m *portal.Message) {
			equal(p, "locked", *m, full)
			m.Status, m.Type, m.WAID, m.Content, m.Fallback, m.FallbackUsed = portal.StatusFailed, portal.TypeText, "", nil, nil, false
			m.Category, m.ProviderMessageID, m.Attempts, m.Sequence, m.Price = "", "", 9, 8, nil
			m.Failure = &portal.Failure{Code: portal.CodeExpiredUnsent}
			m.AcceptedAt, m.DeliveredAt, m.ReadAt = nil, nil, nil
			full = *m
		})
		equal(p, "saved", p.message(full.ID), full)

		bare := p.insert(p.queued(c.ID), -1)
		equal(p, "bare", p.message(bare.ID), bare)
		for _, other := range []portal.Tenant{{AccountID: p.tenant.AccountID, Environment: portal.Live}, {AccountID: "acc_x", Environment: portal.Test}} {
			_, err := p.store.Reader(p.Context()).Message(other, bare.ID)
			mustCode(p.T, "of another tenant", err, portal.CodeNotFound)
			err = p.store.Tx(p.Context(), func(tx *store.Tx) error {
				_, err := tx.LockMessage(other, bare.ID)
				return err
			})
			mustCode(p.T, "locked by another tenant", err, portal.CodeNotFound)
		}
	})
}

func TestMessageList(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		var all []string
		for i := range 5 {
			m := p.queued(c.ID)
			m.Reference, m.TokenID, m.RequestID = fmt.Sprintf("R%d", i%2), fmt.Sprintf("tok_%d", i%2), fmt.Sprintf("req_%d", i)
			if i == 0 {
				m.Status, m.Type, m.Content, m.To = portal.StatusRead, portal.TypeTemplate, json.RawMessage(`{"name":"hello"}`), "+551187654321"
			}
			if i == 1 {
				m.Direction = portal.Inbound
			}
			all = append(all, p.insert(m, -1).ID)
			p.wait(time.Minute)
		}
		start := p.store.Now().Add(-5 * time.Minute)
		second := start.Add(time.Minute)
		for _, tc := range []struct {
			name string
			f    portal.MessageFilter
			want []int
		}{
			{"all", portal.MessageFilter{}, []int{4, 3, 2, 1, 0}},
			{"status", portal.MessageFilter{Status: portal.StatusRead}, []int{0}},
			{"to", portal.MessageFilter{To: []string{"+5511987654321", "+551187654321"}}, []int{0}},
			{"contact", portal.MessageFilter{ContactID: "ctc_x"}, nil},
			{"reference", portal.MessageFilter{Reference: "R1"}, []int{3, 1}},
			{"direction", portal.MessageFilter{Direction: portal.Inbound}, []int{1}},
			{"template", portal.MessageFilter{Template: "hello"}, []int{0}},
			{"request", portal.MessageFilter{RequestID: "req_2"}, []int{2}},
			{"token and direction", portal.MessageFilter{TokenID: "tok_1", Direction: portal.Outbound}, []int{3}},
			{"created after", portal.MessageFilter{CreatedAfter: &second}, []int{4, 3, 2}},
			{"updated since", portal.MessageFilter{UpdatedSince: &second}, []int{4, 3, 2, 1}},
		} {
			var want, got []string
			for _, i := range tc.want {
				want = append(want, all[i])
			}
			page := portal.Page{Limit: 2}
			for {
				list, next, err := p.store.Reader(p.Context()).Messages(p.tenant, tc.f, page)
				if err != nil {
					p.Fatal(err)
				}
				for _, m := range list {
					got = append(got, m.ID)
				}
				if page.After = next; next == "" {
					break
				}
			}
			equal(p, tc.name, got, want)
		}
	})
}

func TestClaimMessages(t *testing.T) {
	onMail(t, func(p mail) {
		late, early, never := p.insert(p.queued("c"), 2*time.Second), p.insert(p.queued("c"), time.Second), p.insert(p.queued("c"), -1)
		equal(p, "before it is due", len(p.claim(10)), 0)
		p.wait(3 * time.Second)
		equal(p, "in the order they became due", p.claim(10), []string{early.ID, late.ID})
		equal(p, "leased", len(p.claim(10)), 0)
		p.tx(func(tx *store.Tx) error { return tx.ReleaseMessage(p.tenant, late.ID) })
		equal(p, "released", p.claim(10), []string{late.ID})
		p.wait(2 * time.Minute)
		equal(p, "after the lease", p.claim(1), []string{early.ID})
		p.tx(func(tx *store.Tx) error { return tx.ReleaseLeases() })
		equal(p, "all released", p.claim(10), []string{early.ID, late.ID})
		p.save(early.ID, func(*portal.Message) {})
		p.wait(2 * time.Minute)
		equal(p, "finished", p.claim(10), []string{late.ID})
		equal(p, "never due", p.message(never.ID).Status, portal.StatusQueued)
	})
}

func TestLockedMessageIsChangedByOneAtATime(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.insert(p.queued("c"), -1)
		const writers = 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				err := p.store.Tx(p.Context(), func(tx *store.Tx) error {
					m, err := tx.LockMessage(p.tenant, m.ID)
					if err != nil {
						return err
					}
					m.Attempts++
					return tx.SaveMessage(m, nil)
				})
				if err != nil {
					p.Error(err)
				}
			})
		}
		all.Wait()
		equal(p, "attempts", p.message(m.ID).Attempts, writers)
	})
}

func TestLockSent(t *testing.T) {
	onMail(t, func(p mail) {
		known := p.queued("c")
		known.ProviderMessageID = "wamid.1"
		p.insert(known, -1)
		open := p.insert(p.queued("c"), -1)
		for _, tc := range []struct {
			name, channel, provider, id, want string
		}{
			{"by WhatsApp's id", p.channel, "wamid.1", "", known.ID},
			{"by ours, while theirs is not known", p.channel, "wamid.2", open.ID, open.ID},
			{"ours, but theirs is another", p.channel, "wamid.2", known.ID, ""},
			{"another channel", "chn_x", "wamid.1", known.ID, ""},
			{"another channel, by ours", "chn_x", "wamid.2", open.ID, ""},
			{"no id at all", p.channel, "", "", ""},
		} {
			err := p.store.Tx(p.Context(), func(tx *store.Tx) error {
				m, err := tx.LockSent(tc.channel, tc.provider, tc.id)
				equal(p, tc.name, m.ID, tc.want)
				return err
			})
			want := portal.CodeNotFound
			if tc.want != "" {
				want = ""
			}
			mustCode(p.T, tc.name, err, want)
		}
	})
}

func TestMessageHistory(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.queued("c")
		checks := []portal.Check{
			{Check: "window", Result: portal.CheckWarn, Code: portal.CodeWindowClosed, Pointer: "/text"},
			{Check: "limits", Result: portal.CheckPass},
		}
		now := p.store.Now()
		next := now.Add(time.Minute)
		begun := portal.Attempt{MessageID: m.ID, Number: 1, At: now}
		done := portal.Attempt{
			MessageID: m.ID, Number: 1, At: now, Outcome: portal.AttemptRefused, Duration: 1500 * time.Microsecond, HTTPStatus: 400,
			TraceID: "A1", Failure: &portal.Failure{Code: portal.CodeWhatsAppError, Provider: &portal.ProviderError{Code: 131056}}, NextAttemptAt: &next,
		}
		news := []portal.StatusNews{
			{MessageID: m.ID, Status: portal.StatusDelivered, At: now, ReceivedAt: now, Applied: true, Sequence: 2},
			{MessageID: m.ID, Status: portal.StatusCreated, At: now, ReceivedAt: now.Add(time.Second)},
		}
		var again bool
		p.tx(func(tx *store.Tx) error {
			if err := tx.InsertMessage(m, checks, nil); err != nil {
				return err
			}
			if err := tx.InsertAttempt(begun); err != nil {
				return err
			}
			for _, n := range news {
				if fresh, err := tx.InsertNews(n); err != nil || !fresh {
					return fmt.Errorf("fresh %v: %w", fresh, err)
				}
			}
			var err error
			again, err = tx.InsertNews(news[0])
			return err
		})
		equal(p, "a repeat is fresh", again, false)
		state, err := p.store.Reader(p.Context()).SendState(p.tenant, m.ID)
		if err != nil || !state.UnderWay {
			p.Errorf("under way %v, %v", state.UnderWay, err)
		}
		p.tx(func(tx *store.Tx) error { return tx.FinishAttempt(done) })
		p.tx(func(tx *store.Tx) error {
			return tx.FinishAttempt(portal.Attempt{MessageID: m.ID, Number: 1, Outcome: portal.AttemptLost})
		})
		h, err := p.store.Reader(p.Context()).MessageHistory(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "history", h, portal.History{Checks: checks, Attempts: []portal.Attempt{done}, News: news})
		_, err = p.store.Reader(p.Context()).MessageHistory(portal.Tenant{AccountID: "acc_x", Environment: portal.Test}, m.ID)
		mustCode(p.T, "of another tenant", err, portal.CodeNotFound)
	})
}

func TestAnswerCompletesWhatACallbackSaid(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.insert(p.queued("c"), -1)
		answered := portal.Attempt{MessageID: m.ID, Number: 1, At: p.store.Now(), Outcome: portal.AttemptAccepted, HTTPStatus: 200, TraceID: "A1"}
		p.tx(func(tx *store.Tx) error {
			return errors.Join(
				tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: 1, At: tx.Now()}),
				tx.FinishAttempt(portal.Attempt{MessageID: m.ID, Number: 1, Outcome: portal.AttemptAccepted}),
				tx.FinishAttempt(answered))
		})
		h, err := p.store.Reader(p.Context()).MessageHistory(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "attempts", h.Attempts, []portal.Attempt{answered})
	})
}

func TestSendState(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{Inbound: true})
		answered := p.queued(c.ID)
		answered.Status, answered.ProviderMessageID = portal.StatusRead, "wamid.1"
		p.insert(answered, -1)
		first := p.insert(p.queued(c.ID), time.Hour)
		m := p.queued(c.ID)
		m.ContextMessageID = answered.ID
		p.insert(m, 0)
		p.tx(func(tx *store.Tx) error { return tx.OpenWindow(p.tenant, c.ID, p.channel, tx.Now()) })
		s, err := p.store.Reader(p.Context()).SendState(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		due, now := first.CreatedAt.Add(time.Hour), p.store.Now()
		want := store.SendState{
			OptIn:         portal.Consent{Status: portal.OptInUnknown, Marketing: portal.OptInUnknown},
			LastInboundAt: &now, Window: portal.Window{ChannelID: p.channel, LastInboundAt: &now}, ReplyTo: "wamid.1", Behind: &due,
			Testers: []string{},
		}
		equal(p, "state", s, want)
		gone := p.insert(p.queued("ctc_gone"), -1)
		if s, err = p.store.Reader(p.Context()).SendState(p.tenant, gone.ID); err != nil || s.OptIn.Status != "" || s.Behind != nil {
			p.Errorf("without a contact: %+v, %v", s, err)
		}
	})
}

func TestMessageFigures(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		start := p.store.Now()
		for _, status := range []portal.Status{portal.StatusQueued, portal.StatusRead, portal.StatusQueued, portal.StatusReceived} {
			m := p.queued(c.ID)
			m.Status = status
			if status == portal.StatusReceived {
				m.Direction = portal.Inbound
			}
			p.insert(m, -1)
			p.wait(time.Minute)
		}
		r := p.store.Reader(p.Context())
		counts, err := r.MessageCounts(p.tenant, start.Add(time.Minute))
		equal(p, "counts", counts, map[portal.Status]int64{"queued": 1, "read": 1, "received": 1})
		n, oldest, err2 := r.SentSince(p.tenant, start)
		first := start.Add(time.Minute)
		equal(p, "sent after the first", n, 2)
		equal(p, "the oldest of them", oldest, &first)
		n, oldest, err3 := r.SentSince(p.tenant, start.Add(time.Hour))
		equal(p, "sent later", n, 0)
		equal(p, "the oldest of none", oldest, nil)
		waiting, err4 := r.Waiting(p.tenant)
		equal(p, "waiting", waiting, map[string]int{p.channel: 2})
		status, _, err5 := r.LastEvidence(p.tenant, c.ID)
		equal(p, "evidence", status, portal.StatusReceived)
		if err := errors.Join(err, err2, err3, err4, err5); err != nil {
			p.Error(err)
		}
		_, _, err = r.LastEvidence(p.tenant, "ctc_x")
		mustCode(p.T, "evidence of nobody", err, portal.CodeNotFound)
	})
}

func TestContactSent(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{Inbound: true})
		p.wait(time.Minute)
		p.tx(func(tx *store.Tx) error {
			return errors.Join(tx.ContactSent(p.tenant, c.ID, "553187654321"), tx.ContactSent(p.tenant, c.ID, ""), tx.ContactSent(p.tenant, "ctc_x", "1"))
		})
		got := p.contact(c.ID)
		equal(p, "wa_id", got.WAID, "553187654321")
		now := p.store.Now()
		equal(p, "written to", got.LastOutboundAt, &now)
	})
}

func TestChannels(t *testing.T) {
	onMail(t, func(p mail) {
		r := p.store.Reader(p.Context())
		_, err := r.DefaultChannel(p.tenant)
		mustCode(p.T, "no default", err, portal.CodeNotFound)
		c := portal.Channel{
			ID: portal.NewID(portal.PrefixChannel), AccountID: p.tenant.AccountID, Environment: portal.Test, Name: "Loja", Phone: "+551140028922",
			Provider: portal.ProviderSimulator, PhoneNumberID: "123", WABA: "456", Default: true, Status: portal.ChannelConnected,
			StatusReason: "", Quality: "green", CreatedAt: p.store.Now(), UpdatedAt: p.store.Now(),
		}
		secrets := portal.ChannelSecrets{Token: "t", AppSecret: []byte{0, 1}, VerifyToken: "v"}
		sealed, err := p.store.SealChannel(c.ID, secrets)
		if err != nil {
			p.Fatal(err)
		}
		p.tx(func(tx *store.Tx) error { return tx.InsertChannel(c, sealed) })
		got, err := r.DefaultChannel(p.tenant)
		equal(p, "default", got, c)
		one, err2 := r.Channel(p.tenant, c.ID)
		equal(p, "by id", one, c)
		opened, err3 := p.store.ChannelSecrets(p.Context(), c.ID)
		equal(p, "secrets", opened, secrets)
		p.tx(func(tx *store.Tx) error { return tx.SetChannelStatus(p.tenant, c.ID, portal.ChannelBlocked, "policy") })
		list, err4 := r.Channels(p.tenant)
		if err := errors.Join(err, err2, err3, err4); err != nil || len(list) != 2 || list[1].Status != portal.ChannelBlocked || list[1].StatusReason != "policy" {
			p.Errorf("channels: %+v, %v", list, err)
		}
		live := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		_, err = r.Channel(live, c.ID)
		mustCode(p.T, "of another environment", err, portal.CodeNotFound)
		_, _, err = p.store.CallbackChannel(p.Context(), "chn_x")
		mustCode(p.T, "unknown", err, portal.CodeNotFound)
	})
}

func TestTemplates(t *testing.T) {
	onMail(t, func(p mail) {
		now, ttl := p.store.Now(), 600
		var all []portal.Template
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, portal.Template{
				ID: portal.NewID(portal.PrefixTemplate), AccountID: p.tenant.AccountID, Environment: portal.Test, Name: name, Language: "pt_BR",
				Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named",
				Parameters: []portal.TemplateParameter{{Component: "body", Name: "n", Type: "text", Example: "1"}},
				Components: json.RawMessage(`[{"type":"BODY"}]`), Quality: "unknown", TTL: &ttl, ProviderID: "1", SyncedAt: &now, CreatedAt: now, UpdatedAt: now,
			})
		}
		all[2].Status, all[2].Parameters, all[2].TTL, all[2].SyncedAt = "paused", []portal.TemplateParameter{}, nil, nil
		p.tx(func(tx *store.Tx) error {
			for _, one := range all {
				if err := tx.InsertTemplate(one); err != nil {
					return err
				}
			}
			return nil
		})
		r := p.store.Reader(p.Context())
		got, err := r.Template(p.tenant, "a", "pt_BR")
		equal(p, "by key", got, all[0])
		first, next, err2 := r.Templates(p.tenant, portal.Page{Limit: 2})
		rest, last, err3 := r.Templates(p.tenant, portal.Page{Limit: 2, After: next})
		slices.Reverse(all)
		equal(p, "pages", append(first, rest...), all)
		equal(p, "last", last, "")
		n, err4 := r.ApprovedTemplates(p.tenant)
		equal(p, "approved", n, 2)
		if err := errors.Join(err, err2, err3, err4); err != nil {
			p.Error(err)
		}
		_, err = r.Template(p.tenant, "a", "en_US")
		mustCode(p.T, "another language", err, portal.CodeNotFound)
		_, err = r.Template(portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}, "a", "pt_BR")
		mustCode(p.T, "another environment", err, portal.CodeNotFound)
	})
}

// statusBody is a callback about one message of WhatsApp.
func statusBody(wamid string) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{
		"metadata":{"phone_number_id":"1"},"statuses":[{"id":%q,"status":"sent","timestamp":"1"}]}}]}]}`, wamid)
}

func TestSimulatorJournal(t *testing.T) {
	onMail(t, func(p mail) {
		j := store.SimulatorJournal{Store: p.store}
		owe := func(id, wamid string, after time.Duration) simulator.Callback {
			return simulator.Callback{ID: id, ChannelID: p.channel, DueAt: p.store.Now().Add(after), Body: statusBody(wamid)}
		}
		signals, cancel := p.store.Subscribe(store.TopicSimulator)
		defer cancel()
		if err := j.Schedule(p.Context(), []simulator.Callback{owe("1a", "w1", 0), owe("1b", "w1", time.Second), owe("2", "w2", 0), owe("late", "w3", time.Hour)}); err != nil {
			p.Fatal(err)
		}
		select {
		case <-signals:
		default:
			p.Error("nobody was woken")
		}
		if err := j.Schedule(p.Context(), []simulator.Callback{owe("3", "w4", 0), owe("1a", "w1", 0)}); !store.IsConflict(err) {
			p.Errorf("a known id: %v", err)
		}
		p.wait(2 * time.Second)
		deliver := func(refuse ...string) (got []string) {
			var mu sync.Mutex
			n, err := j.Deliver(p.Context(), 10, func(c simulator.Callback) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, c.ID)
				equal(p, "body", string(c.Body) != "", true)
				if slices.Contains(refuse, c.ID) {
					return errors.New("no")
				}
				return nil
			})
			if err != nil || n < len(got) {
				p.Errorf("tried %d, %v", n, err)
			}
			slices.Sort(got)
			return got
		}
		equal(p, "a refused one holds up its message only", deliver("1a"), []string{"1a", "2"})
		equal(p, "at once again", deliver(), []string(nil))
		p.wait(time.Second)
		equal(p, "after a second, in order", deliver(), []string{"1a", "1b"})
		p.wait(time.Hour)
		equal(p, "the late one", deliver(), []string{"late"})
		p.wait(time.Hour)
		equal(p, "nothing is owed", deliver(), []string(nil))
	})
}

func TestSimulatorJournalPhone(t *testing.T) {
	onMail(t, func(p mail) {
		j := store.SimulatorJournal{Store: p.store}
		for _, provider := range []string{portal.ProviderSimulator, portal.ProviderCloud} {
			c := portal.Channel{
				ID: portal.NewID(portal.PrefixChannel), AccountID: p.tenant.AccountID, Environment: portal.Test, Name: "x", Phone: "+551140028922",
				Provider: provider, PhoneNumberID: "id-" + provider, WABA: "9", Status: portal.ChannelConnected, CreatedAt: p.store.Now(), UpdatedAt: p.store.Now(),
			}
			sealed, err := p.store.SealChannel(c.ID, portal.ChannelSecrets{Token: "t", AppSecret: []byte("s")})
			if err != nil {
				p.Fatal(err)
			}
			p.tx(func(tx *store.Tx) error { return tx.InsertChannel(c, sealed) })
			got, err := j.Phone(p.Context(), c.PhoneNumberID)
			if provider == portal.ProviderCloud {
				mustCode(p.T, "a number of Meta", err, portal.CodeNotFound)
				continue
			}
			want := simulator.Phone{ID: c.PhoneNumberID, WABA: "9", Number: c.Phone, Token: "t", AppSecret: []byte("s"), ChannelID: c.ID}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				p.Errorf("phone %v (-want +got):\n%s", err, diff)
			}
		}
		_, err := j.Phone(p.Context(), "id-none")
		mustCode(p.T, "unknown", err, portal.CodeNotFound)
	})
}
