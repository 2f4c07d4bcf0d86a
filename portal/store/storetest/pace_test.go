package storetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// line stores messages that are due, each "category of the template, or text",
// behind a channel of the tenant's, and returns it.
func (p mail) line(categories ...string) (channel string) {
	p.Helper()
	channel = portal.NewID(portal.PrefixChannel)
	p.tx(func(tx *store.Tx) error {
		now := tx.Now()
		err := tx.InsertChannel(portal.Channel{
			ID: channel, AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, PhoneNumberID: channel, WABA: "1",
			Status: portal.ChannelConnected, CreatedAt: now, UpdatedAt: now,
		}, []byte("sealed"))
		for _, category := range categories {
			if err != nil {
				return err
			}
			m := portal.Message{
				ID: portal.NewID(portal.PrefixMessage), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, ChannelID: channel,
				ContactID: portal.NewID(portal.PrefixContact), Direction: portal.Outbound, Status: portal.StatusQueued, Type: portal.TypeTemplate,
				Category: category, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
			}
			if category == portal.TypeText {
				m.Type, m.Category = portal.TypeText, "service"
			}
			due := now.Add(-time.Minute)
			err = tx.InsertMessage(m, nil, &due)
		}
		return err
	})
	return channel
}

func (p mail) take(limit int) (claimed []store.ClaimedMessage) {
	p.Helper()
	p.tx(func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimMessages(store.ClaimOptions{Limit: limit, PerChannel: 24, Suspects: true, Lease: time.Hour})
		return err
	})
	return claimed
}

// TestClaimsFollowTheLanes: of a channel, authentication and free text come
// before utility, and that before marketing.
func TestClaimsFollowTheLanes(t *testing.T) {
	onMail(t, func(p mail) {
		p.line("marketing", "utility", "marketing", "authentication", portal.TypeText, "utility")
		var lanes []int
		for range 3 {
			for _, c := range p.take(10) {
				lanes = append(lanes, c.Lane)
			}
			p.wait(time.Second)
		}
		equal(p, "lanes", lanes, []int{0, 0, 1, 1, 2, 2})
	})
}

// TestClaimsKeepTheRate: in no second does a limited number give more than its rate.
func TestClaimsKeepTheRate(t *testing.T) {
	onMail(t, func(p mail) {
		p.line(make([]string, 200)...)
		taken := 0
		for range 100 {
			taken += len(p.take(64))
			p.wait(10 * time.Millisecond)
		}
		if taken < 60 || taken > 80 {
			p.Errorf("%d messages in a second, want 80 at the most and not many less", taken)
		}
	})
}

// TestHeldChannelIsPassedOver: a channel that WhatsApp slows down gives nothing
// for a while, the others do; what waits for long is claimed, to be postponed.
func TestHeldChannelIsPassedOver(t *testing.T) {
	onMail(t, func(p mail) {
		held, free := p.line("utility", "utility"), p.line("utility")
		hold := func(asked time.Duration) (until time.Time) {
			p.tx(func(tx *store.Tx) (err error) {
				until, err = tx.Hold(p.tenant, store.Hold{
					ChannelID: held, Reason: 130429, Asked: asked, Forget: time.Minute,
					Wait: func(strikes int) time.Duration { return time.Second << (strikes - 1) },
				})
				return err
			})
			return until
		}
		now := p.store.Now()
		equal(p, "first hold", hold(0), now.Add(time.Second))
		equal(p, "while it holds", hold(0), now.Add(time.Second))
		claimed := p.take(10)
		if len(claimed) != 1 || claimed[0].ChannelID != free {
			p.Errorf("claimed %+v", claimed)
		}
		p.wait(2 * time.Second)
		equal(p, "second hold", hold(0), now.Add(4*time.Second))
		equal(p, "made longer", hold(time.Minute), now.Add(62*time.Second))
		if claimed := p.take(10); len(claimed) != 2 {
			p.Errorf("claimed %d of a channel that is held for long, want 2", len(claimed))
		}
		p.wait(time.Hour)
		equal(p, "forgotten", hold(0), p.store.Now().Add(time.Second))
	})
}

// TestPortfolioCountsPeopleOnce counts each person once in a moving day.
func TestPortfolioCountsPeopleOnce(t *testing.T) {
	onMail(t, func(p mail) {
		count := func(names ...string) {
			p.tx(func(tx *store.Tx) error {
				for _, name := range names {
					if err := tx.CountPerson("waba", name); err != nil {
						return err
					}
				}
				return nil
			})
		}
		first := p.store.Now()
		count("a", "b", "a")
		p.wait(time.Hour)
		count("a", "c")
		used := func() string {
			n, oldest, err := p.store.Reader(p.Context()).PeopleCounted("waba", p.store.Now().Add(-24*time.Hour))
			if err != nil || oldest == nil {
				p.Fatal(n, err)
			}
			return fmt.Sprint(n, " ", oldest.Sub(first))
		}
		equal(p, "used", used(), "3 0s")
		p.wait(23*time.Hour + time.Minute)
		count("a")
		equal(p, "a day later", used(), "2 1h0m0s")
		if err := p.store.Purge(p.Context(), p.store.PacePurges()...); err != nil {
			p.Fatal(err)
		}
		equal(p, "after forgetting", used(), "2 1h0m0s")
	})
}
