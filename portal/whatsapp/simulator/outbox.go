package simulator

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// outbox remembers the latest messages that were taken, for tests that ask
// what arrived. It is lost with the process.
type outbox struct {
	limit int
	mu    sync.Mutex
	all   []Taken
}

// Taken is a message that was accepted.
type Taken struct {
	ID            string          `json:"id"` // wamid
	PhoneNumberID string          `json:"phone_number_id"`
	To            string          `json:"to"`
	Type          string          `json:"type"`
	Content       json.RawMessage `json:"content"`
	At            time.Time       `json:"at"`

	sending sending
}

func (b *outbox) add(ph Phone, wamid string, m sending, request object, at time.Time) {
	if b.limit <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) >= b.limit {
		b.all = append(b.all[:0], b.all[1:]...)
	}
	b.all = append(b.all, Taken{wamid, ph.ID, m.person, m.kind, request.fields[m.kind], at.UTC(), m})
}

// of returns the messages of a phone, newest first.
func (b *outbox) of(phoneNumberID string) []Taken {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Taken{}
	for i := len(b.all) - 1; i >= 0; i-- {
		if b.all[i].PhoneNumberID == phoneNumberID {
			list = append(list, b.all[i])
		}
	}
	return list
}

func (b *outbox) forget(phoneNumberID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = slices.DeleteFunc(b.all, func(m Taken) bool { return m.PhoneNumberID == phoneNumberID })
}
