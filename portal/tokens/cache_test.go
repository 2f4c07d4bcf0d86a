package tokens_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/tokens"
)

// node is a service that runs, as in a process of its own on one PostgreSQL database.
type node struct {
	*tokens.Service
	store *store.Store
}

func newNode(t *testing.T, address string) node {
	t.Helper()
	s := storetest.Node(t, address)
	heard := make(chan struct{}, 100)
	cancel := s.Listen(store.TopicAccess, func(store.Signal) { heard <- struct{}{} })
	<-heard // the link to the other nodes is there
	cancel()
	return running(t, s)
}

func running(t *testing.T, s *store.Store) node {
	t.Helper()
	n := node{tokens.New(tokens.Options{Store: s}), s}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n node) verify(t *testing.T, secret string) (portal.Caller, portal.Code) {
	t.Helper()
	c, err := n.Verify(t.Context(), secret, home)
	if err != nil && portal.CodeOf(err) == "" {
		t.Fatal(err)
	}
	return c, portal.CodeOf(err)
}

// until asks a node until it says what is wanted, and returns how long that took.
func (n node) until(t *testing.T, secret string, want func(portal.Caller, portal.Code) bool) time.Duration {
	t.Helper()
	for start := time.Now(); ; {
		if want(n.verify(t, secret)) {
			return time.Since(start)
		}
		if time.Since(start) > 20*time.Second {
			t.Fatal("the change never came")
		}
	}
}

func is(want portal.Code) func(portal.Caller, portal.Code) bool {
	return func(_ portal.Caller, got portal.Code) bool { return got == want }
}

// On SQLite the command line is another process on the same file: what it
// changes holds on the next call.
func TestAnotherProcessOnTheFileIsHeardAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(o *store.Options) { o.DataDir = dir }
	server, shell := running(t, storetest.Open(t, in)), tokens.New(tokens.Options{Store: storetest.Open(t, in)})
	account := insertAccount(t, server.store)
	tenant := portal.Tenant{AccountID: account.ID, Environment: portal.Test}
	for range 20 {
		token, secret, err := shell.Mint(t.Context(), person, tenant, tokens.NewToken{Name: "ERP", Scopes: []string{"contacts:read"}})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, code := server.verify(t, secret); code != "" {
				t.Fatalf("before: %q", code)
			}
		}
		if err := shell.Revoke(t.Context(), person, tenant, token.ID); err != nil {
			t.Fatal(err)
		}
		if _, code := server.verify(t, secret); code != portal.CodeRevokedToken {
			t.Fatalf("the next call is answered %q", code)
		}
	}
}

// Every change holds on another node within a second, also one whose signal is lost.
func TestChangesReachOtherNodes(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	a, b := newNode(t, address), newNode(t, address)
	account := insertAccount(t, a.store)
	tenant := portal.Tenant{AccountID: account.ID, Environment: portal.Test}
	people := accounts.New(accounts.Options{Store: a.store})
	mint := func() (portal.Token, string) {
		token, secret, err := a.Mint(t.Context(), person, tenant, tokens.NewToken{Name: "ERP", Scopes: []string{"messages:send", "contacts:read"}})
		if err != nil {
			t.Fatal(err)
		}
		return token, secret
	}
	narrow := []string{"contacts:read"}
	for name, c := range map[string]struct {
		change func(id string) error
		want   func(portal.Caller, portal.Code) bool
	}{
		"revoked": {func(id string) error { return a.Revoke(t.Context(), person, tenant, id) }, is(portal.CodeRevokedToken)},
		"scopes": {func(id string) error {
			_, err := a.Update(t.Context(), person, tenant, id, tokens.Change{Scopes: &narrow})
			return err
		}, func(c portal.Caller, _ portal.Code) bool { return !c.Allows("messages:send") }},
		"module": {func(string) error {
			return people.SetModule(t.Context(), shell, account.ID, portal.AccountModule{Module: portal.Module{Name: portal.ModuleSupport}})
		}, func(c portal.Caller, _ portal.Code) bool { return len(c.Modules) < len(portal.Modules) }},
		"by hand": {func(id string) error {
			return a.store.Tx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.RevokeToken(tenant, id, "")
				return err
			})
		}, is(portal.CodeRevokedToken)},
	} {
		token, secret := mint()
		if c, code := b.verify(t, secret); code != "" || !c.Allows("messages:send") {
			t.Fatalf("%s: before: %q", name, code)
		}
		if err := c.change(token.ID); err != nil {
			t.Fatal(err)
		}
		took := b.until(t, secret, c.want)
		t.Logf("%s: after %s", name, took)
		if took > 10*time.Second {
			t.Errorf("%s: after %s", name, took)
		}
	}
	_, secret := mint()
	b.verify(t, secret)
	if err := people.SetStatus(t.Context(), shell, account.ID, portal.AccountSuspended); err != nil {
		t.Fatal(err)
	}
	b.until(t, secret, is(portal.CodeAccountSuspended))
}

// On the node that makes a change it holds at once, and a token that was asked
// for before it existed is taken at once when it does.
func TestChangesHoldAtOnceWhereTheyAreMade(t *testing.T) {
	t.Parallel()
	a := newNode(t, storetest.Database(t))
	account := insertAccount(t, a.store)
	tenant := portal.Tenant{AccountID: account.ID, Environment: portal.Test}
	secret := portal.NewSecret(portal.Test)
	if _, code := a.verify(t, secret); code != portal.CodeInvalidToken {
		t.Errorf("before it exists: %q", code)
	}
	token := portal.Token{ID: portal.NewID(portal.PrefixToken), AccountID: account.ID, Environment: portal.Test, Name: "Late", CreatedAt: a.store.Now(), UpdatedAt: a.store.Now()}
	err := a.store.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertToken(token, portal.HashSecret(secret)) })
	if err != nil {
		t.Fatal(err)
	}
	if _, code := a.verify(t, secret); code != "" {
		t.Errorf("new: %q", code)
	}
	if err := a.Revoke(t.Context(), person, tenant, token.ID); err != nil {
		t.Fatal(err)
	}
	if _, code := a.verify(t, secret); code != portal.CodeRevokedToken {
		t.Errorf("revoked: %q", code)
	}
}

// Two nodes change different things of a token at the same moment: both hold,
// so that a new name cannot bring scopes back that were just taken away.
func TestChangesOfTwoNodesBothHold(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	a, b := newNode(t, address), newNode(t, address)
	account := insertAccount(t, a.store)
	tenant := portal.Tenant{AccountID: account.ID, Environment: portal.Test}
	name, narrow := "Renamed", []string{"contacts:read"}
	for range 20 {
		token, _, err := a.Mint(t.Context(), person, tenant, tokens.NewToken{Name: "ERP", Scopes: []string{"*"}})
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for node, ch := range map[node]tokens.Change{a: {Name: &name}, b: {Scopes: &narrow}} {
			both.Go(func() {
				if _, err := node.Update(t.Context(), person, tenant, token.ID, ch); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		got, err := a.Get(t.Context(), tenant, token.ID)
		if err != nil || got.Name != name || !slices.Equal(got.Scopes, narrow) {
			t.Fatalf("%q with %v, %v", got.Name, got.Scopes, err)
		}
	}
}
