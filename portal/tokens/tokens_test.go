package tokens_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/tokens"
)

var (
	home   = netip.MustParseAddr("203.0.113.7")
	person = portal.Actor{Kind: portal.ActorUser, ID: "usr_ana", Name: "Ana", IP: "203.0.113.7"}
	shell  = portal.Actor{Kind: portal.ActorSystem}
)

// bench is a service on a store of its own with one account, and a clock that stands still.
type bench struct {
	*tokens.Service
	store      *store.Store
	dir        string
	account    portal.Account
	test, live portal.Tenant
	foreign    portal.Tenant
	mu         sync.Mutex
	now        time.Time
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	b.store = storetest.Open(t, func(o *store.Options) {
		o.Now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
		b.dir = o.DataDir
	})
	b.account = insertAccount(t, b.store)
	b.test = portal.Tenant{AccountID: b.account.ID, Environment: portal.Test}
	b.live = portal.Tenant{AccountID: b.account.ID, Environment: portal.Live}
	b.foreign = portal.Tenant{AccountID: insertAccount(t, b.store).ID, Environment: portal.Test}
	b.Service = tokens.New(tokens.Options{Store: b.store})
	return b
}

func insertAccount(t *testing.T, s *store.Store) portal.Account {
	t.Helper()
	a := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(a) }); err != nil {
		t.Fatal(err)
	}
	return a
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) mint(t *testing.T, n tokens.NewToken) (portal.Token, string) {
	t.Helper()
	if n.Name == "" {
		n.Name = "ERP"
	}
	if n.Scopes == nil {
		n.Scopes = []string{portal.ScopeMessagesSend}
	}
	token, secret, err := b.Mint(t.Context(), person, b.test, n)
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

// verify returns the code with which the secret is refused, "" when it is accepted.
func (b *bench) verify(t *testing.T, secret string) portal.Code {
	t.Helper()
	_, err := b.Verify(t.Context(), secret, home)
	return portal.CodeOf(err)
}

func (b *bench) actions(t *testing.T, id string) []string {
	t.Helper()
	rows, err := b.History(t.Context(), b.test, id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, row.Action)
	}
	return out
}

func mustCode(t *testing.T, what string, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

func fields(err error) []string {
	var refused *portal.Error
	if !errors.As(err, &refused) {
		return nil
	}
	var out []string
	for _, f := range refused.Fields {
		out = append(out, f.Pointer+" "+f.Code)
	}
	return out
}

func TestMintAndVerify(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := b.now.Add(90 * 24 * time.Hour)
	token, secret := b.mint(t, tokens.NewToken{
		Name: " ERP ", Scopes: []string{"messages:read", "messages:send", "messages:read"}, ExpiresAt: &end,
		AllowedIPs: []string{"203.0.113.7", " 2001:db8::1/32", "203.0.113.7/32"}, RateLimit: 5, CreatedBy: "usr_ana",
	})
	want := portal.Token{
		ID: token.ID, AccountID: b.account.ID, Environment: portal.Test, Name: "ERP", Prefix: "wpp_test_", Last4: secret[len(secret)-4:],
		Scopes: []string{"messages:send", "messages:read"}, AllowedIPs: []string{"203.0.113.7", "2001:db8::/32"}, RateLimit: 5,
		CreatedBy: "usr_ana", CreatedAt: b.now, UpdatedAt: b.now, ExpiresAt: &end,
	}
	if d := cmp.Diff(want, token); d != "" {
		t.Errorf("token (-want +got):\n%s", d)
	}
	c, err := b.Verify(t.Context(), secret, home)
	if err != nil {
		t.Fatal(err)
	}
	wantCaller := portal.Caller{
		Tenant: b.test, Account: b.account, Token: want, IP: home,
		Modules: []string{portal.ModuleMessages, portal.ModuleContacts, portal.ModuleSupport, portal.ModuleEvents, portal.ModuleWebhooks},
	}
	if d := cmp.Diff(wantCaller, c, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); d != "" {
		t.Errorf("caller (-want +got):\n%s", d)
	}
	if c.Allows("contacts:read") || !c.Allows("messages:send") {
		t.Error("scopes are not as given")
	}
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	past := b.now
	for name, c := range map[string]struct {
		edit func(n *tokens.NewToken)
		want string
	}{
		"no name":          {func(n *tokens.NewToken) { n.Name = " " }, "/name required"},
		"long name":        {func(n *tokens.NewToken) { n.Name = strings.Repeat("é", 81) }, "/name too_long"},
		"name of 2 lines":  {func(n *tokens.NewToken) { n.Name = "a\r\nb" }, "/name invalid_format"},
		"no scope":         {func(n *tokens.NewToken) { n.Scopes = nil }, "/scopes required"},
		"unknown scope":    {func(n *tokens.NewToken) { n.Scopes = []string{"*", "admin"} }, "/scopes invalid_value"},
		"expired at birth": {func(n *tokens.NewToken) { n.ExpiresAt = &past }, "/expires_at out_of_range"},
		"address":          {func(n *tokens.NewToken) { n.AllowedIPs = []string{"10.0.0.1", "10.0.0.0/33"} }, "/allowed_ips/1 invalid_format"},
		"51 addresses":     {func(n *tokens.NewToken) { n.AllowedIPs = make([]string, 51) }, "/allowed_ips too_many"},
		"negative rate":    {func(n *tokens.NewToken) { n.RateLimit = -1 }, "/rate_limit out_of_range"},
		"above the plan":   {func(n *tokens.NewToken) { n.RateLimit = 101 }, "/rate_limit out_of_range"},
		"long nonce":       {func(n *tokens.NewToken) { n.Nonce = strings.Repeat("x", 101) }, "/nonce too_long"},
	} {
		n := tokens.NewToken{Name: "ERP", Scopes: []string{"*"}}
		c.edit(&n)
		_, secret, err := b.Mint(t.Context(), person, b.test, n)
		if got := fields(err); secret != "" || !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v (%v), want %s", name, got, err, c.want)
		}
	}
	n := tokens.NewToken{Name: "ERP", Scopes: []string{"*"}, RateLimit: 101}
	if _, _, err := b.Mint(t.Context(), shell, b.test, n); err != nil {
		t.Errorf("the operator gives more than the plan: %v", err)
	}
	n.RateLimit = 0
	_, _, err := b.Mint(t.Context(), person, portal.Tenant{AccountID: "acc_unknown", Environment: portal.Test}, n)
	mustCode(t, "unknown account", err, portal.CodeNotFound)
}

func TestScopesAreNeverWiderThanAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 1 << 6 { // every subset of the first six
		var asked []string
		for j := range 6 {
			if i&(1<<j) != 0 {
				asked = append(asked, portal.Scopes[j])
			}
		}
		if asked == nil {
			continue
		}
		_, secret := b.mint(t, tokens.NewToken{Scopes: asked})
		c, err := b.Verify(t.Context(), secret, home)
		if err != nil {
			t.Fatal(err)
		}
		for _, scope := range append(slices.Clone(portal.Scopes), portal.AllScopes) {
			if c.Allows(scope) != slices.Contains(asked, scope) {
				t.Errorf("asked for %v, allows %s: %v", asked, scope, c.Allows(scope))
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := b.now.Add(time.Hour)
	_, expiring := b.mint(t, tokens.NewToken{ExpiresAt: &end})
	ended, revoked := b.mint(t, tokens.NewToken{})
	_, bound := b.mint(t, tokens.NewToken{AllowedIPs: []string{"198.51.100.0/24"}})
	_, good := b.mint(t, tokens.NewToken{})
	if err := b.Revoke(t.Context(), person, b.test, ended.ID); err != nil {
		t.Fatal(err)
	}
	b.wait(time.Hour)
	for name, c := range map[string]struct {
		secret string
		want   portal.Code
	}{
		"empty":           {"", portal.CodeInvalidToken},
		"garbage":         {"Bearer x", portal.CodeInvalidToken},
		"a typo":          {good[:20] + string(good[20]^1) + good[21:], portal.CodeInvalidToken},
		"never minted":    {portal.NewSecret(portal.Test), portal.CodeInvalidToken},
		"other prefix":    {"wpp_live_" + good[9:], portal.CodeInvalidToken},
		"revoked":         {revoked, portal.CodeRevokedToken},
		"expired":         {expiring, portal.CodeExpiredToken},
		"another address": {bound, portal.CodeIPNotAllowed},
		"good":            {good, ""},
	} {
		caller, err := b.Verify(t.Context(), c.secret, home)
		mustCode(t, name, err, c.want)
		// A refusal of a known token is logged for its account, others are nobody's.
		if known := caller.Account.ID != ""; known != (c.want != portal.CodeInvalidToken) {
			t.Errorf("%s: account %q", name, caller.Account.ID)
		}
		if err != nil && c.secret != "" && strings.Contains(err.Error(), c.secret) {
			t.Errorf("%s: the error holds the token", name)
		}
	}
	if err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
		a := b.account
		a.Status = portal.AccountSuspended
		return tx.UpdateAccount(a)
	}); err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, good); got != portal.CodeAccountSuspended {
		t.Errorf("suspended account: %q", got)
	}
	_, _, err := b.Mint(t.Context(), person, b.test, tokens.NewToken{Name: "ERP", Scopes: []string{"*"}})
	mustCode(t, "Mint for a suspended account", err, portal.CodeAccountSuspended)
}

func TestATypoNeverReachesTheStore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, secret := b.mint(t, tokens.NewToken{})
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, secret[:20]+"-"+secret[21:]); got != portal.CodeInvalidToken {
		t.Errorf("typo with the store closed: %q", got)
	}
	if got := b.verify(t, secret); got == "" || got == portal.CodeInvalidToken {
		t.Errorf("the right one with the store closed: %q", got)
	}
}

func TestSecretIsNotStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, secret := b.mint(t, tokens.NewToken{})
	if _, err := b.Update(t.Context(), person, b.test, token.ID, tokens.Change{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"wpp.db", "wpp.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{secret, secret[9:41], base64.StdEncoding.EncodeToString([]byte(secret))[:40]} {
			if bytes.Contains(raw, []byte(form)) {
				t.Errorf("%s holds the token", name)
			}
		}
	}
}

func TestNonce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := tokens.NewToken{Name: "ERP", Scopes: []string{"*"}, Nonce: "nonce of a form"}
	token, _ := b.mint(t, n)
	_, secret, err := b.Mint(t.Context(), person, b.test, n)
	var used *tokens.NonceUsedError
	if !errors.As(err, &used) || used.TokenID != token.ID || secret != "" {
		t.Errorf("second use: %v", err)
	}
	_, _, err = b.Mint(t.Context(), person, b.foreign, n)
	if !errors.As(err, &used) || used.TokenID != "" {
		t.Errorf("use by another account: %v", err)
	}
	n.Nonce, n.Name = "another", ""
	if _, _, err := b.Mint(t.Context(), person, b.test, n); len(fields(err)) != 1 {
		t.Errorf("form with a mistake: %v", err)
	}
	n.Name = "ERP"
	if _, _, err := b.Mint(t.Context(), person, b.test, n); err != nil {
		t.Errorf("the corrected form: %v", err)
	}
	for _, form := range []struct {
		age   time.Duration
		fresh bool
	}{{29 * 24 * time.Hour, false}, {2 * 24 * time.Hour, true}} {
		b.mu.Lock()
		b.now = b.now.Add(form.age)
		b.mu.Unlock()
		if err := b.ForgetForms(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Mint(t.Context(), person, b.test, n); (err == nil) != form.fresh {
			t.Errorf("%s later: %v", form.age, err)
		}
	}
}
