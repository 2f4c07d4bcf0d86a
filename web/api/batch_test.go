package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// hellos are n lines of a template, with keys of their own when keyed.
func hellos(n int, keyed bool) []string {
	lines := make([]string, n)
	for i := range lines {
		key := ""
		if keyed {
			key = fmt.Sprintf(`,"idempotency_key":"L-%d"`, i)
		}
		lines[i] = fmt.Sprintf(`{"to":"+55219876%05d","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}},"reference":"%d"%s}`, i, i, key)
	}
	return lines
}

func array(lines []string) string { return "[" + strings.Join(lines, ",") + "]" }

// onEngines runs the test on a fixture of each engine.
func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		test(t, newFixtureOn(newWorldOn(t, open(func(o *store.Options) { o.Present = Resource }))))
	})
}

// line is the answer of one line of a batch as if it had come alone.
func (g got) line(i int) got {
	g.Helper()
	at := fmt.Sprintf("data.%d", i)
	g.status = int(g.value(at + ".status").(float64))
	body, err := json.Marshal(g.value(at + ".error"))
	if err != nil {
		g.Fatal(err)
	}
	g.body = body
	return g
}

func (f *fixture) batch(path, body string, header ...string) got {
	f.Helper()
	return f.do(post(path, body, header...).with(f.secret))
}

func (g got) counts(accepted, refused int) got {
	g.Helper()
	g.want(200, "")
	if a, r := g.value("accepted").(float64), g.value("refused").(float64); int(a) != accepted || int(r) != refused {
		g.Fatalf("%v accepted, %v refused; want %d, %d: %.2000s", a, r, accepted, refused, g.body)
	}
	return g
}

func (f *fixture) stored(query string) int {
	f.Helper()
	n, after := 0, ""
	for {
		g := f.do(get("/v1/messages?limit=100&"+query+after).with(f.secret)).want(200, "")
		n += len(g.value("data").([]any))
		next, more := g.value("next").(string)
		if !more {
			return n
		}
		after = "&after=" + next
	}
}

func TestBatchOfMessagesLineByLine(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		body := array([]string{
			`{"to":"+5511900000001","type":"text","text":{"body":"um"},"reference":"b"}`,
			`{"to":"+5521987654321","type":"text","text":{"body":"fora da janela"},"reference":"b"}`,
			`{"to":"x","type":"text","text":{"body":"dois"}}`,
			`{"to":"+5511900000001","type":"text","text":{"body":"três"},"reference":"b","extra":1}`,
			`{"to":"+5511900000001","type":"text","text":{"body":"quatro"},"reference":"b"}`,
			`7`,
		})
		g := f.batch("/v1/messages/batch", body).counts(2, 4)
		for at, want := range map[string]any{
			"data.0.status": 202.0, "data.0.message.source": "batch", "data.0.error": nil, "data.0.index": 0.0,
			"data.1.status": 422.0, "data.1.error.code": "window_closed", "data.1.message": nil, "data.1.error.errors.0.pointer": "/text",
			"data.2.error.code": "invalid_number", "data.2.error.errors.0.pointer": "/to",
			"data.3.error.code": "validation_failed", "data.3.error.errors.0.pointer": "/extra",
			"data.4.status": 202.0, "data.5.error.code": "validation_failed",
		} {
			if v := g.value(at); v != want {
				t.Errorf("%s is %v, want %v", at, v, want)
			}
		}
		if n := f.stored("reference=b"); n != 2 {
			t.Errorf("%d messages stored", n)
		}
		// A refused line leaves nothing, the person included.
		f.do(get("/v1/contacts/phone:+5521987654321").with(f.secret)).want(404, "")
		row := f.row(f.account, portal.Test, g)
		if row.Operation != "sendMessages" || row.Status != 200 || row.Duration == nil {
			t.Errorf("log row: %+v", row)
		}
		f.API.Log.Flush(t.Context())
		entry := f.do(get("/v1/requests/"+row.ID).with(f.secret)).want(200, "")
		if said := entry.text("response.body"); !strings.Contains(said, `"accepted":2,"refused":4`) || !strings.Contains(said, g.text("data.0.message.id")) {
			t.Errorf("the log keeps %.300s", said)
		}
		if said := entry.text("request.body"); strings.Contains(said, "+5521987654321") || strings.Contains(said, "fora da janela") {
			t.Errorf("the log shows %.500s", said)
		}
	})
}

func TestBatchOfLinesAsNDJSON(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		body := strings.Join(hellos(2, false), "\r\n") + "\n\n{broken\n" + hellos(3, false)[2] + "\n"
		g := f.batch("/v1/messages/batch", body, "Content-Type", "application/x-ndjson").counts(3, 1)
		if g.value("data.2.error.code") != "malformed_json" || g.value("data.2.status") != 400.0 {
			t.Errorf("a broken line: %v", g.value("data.2"))
		}
		g = f.batch("/v1/contacts/batch", `{"external_id":"N-1","phone":"31 8765-0001"}`+"\n"+`{"external_id":"N-1","name":"Ana"}`, "Content-Type", "application/x-ndjson; charset=utf-8").counts(2, 0)
		if g.value("data.0.status") != 201.0 || g.value("data.1.status") != 200.0 || g.text("data.0.contact.id") != g.text("data.1.contact.id") {
			t.Errorf("two lines of one person: %s", g.body)
		}
		entry := f.row(f.account, portal.Test, g)
		if said := f.do(get("/v1/requests/" + entry.ID).with(f.secret)).text("request.body"); !strings.Contains(said, `"external_id":"N-1"`) || strings.Contains(said, "Ana") {
			t.Errorf("the log of NDJSON: %s", said)
		}
	})
}

func TestBatchIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	one := hellos(1, false)[0]
	for name, c := range map[string]struct {
		body, kind string
		status     int
		code       portal.Code
	}{
		"no array":     {one, "application/json", 422, portal.CodeValidationFailed},
		"empty":        {"[]", "application/json", 422, portal.CodeValidationFailed},
		"no body":      {"", "application/json", 422, portal.CodeValidationFailed},
		"half":         {"[" + one, "application/json", 400, portal.CodeMalformedJSON},
		"two arrays":   {"[" + one + "][]", "application/json", 400, portal.CodeMalformedJSON},
		"1001 lines":   {array(hellos(1001, false)), "application/json", 422, portal.CodeValidationFailed},
		"1001 of text": {strings.Join(hellos(1001, false), "\n"), ndjson, 422, portal.CodeValidationFailed},
		"too large":    {"[" + strings.Repeat(" ", maxBatch) + "]", "application/json", 413, portal.CodeBodyTooLarge},
		"form":         {one, "application/x-www-form-urlencoded", 415, portal.CodeUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			f.batch("/v1/messages/batch", c.body, "Content-Type", c.kind).want(c.status, c.code)
		})
	}
	f.do(post("/v1/messages", one, "Content-Type", ndjson).with(f.secret)).want(415, portal.CodeUnsupportedMediaType)
	if n := f.stored("reference=0"); n != 0 {
		t.Errorf("%d messages of refused batches", n)
	}
}

func TestBatchKeepsItsAnswerUnderOneKey(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		lines := hellos(150, false)
		lines[3] = `{"to":"+5521987650099","type":"text","text":{"body":"fechada"}}`
		const parallel = 50
		answers := make([]got, parallel)
		var wg sync.WaitGroup
		for i := range parallel {
			wg.Go(func() {
				for answers[i].status == 0 || answers[i].status == http.StatusServiceUnavailable { // a busy machine
					answers[i] = f.batch("/v1/messages/batch", array(lines), "Idempotency-Key", "B")
				}
			})
		}
		wg.Wait()
		fresh := 0
		for _, g := range answers {
			g.counts(149, 1)
			if string(g.body) != string(answers[0].body) {
				t.Fatalf("two answers under one key:\n%.400s\n%.400s", g.body, answers[0].body)
			}
			if g.header.Get("Idempotency-Replayed") == "" {
				fresh++
			}
		}
		if n := f.stored("to=%2B5521987600000") + f.stored("reference=149"); fresh < 1 || n != 2 {
			t.Errorf("%d fresh answers, %d messages to two people", fresh, n)
		}
		f.batch("/v1/messages/batch", array(lines[1:]), "Idempotency-Key", "B").want(422, portal.CodeIdempotencyMismatch)
		f.do(post("/v1/messages", lines[0], "Idempotency-Key", "B").with(f.secret)).want(422, portal.CodeIdempotencyMismatch)
	})
}

func TestBatchLinesHaveKeysOfTheirOwn(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		lines := hellos(4, true)
		first := f.batch("/v1/messages/batch", array(lines[:3])).counts(3, 0)
		other := strings.Replace(lines[1], `"reference":"1"`, `"reference":"x"`, 1)
		again := f.batch("/v1/messages/batch", lines[2]+"\n"+other+"\n"+lines[3]+"\n"+strings.Replace(lines[3], `,"type"`, ` , "type"`, 1), "Content-Type", ndjson).counts(3, 1)
		if again.text("data.0.message.id") != first.text("data.2.message.id") {
			t.Error("a repeated line made a message")
		}
		if again.value("data.1.error.code") != "idempotency_mismatch" {
			t.Errorf("another line under a kept key: %v", again.value("data.1"))
		}
		if again.text("data.2.message.id") != again.text("data.3.message.id") {
			t.Error("the same key twice in one batch made two messages")
		}
		history := f.do(get("/v1/messages/"+first.text("data.2.message.id")).with(f.secret)).want(200, "")
		if !strings.Contains(string(history.body), `"replayed":true`) || !strings.Contains(string(history.body), `"idempotency_key":"L-2"`) {
			t.Errorf("the timeline says nothing of the repeat: %s", history.body)
		}
		// An error leaves the key free.
		closed := `[{"to":"+5521987650001","type":"text","text":{"body":"oi"},"idempotency_key":"E"}]`
		f.batch("/v1/messages/batch", closed).counts(0, 1)
		f.do(post("/v1/test/inbound", `{"from":"+5521987650001","text":{"body":"Olá"}}`).with(f.secret)).want(202, "")
		f.settle()
		f.batch("/v1/messages/batch", closed).counts(1, 0)
	})
}

func TestKeptLinesDoNotOutliveThePerson(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		send := func(path, body string) got { return f.batch(path, body, "Idempotency-Key", path) }
		messages := array(hellos(2, true))
		people := `[{"external_id":"G-1","name":"Zulmira","idempotency_key":"G1"},{"external_id":"G-2"}]`
		gone := send("/v1/messages/batch", messages).counts(2, 0).text("data.0.message.contact_id")
		send("/v1/contacts/batch", people).counts(2, 0)
		f.do(ask{method: "DELETE", path: "/v1/contacts/" + gone, token: f.secret}).want(204, "")
		f.do(ask{method: "DELETE", path: "/v1/contacts/ext:G-1", token: f.secret}).want(204, "")
		for path, body := range map[string]string{"/v1/messages/batch": messages, "/v1/contacts/batch": people} {
			g := send(path, body).counts(1, 1)
			if g.value("data.0.error.code") != "not_found" {
				t.Errorf("%s: %v", path, g.value("data.0"))
			}
			f.batch(path, "["+strings.Split(body[1:], "},{")[0]+"}]").counts(0, 1)
		}
		if n := f.stored("reference=0"); n != 1 {
			t.Errorf("%d messages of the erased person", n)
		}
	})
}

func TestBatchCountsEachLineAgainstTheDay(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.limitDay(f.account, 7) // two are used up
		g := f.batch("/v1/messages/batch", array(hellos(10, false))).counts(5, 5)
		if g.value("data.5.error.code") != "daily_limit_reached" || g.value("data.5.status") != 429.0 {
			t.Errorf("beyond the limit: %v", g.value("data.5"))
		}
	})
}

func TestBatchKeepsTheOrderOfOnePerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lines := make([]string, 120)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"to":"%s","type":"text","text":{"body":"%d"}}`, tester, i)
	}
	g := f.batch("/v1/messages/batch", array(lines[:90])).counts(90, 0)
	last := ""
	for i := range 90 {
		id := g.text(fmt.Sprintf("data.%d.message.id", i))
		if id <= last {
			t.Fatalf("line %d got an id before that of the line above", i)
		}
		last = id
	}
}

// TestBatchOfAThousandIsFast holds the promise of one second, ten times in short.
// Other tests share the machine, so the fastest of three counts.
func TestBatchOfAThousandIsFast(t *testing.T) {
	promised := 10 * time.Second
	if os.Getenv("WPP_SOAK") != "" {
		promised = time.Second
	}
	onEngines(t, func(t *testing.T, f *fixture) {
		person := func(round, i int) string { return fmt.Sprintf("+5521987%06d", 100_000*round+i) }
		for path, line := range map[string]func(round, i int) string{
			"/v1/messages/batch": func(round, i int) string {
				return fmt.Sprintf(`{"to":"%s","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}},"idempotency_key":"%d-%d"}`, person(round, i), round, i)
			},
			"/v1/contacts/batch": func(round, i int) string {
				return fmt.Sprintf(`{"external_id":"T-%d-%d","phone":"%s","name":"Cliente %d","tags":["a","b"],"attributes":{"n":%d},"opt_in":{"status":"opted_in","source":"loja","at":"2026-10-01T12:00:00Z"}}`, round, i, person(round+4, i), i, i)
			},
		} {
			fastest := time.Duration(math.MaxInt64)
			for round := 1; round <= 3 && fastest > promised; round++ {
				lines := make([]string, 1000)
				for i := range lines {
					lines[i] = line(round, i)
				}
				answered, start := httptest.NewRecorder(), time.Now()
				f.ServeHTTP(answered, quick(path, array(lines), f.secret))
				fastest = min(fastest, time.Since(start))
				if !strings.HasPrefix(answered.Body.String(), `{"accepted":1000,"refused":0,`) {
					t.Fatalf("%s: %.300s", path, answered.Body)
				}
			}
			t.Logf("%s: 1,000 lines in %s", path, fastest)
			if fastest > promised {
				t.Errorf("%s: 1,000 lines took %s", path, fastest)
			}
		}
		if n := f.stored("created_after=2020-01-01T00:00:00Z"); n < 1000 {
			t.Errorf("%d messages stored", n)
		}
	})
}

func quick(path, body, token string) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, "https://api.example.com"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
