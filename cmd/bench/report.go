package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Report is everything a run found out.
type Report struct {
	Program string    `json:"program"` // what wpp version prints
	Machine Machine   `json:"machine"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	Rounds  int       `json:"rounds"`
	Turn    string    `json:"turn"`
	Short   bool      `json:"short"` // a look, not a result
	Cases   []*Case   `json:"cases"`
	Targets []Verdict `json:"targets"`

	progress io.Writer // a line a round, while it runs
}

// Case is one thing measured, once a round.
type Case struct {
	ID     string   `json:"id"` // B1 … B8, or "process"
	Name   string   `json:"name"`
	Engine string   `json:"engine"`
	Unit   string   `json:"unit"` // of Value
	Note   string   `json:"note,omitempty"`
	Median float64  `json:"median"`
	Low    float64  `json:"low"`
	High   float64  `json:"high"`
	Noise  *float64 `json:"noise,omitempty"` // (High - Low) / Median; nil of a single round
	Rounds []Round  `json:"rounds"`
}

// Round is what one round gave. Times are milliseconds; zero = not measured.
type Round struct {
	Value  float64 `json:"value"`
	Ratio  float64 `json:"ratio,omitempty"` // to B1 of the same round
	CPU    float64 `json:"cpu_us,omitempty"`
	P50    float64 `json:"p50_ms,omitempty"`
	P95    float64 `json:"p95_ms,omitempty"`
	P99    float64 `json:"p99_ms,omitempty"`
	Errors int64   `json:"errors"`
	Load   float64 `json:"load"` // average of the last minute
}

// perSecond is the unit of a throughput.
const perSecond = "/s"

func newReport(o options) *Report {
	return &Report{
		Program: programVersion(o.wpp), Machine: thisMachine(), Began: time.Now().UTC(),
		Rounds: o.rounds, Turn: o.time.String(), Short: o.short, progress: o.progress,
	}
}

// add notes a round of the case named so, which is made at its first round.
func (r *Report) add(c Case, round Round) {
	round.Load = load()
	known := r.find(c.ID, c.Name, c.Engine)
	if known == nil {
		known = &c
		r.Cases = append(r.Cases, known)
	}
	if c.Note != "" {
		known.Note = c.Note
	}
	known.Rounds = append(known.Rounds, round)
	_, _ = fmt.Fprintf(r.progress, "%s  round %d  %s %s: %s %s\n", known.Engine, len(known.Rounds), c.ID, c.Name, figure(round.Value), known.Unit)
}

// find returns the case, nil if there is none.
func (r *Report) find(id, name, engine string) *Case {
	for _, c := range r.Cases {
		if c.ID == id && c.Name == name && c.Engine == engine {
			return c
		}
	}
	return nil
}

// finish sums the rounds up.
func (r *Report) finish() {
	r.Seconds = time.Since(r.Began).Round(time.Second).Seconds()
	for _, c := range r.Cases {
		values := c.values(func(o Round) float64 { return o.Value })
		c.Median, c.Low, c.High = middle(values), values[0], values[len(values)-1]
		if c.Median != 0 && len(values) > 1 {
			noise := (c.High - c.Low) / c.Median
			c.Noise = &noise
		}
	}
	r.Targets = judge(r)
}

// spread says how far the rounds lie apart.
func (c *Case) spread() string {
	if len(c.Rounds) == 1 {
		return "one round"
	}
	return figure(c.Low) + "–" + figure(c.High)
}

// values returns one figure of every round, sorted.
func (c *Case) values(of func(Round) float64) []float64 {
	var all []float64
	for _, round := range c.Rounds {
		all = append(all, of(round))
	}
	slices.Sort(all)
	return all
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}

// roundOf is a turn as a round, beside the bare rate of the same round.
func roundOf(t taken, bare float64) Round {
	out := Round{Errors: t.errors, P50: millis(percentile(t.latencies, 50)), P95: millis(percentile(t.latencies, 95)), P99: millis(percentile(t.latencies, 99))}
	if t.answered == 0 || t.elapsed <= 0 {
		return out
	}
	out.Value = float64(t.answered) / t.elapsed.Seconds()
	out.CPU = float64(t.cpu.Microseconds()) / float64(t.answered)
	if bare > 0 {
		out.Ratio = out.Value / bare
	}
	return out
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Write keeps the report as JSON.
func (r *Report) Write(path string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // results are no secret
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644) //nolint:gosec // results are no secret
}

// ReadReport reads what Write kept.
func ReadReport(path string) (*Report, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("%s is not a report: %w", path, err)
	}
	return r, nil
}

// load returns the machine's load average of the last minute, 0 if unknown.
func load() float64 {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), " ")
	n, _ := strconv.ParseFloat(first, 64)
	return n
}
