package media

import (
	"context"
	"io"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// Simulated keeps what is uploaded to the WhatsApp simulator beside the rest. It
// implements simulator.Shelf.
type Simulated struct {
	store *store.Store
	shelf Shelf
}

// NewSimulated returns the simulator's shelf.
func NewSimulated(s *store.Store, shelf Shelf) Simulated { return Simulated{s, shelf} }

var _ simulator.Shelf = Simulated{}

// Put has content and row stored, in this order, when it returns nil.
func (s Simulated) Put(ctx context.Context, m simulator.Media, content io.Reader) (simulator.Media, error) {
	in := newIntake(content, simulator.MaxMedia)
	key := store.SimulatorContentKey(m.ID)
	if err := s.shelf.Put(ctx, key, in); err != nil {
		return m, err
	}
	m.Size, m.SHA256 = in.size, in.sum()
	return m, s.store.Tx(ctx, func(tx *store.Tx) error { return tx.InsertSimulatorMedia(m) })
}

// Get returns what was uploaded; not_found for an unknown id.
func (s Simulated) Get(ctx context.Context, id string) (m simulator.Media, err error) {
	defer portal.Wrap(&err, "Get")
	return s.store.SimulatorMedia(ctx, id)
}

// Open returns the content of what was uploaded.
func (s Simulated) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	return s.shelf.Open(ctx, store.SimulatorContentKey(id))
}

// Delete forgets it; not_found for an unknown id.
func (s Simulated) Delete(ctx context.Context, id string) error {
	if err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteSimulatorMedia(id) }); err != nil {
		return err
	}
	return s.shelf.Remove(ctx, store.SimulatorContentKey(id))
}
