package accounts_test

import (
	"bytes"
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

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

const password = "correct horse battery"

var (
	home      = netip.MustParseAddr("203.0.113.7")
	elsewhere = netip.MustParseAddr("198.51.100.9")
	staff     = portal.Actor{Kind: portal.ActorUser, ID: "usr_staff", Name: "Staff"}
)

// bench is a service on a store of its own, with a clock that stands still until it is moved.
type bench struct {
	*accounts.Service
	store *store.Store
	dir   string

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	b.store = storetest.Open(t, func(o *store.Options) {
		o.Now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
		b.dir = o.DataDir
	})
	b.Service = accounts.New(accounts.Options{Store: b.store})
	return b
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) account(t *testing.T, email string) (portal.Account, portal.User) {
	t.Helper()
	a, u, err := b.Create(t.Context(), staff, accounts.NewAccount{Name: "Loja Exemplo", Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return a, u
}

func mustCode(t *testing.T, what string, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

// fields returns the pointers of a refusal with their codes.
func fields(err error) []string {
	var refused *portal.Error
	if !errors.As(err, &refused) {
		return nil
	}
	var out []string
	for _, f := range refused.Fields {
		out = append(out, f.Pointer+" "+f.Code)
	}
	slices.Sort(out)
	return out
}

func (b *bench) actions(t *testing.T, accountID, target string) []string {
	t.Helper()
	rows, err := b.store.Reader(t.Context()).AuditOf(accountID, target, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, row.Action)
	}
	return out
}

func TestCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, u, err := b.Create(t.Context(), staff, accounts.NewAccount{
		Name: "  Loja Exemplo ", Email: "Ana@Loja.example", Password: password, Tester: "92 99100-0007",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := portal.Account{
		ID: a.ID, Name: "Loja Exemplo", Status: portal.AccountActive, Plan: portal.PlanStandard, Language: portal.LangPT,
		Timezone: "America/Manaus", Country: "BR", Testers: []string{"+5592991000007"}, CreatedAt: b.now, UpdatedAt: b.now,
	}
	if d := cmp.Diff(want, a); d != "" {
		t.Errorf("account (-want +got):\n%s", d)
	}
	if u.Email != "ana@loja.example" || u.Name != "ana" || u.Staff {
		t.Errorf("owner: %+v", u)
	}
	if m, err := b.Memberships(t.Context(), u); err != nil || len(m) != 1 || m[0].Role != portal.RoleOwner || m[0].AccountName != "Loja Exemplo" {
		t.Errorf("memberships: %+v, %v", m, err)
	}
	if got := b.actions(t, a.ID, a.ID); !slices.Equal(got, []string{"account.created"}) {
		t.Errorf("audit of the account: %v", got)
	}
	if got := b.actions(t, a.ID, u.ID); !slices.Equal(got, []string{"user.created"}) {
		t.Errorf("audit of the owner: %v", got)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password}
	for name, c := range map[string]struct {
		edit func(n *accounts.NewAccount)
		want string
	}{
		"no name":           {func(n *accounts.NewAccount) { n.Name = " " }, "/name required"},
		"long name":         {func(n *accounts.NewAccount) { n.Name = strings.Repeat("é", 121) }, "/name too_long"},
		"name of two lines": {func(n *accounts.NewAccount) { n.Name = "a\nb" }, "/name invalid_format"},
		"no e-mail":         {func(n *accounts.NewAccount) { n.Email = "" }, "/email invalid_format"},
		"named e-mail":      {func(n *accounts.NewAccount) { n.Email = "Ana <ana@loja.example>" }, "/email invalid_format"},
		"short password":    {func(n *accounts.NewAccount) { n.Password = "123456789" }, "/password too_short"},
		"long password":     {func(n *accounts.NewAccount) { n.Password = strings.Repeat("x", 129) }, "/password too_long"},
		"plan":              {func(n *accounts.NewAccount) { n.Plan = "free" }, "/plan invalid_value"},
		"language":          {func(n *accounts.NewAccount) { n.Language = "pt" }, "/language invalid_value"},
		"zone":              {func(n *accounts.NewAccount) { n.Timezone = "Local" }, "/timezone invalid_value"},
		"country":           {func(n *accounts.NewAccount) { n.Country = "br" }, "/country invalid_value"},
		"no country":        {func(n *accounts.NewAccount) { n.Country = "150" }, "/country invalid_value"},
		"tester":            {func(n *accounts.NewAccount) { n.Tester = "12" }, "/tester invalid_format"},
	} {
		n := good
		c.edit(&n)
		_, _, err := b.Create(t.Context(), staff, n)
		if got := fields(err); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v (%v), want %s", name, got, err, c.want)
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error holds the password", name)
		}
	}
	if rows, _, err := b.List(t.Context(), portal.Page{Limit: 10}); err != nil || len(rows) != 0 {
		t.Errorf("accounts after refusals: %v, %v", rows, err)
	}
}

func TestCreateForSomebodyKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, u := b.account(t, "ana@loja.example")
	_, again := b.account(t, "ana@loja.example")
	if again.ID != u.ID {
		t.Errorf("second account made a second person: %s, %s", u.ID, again.ID)
	}
	if m, err := b.Memberships(t.Context(), u); err != nil || len(m) != 2 {
		t.Errorf("memberships: %+v, %v", m, err)
	}
	_, _, err := b.Create(t.Context(), staff, accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: "another password"})
	if got := fields(err); !slices.Equal(got, []string{"/email conflict"}) {
		t.Errorf("another person's e-mail: %v (%v)", got, err)
	}
}

func TestProvisionIsPartOfCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	failing := accounts.New(accounts.Options{Store: b.store, Provision: func(*store.Tx, portal.Account) error { return errors.New("no channel") }})
	if _, _, err := failing.Create(t.Context(), staff, accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password}); err == nil {
		t.Error("Create succeeded without what an account starts with")
	}
	if found, err := b.store.Reader(t.Context()).AnyUser(); err != nil || found {
		t.Errorf("a person was left behind: %v, %v", found, err)
	}
}

func TestSetup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old, _, err := b.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, expires, err := b.SetupLink(t.Context())
	if err != nil || code == "" || code == old {
		t.Fatalf("second link %q after %q, %v", code, old, err)
	}
	n := accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password, Language: portal.LangEN}
	for _, wrong := range []string{"", "x", old, code + "x"} {
		_, err := b.CheckSetup(t.Context(), wrong)
		mustCode(t, "CheckSetup of "+wrong, err, portal.CodeNotFound)
		_, _, err = b.Setup(t.Context(), wrong, n)
		mustCode(t, "Setup of "+wrong, err, portal.CodeNotFound)
	}
	if got, err := b.CheckSetup(t.Context(), code); err != nil || !got.Equal(expires) {
		t.Errorf("CheckSetup: %v, %v, want %v", got, err, expires)
	}
	bad := n
	bad.Password = "short"
	if _, _, err := b.Setup(t.Context(), code, bad); !slices.Equal(fields(err), []string{"/password too_short"}) {
		t.Errorf("short password: %v", err)
	}
	_, u, err := b.Setup(t.Context(), code, n)
	if err != nil || !u.Staff || u.Language != portal.LangEN {
		t.Fatalf("Setup: %+v, %v", u, err)
	}
	_, _, err = b.Setup(t.Context(), code, n)
	mustCode(t, "Setup again", err, portal.CodeNotFound)
	if code, _, err := b.SetupLink(t.Context()); err != nil || code != "" {
		t.Errorf("link beside a user: %q, %v", code, err)
	}
}

func TestSetupLinkEnds(t *testing.T) {
	t.Parallel()
	n := accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password}
	t.Run("by time", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		code, expires, err := b.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.wait(expires.Sub(b.now))
		_, err = b.CheckSetup(t.Context(), code)
		mustCode(t, "CheckSetup at its end", err, portal.CodeNotFound)
		_, _, err = b.Setup(t.Context(), code, n)
		mustCode(t, "Setup at its end", err, portal.CodeNotFound)
	})
	t.Run("with the first user of the command line", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		code, _, err := b.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.account(t, "bia@loja.example")
		_, _, err = b.Setup(t.Context(), code, n)
		mustCode(t, "Setup", err, portal.CodeNotFound)
	})
}

func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code, _, err := b.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Setup(t.Context(), code, accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"wpp.db", "wpp.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{password, code} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds a secret in clear", name)
			}
		}
	}
}

func TestActing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, ana := b.account(t, "ana@loja.example")
	other, _ := b.account(t, "bia@loja.example")
	if a, role, err := b.Acting(t.Context(), ana, mine.ID); err != nil || role != portal.RoleOwner || a.ID != mine.ID {
		t.Errorf("own account: %+v, %s, %v", a, role, err)
	}
	_, _, err := b.Acting(t.Context(), ana, other.ID)
	mustCode(t, "another account", err, portal.CodeNotFound)
	_, _, err = b.Acting(t.Context(), ana, "acc_unknown")
	mustCode(t, "no account", err, portal.CodeNotFound)

	if err := b.SetStaff(t.Context(), "ANA@loja.example", true); err != nil {
		t.Fatal(err)
	}
	ana.Staff = true
	if _, role, err := b.Acting(t.Context(), ana, other.ID); err != nil || role != portal.RoleAuditor {
		t.Errorf("staff in another account: %s, %v", role, err)
	}
	_, _, err = b.Acting(t.Context(), ana, "acc_unknown")
	mustCode(t, "no account, for staff", err, portal.CodeNotFound)
	if got := b.actions(t, mine.ID, ana.ID); !slices.Equal(got, []string{"staff.changed", "user.created"}) {
		t.Errorf("audit: %v", got)
	}
	mustCode(t, "unknown person", b.SetStaff(t.Context(), "nobody@loja.example", true), portal.CodeNotFound)
}
