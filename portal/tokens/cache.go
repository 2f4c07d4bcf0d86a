package tokens

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/wppmarketing/developers/portal/store"
)

const (
	// remember is how long a process may go without reading a token again: a
	// change holds within a second even when its signal is lost.
	remember   = 500 * time.Millisecond
	mostTokens = 1 << 16
)

// holder is who a secret speaks for. It is shared: nobody changes it.
type holder struct {
	store.Holder
	read time.Time // when reading it began
	mark int64     // of the changes by other processes, then
}

// cache remembers holders by the hash of their secret, for a moment. Secrets
// that nobody has are not remembered: one may be made right now.
type cache struct {
	holders *otter.Cache[string, holder]
	changes atomic.Int64 // how often something was forgotten
}

func newCache() *cache {
	return &cache{holders: otter.Must(&otter.Options[string, holder]{
		MaximumSize:      mostTokens,
		ExpiryCalculator: otter.ExpiryWriting[string, holder](remember),
	})}
}

func (c *cache) get(hash []byte, mark int64) (holder, bool) {
	h, ok := c.holders.GetIfPresent(string(hash))
	return h, ok && h.mark == mark && time.Since(h.read) < remember
}

// put remembers a holder, unless something has changed since it was read.
func (c *cache) put(hash []byte, h holder, changes int64) {
	key := string(hash)
	c.holders.Set(key, h)
	if c.changes.Load() != changes {
		c.holders.Invalidate(key)
	}
}

// forget drops what is remembered of the account in the signal, and all when
// signals may have been missed.
func (c *cache) forget(changed store.Signal) {
	c.changes.Add(1)
	if changed.Payload == "" {
		c.holders.InvalidateAll()
		return
	}
	for key, h := range c.holders.All() {
		if h.Account.ID == changed.Payload {
			c.holders.Invalidate(key)
		}
	}
}

// remembers makes Verify remember tokens for a moment, until the end is called:
// on PostgreSQL a read is a round trip, and on SQLite half of what checking a
// token costs. It hears of every change made through the use cases, on whatever
// node and by whatever process.
func (s *Service) remembers() (end func()) {
	c := newCache()
	cancel := s.store.Listen(store.TopicAccess, c.forget)
	s.cache.Store(c)
	return func() {
		s.cache.Store(nil)
		cancel()
	}
}

// holder returns who the secret with that hash speaks for; not_found for nobody.
func (s *Service) holder(ctx context.Context, hash []byte) (h holder, err error) {
	c := s.cache.Load()
	mark, known := s.store.AccessMark()
	if c == nil || !known {
		return s.readHolder(ctx, hash)
	}
	if h, ok := c.get(hash, mark); ok {
		return h, nil
	}
	changes := c.changes.Load()
	if h, err = s.readHolder(ctx, hash); err == nil {
		h.mark = mark
		c.put(hash, h, changes)
	}
	return h, err
}

func (s *Service) readHolder(ctx context.Context, hash []byte) (h holder, err error) {
	h.read = time.Now()
	// Whoever hangs up is not noticed for some microseconds: watching for that costs as much as reading.
	h.Holder, err = s.store.Reader(context.WithoutCancel(ctx)).TokenByHash(hash)
	return h, err
}

// changed has every node forget what it remembers of the account, once the
// change is committed.
func (s *Service) changed(tx *store.Tx, accountID string) {
	tx.AfterCommit(func() { s.store.Publish(store.TopicAccess, accountID) })
}
