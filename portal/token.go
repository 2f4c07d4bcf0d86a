package portal

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The shape of a token: wpp_live_ or wpp_test_, 32 random base62 characters
// (190 bits) and 6 of the CRC-32 (IEEE) of those 32, so that a secret scanner
// can match it and a typo is refused without touching the store.
const (
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tokenRandom   = 32
	tokenChecksum = 6
)

// Token is a bearer token without its secret, of which only the SHA-256 is stored.
type Token struct {
	ID          string
	AccountID   string
	Environment Environment
	Name        string
	Prefix      string // "wpp_live_" or "wpp_test_"
	Last4       string
	Scopes      []string // as chosen: "*" stays "*"
	AllowedIPs  []string // addresses and CIDRs; empty = any
	RateLimit   int      // requests per second; 0 = the plan's
	CreatedBy   string   // usr_… or "" for the command line
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ExpiresAt   *time.Time // nil = never
	RevokedAt   *time.Time // may lie in the future: the end of a rotation's overlap
	RevokedBy   string
	RotatedFrom string // tok_… that this one replaces, or ""
	LastUsedAt  *time.Time
	LastUsedIP  string
}

// The states of a token at a moment.
const (
	TokenActive   = "active"
	TokenRotating = "rotating" // replaced, still valid until RevokedAt
	TokenExpired  = "expired"
	TokenRevoked  = "revoked"
)

// State returns the token's state at now.
func (t Token) State(now time.Time) string {
	switch {
	case t.RevokedAt != nil && !now.Before(*t.RevokedAt):
		return TokenRevoked
	case t.ExpiresAt != nil && !now.Before(*t.ExpiresAt):
		return TokenExpired
	case t.RevokedAt != nil:
		return TokenRotating
	}
	return TokenActive
}

// Allows reports whether the token covers the scope.
func (t Token) Allows(scope string) bool { return ScopesAllow(t.Scopes, scope) }

// AllowsIP reports whether a call from ip is within the token's list.
func (t Token) AllowsIP(ip netip.Addr) bool {
	if len(t.AllowedIPs) == 0 {
		return true
	}
	ip = ip.Unmap()
	return slices.ContainsFunc(t.AllowedIPs, func(s string) bool {
		p, err := ParseIPRange(s)
		return err == nil && p.Contains(ip)
	})
}

// ParseIPRange reads an address or a CIDR; validation_failed otherwise.
func ParseIPRange(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, Refuse(CodeValidationFailed, FieldError{Pointer: "/allowed_ips", Code: FieldInvalidFormat})
	}
	return p.Masked(), nil
}

// NewSecret returns a fresh token of the environment.
func NewSecret(env Environment) string {
	body := make([]byte, 0, tokenRandom)
	for len(body) < tokenRandom {
		var buf [64]byte
		_, _ = rand.Read(buf[:])
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: no character is likelier than another.
			if b < 248 && len(body) < tokenRandom {
				body = append(body, base62[b%62])
			}
		}
	}
	return secretPrefix(env) + string(body) + checksum(string(body))
}

// SecretEnvironment reports the environment of a well-formed token: shape and
// checksum are right. It says nothing about whether the token exists.
func SecretEnvironment(secret string) (env Environment, ok bool) {
	for _, env := range []Environment{Live, Test} {
		body, found := strings.CutPrefix(secret, secretPrefix(env))
		if !found || len(body) != tokenRandom+tokenChecksum {
			continue
		}
		for i := range len(body) {
			if strings.IndexByte(base62, body[i]) < 0 {
				return "", false
			}
		}
		return env, checksum(body[:tokenRandom]) == body[tokenRandom:]
	}
	return "", false
}

// HashSecret returns the SHA-256 under which a token is stored and found.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func secretPrefix(env Environment) string { return "wpp_" + string(env) + "_" }

func checksum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	var out [tokenChecksum]byte
	for i := tokenChecksum - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return string(out[:])
}
