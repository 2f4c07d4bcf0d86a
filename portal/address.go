package portal

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// PublicAddr reports whether an address belongs to somebody on the public
// internet: not to this machine, its network, a cloud's metadata service, or a
// block of special use. An IPv4 address inside IPv6 counts as what it is inside.
func PublicAddr(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || ip.Zone() != "" {
		return false
	}
	if ip.Is6() && !globalUnicast.Contains(ip) {
		return false
	}
	for _, block := range specialBlocks {
		if block.Contains(ip) {
			return false
		}
	}
	return true
}

// globalUnicast is all of IPv6 that is given to anybody.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// specialBlocks are IANA's special-purpose registries, as far as globalUnicast leaves them in.
var specialBlocks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers
	netip.MustParsePrefix("127.0.0.0/8"),     // this machine
	netip.MustParsePrefix("169.254.0.0/16"),  // this link, metadata services
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // measurements
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // many receivers
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and everybody
	netip.MustParsePrefix("2001::/23"),       // protocols, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: any IPv4 address inside
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// numericLabel matches the last label of a host that clients read as an IPv4
// address in an old form: 127.1, 0x7f.0.0.1, 2130706433.
var numericLabel = regexp.MustCompile(`^(?:[0-9]+|0[xX][0-9a-fA-F]*)$`)

// PublicLink reports whether an address written in full may be fetched or called:
// https, no credentials, and a host that is a name or a public address. What a
// name leads to is known only when it is dialed. In the permitted ranges a
// literal address may also be private, and the scheme http.
func PublicLink(link string, permitted ...netip.Prefix) bool {
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Opaque != "" {
		return false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if Permitted(ip, permitted) {
			return u.Scheme == "https" || u.Scheme == "http"
		}
		return u.Scheme == "https" && PublicAddr(ip)
	}
	return u.Scheme == "https" && publicName(strings.ToLower(host))
}

// Permitted reports whether an address lies in one of the ranges.
func Permitted(ip netip.Addr, ranges []netip.Prefix) bool {
	ip = ip.Unmap()
	for _, r := range ranges {
		if r.Contains(ip) {
			return true
		}
	}
	return false
}

// publicName refuses names that no public DNS holds.
func publicName(host string) bool {
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || numericLabel.MatchString(host[dot+1:]) {
		return false
	}
	switch host[dot+1:] {
	case "localhost", "local", "internal":
		return false
	}
	return true
}
