package store

import "sync"

// bell wakes sleepers in this process. It carries no data: whoever wakes up
// asks the database. The zero value is ready.
type bell struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{}
}

// Notify wakes every subscriber of topic. It never blocks; signals not yet
// taken melt into one. Inside a transaction call it through Tx.AfterCommit.
func (s *Store) Notify(topic string) {
	s.bell.mu.Lock()
	defer s.bell.mu.Unlock()
	for ch := range s.bell.waiting[topic] {
		select {
		case ch <- struct{}{}:
		default: // a signal is waiting already
		}
	}
}

// Subscribe returns a channel that receives after each Notify of topic, until
// cancel is called. The channel is never closed.
func (s *Store) Subscribe(topic string) (signals <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	s.bell.mu.Lock()
	defer s.bell.mu.Unlock()
	if s.bell.waiting == nil {
		s.bell.waiting = map[string]map[chan struct{}]struct{}{}
	}
	if s.bell.waiting[topic] == nil {
		s.bell.waiting[topic] = map[chan struct{}]struct{}{}
	}
	s.bell.waiting[topic][ch] = struct{}{}
	return ch, func() {
		s.bell.mu.Lock()
		defer s.bell.mu.Unlock()
		delete(s.bell.waiting[topic], ch)
		if len(s.bell.waiting[topic]) == 0 {
			delete(s.bell.waiting, topic)
		}
	}
}
