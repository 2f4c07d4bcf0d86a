package portal

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

// The prefixes of ids.
const (
	PrefixAccount      = "acc"
	PrefixUser         = "usr"
	PrefixToken        = "tok"
	PrefixRequest      = "req"
	PrefixMessage      = "msg"
	PrefixContact      = "ctc"
	PrefixConversation = "cnv"
	PrefixHandoff      = "hnd"
	PrefixChannel      = "chn"
	PrefixChannelEvent = "che"
	PrefixTemplate     = "tpl"
	PrefixMedia        = "med"
	PrefixImport       = "imp"
	PrefixConsent      = "cns" // never shown
	PrefixWebhookEvent = "evt"
	PrefixEndpoint     = "whk"
	PrefixDelivery     = "dlv"
	PrefixReplay       = "rep"
	PrefixEvent        = "cev" // a commercial event
	PrefixAutomation   = "aut"
	PrefixRun          = "run" // of an automation
	PrefixMail         = "mai" // never shown
	PrefixAudit        = "aud"
	PrefixSession      = "ses"
)

const (
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idLength  = 26
)

var uuids struct {
	sync.Mutex
	millis  uint64
	counter uint16
}

// NewID returns prefix_ and 26 characters of Crockford base32 over a UUIDv7
// (RFC 9562). Ids of one process increase: within a millisecond the 12 bits of
// rand_a count up, and when they run out the next millisecond is borrowed.
func NewID(prefix string) string {
	var u [16]byte
	_, _ = rand.Read(u[8:]) // crypto/rand.Read never fails since Go 1.24

	uuids.Lock()
	now := uint64(time.Now().UnixMilli())
	if now > uuids.millis {
		uuids.millis, uuids.counter = now, 0
	} else if uuids.counter++; uuids.counter > 0xFFF {
		uuids.millis, uuids.counter = uuids.millis+1, 0
	}
	millis, counter := uuids.millis, uuids.counter
	uuids.Unlock()

	binary.BigEndian.PutUint64(u[:8], millis<<16|0x7000|uint64(counter))
	u[8] = u[8]&0x3F | 0x80
	return prefix + "_" + encodeCrockford(u)
}

// FirstID returns the lowest id with that prefix that can be minted at t or
// later: ids below it are older. It is never the id of anything.
func FirstID(prefix string, t time.Time) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], uint64(max(t.UnixMilli(), 0))<<16)
	return prefix + "_" + encodeCrockford(u)
}

// IsID reports whether s has the form of an id with that prefix.
func IsID(prefix, s string) bool {
	body, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(body) != idLength || body[0] > '7' {
		return false
	}
	for i := range len(body) {
		if strings.IndexByte(crockford, body[i]) < 0 {
			return false
		}
	}
	return true
}

func encodeCrockford(u [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	var out [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
