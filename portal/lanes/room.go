package lanes

import (
	"sync"
	"time"
)

// RoomOptions say how much may be under way.
type RoomOptions struct {
	Places int           // in all
	PerKey int           // of them for one key
	Batch  int           // claimed at a time
	Lease  time.Duration // of what is claimed
}

// Room counts claimed work that is under way. A key gets no more places than
// are left free, and PerKey at the most, and a claim takes no more than half of
// the free ones: however many keys hang, the others still find room. It is safe
// for concurrent use.
type Room struct {
	o    RoomOptions
	left chan struct{}

	mu     sync.Mutex
	guests map[string]*guest
	keys   map[string]int // how many of each are under way
	hungry bool           // somebody waits for room
}

// guest is one piece of work under way.
type guest struct {
	key    string
	leased time.Time
}

// NewRoom returns an empty room.
func NewRoom(o RoomOptions) *Room {
	return &Room{o: o, left: make(chan struct{}, 1), guests: map[string]*guest{}, keys: map[string]int{}}
}

// Want says what to claim next. Limit 0 = nothing: there is no room.
type Want struct {
	Limit, PerKey int
	Skip          []string // keys that get nothing now
}

// Plan returns what to claim next, and of what is under way the leases to extend.
func (r *Room) Plan() (w Want, extend []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	free := r.o.Places - len(r.guests)
	share := min(r.o.PerKey, free)
	w = Want{Limit: min(r.o.Batch, (free+1)/2), PerKey: (share + 1) / 2}
	for key, n := range r.keys {
		if n >= share {
			w.Skip = append(w.Skip, key)
		}
	}
	r.hungry = free == 0 || len(w.Skip) > 0
	for id, g := range r.guests {
		if time.Since(g.leased) > r.o.Lease/3 {
			extend = append(extend, id)
		}
	}
	return w, extend
}

// Extended notes whose leases were extended.
func (r *Room) Extended(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if g := r.guests[id]; g != nil {
			g.leased = time.Now()
		}
	}
}

// Enter notes that work is under way; false when it is already, because its
// lease seemed over to the store.
func (r *Room) Enter(id, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.guests[id] != nil {
		return false
	}
	r.guests[id] = &guest{key: key, leased: time.Now()}
	r.keys[key]++
	return true
}

// Leave gives the place of work free.
func (r *Room) Leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.guests[id]
	delete(r.guests, id)
	if r.keys[g.key]--; r.keys[g.key] == 0 {
		delete(r.keys, g.key)
	}
	if r.hungry {
		r.Signal()
	}
}

// Await has whatever leaves next signal, also where room was found.
func (r *Room) Await() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hungry = true
}

// Signal wakes whoever waits for room.
func (r *Room) Signal() {
	select {
	case r.left <- struct{}{}:
	default: // a signal is waiting already
	}
}

// Left receives when there is room again for work that waits for it, and on Signal.
func (r *Room) Left() <-chan struct{} { return r.left }
