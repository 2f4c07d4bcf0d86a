package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// meta is WhatsApp for a program in a process of its own: the simulator behind
// a real address, which counts what it takes and can be down.
type meta struct {
	testing.TB
	*httptest.Server
	simulator *simulator.Simulator
	phone     simulator.Phone
	program   atomic.Pointer[string] // where the program's callbacks go
	down      atomic.Bool

	mu     sync.Mutex
	taken  map[string]int      // how often each message was taken, by our id
	failed map[string]bool     // failed by status
	order  map[string][]string // our ids in the order they were taken, by person
}

// newMeta starts it with one number, which it gives to a new live account of
// the data folder. The token sends.
func newMeta(t testing.TB, data string) (m *meta, token string) {
	t.Helper()
	m = &meta{TB: t, taken: map[string]int{}, failed: map[string]bool{}, order: map[string][]string{}}
	s := start(t, data)
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Load", "--email", "load@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token = c.ok("", "token", "create", "--account", account, "--name", "Load", "--environment", "live", "--scopes", "*")["token"]
	m.connect(s.store(), portal.Tenant{AccountID: account, Environment: portal.Live})
	s.end()
	m.simulator = simulator.New(simulator.Options{Journal: simulator.NewMemory(nil, m.phone), Receive: http.HandlerFunc(m.callBack)})
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	ctx, stop := context.WithCancel(context.Background())
	var pumps sync.WaitGroup
	for range 4 {
		pumps.Go(func() { m.pump(ctx) })
	}
	t.Cleanup(func() { stop(); pumps.Wait(); m.Close() })
	return m, token
}

// connect replaces the account's simulated number by one of the Cloud API, whose
// rate is the highest that Meta gives.
func (m *meta) connect(st *store.Store, t portal.Tenant) {
	m.Helper()
	now, high := st.Now(), 1000
	c, secrets := portal.NewSimulatedChannel(t, "Loja", "+551140028944", now)
	c.Provider, c.Default, c.Throughput = portal.ProviderCloud, true, &high
	m.phone = simulator.Phone{ID: c.PhoneNumberID, WABA: c.WABA, Number: c.Phone, Token: secrets.Token, AppSecret: secrets.AppSecret, ChannelID: c.ID}
	sealed, err := st.SealChannel(c.ID, secrets)
	if err == nil {
		err = st.Tx(m.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`UPDATE /* test */ channels SET is_default = FALSE`); err != nil {
				return err
			}
			return tx.InsertChannel(c, sealed)
		})
	}
	if err != nil {
		m.Fatal(err)
	}
}

// serve starts the program on the data folder, as a child that sends to this WhatsApp.
func (m *meta) serve(data string) *server {
	m.Helper()
	s := startChanged(m.TB, data, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "WPP_WHATSAPP=cloud", "WPP_GRAPH_URL="+m.URL)
	})
	m.program.Store(&s.url)
	return s
}

func (m *meta) pump(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := m.simulator.DeliverDue(ctx); err != nil && ctx.Err() == nil {
			m.Errorf("callbacks: %v", err)
			return
		}
	}
}

// callBack hands a callback of the simulator to the program.
func (m *meta) callBack(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		m.Error(err)
	}
	to, err := http.NewRequestWithContext(r.Context(), http.MethodPost, *m.program.Load()+r.URL.Path, strings.NewReader(string(body)))
	if err != nil {
		m.Error(err)
		return
	}
	to.Header = r.Header
	res, err := http.DefaultClient.Do(to)
	if err != nil { // the program is not there at the moment
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	_ = res.Body.Close()
	w.WriteHeader(res.StatusCode)
	parsed, err := whatsapp.ParseCallback(body)
	if err != nil {
		m.Error(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range parsed.Statuses {
		if u.Status == "failed" {
			m.failed[u.Correlation] = true
		}
	}
}

// answer is the simulator's, or that of a WhatsApp that is down. A message is
// taken when the simulator says so, or takes it and hangs up.
func (m *meta) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the program was killed meanwhile
	}
	if m.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":{"message":"(#2) Service temporarily unavailable","code":2,"is_transient":true}}`)
		return
	}
	var sent struct {
		To          string `json:"to"`
		Correlation string `json:"biz_opaque_callback_data"`
	}
	_ = json.Unmarshal(body, &sent) // a call about the number has none
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	answer := httptest.NewRecorder()
	hungUp := func() (aborted bool) {
		defer func() { aborted = recover() != nil }()
		m.simulator.ServeHTTP(answer, r)
		return false
	}()
	if sent.Correlation != "" && (hungUp || answer.Code == http.StatusOK) {
		m.mu.Lock()
		if m.taken[sent.Correlation]++; m.taken[sent.Correlation] == 1 {
			m.order[sent.To] = append(m.order[sent.To], sent.Correlation)
		}
		m.mu.Unlock()
	}
	if hungUp {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// onceAndInOrder fails when a message was taken twice, or a person got messages
// in another order than that of their ids.
func (m *meta) onceAndInOrder() {
	m.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, n := range m.taken {
		if n != 1 {
			m.Errorf("%s was taken %d times", id, n)
		}
	}
	for person, ids := range m.order {
		if !slices.IsSorted(ids) {
			m.Errorf("%s got messages out of order", person[len(person)-4:])
		}
	}
}

// crowd sends n messages to people of its own each connection, one after the
// other, and returns the accepted ids and how long each took.
func (m *meta) crowd(s *server, token string, n int, every time.Duration) (ids []string, took []time.Duration) {
	m.Helper()
	const connections = 8
	var mu sync.Mutex
	var all sync.WaitGroup
	for c := range connections {
		all.Go(func() {
			tick := time.NewTicker(max(every, time.Microsecond))
			defer tick.Stop()
			for i := c; i < n; i += connections {
				<-tick.C
				began := time.Now()
				r := s.call(token, http.MethodPost, "/v1/messages", hello(int64(i)))
				d := time.Since(began)
				var made struct {
					ID string `json:"id"`
				}
				if err := json.Unmarshal([]byte(r.body), &made); err != nil || r.status != http.StatusAccepted {
					m.Errorf("not accepted: %d %s", r.status, r.body)
					return
				}
				mu.Lock()
				ids, took = append(ids, made.ID), append(took, d)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return ids, took
}

// settled waits until no message is on its way any more.
func (m *meta) settled(s *server, within time.Duration) {
	m.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	const underWay = `SELECT status, COUNT(*) FROM messages WHERE direction = 'outbound' AND status NOT IN ('read', 'failed', 'number_not_found') GROUP BY status`
	for late := time.After(within); ; {
		left := s.query(underWay)
		if len(left) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			m.Fatalf("after %s: %v", within, left)
		}
	}
}

// statuses returns the status of every message by id.
func (s *server) statuses() map[string]string {
	s.Helper()
	all := map[string]string{}
	for _, row := range s.query(`SELECT id, status FROM messages WHERE direction = 'outbound'`) {
		id, status, _ := strings.Cut(row, "|")
		all[id] = status
	}
	return all
}

// TestThousandsThroughChaos: messages go through the public API to WhatsApp,
// whose callbacks come twice and out of order and of whose answers two in a
// hundred are errors. Each ends as WhatsApp says, none is taken twice, and each
// person gets theirs in order.
func TestThousandsThroughChaos(t *testing.T) {
	t.Parallel()
	n := 2000
	if soak() {
		n = 20_000
	}
	data := t.TempDir()
	m, token := newMeta(t, data)
	err := m.simulator.Configure(t.Context(), m.phone.ID, func(c *simulator.Settings) error {
		c.Chaos.Duplicates, c.Chaos.Disorder = true, true
		for every, effect := range map[int]simulator.Effect{
			211: {Code: 131000}, 223: {Code: 131056}, 227: {Code: 131026, ByStatus: true}, 229: {Drop: simulator.DropAfter}, 1999: {Code: 130429},
		} {
			c.Rules = append(c.Rules, simulator.Rule{Trigger: simulator.Trigger{Every: every}, Effect: effect})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := m.serve(data)
	began := time.Now()
	ids, took := m.crowd(s, token, n, 0)
	accepted := time.Since(began)
	m.settled(s, 10*time.Minute)
	t.Logf("%d accepted in %s (p99 %s), settled after %s", len(ids), accepted, took[len(took)*99/100], time.Since(began))
	m.onceAndInOrder()
	statuses, failed := s.statuses(), 0
	for _, id := range ids {
		want := "read"
		if m.failed[id] {
			want, failed = "number_not_found", failed+1
		}
		if statuses[id] != want || m.taken[id] != 1 {
			t.Errorf("%s is %s and was taken %d times, want %s", id, statuses[id], m.taken[id], want)
		}
	}
	refused := s.query(`SELECT COUNT(*) FROM attempts WHERE outcome <> 'accepted'`)
	if len(ids) != n || failed == 0 {
		t.Errorf("%d accepted, %d failed by status, %s attempts refused or lost", len(ids), failed, refused[0])
	}
	t.Logf("%d failed by status, %s attempts refused or lost", failed, refused[0])
}

// TestWhatsAppDown: while every call fails, accepting stays quick; afterwards
// the queue drains, and nothing is lost or taken twice.
func TestWhatsAppDown(t *testing.T) {
	t.Parallel()
	n, every := 600, 40*time.Millisecond // three seconds at 200 a second
	if soak() {
		n = 6000
	}
	data := t.TempDir()
	m, token := newMeta(t, data)
	s := m.serve(data)
	m.down.Store(true)
	began := time.Now()
	ids, took := m.crowd(s, token, n, every)
	m.down.Store(false)
	outage := time.Since(began)
	p99 := took[len(took)*99/100]
	if p99 > promised(250*time.Millisecond) {
		t.Errorf("p99 of accepting while WhatsApp is down is %s", p99)
	}
	m.settled(s, 5*time.Minute)
	t.Logf("down for %s: %d accepted, p99 %s; drained %s after the end", outage, len(ids), p99, time.Since(began)-outage)
	m.onceAndInOrder()
	statuses := s.statuses()
	for _, id := range ids {
		if statuses[id] != "read" {
			t.Errorf("%s is %s", id, statuses[id])
		}
	}
	if len(m.taken) != n {
		t.Errorf("WhatsApp has %d messages of %d", len(m.taken), n)
	}
}

// TestKilledWhileSending kills the program again and again in the middle of
// calls to WhatsApp, which has no message twice afterwards. What nobody knows of
// is unknown, and WhatsApp does not have it.
func TestKilledWhileSending(t *testing.T) {
	t.Parallel()
	rounds := 3
	if soak() {
		rounds = 20
	}
	data := t.TempDir()
	m, token := newMeta(t, data)
	taken := func() int {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.taken)
	}
	slow := simulator.Rule{Effect: simulator.Effect{Wait: simulator.Seconds(150 * time.Millisecond)}} // so that calls are under way
	err := m.simulator.Configure(t.Context(), m.phone.ID, func(c *simulator.Settings) error { c.Rules = []simulator.Rule{slow}; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		s := m.serve(data)
		before := taken()
		m.crowd(s, token, max(600/rounds, 40), 0) // the number's rate bounds how fast the rest goes out
		eventually(t, "messages taken", func() bool { return taken() >= before+20 })
		s.killed()
	}
	s := m.serve(data)
	eventually(t, "nothing is on its way", func() bool {
		return len(s.query(`SELECT id FROM messages WHERE status IN ('queued', 'created', 'delivered')`)) == 0
	})
	m.onceAndInOrder()
	lost := 0
	for id, status := range s.statuses() {
		switch {
		case status == "unknown":
			lost++
			if m.taken[id] > 0 {
				t.Errorf("%s is unknown, and WhatsApp has it", id)
			}
		case status != "read" || m.taken[id] != 1:
			t.Errorf("%s is %s and was taken %d times", id, status, m.taken[id])
		}
	}
	met := s.query(`SELECT COUNT(*) FROM attempts WHERE outcome = 'lost' OR outcome = 'accepted' AND http_status = 0`)[0]
	t.Logf("%d messages over %d kills, which met %s calls; %d unknown", len(s.statuses()), rounds, met, lost)
	if met == "0" {
		t.Error("no kill met a call")
	}
}
