package store

import "sync"

// TopicAccess carries the id of an account whose tokens, modules, plan or
// status have changed, so that nothing remembered of them is used again.
const TopicAccess = "access"

// MaxSignal is the most bytes that a payload may have.
const MaxSignal = 7500 // PostgreSQL takes 8000, names included

// Signal is what a listener hears.
type Signal struct {
	// Payload is what was published. "" says that the link to the other nodes
	// has just been made: signals before it may have been missed.
	Payload string
	Local   bool // published by this process
}

// bell tells this process, and on PostgreSQL the other nodes, that something
// happened. Whoever wakes up asks the database. The zero value is ready.
type bell struct {
	mu        sync.Mutex
	waiting   map[string]map[chan struct{}]struct{}
	listening map[string]map[*func(Signal)]struct{}
	nodes     *nodes     // the other nodes; nil on SQLite
	access    *accessLog // what other processes hear of; nil on PostgreSQL
}

// Notify wakes every subscriber of topic: those of this process at once, those
// of other nodes within some 20 ms. It never blocks; signals not yet taken melt
// into one. Signals to other nodes are lost while the database is away, so
// subscribers also look by themselves now and then. Inside a transaction call
// it through Tx.AfterCommit.
func (s *Store) Notify(topic string) {
	s.bell.ring(topic)
	if s.bell.nodes != nil {
		s.bell.nodes.tell(topic, "")
	}
}

func (b *bell) ring(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.waiting[topic] {
		wake(ch)
	}
}

// wake puts a signal into a channel with room for one.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // a signal is waiting already
	}
}

// Subscribe returns a channel that receives after each Notify of topic, and
// when signals of other nodes may have been missed, until cancel is called. The
// channel is never closed.
func (s *Store) Subscribe(topic string) (signals <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	b := &s.bell
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == nil {
		b.waiting = map[string]map[chan struct{}]struct{}{}
	}
	if b.waiting[topic] == nil {
		b.waiting[topic] = map[chan struct{}]struct{}{}
	}
	b.waiting[topic][ch] = struct{}{}
	b.nodes.hear()
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.waiting[topic], ch)
		if len(b.waiting[topic]) == 0 {
			delete(b.waiting, topic)
		}
	}
}

// Publish hands payload, which is not empty, to every listener of topic: to
// those of this process before it returns, to those of other nodes within some
// 20 ms. What is published while the database is away, or before a listener's
// node has reached it, is lost. Inside a transaction call it through
// Tx.AfterCommit.
func (s *Store) Publish(topic, payload string) {
	s.bell.hand(topic, Signal{Payload: payload, Local: true})
	if s.bell.access != nil && topic == TopicAccess {
		if err := s.bell.access.add(); err != nil {
			s.log.Error("other processes were not told of a change of access", "error", err)
		}
	}
	if s.bell.nodes != nil {
		s.bell.nodes.tell(topic, payload)
	}
}

// Listen has hear called with every signal of topic until cancel is called. It
// is called from several goroutines, and must return at once.
func (s *Store) Listen(topic string, hear func(Signal)) (cancel func()) {
	b := &s.bell
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listening == nil {
		b.listening = map[string]map[*func(Signal)]struct{}{}
	}
	if b.listening[topic] == nil {
		b.listening[topic] = map[*func(Signal)]struct{}{}
	}
	b.listening[topic][&hear] = struct{}{}
	b.nodes.hear()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listening[topic], &hear)
		if len(b.listening[topic]) == 0 {
			delete(b.listening, topic)
		}
	}
}

// hand calls the listeners without the lock, which they may need.
func (b *bell) hand(topic string, s Signal) {
	b.mu.Lock()
	var all []func(Signal)
	for hear := range b.listening[topic] {
		all = append(all, *hear)
	}
	b.mu.Unlock()
	for _, hear := range all {
		hear(s)
	}
}

// heard passes on what another node told.
func (b *bell) heard(topic, payload string) {
	if payload == "" {
		b.ring(topic)
		return
	}
	b.hand(topic, Signal{Payload: payload})
}

// missed wakes everybody, because nobody knows what was told meanwhile.
func (b *bell) missed() {
	b.mu.Lock()
	topics := make([]string, 0, len(b.listening))
	for topic := range b.listening {
		topics = append(topics, topic)
	}
	for _, waiting := range b.waiting {
		for ch := range waiting {
			wake(ch)
		}
	}
	b.mu.Unlock()
	for _, topic := range topics {
		b.hand(topic, Signal{})
	}
}
