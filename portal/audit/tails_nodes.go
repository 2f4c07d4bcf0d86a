package audit

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	topicWatch = "log.watch"     // an account and an environment that somebody watches
	topicRows  = "log.rows"      // and the ids of rows that were committed
	watchedFor = 3 * time.Second // after a node said that somebody watches; it says so every second
	mostIDs    = 150             // in one signal
	mostReads  = 256             // signals waiting to be read; rows of further ones are missed
)

// afar is the live tail across nodes. A node with a watcher says so; the others
// then tell it which rows they have committed, and it reads them. While nobody
// watches nobody tells.
type afar struct {
	mu      sync.Mutex
	watched map[portal.Tenant]time.Time // by people on other nodes, until then
	reads   chan read
}

// read is rows of another node that somebody watches here.
type read struct {
	tenant portal.Tenant
	ids    []string
}

// joinNodes has the tails show the rows of other nodes too, until ctx ends and
// leave is called.
func (l *Log) joinNodes(ctx context.Context) (leave func()) {
	if l.store.Engine() != "postgres" {
		return func() {}
	}
	l.afar.reads = make(chan read, mostReads)
	noWatch := l.store.Listen(topicWatch, l.watchedAfar)
	noRows := l.store.Listen(topicRows, l.toldOfRows)
	var reading sync.WaitGroup
	reading.Go(func() { l.readAfar(ctx) })
	return func() {
		noRows()
		noWatch()
		reading.Wait()
	}
}

// watchNodes tells the other nodes which tenants are watched here: those given,
// or all of them.
func (l *Log) watchNodes(some ...portal.Tenant) {
	if l.store.Engine() != "postgres" {
		return
	}
	if some == nil {
		some = l.tails.tenants()
	}
	for _, t := range some {
		l.store.Publish(topicWatch, t.AccountID+" "+string(t.Environment))
	}
}

func (t *tails) tenants() []portal.Tenant {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.open))
}

// watchedAfar hears that somebody watches on another node. When signals may have
// been missed it says again who watches here.
func (l *Log) watchedAfar(s store.Signal) {
	switch {
	case s.Local:
		return
	case s.Payload == "":
		l.watchNodes()
		return
	}
	account, env, _ := strings.Cut(s.Payload, " ")
	now := time.Now()
	l.afar.mu.Lock()
	defer l.afar.mu.Unlock()
	if l.afar.watched == nil {
		l.afar.watched = map[portal.Tenant]time.Time{}
	}
	maps.DeleteFunc(l.afar.watched, func(_ portal.Tenant, until time.Time) bool { return until.Before(now) })
	l.afar.watched[portal.Tenant{AccountID: account, Environment: portal.Environment(env)}] = now.Add(watchedFor)
}

// tellNodes tells the nodes where somebody watches which rows are committed now.
func (l *Log) tellNodes(batch []entry) {
	ids := map[portal.Tenant][]string{}
	now := time.Now()
	l.afar.mu.Lock()
	for _, e := range batch {
		t := tenantOf(e.row)
		if now.Before(l.afar.watched[t]) {
			ids[t] = append(ids[t], e.row.ID)
		}
	}
	l.afar.mu.Unlock()
	for t, all := range ids {
		for some := range slices.Chunk(all, mostIDs) {
			l.store.Publish(topicRows, t.AccountID+" "+string(t.Environment)+" "+strings.Join(some, " "))
		}
	}
}

// toldOfRows hears that another node has committed rows that somebody watches.
func (l *Log) toldOfRows(s store.Signal) {
	parts := strings.Split(s.Payload, " ")
	if s.Local || len(parts) < 3 {
		return
	}
	t := portal.Tenant{AccountID: parts[0], Environment: portal.Environment(parts[1])}
	if !slices.Contains(l.tails.tenants(), t) {
		return // on a third node
	}
	select {
	case l.afar.reads <- read{t, parts[2:]}:
	default: // the readers miss these rows
	}
}

func (l *Log) readAfar(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-l.afar.reads:
			rows, err := l.store.Reader(ctx).RequestsByID(r.tenant, r.ids)
			if err != nil {
				l.logger.Warn("rows of another node not shown", "rows", len(r.ids), "error", err)
			}
			for _, row := range rows {
				l.tails.publish(row)
			}
		}
	}
}
