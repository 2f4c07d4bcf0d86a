// Package webhooks tells the customer's systems what happened: it keeps their
// endpoints (endpoint.go, header.go), gives events their place in the feed and makes
// deliveries of them (route.go), and calls the receivers (deliver.go, call.go,
// outcome.go), signed as Standard Webhooks 1.0.0 says (sign.go).
//
// Delivery is at least once, in no order: an event keeps its id over all
// repetitions, and its sequence lets a receiver drop what is late. Each attempt
// is stored before its call. What waits is in the store; a killed process loses
// nothing, and what it was calling is called again. An attempt that our side breaks
// off (an error, a panic) waits for its retry like one that failed. What is taken
// store.MaxClaims times without any outcome is given up: a delivery as dead, a
// replay as failed.
//
// It is the only package that dials customers, through a client of portal/dial
// that refuses private addresses when it dials. It must not decide what an
// event says: who publishes one renders it.
//
// Known weaknesses. The health of an endpoint is written once a second, so a
// killed process forgets the last second of it. When nodes on PostgreSQL fail
// between a call and its outcome, the receiver hears of the event twice. A delivery
// that is given up without a call has an attempt for it, too, as interrupted.
package webhooks

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/dial"
	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service works with.
type Options struct {
	Store     *store.Store
	Permitted []netip.Prefix           // private ranges that receivers may be in
	Mask      func(body []byte) string // of what a receiver answers
	Notice    Notify                   // tells people that an endpoint is about to be disabled, or was; nil = nobody
	Observe   Observe                  // hears of each call; nil = nobody
	Schedule  []time.Duration          // the waits before each retry; nil = DefaultSchedule
	Timeout   time.Duration            // of a call; 0 = 15 s
	Logger    *slog.Logger             // nil = discard
}

// DefaultSchedule are the waits before each retry: over three days in all.
var DefaultSchedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	callTimeout = 15 * time.Second
	lease       = time.Minute // of a delivery; a node that dies is stood in for after it
)

// Notice is news of an endpoint's health for the people of its account.
type Notice struct {
	Endpoint portal.WebhookEndpoint
	Percent  int                     // of the way to being disabled; 100 = it is
	Recent   portal.RecentDeliveries // of a warning
}

// Notify writes, in the transaction of the news, that people are told of it.
type Notify func(tx *store.Tx, n Notice) error

// Observe hears of a call to a receiver: its outcome, of portal.Outcomes, and how long it took.
type Observe func(outcome string, took time.Duration)

// Service is the use case. It is safe for concurrent use.
type Service struct {
	o      Options
	store  *store.Store
	log    *slog.Logger
	client *http.Client
	lanes  *lanes.Lanes
	room   *lanes.Room
	known  endpointCache
	health healthNews
}

// How much is under way at a time.
const (
	places = 512 // calls
	perKey = 64  // of them to one endpoint
	batch  = 128 // claimed at a time
)

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("webhooks: no store")
	case o.Mask == nil:
		return nil, errors.New("webhooks: no mask")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Schedule == nil {
		o.Schedule = DefaultSchedule
	}
	if o.Timeout == 0 {
		o.Timeout = callTimeout
	}
	if o.Notice == nil {
		o.Notice = func(*store.Tx, Notice) error { return nil }
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration) {}
	}
	return &Service{
		o: o, store: o.Store, log: o.Logger, lanes: lanes.New(places),
		client: dial.Client(dial.Options{Permitted: o.Permitted, Timeout: o.Timeout, Idle: perKey}),
		room:   lanes.NewRoom(lanes.RoomOptions{Places: places, PerKey: perKey, Batch: batch, Lease: lease}),
		known:  endpointCache{rows: map[string]knownEndpoint{}}, health: healthNews{rows: map[string]*store.EndpointNews{}},
	}, nil
}

// endpointCache keeps endpoints and their secrets for a moment: a filled queue
// would open the same secrets thousands of times a second.
type endpointCache struct {
	mu   sync.Mutex
	rows map[string]knownEndpoint
}

type knownEndpoint struct {
	endpoint portal.WebhookEndpoint
	secrets  portal.EndpointSecrets
	signers  []signer
	read     time.Time
}

func newKnown(e portal.WebhookEndpoint, secrets portal.EndpointSecrets) (k knownEndpoint, err error) {
	k = knownEndpoint{endpoint: e, secrets: secrets}
	k.signers, err = newSigners(secrets)
	return k, err
}

// signersAt are those whose keys are valid at now.
func (k knownEndpoint) signersAt(now time.Time) []signer {
	if at := k.endpoint.PreviousExpiresAt; at == nil || !now.Before(*at) {
		return k.signers[:1]
	}
	return k.signers
}

const knownFor = 500 * time.Millisecond

func (c *endpointCache) get(id string) (knownEndpoint, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.rows[id]
	return k, ok && time.Since(k.read) < knownFor
}

func (c *endpointCache) put(k knownEndpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.rows) >= 2*places { // endpoints that were busy once
		clear(c.rows)
	}
	c.rows[k.endpoint.ID] = k
}

func (c *endpointCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rows, id)
}
