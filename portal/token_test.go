package portal

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNewSecret(t *testing.T) {
	t.Parallel()
	scanner := regexp.MustCompile(`^wpp_(live|test)_[0-9A-Za-z]{38}$`)
	seen := map[string]bool{}
	for i := range 1000 {
		env := []Environment{Live, Test}[i%2]
		secret := NewSecret(env)
		if !scanner.MatchString(secret) || seen[secret] {
			t.Fatalf("token %d has another shape or came twice", i)
		}
		seen[secret] = true
		if got, ok := SecretEnvironment(secret); !ok || got != env {
			t.Fatalf("token %d reads as %q, %v", i, got, ok)
		}
	}
}

// The expected values were computed with another program's CRC-32.
func TestChecksum(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                 "000000",
		"123456789":                        "3jZRME", // 0xCBF43926, the check value of CRC-32
		"00000000000000000000000000000000": "2wjyrI",
	} {
		if got := checksum(body); got != want {
			t.Errorf("checksum(%q) = %s, want %s", body, got, want)
		}
	}
}

func TestATypoIsNoSecret(t *testing.T) {
	t.Parallel()
	secret := NewSecret(Test)
	for i := range len(secret) {
		other := []byte(secret)
		other[i] = 'x'
		if secret[i] == 'x' {
			other[i] = 'y'
		}
		if _, ok := SecretEnvironment(string(other)); ok {
			t.Errorf("a typo at %d passes", i)
		}
	}
	swapped := strings.Replace(secret, "wpp_test_", "wpp_live_", 1)
	for _, s := range []string{"", "wpp_test_", secret[1:], secret + "a", secret[:len(secret)-1], " " + secret, strings.ToUpper(secret)} {
		if _, ok := SecretEnvironment(s); ok {
			t.Errorf("passes: %d characters", len(s))
		}
	}
	// The environment is not under the checksum: the store does not know the hash.
	if bytes.Equal(HashSecret(swapped), HashSecret(secret)) {
		t.Error("two tokens have one hash")
	}
}

func FuzzSecretEnvironment(f *testing.F) {
	f.Add(NewSecret(Live))
	f.Add("wpp_test_" + strings.Repeat("0", 38))
	f.Add("wpp_live_\xff")
	f.Fuzz(func(t *testing.T, s string) {
		env, ok := SecretEnvironment(s)
		if ok && !strings.HasPrefix(s, "wpp_"+string(env)+"_") {
			t.Errorf("%q reads as %q", s, env)
		}
	})
}

func TestTokenState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Microsecond), now.Add(time.Microsecond)
	for name, c := range map[string]struct {
		token Token
		want  string
	}{
		"no end":                       {Token{}, TokenActive},
		"ends later":                   {Token{ExpiresAt: &after}, TokenActive},
		"ends now":                     {Token{ExpiresAt: &now}, TokenExpired},
		"ended":                        {Token{ExpiresAt: &before}, TokenExpired},
		"revoked now":                  {Token{RevokedAt: &now}, TokenRevoked},
		"in the overlap of a rotation": {Token{RevokedAt: &after}, TokenRotating},
		"expired in the overlap":       {Token{RevokedAt: &after, ExpiresAt: &before}, TokenExpired},
		"revoked and expired":          {Token{RevokedAt: &before, ExpiresAt: &before}, TokenRevoked},
	} {
		if got := c.token.State(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTokenAllowsIP(t *testing.T) {
	t.Parallel()
	token := Token{AllowedIPs: []string{"203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "broken"}}
	for ip, want := range map[string]bool{
		"203.0.113.7": true, "::ffff:203.0.113.7": true, "203.0.113.8": false, "10.255.0.1": true, "11.0.0.1": false,
		"2001:db8::1": true, "2001:db9::1": false,
	} {
		if got := token.AllowsIP(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if !(Token{}).AllowsIP(netip.MustParseAddr("192.0.2.1")) {
		t.Error("an empty list must allow any address")
	}
	if token.AllowsIP(netip.Addr{}) {
		t.Error("no address passes a list")
	}
}

func TestParseIPRange(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "192.0.2.77/24": "192.0.2.0/24", "::1": "::1/128", "::ffff:192.0.2.1": "192.0.2.1/32",
		"": "", "192.0.2": "", "fe80::1%eth0": "", "192.0.2.1/33": "", "example.com": "",
	} {
		p, err := ParseIPRange(in)
		if want == "" {
			if CodeOf(err) != CodeValidationFailed {
				t.Errorf("%q: %v", in, err)
			}
			continue
		}
		if err != nil || p.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, p, err, want)
		}
	}
}
