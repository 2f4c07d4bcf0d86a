package api

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

func hostileBodies() map[string]string {
	wrap := func(v string) string {
		return `{"to":"+5511900000001","type":"text","text":{"body":` + v + `},"reference":"hostile"}`
	}
	return map[string]string{
		"depth":            strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"depth in a field": `{"to":` + strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000) + `}`,
		"1e400":            wrap("1e400"),
		"2^63":             wrap("9223372036854775808"),
		"-0":               wrap("-0"),
		"repeated keys":    `{"to":"a","to":"b"}`,
		"bad UTF-8":        wrap("\"\xff\xfe\""),
		"lone surrogate":   wrap(`"\ud800"`),
		"NUL":              wrap(`"a\u0000b"`),
		"NUL in a name":    `{"a\u0000b":1}`,
		"BOM":              "\xef\xbb\xbf" + wrap(`"oi"`),
		"many names":       `{` + strings.Repeat(`"k":1,`, 100) + `"z":1}`,
		"unknown names":    manyNames(20_000),
		"long name":        `{"` + strings.Repeat("n", 500_000) + `":1}`,
		"not JSON":         "<xml/>",
		"NaN":              wrap("NaN"),
		"comment":          wrap(`"oi" /* x */`),
		"trailing comma":   `{"to":"+5511900000001",}`,
	}
}

// It does not run beside other tests: it measures time and memory.
func TestHostileBodiesAreRefusedFastAndStoreNothing(t *testing.T) { //nolint:paralleltest
	f := newFixture(t)
	for name, body := range hostileBodies() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		g := f.do(post("/v1/messages", body).with(f.secret))
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if g.status < 400 || g.status >= 500 {
			t.Errorf("%s: %d %s", name, g.status, g.body)
		}
		if len(g.body) > 32<<10 {
			t.Errorf("%s: an answer of %d bytes", name, len(g.body))
		}
		if took > 2*time.Second { // 100 ms, with room for a machine that does other work
			t.Errorf("%s: took %v", name, took)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: took %d MiB", name, grown>>20)
		}
	}
	list := f.do(get("/v1/messages?reference=hostile").with(f.secret)).want(200, "")
	if n := len(list.value("data").([]any)); n != 0 {
		t.Errorf("%d messages stored", n)
	}
}

func manyNames(n int) string {
	var b strings.Builder
	b.WriteString(`{"to":"x"`)
	for i := range n {
		b.WriteString(`,"k` + strings.Repeat("x", 1+i%7) + string(rune('a'+i%26)) + time.Duration(i).String() + `":1`)
	}
	return b.String() + "}"
}

func TestValuesAreNeverEchoed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const secret = "s3gr3d0-Xyz"
	for _, q := range []ask{
		post("/v1/messages", `{"to":"`+secret+`","type":"`+secret+`","text":{"body":""},"send_at":"`+secret+`"}`),
		post("/v1/messages", `{"to":["`+secret+`"],"type":"text"}`),
		get("/v1/messages?status=" + secret + "&limit=" + secret),
		get("/v1/messages?created_after=" + secret),
		get("/v1/messages?after=" + secret),
		get("/v1/contacts/" + secret),
		{method: "PUT", path: "/v1/contacts", body: `{"external_id":"x","email":"` + secret + `","country":"` + secret + `"}`},
		post("/v1/messages", example("sendMessage"), "Idempotency-Key", secret+"é"),
	} {
		g := f.do(q.with(f.secret))
		if g.status < 400 || strings.Contains(string(g.body), secret) {
			t.Errorf("%s %s: %d %s", q.method, q.path, g.status, g.body)
		}
	}
}

// TestMassAssignment adds fields that decide about others to every body.
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, op := range operations {
		if !op.Body {
			continue
		}
		for _, extra := range []string{"account_id", "environment", "role", "scopes", "id", "status", "source"} {
			if op.ID == "updateWebhookEndpoint" && extra == "status" {
				continue // it switches the endpoint
			}
			body := strings.Replace(example(op.ID), "{", `{"`+extra+`":"x",`, 1)
			path := f.ids.Replace(rows[op.ID].path)
			if path == "" {
				path = op.Path
			}
			g := f.do(ask{method: op.Method, path: path, token: f.secret, body: body})
			if op.Batch {
				g = g.want(200, "").line(0)
			}
			g.want(422, portal.CodeValidationFailed)
			if g.text("errors.0.pointer") != "/"+extra || g.text("errors.0.code") != portal.FieldUnknown {
				t.Errorf("%s: %s", op.ID, g.body)
			}
		}
	}
}

// FuzzDecode: what is accepted is bounded, and decodes into a body's struct
// without a panic; what is refused says nothing of the data.
func FuzzDecode(f *testing.F) {
	for _, examples := range bodies {
		for _, b := range examples {
			f.Add([]byte(b))
		}
	}
	for _, b := range hostileBodies() {
		f.Add([]byte(b[:min(len(b), 4096)]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var tree any
		if err := decode(data, &tree); err != nil {
			if code, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), faulty), " "); fieldWords[code] == (portal.Words{}) && code != malformed {
				t.Errorf("an error that nobody reads: %q", err)
			}
			return
		}
		var message MessageBody
		var contact ContactBody
		_, _ = decode(data, &message), decode(data, &contact)
		var event EventBody
		if decode(data, &event) == nil {
			_ = reportOf(event)
		}
		if _, err := encode(tree); err != nil {
			t.Errorf("accepted and not writable: %v", err)
		}
	})
}
