package audit

import (
	"sync"

	"github.com/wppmarketing/developers/portal"
)

// tailBuffer is how many rows a reader may lag behind before it misses some.
const tailBuffer = 256

// tails hands committed rows to those who watch.
type tails struct {
	mu     sync.Mutex
	closed bool
	open   map[portal.Tenant]map[chan portal.Request]struct{}
}

// Tail returns the rows of the tenant that are committed from now on, without
// bodies, until cancel is called; those of other nodes while Run runs, which
// begin to come a moment later. The channel is closed when the program stops.
func (l *Log) Tail(t portal.Tenant) (rows <-chan portal.Request, cancel func()) {
	ch := make(chan portal.Request, tailBuffer)
	l.tails.mu.Lock()
	defer l.tails.mu.Unlock()
	if l.tails.closed {
		close(ch)
		return ch, func() {}
	}
	if l.tails.open == nil {
		l.tails.open = map[portal.Tenant]map[chan portal.Request]struct{}{}
	}
	if l.tails.open[t] == nil {
		l.tails.open[t] = map[chan portal.Request]struct{}{}
	}
	l.tails.open[t][ch] = struct{}{}
	l.watchNodes(t)
	return ch, func() {
		l.tails.mu.Lock()
		defer l.tails.mu.Unlock()
		delete(l.tails.open[t], ch)
		if len(l.tails.open[t]) == 0 {
			delete(l.tails.open, t)
		}
	}
}

// EndTails closes every tail and those asked for later, so that streams end
// when the server stops: give it to http.Server.RegisterOnShutdown.
func (l *Log) EndTails() {
	l.tails.mu.Lock()
	defer l.tails.mu.Unlock()
	l.tails.closed = true
	for _, watchers := range l.tails.open {
		for ch := range watchers {
			close(ch)
		}
	}
	l.tails.open = nil
}

// publish never blocks: the API must not wait for a slow reader.
func (t *tails) publish(r portal.Request) {
	r.Bodies = nil
	t.mu.Lock()
	defer t.mu.Unlock()
	for ch := range t.open[tenantOf(r)] {
		select {
		case ch <- r:
		default: // the reader misses this row
		}
	}
}
