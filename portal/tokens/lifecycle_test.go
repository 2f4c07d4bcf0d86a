package tokens_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, secret := b.mint(t, tokens.NewToken{})
	name, scopes, ips, rate := "ERP 2", []string{"contacts:read"}, []string{"198.51.100.0/24"}, 3
	end := b.now.Add(time.Hour)
	got, err := b.Update(t.Context(), person, b.test, token.ID, tokens.Change{
		Name: &name, Scopes: &scopes, AllowedIPs: &ips, RateLimit: &rate, SetExpiry: true, ExpiresAt: &end,
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := b.Get(t.Context(), b.test, token.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(stored, got); d != "" || stored.Name != name || stored.RateLimit != rate || !stored.ExpiresAt.Equal(end) {
		t.Errorf("stored %+v (-stored +answer):\n%s", stored, d)
	}
	if code := b.verify(t, secret); code != portal.CodeIPNotAllowed {
		t.Errorf("the new list does not hold at once: %q", code)
	}
	if _, err := b.Update(t.Context(), person, b.test, token.ID, tokens.Change{SetExpiry: true}); err != nil {
		t.Errorf("no expiry: %v", err)
	}
	tooMuch := 101
	_, err = b.Update(t.Context(), person, b.test, token.ID, tokens.Change{RateLimit: &tooMuch})
	mustCode(t, "above the plan", err, portal.CodeValidationFailed)
	for _, foreign := range []portal.Tenant{b.live, b.foreign} {
		_, err := b.Update(t.Context(), person, foreign, token.ID, tokens.Change{Name: &name})
		mustCode(t, "foreign", err, portal.CodeNotFound)
	}
	if err := b.Revoke(t.Context(), person, b.test, token.ID); err != nil {
		t.Fatal(err)
	}
	_, err = b.Update(t.Context(), person, b.test, token.ID, tokens.Change{SetExpiry: true})
	mustCode(t, "a revoked one", err, portal.CodePreconditionFailed)
	if got := b.actions(t, token.ID); !slices.Equal(got, []string{"token.revoked", "token.updated", "token.updated", "token.created"}) {
		t.Errorf("history: %v", got)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := b.now.Add(30 * 24 * time.Hour)
	old, oldSecret := b.mint(t, tokens.NewToken{ExpiresAt: &end, RateLimit: 5, AllowedIPs: []string{home.String()}})
	b.wait(24 * time.Hour)
	token, secret, err := b.Rotate(t.Context(), person, b.test, tokens.Rotation{ID: old.ID, Overlap: time.Hour, Nonce: "n"})
	if err != nil {
		t.Fatal(err)
	}
	newEnd := end.Add(24 * time.Hour)
	want := old
	want.ID, want.Last4, want.RotatedFrom, want.CreatedBy = token.ID, secret[len(secret)-4:], old.ID, person.ID
	want.CreatedAt, want.UpdatedAt, want.ExpiresAt = b.now, b.now, &newEnd
	if d := cmp.Diff(want, token); d != "" {
		t.Errorf("new token (-want +got):\n%s", d)
	}
	if a, c := b.verify(t, oldSecret), b.verify(t, secret); a != "" || c != "" {
		t.Errorf("during the overlap: old %q, new %q", a, c)
	}
	_, _, err = b.Rotate(t.Context(), person, b.test, tokens.Rotation{ID: old.ID, Nonce: "n"})
	var used *tokens.NonceUsedError
	if !errors.As(err, &used) || used.TokenID != token.ID {
		t.Errorf("the form again: %v", err)
	}
	_, _, err = b.Rotate(t.Context(), person, b.test, tokens.Rotation{ID: old.ID})
	mustCode(t, "rotating twice", err, portal.CodePreconditionFailed)
	b.wait(time.Hour)
	if a, c := b.verify(t, oldSecret), b.verify(t, secret); a != portal.CodeRevokedToken || c != "" {
		t.Errorf("after the overlap: old %q, new %q", a, c)
	}
	if _, _, err := b.Rotate(t.Context(), person, b.test, tokens.Rotation{ID: token.ID}); err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, secret); got != portal.CodeRevokedToken {
		t.Errorf("without overlap: %q", got)
	}
	if got := b.actions(t, token.ID); !slices.Equal(got, []string{"token.rotated", "token.created"}) {
		t.Errorf("history: %v", got)
	}
	_, _, err = b.Rotate(t.Context(), person, b.foreign, tokens.Rotation{ID: token.ID})
	mustCode(t, "foreign", err, portal.CodeNotFound)
	_, _, err = b.Rotate(t.Context(), person, b.test, tokens.Rotation{ID: token.ID, Overlap: tokens.MaxOverlap + 1})
	mustCode(t, "too long an overlap", err, portal.CodeValidationFailed)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var told []store.Signal
	defer b.store.Listen(store.TopicAccess, func(s store.Signal) { told = append(told, s) })()
	token, secret := b.mint(t, tokens.NewToken{})
	for _, foreign := range []portal.Tenant{b.live, b.foreign} {
		mustCode(t, "foreign", b.Revoke(t.Context(), person, foreign, token.ID), portal.CodeNotFound)
		if n, err := b.RevokeMany(t.Context(), person, foreign, []string{token.ID}); err != nil || n != 0 {
			t.Errorf("foreign in bulk: %d, %v", n, err)
		}
	}
	if got := b.verify(t, secret); got != "" {
		t.Fatalf("before: %q", got)
	}
	for range 2 { // the second changes nothing
		if err := b.Revoke(t.Context(), person, b.test, token.ID); err != nil {
			t.Fatal(err)
		}
	}
	if want := []store.Signal{{Payload: b.account.ID, Local: true}}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if got := b.verify(t, secret); got != portal.CodeRevokedToken {
		t.Errorf("after: %q", got)
	}
	if got := b.actions(t, token.ID); !slices.Equal(got, []string{"token.revoked", "token.created"}) {
		t.Errorf("history: %v", got)
	}
	if got, err := b.Get(t.Context(), b.test, token.ID); err != nil || got.RevokedBy != person.ID {
		t.Errorf("revoked by %q, %v", got.RevokedBy, err)
	}
	one, _ := b.mint(t, tokens.NewToken{})
	two, secretTwo := b.mint(t, tokens.NewToken{})
	if n, err := b.RevokeMany(t.Context(), person, b.test, []string{one.ID, token.ID, "tok_unknown", two.ID}); err != nil || n != 2 {
		t.Errorf("in bulk: %d, %v", n, err)
	}
	if got := b.verify(t, secretTwo); got != portal.CodeRevokedToken {
		t.Errorf("after the bulk: %q", got)
	}
}

func TestRevokeAny(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, secret := b.mint(t, tokens.NewToken{})
	for _, id := range []string{"", "tok_unknown", b.account.ID, portal.NewID(portal.PrefixToken)} {
		mustCode(t, id, b.RevokeAny(t.Context(), shell, id), portal.CodeNotFound)
	}
	if err := b.RevokeAny(t.Context(), shell, token.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.verify(t, secret); got != portal.CodeRevokedToken {
		t.Errorf("after: %q", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	soon := b.now.Add(tokens.ExpiringWithin)
	active, _ := b.mint(t, tokens.NewToken{})
	expiring, _ := b.mint(t, tokens.NewToken{ExpiresAt: &soon})
	revoked, _ := b.mint(t, tokens.NewToken{})
	if err := b.Revoke(t.Context(), person, b.test, revoked.ID); err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string][]string{
		tokens.Active: {expiring.ID, active.ID}, tokens.Expiring: {expiring.ID}, tokens.Revoked: {revoked.ID},
	} {
		rows, next, err := b.List(t.Context(), b.test, part, portal.Page{Limit: 10})
		var got []string
		for _, row := range rows {
			got = append(got, row.ID)
		}
		if err != nil || next != "" || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %q, %v, want %v", part, got, next, err, want)
		}
		if rows, _, err := b.List(t.Context(), b.foreign, part, portal.Page{Limit: 10}); err != nil || len(rows) != 0 {
			t.Errorf("%s of another account: %v, %v", part, rows, err)
		}
	}
	_, err := b.History(t.Context(), b.live, active.ID)
	mustCode(t, "history in the other environment", err, portal.CodeNotFound)
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, secret := b.mint(t, tokens.NewToken{})
	use := func(ip string) {
		c, err := b.Verify(t.Context(), secret, netip.MustParseAddr(ip))
		if err != nil {
			t.Fatal(err)
		}
		b.Used(c)
	}
	flush := func(want int) {
		t.Helper()
		if n, err := b.Flush(t.Context()); err != nil || n != want {
			t.Errorf("wrote %d uses, %v, want %d", n, err, want)
		}
	}
	stored := func(at time.Time, ip string) {
		t.Helper()
		got, err := b.Get(t.Context(), b.test, token.ID)
		if err != nil || got.LastUsedAt == nil || !got.LastUsedAt.Equal(at) || got.LastUsedIP != ip {
			t.Errorf("last use %v from %q, %v, want %v from %q", got.LastUsedAt, got.LastUsedIP, err, at, ip)
		}
	}
	first := b.now
	use("203.0.113.1")
	flush(1)
	stored(first, "203.0.113.1")
	b.wait(30 * time.Second)
	use("203.0.113.2")
	flush(0) // at most once a minute
	stored(first, "203.0.113.1")
	b.wait(30 * time.Second)
	flush(1)
	stored(first.Add(30*time.Second), "203.0.113.2")
	b.Used(portal.Caller{Console: true}) // no token, nothing to note

	use("203.0.113.3")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	stored(b.now, "203.0.113.3")
}

func TestALastUseThatWasNotWrittenIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, secret := b.mint(t, tokens.NewToken{})
	c, err := b.Verify(t.Context(), secret, netip.MustParseAddr("203.0.113.1"))
	if err != nil {
		t.Fatal(err)
	}
	b.Used(c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := b.Flush(ctx); err == nil || n != 0 {
		t.Fatalf("without a context: %d uses, %v", n, err)
	}
	if n, err := b.Flush(t.Context()); err != nil || n != 1 {
		t.Errorf("the next time: %d uses, %v, want 1", n, err)
	}
}
