package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary act as the bare server, which is started from it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestRun measures B1 and B3 for a moment on the real program, on SQLite: the
// rows are counted, and the table and the JSON have both cases.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wpp, results := filepath.Join(dir, "wpp"), filepath.Join(dir, "bench.json")
	build := exec.CommandContext(t.Context(), "go", append(append([]string{"build"}, raced...), "-o", wpp, "../wpp")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	var out bytes.Buffer
	args := []string{"-wpp", wpp, "-only", "B3", "-engines", "sqlite", "-rounds", "1", "-time", "200ms", "-json", results}
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	rep, err := ReadReport(results)
	if err != nil {
		t.Fatal(err)
	}
	bare, accept := rep.find("B1", nameBare, "sqlite"), rep.find("B3", acceptName(64), "sqlite")
	if bare == nil || accept == nil || bare.Median <= accept.Median || accept.Median <= 0 {
		t.Fatalf("bare %+v, accept %+v", bare, accept)
	}
	round := accept.Rounds[0]
	if round.Errors != 0 || round.CPU <= 0 || round.P50 <= 0 || round.P99 < round.P50 || math.Abs(round.Ratio-round.Value/bare.Median) > 1e-9 {
		t.Errorf("the round is %+v beside a bare rate of %f", round, bare.Median)
	}
	if got := out.String(); !strings.Contains(got, acceptName(64)) || !strings.Contains(got, "≥ 8000") || !strings.HasPrefix(rep.Program, "wpp ") {
		t.Errorf("%q printed\n%s", rep.Program, got)
	}
	var again bytes.Buffer
	if err := run(t.Context(), []string{"-from", results}, &again); err != nil || again.String() != out.String() {
		t.Errorf("from its JSON the table is another: %v\n%s", err, &again)
	}
}

// TestProveFindsALoss tells the driver's count from the store's.
func TestProveFindsALoss(t *testing.T) {
	t.Parallel()
	b := &bench{options: options{messages: 3}}
	w, err := b.newStore(t.Context(), "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.close() })
	if err := w.prove(t.Context(), 0); err != nil {
		t.Error(err)
	}
	if err := w.prove(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "LOSS") {
		t.Errorf("one message missing: %v", err)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, c := range []struct {
		of      []float64
		p, want float64
	}{
		{nil, 99, 0},
		{[]float64{7}, 50, 7},
		{[]float64{7}, 99, 7},
		{[]float64{1, 2}, 50, 1},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
		{hundred, 0, 1},
	} {
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("p%v of %d values = %v, not %v", c.p, len(c.of), got, c.want)
		}
	}
	if got := middle([]float64{1, 2, 4, 9}); got != 3 {
		t.Errorf("the median of an even number is %v", got)
	}
}

// aServer is a process of this test's, for the parts of the driver.
func aServer(t *testing.T, h http.HandlerFunc) *process {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return &process{addr: s.Listener.Addr().String(), url: s.URL, cmd: &exec.Cmd{Process: self}}
}

// TestDriveCounts separates good answers, other answers and broken connections.
func TestDriveCounts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	p := aServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/chunked":
			_, _ = io.WriteString(w, long)
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, long)
		case "/refused":
			w.WriteHeader(http.StatusTeapot)
		case "/broken":
			c, _, _ := w.(http.Hijacker).Hijack()
			_ = c.Close()
		}
	})
	var requests [][]byte
	for _, path := range []string{"/chunked", "/empty", "/refused", "/broken", "/chunked"} {
		requests = append(requests, request(http.MethodGet, path, "secret", ""))
	}
	out, err := drive(t.Context(), turn{server: p, requests: requests, want: http.StatusOK, connections: 3, calls: 50})
	if err != nil {
		t.Fatal(err)
	}
	if out.accepted != 30 || out.answered != 30 || out.errors != 20 || len(out.latencies) != 30 || !slices.IsSorted(out.latencies) {
		t.Errorf("of 50 calls, 30 good: %d accepted, %d answered, %d errors, %d latencies", out.accepted, out.answered, out.errors, len(out.latencies))
	}
	if _, err := drive(t.Context(), turn{server: p, requests: requests[2:3], want: http.StatusOK, connections: 1, calls: 1}); err == nil || !strings.Contains(err.Error(), "418") {
		t.Errorf("a turn without a good answer: %v", err)
	}
}

// TestOpenLoopChargesAStall has a server that stands still for a while: every
// call due meanwhile waited, not only the one that was under way.
func TestOpenLoopChargesAStall(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	var calls int
	p := aServer(t, func(http.ResponseWriter, *http.Request) {
		if calls++; calls == 20 {
			<-time.After(stall) // the fault under test
		}
	})
	out, err := drive(t.Context(), turn{server: p, requests: [][]byte{request(http.MethodGet, "/", "secret", "")}, want: http.StatusOK, connections: 1, rate: 200, calls: 100})
	if err != nil {
		t.Fatal(err)
	}
	late := 0
	for _, l := range out.latencies {
		if l > stall/2 {
			late++
		}
	}
	if late < 20 {
		t.Errorf("%d of 100 calls at 200/s were late by half of a stall of %s; thirty were due in that half", late, stall)
	}
}

// TestReport writes and reads a report, and words its verdicts.
func TestReport(t *testing.T) {
	t.Parallel()
	rep := &Report{Program: "wpp 1", Machine: Machine{CPU: "Test CPU", Cores: 2, Go: "go1", FileSystem: "ext4"}, Began: time.Now().UTC(), Rounds: 3, Turn: "1s", progress: io.Discard}
	for _, v := range []float64{9000, 10000, 12000} {
		rep.add(Case{ID: "B3", Name: acceptName(64), Engine: "sqlite", Unit: perSecond}, Round{Value: v, Ratio: v / 50000, P99: 50, CPU: 80})
	}
	rep.finish()
	c := rep.Cases[0]
	if len(rep.Cases) != 1 || c.Median != 10000 || c.Low != 9000 || c.High != 12000 || c.Noise == nil || math.Abs(*c.Noise-0.3) > 1e-9 {
		t.Errorf("the case is %+v", c)
	}
	var got []string
	for _, v := range rep.Targets {
		got = append(got, v.words())
	}
	want := []string{"met, 33 % to spare; stretch 0.25 missed by 20 %", "met, 25 % to spare", "missed by 25 %"}
	if !slices.Equal(got, want) {
		t.Errorf("the verdicts are %q", got)
	}
	path := filepath.Join(t.TempDir(), "new", "bench.json")
	if err := rep.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	read.progress = rep.progress
	if !reflect.DeepEqual(read, rep) {
		a, _ := json.Marshal(rep)
		b, _ := json.Marshal(read)
		t.Errorf("read back it is another:\n%s\n%s", a, b)
	}
	var table, markdown bytes.Buffer
	if err := read.Table(&table); err != nil {
		t.Fatal(err)
	}
	if err := read.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if row := "| B3 " + acceptName(64) + " | sqlite | 10000 /s | 9000–12000 | 0.20 | 80 |  | 50.00 |"; !strings.Contains(markdown.String(), row) || !strings.Contains(table.String(), "2 × Test CPU") {
		t.Errorf("%s\n%s", &markdown, &table)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-short", "-time", "3s", "-only", "b3,B7"})
	if err != nil || o.rounds != 2 || o.time != 3*time.Second || o.rows != 300_000 {
		t.Errorf("-short -time 3s is %+v, %v", o, err)
	}
	if !o.wants("B2", "B3") || o.wants("B2") || !o.wants("B7") {
		t.Errorf("-only b3,B7 wants %v %v %v", o.wants("B2", "B3"), o.wants("B2"), o.wants("B7"))
	}
	for _, bad := range [][]string{{"-rounds", "0"}, {"-time", "1ms"}, {"-only"}, {"-only", "B9"}, {"-engines", "sqlite,mysql"}} {
		if err := run(context.Background(), bad, io.Discard); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
