package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// A step of a purge is as large as the last one proved to be quick enough: on
// SQLite all writes wait behind it.
const (
	aimedHold = 6 * time.Millisecond // statements and commit
	leastWork = time.Millisecond     // of statements; below, a slow disk would only get more commits to do
	firstStep = 32
	smallest  = 8
	largest   = 4096
	leastRest = time.Millisecond
)

// Purge removes one kind of old rows in steps.
type Purge struct {
	Name string
	// Step goes through about limit rows in one transaction. It returns how many
	// those were, 0 = none is left, and where the time of the transaction went.
	Step func(ctx context.Context, limit int) (n int64, t TxTimes, err error)
}

// Purge takes the steps of each kind to their end or until ctx ends, resting
// after each for longer than it took. A kind that fails keeps no other from being
// purged.
func (s *Store) Purge(ctx context.Context, list ...Purge) error {
	var errs []error
	for _, p := range list {
		errs = append(errs, s.purge(ctx, p))
	}
	return errors.Join(errs...)
}

func (s *Store) purge(ctx context.Context, p Purge) (err error) {
	defer portal.Wrap(&err, "Purge(%s)", p.Name)
	for size := firstStep; ; {
		n, t, err := p.Step(ctx, size)
		s.held(t.hold())
		if err != nil || n == 0 {
			return err
		}
		size = nextStep(size, t)
		rest := time.NewTimer(max(2*t.hold(), leastRest))
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return ctx.Err()
		}
	}
}

func nextStep(size int, t TxTimes) int {
	switch {
	case t.Work < leastWork, t.hold() < aimedHold/3:
		size *= 2
	case t.hold() > aimedHold:
		size /= 2
	}
	return min(max(size, smallest), largest)
}

// hold is for how long a transaction kept others from theirs on SQLite.
func (t TxTimes) hold() time.Duration { return t.Work + t.Commit }

// held remembers the longest step.
func (s *Store) held(d time.Duration) {
	for {
		longest := s.longest.Load()
		if int64(d) <= longest || s.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// LongestHold returns how long a step of a purge took at most since the start,
// from its first statement until it was on the disk. On SQLite others wait for
// that long; what was committed for them together with it counts.
func (s *Store) LongestHold() time.Duration { return time.Duration(s.longest.Load()) }

// Removing is a purge whose step is a function that removes up to limit rows and
// returns how many.
func (s *Store) Removing(name string, remove func(tx *Tx, limit int) (int64, error)) Purge {
	return Purge{name, func(ctx context.Context, limit int) (n int64, t TxTimes, err error) {
		t, err = s.timed(ctx, func(tx *Tx) (err error) {
			n, err = remove(tx, limit)
			return err
		})
		return n, t, err
	}}
}

// removal is a purge that looks outside of the transaction for what it removes
// in it: what it read is warm when the writer comes to delete it.
type removal[F any] struct {
	name   string
	find   func(r Reader, limit int) ([]F, error)
	remove func(tx *Tx, found []F) (int64, error)
}

func (p removal[F]) of(s *Store) Purge {
	return Purge{p.name, func(ctx context.Context, limit int) (int64, TxTimes, error) {
		found, err := p.find(s.Reader(ctx), limit)
		if err != nil || len(found) == 0 {
			return 0, TxTimes{}, err
		}
		return s.Removing(p.name, func(tx *Tx, _ int) (int64, error) { return p.remove(tx, found) }).Step(ctx, limit)
	}}
}

func oldKeys[K string | int64](r Reader, sql string, args ...any) (keys []K, err error) {
	err = r.Rows(sql, args, func(scan func(dest ...any) error) error {
		var k K
		err := scan(&k)
		keys = append(keys, k)
		return err
	})
	return keys, err
}

// cluster is a table whose rows lie by some columns and then by a key that grows
// with time. Rows that have all of it in common go together: few may.
type cluster struct {
	table string
	by    []string // texts
	key   string
}

// sweep removes the old rows of a cluster, group by group: no index on the time
// alone is needed, which would cost every row an insert.
type sweep[K string | int64] struct {
	next, old  string // statements
	remove     string
	before     K
	group      []any // the one at hand; that of empty texts comes first
	everything bool  // all groups were visited
}

// oldest are the first old rows of a group, up to a key.
type oldest[K string | int64] struct {
	group []any
	upTo  K
}

// sweeping is the purge of what lies in a cluster before a key.
func sweeping[K string | int64](s *Store, name string, c cluster, before K) Purge {
	columns, marks := strings.Join(c.by, ", "), strings.Repeat(", ?", len(c.by))[2:]
	group := strings.Join(c.by, " = ? AND ") + " = ?"
	w := &sweep[K]{
		before: before,
		next: `
SELECT /* Purge.NextGroup */ ` + columns + `
FROM ` + c.table + `
WHERE (` + columns + `) > (` + marks + `)
ORDER BY ` + columns + `
LIMIT 1`,
		old: `
SELECT /* Purge.Old */ ` + c.key + `
FROM ` + c.table + `
WHERE ` + group + ` AND ` + c.key + ` < ?
ORDER BY ` + c.key + `
LIMIT ?`,
		remove: `
DELETE /* Purge.Delete */ FROM ` + c.table + `
WHERE ` + group + ` AND ` + c.key + ` <= ?`,
	}
	for range c.by {
		w.group = append(w.group, "")
	}
	return removal[oldest[K]]{name, w.find, w.delete}.of(s)
}

// find returns up to limit old rows, of as many groups as that takes.
func (w *sweep[K]) find(r Reader, limit int) (found []oldest[K], err error) {
	for limit > 0 && !w.everything {
		keys, err := oldKeys[K](r, w.old, append(slices.Clone(w.group), w.before, limit)...)
		if err != nil {
			return nil, err
		}
		if n := len(keys); n > 0 {
			found = append(found, oldest[K]{w.group, keys[n-1]})
		}
		if limit -= len(keys); limit == 0 {
			break // the group may have more
		}
		if err := w.advance(r); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (w *sweep[K]) advance(r Reader) error {
	texts := make([]string, len(w.group))
	next, dest := make([]any, len(texts)), make([]any, len(texts))
	for i := range texts {
		dest[i] = &texts[i]
	}
	err := r.Row(w.next, w.group, dest...)
	if portal.CodeOf(err) == portal.CodeNotFound {
		w.everything = true
		return nil
	}
	for i, text := range texts {
		next[i] = text
	}
	w.group = next
	return err
}

func (w *sweep[K]) delete(tx *Tx, found []oldest[K]) (sum int64, err error) {
	for _, o := range found {
		n, err := tx.Exec(w.remove, append(slices.Clone(o.group), o.upTo)...)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
