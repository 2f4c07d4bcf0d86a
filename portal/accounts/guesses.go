package accounts

import (
	"context"
	"net/netip"
	"time"

	"github.com/wppmarketing/developers/portal/limits"
)

// counter counts wrong passwords; *limits.Limits is one.
type counter interface {
	Take(ctx context.Context, debts ...limits.Debt) limits.Try
}

// debts returns what a wrong password is counted by. The narrowest refuses
// first, so that a guesser is stopped before the people who share an address or
// an account with them notice. The account alone never refuses: that would lock
// its owner out.
func debts(email, ip string) []limits.Debt {
	address := network(ip)
	return []limits.Debt{
		{Key: "pair " + address + " " + email, Burst: 5, Every: 30 * time.Second},
		{Key: "address " + address, Burst: 20, Every: 15 * time.Second},
		{Key: "account " + email, Burst: 20, Every: time.Minute, Lenient: true}, // beyond it, slower
	}
}

// network returns what one customer of a network provider holds: an IPv4
// address, or the /64 of an IPv6 one.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}
