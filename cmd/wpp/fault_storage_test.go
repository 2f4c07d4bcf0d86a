package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TestStorageFaults lets the disk under the running program fail in every way
// that can be made, and come back.
func TestStorageFaults(t *testing.T) {
	t.Parallel()
	outages := []outage{
		fileLimit(t),
		interposed(t, "I/O error", "5 write sync"),
		interposed(t, "sync fails", "5 sync"),
		interposed(t, "no space", "28 write"),
	}
	if o, ok := smallDisk(t); ok {
		outages = append(outages, o)
	}
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s, token, owner := o.start(t)
			acknowledged := map[string]bool{}
			send := func() reply {
				r := s.call(token, http.MethodPost, "/v1/messages", hello(int64(len(acknowledged))))
				if r.status == http.StatusAccepted {
					acknowledged[idOf(r)] = true
				}
				return r
			}
			for range 20 {
				s.mustAccept(send())
			}
			o.begin(s)
			refused := 0
			eventually(t, "the fault, and no more room that comes free", func() bool {
				if send().status == http.StatusAccepted {
					refused = 0
					o.begin(s)
					return false
				}
				refused++
				// What asks whether the store writes may use up the last of the room.
				return refused >= 15 && s.visitor().get("/readyz").status != http.StatusOK
			})
			s.mustRefuseToWrite(token, owner)
			s.mustRead(token, owner)
			o.end(s)
			eventually(t, "writing again", func() bool { return send().status == http.StatusAccepted })
			eventually(t, "ready again", func() bool { return s.visitor().get("/readyz").status == http.StatusOK })
			s.mustRead(token, owner)
			s.mustKeep(acknowledged)
			if stored := len(s.kept()); stored != len(acknowledged) {
				t.Errorf("%d messages stored, %d acknowledged: a refused one was sent", stored, len(acknowledged))
			}
			if code := s.end(); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// TestKillWhileTheDiskFails lets the disk fail, come back and fail again under
// load and then kills the program: whatever was acknowledged between is there.
func TestKillWhileTheDiskFails(t *testing.T) {
	t.Parallel()
	for _, o := range []outage{interposed(t, "sync fails", "5 sync"), interposed(t, "no space", "28 write")} {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s, token, _ := o.start(t)
			rounds := 1
			if soak() {
				rounds = 20
			}
			ids := map[string]bool{}
			for range rounds {
				maps.Copy(ids, s.underLoad(token, func(l *load) {
					eventually(t, "messages under way", func() bool { return l.acknowledged() >= 50 })
					o.begin(s)
					eventually(t, "the fault", func() bool { return l.refused() > 0 })
					before := l.acknowledged()
					o.end(s)
					eventually(t, "messages under way again", func() bool { return l.acknowledged() >= before+50 })
					o.begin(s)
					s.killed()
				}))
				o.end(s)
				s = startChanged(t, o.data, o.change)
				s.mustKeep(ids)
			}
		})
	}
}

// TestStopWhileTheDiskFails stops the program in the middle of an outage: it
// ends by itself although it cannot write what it still has in memory.
func TestStopWhileTheDiskFails(t *testing.T) {
	t.Parallel()
	o := interposed(t, "", "5 write sync")
	s, token, owner := o.start(t)
	id := s.made(token, http.MethodPost, "/v1/messages", hello(1))
	o.begin(s)
	s.mustRead(token, owner)
	began := time.Now()
	code := s.end()
	took := time.Since(began)
	t.Logf("ended after %s", took)
	if code != 0 || took > promised(10*time.Second) {
		t.Errorf("exit %d after %s\n%s", code, took, s.log)
	}
	o.end(s)
	startChild(t, o.data).mustKeep(map[string]bool{id: true})
}

// start runs a child on the outage's folder, with one account without limits.
func (o outage) start(t *testing.T) (s *server, token string, owner *visitor) {
	t.Helper()
	start(t, o.data).end()
	c := commands{t, o.data}
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token = c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	if o.change == nil {
		o.change = func(*exec.Cmd) {}
	}
	s = startChanged(t, o.data, o.change)
	owner = s.signIn("ana@loja.example", password)
	s.change(`UPDATE sessions SET last_seen_at = last_seen_at - 300000000`) // five minutes
	return s, token, owner
}

func (s *server) mustAccept(r reply) {
	s.Helper()
	if r.status != http.StatusAccepted {
		s.Fatalf("%d %s", r.status, r.body)
	}
}

// mustRefuseToWrite fails the test unless every way to write says that the
// store is away for now, in the reader's language.
func (s *server) mustRefuseToWrite(token string, owner *visitor) {
	s.Helper()
	for _, lang := range []string{portal.LangEN, portal.LangPT} {
		r, err := post(http.DefaultClient, s.url+"/v1/messages", hello(1), http.Header{
			"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Accept-Language": {lang},
		})
		if err != nil {
			s.Fatal(err)
		}
		mustBeUnavailable(s, r, portal.CodeStorageUnavailable)
		entry, _ := portal.EntryOf(portal.CodeStorageUnavailable)
		if !strings.Contains(r.body, entry.Detail.In(lang)) || !strings.Contains(r.body, entry.Action.In(lang)) {
			s.Errorf("in %s: %s", lang, r.body)
		}
	}
	if r := owner.post("/account", url.Values{"name": {"Loja nova"}, "language": {portal.LangPT}, "timezone": {"America/Sao_Paulo"}, "env": {"test"}}); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		s.Errorf("a form: %d %v", r.status, r.header)
	}
	if r := s.visitor().get("/readyz"); r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, "written") {
		s.Errorf("/readyz: %d %q", r.status, r.body)
	}
	if r := s.visitor().get("/healthz"); r.status != http.StatusOK {
		s.Errorf("/healthz: %d", r.status)
	}
}

// mustBeUnavailable fails the test unless the answer is a problem of that code
// that says when to come back.
func mustBeUnavailable(t testing.TB, r reply, code portal.Code) {
	t.Helper()
	wait, err := strconv.Atoi(r.header.Get("Retry-After"))
	if r.status != http.StatusServiceUnavailable || codeOf(r) != code || err != nil || wait < 1 || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v %s, want %s", r.status, r.header, r.body, code)
	}
}

// codeOf returns the code of a problem, "" for none.
func codeOf(r reply) portal.Code {
	var p struct {
		Code portal.Code `json:"code"`
	}
	_ = json.Unmarshal([]byte(r.body), &p)
	return p.Code
}

// TestLostLogRowsAreCounted has more calls than the log can hold while the disk
// fails: none of them waits for it, and what was lost is said.
func TestLostLogRowsAreCounted(t *testing.T) {
	t.Parallel()
	o := interposed(t, "", "5 write sync")
	s, token, owner := o.start(t)
	o.begin(s)
	mustBeUnavailable(t, s.call(token, http.MethodPost, "/v1/messages", hello(1)), portal.CodeStorageUnavailable)
	const callers, each = 8, 500
	began := time.Now()
	s.readMuch(token, callers, each)
	took := time.Since(began)
	t.Logf("%d reads took %s", callers*each, took)
	if took > promised(5*time.Second) {
		t.Errorf("reads waited for the log: %d took %s", callers*each, took)
	}
	o.end(s)
	var stored, lost int
	eventually(t, "every call is stored or counted as lost", func() bool {
		n, err := strconv.Atoi(s.query(`SELECT CAST(COUNT(*) AS TEXT) FROM requests WHERE token_id <> ''`)[0])
		if err != nil {
			t.Fatal(err)
		}
		stored, lost = n, s.figure("wpp_log_rows_lost_total")
		return stored+lost == callers*each+1
	})
	t.Logf("%d rows stored, %d lost", stored, lost)
	if lost == 0 || stored == 0 {
		t.Error("the buffer was not full: this proves nothing")
	}
	if page := owner.get("/logs?env=test"); !strings.Contains(page.body, "Some requests are missing here") {
		t.Errorf("the page does not say so: %d", page.status)
	}
}

// readMuch makes calls that only read, on several connections, each of which must succeed.
func (s *server) readMuch(token string, callers, each int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				r, err := get(client, s.url+"/v1/account", token)
				if err != nil || r.status != http.StatusOK {
					s.Errorf("a read: %d, %v", r.status, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func get(client *http.Client, url, token string) (r reply, err error) {
	req, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return exchange(client, req)
}
