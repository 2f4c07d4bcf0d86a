package storetest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

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
			n, err := j.Deliver(p.Context(), 10, func(calls []simulator.Callback) error {
				mu.Lock()
				defer mu.Unlock()
				ids := make([]string, 0, len(calls))
				for _, c := range calls {
					ids = append(ids, c.ID)
					equal(p, "body", string(c.Body) != "", true)
				}
				got = append(got, strings.Join(ids, "+"))
				if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(refuse, id) }) {
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
		equal(p, "a refused one holds up its message only", deliver("1a"), []string{"1a", "1a+2+1b", "2"})
		equal(p, "at once again", deliver(), []string(nil))
		p.wait(time.Second)
		equal(p, "after a second, in order", deliver(), []string{"1a", "1b"})
		p.wait(time.Hour)
		if err := j.Schedule(p.Context(), []simulator.Callback{owe("4", "w3", 0), owe("5", "w5", time.Second)}); err != nil {
			p.Fatal(err)
		}
		p.wait(time.Second)
		equal(p, "those of a number go together", deliver(), []string{"late+4+5"})
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
