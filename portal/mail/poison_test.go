package mail_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/mail"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// dead returns how many letters were given up.
func (b bench) dead() int64 {
	b.Helper()
	list, err := b.store.Reader(b.Context()).Queues(b.store.Now())
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range list {
		if q.Kind == "mails" {
			return q.Dead
		}
	}
	b.Fatal("no queue of mails")
	return 0
}

// TestALetterThatPanicsCostsNoOtherItsTurn: the next letter of the pass goes
// out, and the one that panics each time is given up after its attempts.
func TestALetterThatPanicsCostsNoOtherItsTurn(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		certificate, roots := selfMade(t, anyAddress)
		var panics atomic.Int64
		b := setup(t, open)
		b.office.set(func() { b.office.tls = certificate })
		var err error
		b.service, err = mail.New(mail.Options{
			Store: b.store, URL: "smtp://" + anyAddress + ":" + strconv.Itoa(b.office.Addr().(*net.TCPAddr).Port), From: "a@loja.example",
			TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, VerifyConnection: func(tls.ConnectionState) error {
				if panics.Add(-1) >= 0 {
					panic("poison")
				}
				return nil
			}},
			Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.tell(50)
		panics.Store(1)
		b.send()
		if n := len(b.office.taken()); n != 1 {
			t.Fatalf("%d letters beside the one that panics, want 1", n)
		}
		panics.Store(1000)
		for range 12 {
			b.pass(24 * time.Hour)
			b.send()
		}
		if tries, dead := 1000-panics.Load(), b.dead(); tries != 8 || dead != 1 {
			t.Errorf("tried %d times more, want 8; %d dead, want 1", tries, dead)
		}
	})
}

// TestALetterThatEndsTheProcess is given up unsent; the others go out.
func TestALetterThatEndsTheProcess(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		b.tell(50)
		poison := ""
		for range store.MaxClaims {
			b.tx(func(tx *store.Tx) error { // and then the process is gone
				list, err := tx.ClaimMails(20, time.Minute)
				if err == nil && poison == "" {
					poison = list[0].ID
				}
				if err == nil && list[0].ID != poison {
					t.Error("another letter is tried before the one that ends the process is given up")
				}
				return err
			})
			if err := b.service.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.tell(70) // it comes later, and is sent first
		for range 3 {
			b.send()
		}
		if n, dead := len(b.office.taken()), b.dead(); n != 3 || dead != 1 {
			t.Errorf("%d letters, want 3; %d dead, want 1", n, dead)
		}
	})
}
