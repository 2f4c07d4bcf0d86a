package limits_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/limits/limitstest"
)

// key is that of one test, so that a Redis given to the tests may keep others'.
func key() []byte { return []byte(portal.NewSecret(portal.Test)[9:41]) }

func open(t *testing.T, url string, secret []byte) *limits.Limits {
	t.Helper()
	l, err := limits.New(limits.Options{RedisURL: url, SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// both runs fn on limits of one process and on shared ones.
func both(t *testing.T, fn func(t *testing.T, l *limits.Limits)) {
	t.Helper()
	t.Parallel()
	t.Run("local", func(t *testing.T) { t.Parallel(); fn(t, limits.Local(time.Now)) })
	t.Run("shared", func(t *testing.T) { t.Parallel(); fn(t, open(t, limitstest.URL(t), key())) })
}

func allow(t *testing.T, l *limits.Limits, key string, rate int) limits.State {
	t.Helper()
	s, err := l.Allow(t.Context(), key, rate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAllow(t *testing.T) {
	both(t, func(t *testing.T, l *limits.Limits) {
		id := portal.NewID(portal.PrefixToken)
		for want := 2; want >= 0; want-- {
			s := allow(t, l, id, 3)
			if s.Refused || s.Left != want || s.Wait <= 0 || s.Wait > time.Second {
				t.Errorf("%+v, want %d left", s, want)
			}
		}
		s := allow(t, l, id, 3)
		if !s.Refused || s.Left != 0 || s.Wait <= 0 || s.Wait > time.Second/3 {
			t.Errorf("a fourth call at once: %+v", s)
		}
		if s := allow(t, l, portal.NewID(portal.PrefixToken), 3); s.Refused {
			t.Errorf("another key is refused: %+v", s)
		}
		<-time.After(s.Wait)
		if s := allow(t, l, id, 3); s.Refused {
			t.Errorf("after the wait: %+v", s)
		}
	})
}

// One token on many connections: no call may fail for its neighbors.
func TestAllowAtOnce(t *testing.T) {
	both(t, func(t *testing.T, l *limits.Limits) {
		id, rate := portal.NewID(portal.PrefixToken), 100
		var allowed atomic.Int64
		var all sync.WaitGroup
		began := time.Now()
		for range 64 {
			all.Go(func() {
				for range 10 {
					if s, err := l.Allow(t.Context(), id, rate); err != nil {
						t.Error(err)
					} else if !s.Refused {
						allowed.Add(1)
					}
				}
			})
		}
		all.Wait()
		most := int64(rate) + int64(time.Since(began).Seconds()*float64(rate)) + 1
		if n := allowed.Load(); n < int64(rate) || n > most {
			t.Errorf("%d of 640 calls were allowed, want %d to %d", n, rate, most)
		}
		if l.Degraded() {
			t.Error("the sharing ended")
		}
	})
}

func TestTake(t *testing.T) {
	both(t, func(t *testing.T, l *limits.Limits) {
		pair := limits.Debt{Key: "pair ana@loja.example", Burst: 3, Every: time.Hour}
		account := limits.Debt{Key: "account ana@loja.example", Burst: 2, Every: time.Hour, Lenient: true}
		for i := range 3 {
			try := l.Take(t.Context(), pair, account)
			if try.Wait != 0 || try.Beyond != (i == 2) {
				t.Errorf("try %d: %+v", i+1, try)
			}
			if i == 0 {
				try.GiveBack() // it was right: as if it had not been
				l.Take(t.Context(), pair, account)
			}
		}
		refused := l.Take(t.Context(), pair, account)
		if refused.Wait <= 59*time.Minute || refused.Wait > time.Hour {
			t.Errorf("a fourth try: %+v", refused)
		}
		refused.GiveBack() // nothing was counted
		if again := l.Take(t.Context(), pair); again.Wait <= 59*time.Minute {
			t.Errorf("a fifth try: %+v", again)
		}
		for range 20 {
			l.Take(t.Context(), account)
		}
		// Strict, it tells what is owed: no more than one beyond its burst.
		account.Lenient = false
		if try := l.Take(t.Context(), account); try.Wait > 2*time.Hour {
			t.Errorf("a lenient debt grew to %s", try.Wait)
		}
	})
}

// Two nodes with the same key share; what they count by is not readable.
func TestNodesShare(t *testing.T) {
	t.Parallel()
	redisURL, secret := limitstest.Start(t).URL, key()
	a, b := open(t, redisURL, secret), open(t, redisURL, secret)
	d := limits.Debt{Key: "account ana@loja.example", Burst: 1, Every: time.Hour}
	first := a.Take(t.Context(), d)
	if second := b.Take(t.Context(), d); first.Wait != 0 || second.Wait == 0 {
		t.Errorf("first %+v, on the other node %+v", first, second)
	}
	first.GiveBack()
	if third := b.Take(t.Context(), d); third.Wait != 0 {
		t.Errorf("given back on the other node: %+v", third)
	}
	if s := allow(t, a, "tok_1", 1); s.Refused {
		t.Errorf("%+v", s)
	}
	if s := allow(t, b, "tok_1", 1); !s.Refused {
		t.Errorf("on the other node: %+v", s)
	}
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 2 {
		t.Fatalf("keys %v, %v", keys, err)
	}
	for _, k := range keys {
		if left, err := client.TTL(t.Context(), k).Result(); err != nil || left <= 0 || left > time.Hour {
			t.Errorf("%s stays for %s, %v", k, left, err)
		}
		if k != "wpp:rate:tok_1" && len(k) != len("wpp:try:")+32 {
			t.Errorf("key %s", k)
		}
	}
}

// until waits for what holds soon; a stall of the machine may spoil one look at it.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for late := time.After(20 * time.Second); !holds(); {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-late:
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// faults are what may happen to Redis.
var faults = map[string]struct{ begin, end func(*limitstest.Server) }{
	"killed": {(*limitstest.Server).Kill, (*limitstest.Server).Restart},
	"frozen": {(*limitstest.Server).Freeze, (*limitstest.Server).Thaw},
}

func TestRedisGoesAndReturns(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, secret := limitstest.Start(t), key()
			a, b := open(t, server.URL, secret), open(t, server.URL, secret)
			watch(t, a)
			watch(t, b)
			shares := func() bool {
				id := portal.NewID(portal.PrefixToken)
				return !allow(t, a, id, 1).Refused && allow(t, b, id, 1).Refused
			}
			until(t, "the nodes share", shares)
			fault.begin(server)
			for i := range 50 {
				began := time.Now()
				if s := allow(t, a, fmt.Sprint("tok_", i), 1); s.Refused {
					t.Errorf("call %d was refused: %+v", i, s)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("call %d took %s", i, took)
				}
			}
			if s := allow(t, a, "tok_49", 1); !s.Refused || !a.Degraded() {
				t.Errorf("the node does not count by itself: %+v, degraded %t", s, a.Degraded())
			}
			if try := b.Take(t.Context(), limits.Debt{Key: "x", Burst: 1, Every: time.Hour}); try.Wait != 0 {
				t.Errorf("a try was refused: %+v", try)
			}
			fault.end(server)
			until(t, "the nodes share again", func() bool { return !a.Degraded() && !b.Degraded() && shares() })
		})
	}
}

func watch(t *testing.T, l *limits.Limits) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestServer(t *testing.T) {
	t.Parallel()
	name, err := open(t, limitstest.URL(t), key()).Server(t.Context())
	var product string
	var major, minor int
	if n, _ := fmt.Sscanf(name, "%s %d.%d", &product, &major, &minor); err != nil || n != 3 || major == 0 {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := limits.Local(time.Now).Server(t.Context()); name != "" || err != nil {
		t.Errorf("without Redis: %q, %v", name, err)
	}
	nowhere := open(t, "unix:///nowhere/s", key())
	if name, err := nowhere.Server(t.Context()); err == nil {
		t.Errorf("nowhere is %q", name)
	}
}

func TestAddressIsRefusedWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://:hunter2@redis", "redis://:hunter2@redis:port/0", "redis://:hunter2@redis/zero", "hunter2"} {
		_, err := limits.New(limits.Options{RedisURL: address, SecretKey: key()})
		if err == nil || len(err.Error()) < 20 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
