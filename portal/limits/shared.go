package limits

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/wppmarketing/developers/portal"
)

const (
	prefix     = "wpp:"
	redisWait  = 200 * time.Millisecond // how long one call of Redis may take
	probeEvery = time.Second
)

// errAddress does not quote the address, which may hold a password.
var errAddress = errors.New("WPP_REDIS_URL must look like redis://:password@redis.internal:6379/0, rediss://… with TLS, or unix:///path/of/socket")

// takeScript counts a try of every key: ARGV has burst, interval in
// microseconds and leniency of each. It answers, for each, how long the key
// had to wait before and owes now. The clock is that of Redis.
var takeScript = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local due, answer, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local burst, every = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1])
  due[i] = math.max(tonumber(redis.call('GET', key) or 0), now)
  answer[2*i-1] = math.max(0, due[i] - (burst - 1) * every - now)
  refused = refused or answer[2*i-1] > 0 and ARGV[3*i] == '0'
end
for i, key in ipairs(KEYS) do
  local burst, every = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1])
  if not refused then
    due[i] = math.min(due[i] + every, now + (burst + 1) * every)
    redis.call('SET', key, string.format('%.0f', due[i]), 'PX', math.ceil((due[i] - now) / 1000))
  end
  answer[2*i] = due[i] - now
end
return answer`)

// giveBackScript takes an interval, of ARGV in microseconds, off every key that
// is still owing.
var giveBackScript = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
for i, key in ipairs(KEYS) do
  local due = tonumber(redis.call('GET', key) or 0) - tonumber(ARGV[i])
  if due > now then
    redis.call('SET', key, string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
  else
    redis.call('DEL', key)
  end
end`)

// shared are the counts in Redis.
type shared struct {
	client *redis.Client
	pepper []byte
	log    *slog.Logger
	away   atomic.Bool
}

// silent drops what the client library would write beside the program's log.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func newShared(o Options) (*shared, error) {
	options, err := redis.ParseURL(o.RedisURL)
	if err != nil {
		return nil, errAddress
	}
	if len(o.SecretKey) != 32 {
		return nil, errors.New("shared limits need the secret key")
	}
	pepper, err := hkdf.Key(sha256.New, o.SecretKey, nil, "wpp/limits/keys", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the limits: %w", err)
	}
	redis.SetLogger(silent{})
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = redisWait, redisWait, redisWait, redisWait
	options.ContextTimeoutEnabled = true
	options.MaxRetries, options.DialerRetries = -1, 1 // the node counts by itself instead
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &shared{client: redis.NewClient(options), pepper: pepper, log: o.Logger}, nil
}

// take counts a try. It answers false when Redis is away.
func (s *shared) take(ctx context.Context, keys []string, debts []Debt) ([]owed, bool) {
	if s.away.Load() {
		return nil, false
	}
	all, err := s.call(ctx, keys, debts)
	s.found(err)
	return all, err == nil
}

func (s *shared) call(ctx context.Context, keys []string, debts []Debt) ([]owed, error) {
	// A caller who goes away must not look like a Redis that does.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisWait)
	defer cancel()
	args := make([]any, 0, 3*len(debts))
	for _, d := range debts {
		args = append(args, d.Burst, max(1, d.Every.Microseconds()), d.Lenient)
	}
	numbers, err := takeScript.Run(ctx, s.client, prefixed(keys), args...).Int64Slice()
	if err != nil {
		return nil, err
	}
	if len(numbers) != 2*len(debts) {
		return nil, fmt.Errorf("%d numbers for %d keys", len(numbers), len(debts))
	}
	all := make([]owed, len(debts))
	for i := range all {
		all[i] = owed{wait: time.Duration(numbers[2*i]) * time.Microsecond, left: time.Duration(numbers[2*i+1]) * time.Microsecond}
	}
	return all, nil
}

// giveBack undoes a take. When it fails, time pays the debt off.
func (s *shared) giveBack(ctx context.Context, keys []string, debts []Debt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisWait)
	defer cancel()
	args := make([]any, len(debts))
	for i, d := range debts {
		args[i] = max(1, d.Every.Microseconds())
	}
	err := giveBackScript.Run(ctx, s.client, prefixed(keys), args...).Err()
	if !errors.Is(err, redis.Nil) { // the script answers nothing
		s.found(err)
	}
}

// found notes whether Redis is there, and logs the change.
func (s *shared) found(err error) {
	if away := err != nil; s.away.CompareAndSwap(!away, away) {
		if away {
			s.log.Warn("limits are per node: Redis does not answer", "error", err)
		} else {
			s.log.Info("limits are shared: Redis answers")
		}
	}
}

// watch probes with the script that the calls need: a Redis that answers a
// ping may still refuse to write.
func (s *shared) watch(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		_, err := s.call(ctx, []string{"probe"}, []Debt{{Burst: 1, Every: time.Millisecond, Lenient: true}})
		s.found(err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// server returns the name and version, such as "redis 7.0.15".
func (s *shared) server(ctx context.Context) (name string, err error) {
	defer portal.Wrap(&err, "Server")
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	info, err := s.client.Info(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	facts := map[string]string{}
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		facts[key] = value
	}
	if v := facts["valkey_version"]; v != "" {
		return "valkey " + v, nil
	}
	return "redis " + facts["redis_version"], nil
}

// hidden returns the debts' keys as they stand in Redis.
func (s *shared) hidden(debts []Debt) []string {
	keys := make([]string, len(debts))
	for i, d := range debts {
		mac := hmac.New(sha256.New, s.pepper)
		_, _ = mac.Write([]byte(d.Key))
		keys[i] = "try:" + hex.EncodeToString(mac.Sum(nil)[:16])
	}
	return keys
}

func prefixed(keys []string) []string {
	full := make([]string, len(keys))
	for i, k := range keys {
		full[i] = prefix + k
	}
	return full
}
