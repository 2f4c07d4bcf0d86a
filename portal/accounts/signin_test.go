package accounts_test

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, u := b.account(t, "ana@loja.example")
	for _, email := range []string{"ana@loja.example", " ANA@loja.EXAMPLE "} {
		if got, err := b.SignIn(t.Context(), email, password, home); err != nil || got.ID != u.ID {
			t.Errorf("SignIn(%q): %+v, %v", email, got, err)
		}
	}
	for name, pair := range map[string][2]string{
		"wrong password":   {"ana@loja.example", "wrong password"},
		"empty password":   {"ana@loja.example", ""},
		"unknown e-mail":   {"bia@loja.example", password},
		"no e-mail":        {"not an e-mail \x00", password},
		"another's case":   {"ana@loja.example", "Correct horse battery"},
		"endless password": {"ana@loja.example", string(make([]byte, 1<<16))},
	} {
		got, err := b.SignIn(t.Context(), pair[0], pair[1], netip.AddrFrom4([4]byte{10, 0, 0, byte(len(name))}))
		if !errors.Is(err, accounts.ErrCredentials) || got.ID != "" {
			t.Errorf("%s: %+v, %v, want ErrCredentials", name, got, err)
		}
	}
}

// tooMany returns how long to wait, 0 when err is something else.
func tooMany(err error) time.Duration {
	var refused *accounts.ErrTooMany
	if errors.As(err, &refused) {
		return refused.RetryAfter
	}
	return 0
}

func TestGuessing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.account(t, "ana@loja.example")
	for _, email := range []string{"ana@loja.example", "unknown@loja.example"} {
		wrong, refused := 0, 0
		for range 20 {
			switch _, err := b.SignIn(t.Context(), email, "wrong password", elsewhere); {
			case errors.Is(err, accounts.ErrCredentials):
				wrong++
			case tooMany(err) > 0:
				refused++
			default:
				t.Errorf("%s: %v", email, err)
			}
		}
		// The same for both: the answers must not tell which e-mail exists.
		if wrong != 5 || refused != 15 {
			t.Errorf("%s: %d tries were checked and %d refused, want 5 and 15", email, wrong, refused)
		}
	}
	_, err := b.SignIn(t.Context(), "ana@loja.example", password, elsewhere)
	if wait := tooMany(err); wait <= 0 || wait > time.Minute {
		t.Errorf("the right password from the guesser's address: %v", err)
	}
	if _, err := b.SignIn(t.Context(), "ana@loja.example", password, home); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
	b.wait(tooMany(err))
	if _, err := b.SignIn(t.Context(), "ana@loja.example", password, elsewhere); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestGuessingManyAccountsFromOneAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.account(t, "ana@loja.example")
	v6 := func(host byte) netip.Addr {
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: host}) // one /64
	}
	checked := 0
	for i := range 30 {
		_, err := b.SignIn(t.Context(), string(rune('a'+i%26))+"@example.com", "wrong password", v6(byte(i)))
		if errors.Is(err, accounts.ErrCredentials) {
			checked++
		}
	}
	if checked != 20 {
		t.Errorf("%d tries were checked, want 20", checked)
	}
	if _, err := b.SignIn(t.Context(), "ana@loja.example", password, home); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestGuessingFromManyAddressesIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.account(t, "ana@loja.example")
	for i := range 20 {
		_, err := b.SignIn(t.Context(), "ana@loja.example", "wrong password", netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
		if !errors.Is(err, accounts.ErrCredentials) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	start := time.Now()
	if _, err := b.SignIn(t.Context(), "ana@loja.example", password, home); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
	if took := time.Since(start); took < time.Second {
		t.Errorf("sign-in to an attacked account took %s, want at least 1 s", took)
	}
}

func TestRightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.account(t, "ana@loja.example")
	for i := range 25 {
		if _, err := b.SignIn(t.Context(), "ana@loja.example", password, home); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
}

func TestParallelGuessesCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.account(t, "ana@loja.example")
	var checked atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := b.SignIn(t.Context(), "ana@loja.example", "wrong password", home); errors.Is(err, accounts.ErrCredentials) {
				checked.Add(1)
			}
		})
	}
	all.Wait()
	if n := checked.Load(); n != 5 {
		t.Errorf("%d parallel tries were checked, want 5", n)
	}
}

// TestSignInTakesTheSameTime: an unknown e-mail must not answer faster. The
// promise is about medians; beside other programs the fastest tries tell more.
func TestSignInTakesTheSameTime(t *testing.T) {
	tries, most, typical := 15, 50*time.Millisecond, 0
	if os.Getenv("WPP_SOAK") != "" {
		tries, most, typical = 200, 5*time.Millisecond, 100
	}
	b := setup(t) // not parallel: it measures time
	b.account(t, "ana@loja.example")
	took := map[string][]time.Duration{}
	for range tries {
		for _, email := range []string{"ana@loja.example", "unknown@loja.example"} {
			b.wait(time.Hour)
			start := time.Now()
			_, err := b.SignIn(t.Context(), email, "wrong password", home)
			took[email] = append(took[email], time.Since(start))
			if !errors.Is(err, accounts.ErrCredentials) {
				t.Fatal(err)
			}
		}
	}
	usual := func(email string) time.Duration { return slices.Sorted(slices.Values(took[email]))[typical] }
	known, unknown := usual("ana@loja.example"), usual("unknown@loja.example")
	if d := (known - unknown).Abs(); d > most || unknown < known/2 {
		t.Errorf("known %s, unknown %s", known, unknown)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, u := b.account(t, "ana@loja.example")
	actor := portal.Actor{Kind: portal.ActorUser, ID: u.ID, Name: u.Name, IP: home.String()}
	const after = "a new and longer one"
	if err := b.ChangePassword(t.Context(), u.ID, "wrong password", after, actor); !errors.Is(err, accounts.ErrCredentials) {
		t.Errorf("wrong old password: %v", err)
	}
	if got := fields(b.ChangePassword(t.Context(), u.ID, password, "short", actor)); !slices.Equal(got, []string{"/new_password too_short"}) {
		t.Errorf("short new password: %v", got)
	}
	if err := b.ChangePassword(t.Context(), u.ID, password, after, actor); err != nil {
		t.Fatal(err)
	}
	if err := b.CheckPassword(t.Context(), u.ID, password, home.String()); !errors.Is(err, accounts.ErrCredentials) {
		t.Errorf("old password afterwards: %v", err)
	}
	if err := b.CheckPassword(t.Context(), u.ID, after, home.String()); err != nil {
		t.Errorf("new password: %v", err)
	}
	if got := b.actions(t, a.ID, u.ID); !slices.Equal(got, []string{"user.password_changed", "user.created"}) {
		t.Errorf("audit: %v", got)
	}
	for range 20 {
		if err := b.CheckPassword(t.Context(), u.ID, "wrong password", home.String()); tooMany(err) > 0 {
			return
		}
	}
	t.Error("CheckPassword can be guessed at without end")
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, u := b.account(t, "ana@loja.example")
	const after = "a new and longer one"
	if err := b.SetPassword(t.Context(), "Ana@loja.example", after); err != nil {
		t.Fatal(err)
	}
	if got, err := b.SignIn(t.Context(), "ana@loja.example", after, home); err != nil || got.ID != u.ID {
		t.Errorf("new password: %v", err)
	}
	if _, err := b.SignIn(t.Context(), "ana@loja.example", password, home); !errors.Is(err, accounts.ErrCredentials) {
		t.Errorf("old password: %v", err)
	}
	mustCode(t, "unknown e-mail", b.SetPassword(t.Context(), "nobody@loja.example", after), portal.CodeNotFound)
	mustCode(t, "short", b.SetPassword(t.Context(), "ana@loja.example", "short"), portal.CodeValidationFailed)
}
