package messaging

import (
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/store"
)

// How much is under way at a time.
const (
	parallel   = 256 // messages
	perChannel = 48  // of them through one channel
)

// flight is what this process has claimed and not finished. A channel gets no
// more places than are left free, and perChannel at the most, and a claim takes
// no more than half of the free ones: however many channels hang, the others
// still find room.
type flight struct {
	lanes  *lanes.Lanes
	landed chan struct{}

	mu       sync.Mutex
	byID     map[string]*passenger
	channels map[string]int // how many of each are under way
	suspects int            // under way
	hungry   bool           // somebody waits for room
	lastNow  time.Time      // the clock at the last pass
}

// passenger is one message under way.
type passenger struct {
	store.ClaimedMessage
	leased time.Time
	again  bool // the store gave it out once more meanwhile
}

func newFlight() *flight {
	return &flight{
		lanes: lanes.New(parallel), landed: make(chan struct{}, 1),
		byID: map[string]*passenger{}, channels: map[string]int{},
	}
}

// plan says what to claim next, and which leases to extend.
func (f *flight) plan() (want store.ClaimOptions, extend []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	free := parallel - len(f.byID)
	share := min(perChannel, free)
	want = store.ClaimOptions{
		Limit: min(batchSize, (free+1)/2), PerChannel: (share + 1) / 2, Suspects: f.suspects == 0, Lease: lease,
	}
	for channel, n := range f.channels {
		if n >= share {
			want.Skip = append(want.Skip, channel)
		}
	}
	f.hungry = free == 0 || len(want.Skip) > 0
	for id, p := range f.byID {
		if time.Since(p.leased) > lease/3 {
			extend = append(extend, id)
		}
	}
	return want, extend
}

// passed notes a pass: when it was, whose leases it extended, and how many it
// found. After one that found nothing, whatever lands next asks again: another
// node may have been taking the same messages at that moment.
func (f *flight) passed(now time.Time, extended []string, found int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastNow = now
	f.hungry = f.hungry || found == 0
	for _, id := range extended {
		if p := f.byID[id]; p != nil {
			p.leased = time.Now()
		}
	}
}

// takeOff notes that a message is under way; false when it is already, because
// its lease seemed over to the store, or its outcome was written a moment ago
// and is due at once. It is then still the same journey; land tells of it.
func (f *flight) takeOff(c store.ClaimedMessage) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.byID[c.ID]; p != nil {
		p.Claims, p.leased, p.again = c.Claims, time.Now(), true
		return false
	}
	f.byID[c.ID] = &passenger{ClaimedMessage: c, leased: time.Now()}
	f.channels[c.ChannelID]++
	if c.Suspect() {
		f.suspects++
	}
	return true
}

// current returns the claim as it was last renewed.
func (f *flight) current(c store.ClaimedMessage) store.ClaimedMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byID[c.ID].ClaimedMessage
}

// land gives the place of a message free. again says that the store gave the
// message out once more, by the claim last, which nobody works on now.
func (f *flight) land(c store.ClaimedMessage) (last store.ClaimedMessage, again bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.byID[c.ID]
	delete(f.byID, c.ID)
	if f.channels[c.ChannelID]--; f.channels[c.ChannelID] == 0 {
		delete(f.channels, c.ChannelID)
	}
	if c.Suspect() {
		f.suspects--
	}
	if f.hungry || c.Suspect() {
		f.signal()
	}
	return p.ClaimedMessage, p.again
}

func (f *flight) signal() {
	select {
	case f.landed <- struct{}{}:
	default: // a signal is waiting already
	}
}

// wakeWhen signals when the channels may go on that were claimed from as fast as
// they may send. The times are those of the store, whose clock is not the timers'.
func (f *flight) wakeWhen(claimed []store.ClaimedMessage, now time.Time) {
	armed := map[time.Time]bool{}
	for _, c := range claimed {
		if !c.ReadyAt.IsZero() && !armed[c.ReadyAt] {
			armed[c.ReadyAt] = true
			time.AfterFunc(c.ReadyAt.Sub(now), f.signal)
		}
	}
}

// clockWentBack reports whether the clock was set back since the last pass.
func (f *flight) clockWentBack(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return now.Before(f.lastNow.Add(-clockSlack))
}
