package accounts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/limits/limitstest"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// Two nodes count wrong passwords together: whoever is refused by one is
// refused by the other, and a right password gives its try back on both.
func TestNodesShareGuesses(t *testing.T) {
	t.Parallel()
	s, redis := storetest.Open(t), limitstest.Start(t)
	node := func() *accounts.Service {
		l, err := limits.New(limits.Options{RedisURL: redis.URL, SecretKey: storetest.SecretKey()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return accounts.New(accounts.Options{Store: s, Limits: l})
	}
	one, two := node(), node()
	if _, _, err := one.Create(t.Context(), portal.Actor{Kind: portal.ActorSystem}, accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password, Plan: portal.PlanStandard}); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if _, err := two.SignIn(t.Context(), "ana@loja.example", password, elsewhere); err != nil {
			t.Fatalf("sign-in %d: %v", i+1, err)
		}
	}
	wrong := 0
	for _, n := range []*accounts.Service{one, two, one, two, one, two, one, two} {
		_, err := n.SignIn(t.Context(), "ana@loja.example", "wrong password", elsewhere)
		if errors.Is(err, accounts.ErrCredentials) {
			wrong++
		} else if wait := tooMany(err); wait <= 0 || wait > 30*time.Second {
			t.Errorf("%v", err)
		}
	}
	if wrong != 5 {
		t.Errorf("%d tries were checked by the two nodes, want 5", wrong)
	}
	if _, err := two.SignIn(t.Context(), "ana@loja.example", password, home); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
}
