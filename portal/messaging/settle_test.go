package messaging

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// settling writes outcomes as after a commit whose answer was lost: once more.
type settling struct {
	*testing.T
	store  *store.Store
	tenant portal.Tenant
	later  atomic.Int64 // how far the clock is ahead
}

func newSettling(t *testing.T) *settling {
	t.Helper()
	s := &settling{T: t, tenant: portal.Tenant{AccountID: portal.NewID(portal.PrefixAccount), Environment: portal.Test}}
	s.store = storetest.Open(t, func(o *store.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(s.later.Load())) }
	})
	s.tx(func(tx *store.Tx) error {
		return tx.InsertAccount(portal.Account{
			ID: s.tenant.AccountID, Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited,
			Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	})
	return s
}

func (s *settling) tx(fn func(tx *store.Tx) error) {
	s.Helper()
	if err := s.store.Tx(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

// begun returns a text with a fallback whose first attempt is under way.
func (s *settling) begun() *job {
	s.Helper()
	now := s.store.Now()
	m := portal.Message{
		ID: portal.NewID(portal.PrefixMessage), AccountID: s.tenant.AccountID, Environment: s.tenant.Environment,
		Direction: portal.Outbound, Status: portal.StatusQueued, Type: portal.TypeText, ChannelID: "chn_a", Attempts: 1,
		Content: []byte(`{"body":"Oi"}`), Fallback: []byte(`{"name":"order","language":{"code":"pt_BR"}}`),
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
	s.tx(func(tx *store.Tx) error {
		if err := tx.InsertMessage(m, nil, &now); err != nil {
			return err
		}
		return tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: 1, At: now})
	})
	return &job{tenant: s.tenant, id: m.ID, number: 1, outgoing: whatsapp.Outgoing{Type: portal.TypeText}}
}

func (s *settling) settle(j *job, kind whatsapp.Kind) {
	s.Helper()
	s.tx(func(tx *store.Tx) error { return settle(tx, j, whatsapp.Outcome{Kind: kind}) })
}

func TestAClosedWindowIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newSettling(t)
	j := s.begun()
	s.settle(j, whatsapp.WindowClosed)
	s.settle(j, whatsapp.WindowClosed)
	m, err := s.store.Reader(t.Context()).Message(s.tenant, j.id)
	if err != nil || m.Status != portal.StatusQueued || m.Type != portal.TypeTemplate || !m.FallbackUsed {
		t.Errorf("the fallback: %s, %s, %v", m.Status, m.Type, err)
	}
}

func TestAnOutcomeLeavesTheNextAttemptAlone(t *testing.T) {
	t.Parallel()
	s := newSettling(t)
	j := s.begun()
	s.settle(j, whatsapp.RetryLater)
	s.tx(func(tx *store.Tx) error {
		m, err := tx.LockMessage(s.tenant, j.id)
		if err != nil {
			return err
		}
		m.Attempts = 2
		due := tx.Now()
		return tx.LeaseMessage(m, &due, due.Add(lease))
	})
	s.settle(j, whatsapp.RetryLater)
	s.later.Store(int64(5 * time.Second))
	s.tx(func(tx *store.Tx) error {
		claimed, err := tx.ClaimMessages(store.ClaimOptions{Limit: 10, PerChannel: 10, Lease: lease})
		if len(claimed) != 0 {
			t.Error("the next attempt has lost its lease")
		}
		return err
	})
}
