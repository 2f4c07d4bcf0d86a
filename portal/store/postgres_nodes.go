package store

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	tellEvery  = 20 * time.Millisecond // between two statements of one node
	tellWait   = 3 * time.Second       // how long one may take
	mostUntold = 1024                  // payloads kept while the database is away
	hearBeat   = 10 * time.Second      // silence after which the connection is tried
	hearPause  = 100 * time.Millisecond
	hearRest   = 2 * time.Second
)

// nodes carries signals between the processes on one PostgreSQL database, by
// NOTIFY and LISTEN. NOTIFY makes transactions commit one after another, so it
// never is part of a caller's: signals are gathered and sent by one goroutine,
// in one statement that does not wait for the disk. A nil nodes has nobody to
// hear.
type nodes struct {
	self   string // tells our own signals from those of others
	pool   *pgxpool.Pool
	config *pgx.ConnConfig
	bell   *bell
	log    *slog.Logger

	ctx   context.Context //nolint:containedctx // the life of the two goroutines, ended by close
	stop  context.CancelFunc
	begin sync.Once // of hearing: commands that hear nothing need no connection for it
	works sync.WaitGroup

	mu      sync.Mutex
	topics  map[string]struct{} // to ring
	untold  []string            // payloads, in order
	telling chan struct{}
}

func newNodes(pool *pgxpool.Pool, config *pgx.ConnConfig, log *slog.Logger) *nodes {
	n := &nodes{
		self: rand.Text(), pool: pool, config: config, log: log,
		topics: map[string]struct{}{}, telling: make(chan struct{}, 1),
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	n.works.Go(n.tellAll)
	return n
}

// close sends what is left, for at most tellWait, and stops hearing.
func (n *nodes) close() {
	n.stop()
	n.works.Wait()
}

// tell has the other nodes told soon: to ring a topic, or of a payload.
func (n *nodes) tell(topic, payload string) {
	if len(topic)+len(payload) > MaxSignal {
		n.log.Error("signal too long for the other nodes", "topic", topic, "bytes", len(payload))
		return
	}
	n.mu.Lock()
	switch {
	case payload == "":
		n.topics[topic] = struct{}{}
	case len(n.untold) < mostUntold:
		n.untold = append(n.untold, topic+" "+payload)
	}
	n.mu.Unlock()
	wake(n.telling)
}

func (n *nodes) tellAll() {
	for {
		select {
		case <-n.telling:
			if err := n.flush(); err != nil {
				wake(n.telling)
				n.rest(hearRest)
			}
			n.rest(tellEvery)
		case <-n.ctx.Done():
			_ = n.flush() // the others find out by themselves
			return
		}
	}
}

func (n *nodes) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.ctx.Done():
	}
}

// flush tells what is untold. Topics that could not be told stay for the next
// time; payloads are lost.
func (n *nodes) flush() error {
	n.mu.Lock()
	signals := n.untold
	topics := n.topics
	n.untold, n.topics = nil, map[string]struct{}{}
	n.mu.Unlock()
	for topic := range topics {
		signals = append(signals, topic)
	}
	if len(signals) == 0 {
		return nil
	}
	for i := range signals {
		signals[i] = n.self + " " + signals[i]
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellWait)
	defer cancel()
	_, err := n.pool.Exec(ctx, `
SELECT /* Signal.Tell */ set_config('synchronous_commit', 'off', TRUE), pg_notify('wpp', signal)
FROM unnest(CAST($1 AS TEXT[])) AS signal`, signals)
	if err != nil {
		n.mu.Lock()
		for topic := range topics {
			n.topics[topic] = struct{}{}
		}
		n.mu.Unlock()
	}
	return err
}

// hear begins to listen to the other nodes, once.
func (n *nodes) hear() {
	if n != nil {
		n.begin.Do(func() { n.works.Go(n.hearAll) })
	}
}

// hearAll keeps a connection that listens, and makes a new one when it is lost.
func (n *nodes) hearAll() {
	pause, silent := hearPause, false
	for n.ctx.Err() == nil {
		err := n.hearOn(func() {
			if silent {
				n.log.Info("other nodes are heard again")
			}
			pause, silent = hearPause, false
			n.bell.missed()
		})
		if n.ctx.Err() != nil {
			return
		}
		if !silent {
			n.log.Warn("other nodes are not heard", "error", postgresError(err))
		}
		silent = true
		n.rest(pause)
		pause = min(2*pause, hearRest)
	}
}

// hearOn listens on one connection until that is lost.
func (n *nodes) hearOn(begun func()) error {
	c, err := pgx.ConnectConfig(n.ctx, n.config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx)
	}()
	if _, err := c.Exec(n.ctx, `LISTEN wpp`); err != nil {
		return err
	}
	begun()
	for {
		if err := n.hearOne(c); err != nil {
			return err
		}
	}
}

// hearOne waits for a signal. After a silence it asks whether the server is
// still there: a connection can be dead without anybody saying so.
func (n *nodes) hearOne(c *pgx.Conn) error {
	beat, cancel := context.WithTimeout(n.ctx, hearBeat)
	defer cancel()
	told, err := c.WaitForNotification(beat)
	if errors.Is(err, context.DeadlineExceeded) {
		ping, cancel := context.WithTimeout(n.ctx, tellWait)
		defer cancel()
		return c.Ping(ping)
	}
	if err != nil {
		return err
	}
	from, signal, _ := strings.Cut(told.Payload, " ")
	if from != n.self {
		topic, payload, _ := strings.Cut(signal, " ")
		n.bell.heard(topic, payload)
	}
	return nil
}
