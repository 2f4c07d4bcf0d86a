package api

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/limits/limitstest"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// node is one more API on the fixture's database, with limits in Redis.
func (f *fixture) node(redisURL string) *world {
	f.Helper()
	l, err := limits.New(limits.Options{RedisURL: redisURL, SecretKey: storetest.SecretKey()})
	if err != nil {
		f.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Run(f.Context()) }()
	f.Cleanup(func() {
		<-done
		_ = l.Close()
	})
	o := f.Options
	o.Limits = l
	a, err := New(o)
	if err != nil {
		f.Fatal(err)
	}
	return &world{TB: f.TB, API: a}
}

// until waits for what holds soon; a stall of the machine may spoil one look at it.
func (f *fixture) until(what string, holds func() bool) {
	f.Helper()
	for late := time.After(20 * time.Second); !holds(); {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-late:
			f.Fatalf("not within 20 s: %s", what)
		}
	}
}

// Two nodes share the limit of a token. Without Redis each has its own, and no
// call fails for it; with Redis back they share again.
func TestNodesShareARateLimit(t *testing.T) {
	t.Parallel()
	f, server := newFixture(t), limitstest.Start(t)
	one, two := f.node(server.URL), f.node(server.URL)
	acc := f.world.account(portal.PlanStandard)
	// answers returns what each node answers to a token that may call once a second.
	answers := func() (first, second int) {
		slow := f.token(acc, portal.Test, func(t *portal.Token) { t.RateLimit = 1 })
		return one.do(get("/v1/account").with(slow)).status, two.do(get("/v1/account").with(slow)).status
	}
	shared := func() bool {
		first, second := answers()
		return first == 200 && second == 429
	}
	f.until("the nodes share", shared)
	server.Kill()
	for range 5 {
		began := time.Now()
		if first, second := answers(); first != 200 || second != 200 {
			t.Errorf("without Redis: %d and %d", first, second)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("without Redis two calls took %s", took)
		}
	}
	f.until("a node's own limit refuses", func() bool {
		slow := f.token(acc, portal.Test, func(t *portal.Token) { t.RateLimit = 1 })
		one.do(get("/v1/account").with(slow)).want(200, "")
		return one.do(get("/v1/account").with(slow)).status == 429
	})
	server.Restart()
	f.until("the nodes share again", shared)
}
