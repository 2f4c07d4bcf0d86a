package storetest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
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
		return errors.Join(tx.SaveMessage(m, nil), tx.SaveProviderID(m))
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
	for _, c := range p.claimed(store.ClaimOptions{Limit: limit, PerChannel: limit, Suspects: true, Lease: time.Minute}) {
		ids = append(ids, c.ID)
	}
	return ids
}

func (p mail) claimed(o store.ClaimOptions) (claimed []store.ClaimedMessage) {
	p.Helper()
	p.tx(func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimMessages(o)
		return err
	})
	return claimed
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
		full.Announced = full.Sequence // receivers are told when it is written
		equal(p, "inserted", p.message(full.ID), full)

		p.save(full.ID, func(m *portal.Message) {
			equal(p, "locked", *m, full)
			m.Status, m.Type, m.WAID, m.Content, m.Fallback, m.FallbackUsed = portal.StatusFailed, portal.TypeText, "", nil, nil, false
			m.Category, m.ProviderMessageID, m.Attempts, m.Sequence, m.Price = "", "", 9, 8, nil
			m.Failure = &portal.Failure{Code: portal.CodeExpiredUnsent}
			m.AcceptedAt, m.DeliveredAt, m.ReadAt = nil, nil, nil
			full = *m
		})
		full.Announced = full.Sequence
		equal(p, "saved", p.message(full.ID), full)
		full.Price, full.Category, full.WAID = json.RawMessage(`{"billable":false}`), "marketing", "553187654321"
		p.tx(func(tx *store.Tx) error { return tx.SaveDetails(full) })
		equal(p, "details", p.message(full.ID), full)

		bare := p.insert(p.queued(c.ID), -1)
		bare.Announced = bare.Sequence
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
			{"nobody's", portal.MessageFilter{ContactID: "ctc_x"}, nil},
			{"contact", portal.MessageFilter{ContactID: c.ID}, []int{4, 3, 2, 1, 0}},
			{"contact and status", portal.MessageFilter{ContactID: c.ID, Status: portal.StatusQueued}, []int{4, 3, 2, 1}},
			{"reference", portal.MessageFilter{Reference: "R1"}, []int{3, 1}},
			{"direction", portal.MessageFilter{Direction: portal.Inbound}, []int{1}},
			{"template", portal.MessageFilter{Template: "hello"}, []int{0}},
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
		first := p.claimed(store.ClaimOptions{Limit: 1, PerChannel: 1, Lease: time.Minute})
		equal(p, "the oldest due", first[0].ID, early.ID)
		equal(p, "while the number is paced", len(p.claim(10)), 0)
		p.wait(time.Second)
		equal(p, "the other", p.claim(10), []string{late.ID})
		p.wait(time.Second)
		equal(p, "leased", len(p.claim(10)), 0)
		p.tx(func(tx *store.Tx) error { return tx.ReleaseMessage(first[0]) })
		equal(p, "released", p.claim(10), []string{early.ID})
		p.wait(2 * time.Minute)
		equal(p, "after the lease", p.claim(1), []string{early.ID})
		p.tx(func(tx *store.Tx) error { return tx.ReleaseLeases() })
		p.wait(time.Second)
		equal(p, "all released", p.claim(10), []string{late.ID, early.ID})
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
