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

// flight is what this process has claimed and not finished.
type flight struct {
	lanes *lanes.Lanes
	room  *lanes.Room

	mu       sync.Mutex
	byID     map[string]*passenger
	suspects int       // under way
	lastNow  time.Time // the clock at the last pass
}

// passenger is one message under way.
type passenger struct {
	store.ClaimedMessage
	again bool // the store gave it out once more meanwhile
}

func newFlight() *flight {
	return &flight{
		lanes: lanes.New(parallel), byID: map[string]*passenger{},
		room: lanes.NewRoom(lanes.RoomOptions{Places: parallel, PerKey: perChannel, Batch: batchSize, Lease: lease}),
	}
}

// plan says what to claim next, and which leases to extend.
func (f *flight) plan() (want store.ClaimOptions, extend []string) {
	w, extend := f.room.Plan()
	f.mu.Lock()
	defer f.mu.Unlock()
	return store.ClaimOptions{Limit: w.Limit, PerChannel: w.PerKey, Skip: w.Skip, Suspects: f.suspects == 0, Lease: lease}, extend
}

// passed notes a pass: when it was, whose leases it extended, and how many it
// found. After one that found nothing, whatever lands next asks again: another
// node may have been taking the same messages at that moment.
func (f *flight) passed(now time.Time, extended []string, found int) {
	f.room.Extended(extended)
	if found == 0 {
		f.room.Await()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastNow = now
}

// takeOff notes that a message is under way; false when it is already, because
// its lease seemed over to the store, or its outcome was written a moment ago
// and is due at once. It is then still the same journey; land tells of it.
func (f *flight) takeOff(c store.ClaimedMessage) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.room.Enter(c.ID, c.ChannelID) {
		f.room.Extended([]string{c.ID}) // by the claim
		f.byID[c.ID].Claims, f.byID[c.ID].again = c.Claims, true
		return false
	}
	f.byID[c.ID] = &passenger{ClaimedMessage: c}
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
	f.room.Leave(c.ID)
	if c.Suspect() {
		f.suspects--
		f.room.Signal()
	}
	return p.ClaimedMessage, p.again
}

// wakeWhen signals when the channels may go on that were claimed from as fast as
// they may send. The times are those of the store, whose clock is not the timers'.
func (f *flight) wakeWhen(claimed []store.ClaimedMessage, now time.Time) {
	armed := map[time.Time]bool{}
	for _, c := range claimed {
		if !c.ReadyAt.IsZero() && !armed[c.ReadyAt] {
			armed[c.ReadyAt] = true
			time.AfterFunc(c.ReadyAt.Sub(now), f.room.Signal)
		}
	}
}

// clockWentBack reports whether the clock was set back since the last pass.
func (f *flight) clockWentBack(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return now.Before(f.lastNow.Add(-clockSlack))
}
