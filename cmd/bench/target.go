package main

import "fmt"

// target is a promise about a case.
type target struct {
	what             string
	id, name, engine string
	figure           func(Round) float64
	format           string
	most             bool // true: at most Target; false: at least
	target, stretch  float64
}

func value(r Round) float64 { return r.Value }
func ratio(r Round) float64 { return r.Ratio }
func p50(r Round) float64   { return r.P50 }
func p95(r Round) float64   { return r.P95 }
func p99(r Round) float64   { return r.P99 }

// targets is the list of PERFORMANCE figures; a stretch of 0 is none. A case
// that is not in the report is not judged.
var targets = []target{
	{"token check alone ÷ bare", "B2", nameToken, "sqlite", ratio, "%.2f", false, 0.70, 0.80},
	{"GET /v1/account ÷ bare", "B2", nameVerify, "sqlite", ratio, "%.2f", false, 0.45, 0.60},
	{"accept, 64 connections ÷ bare", "B3", acceptName(64), "sqlite", ratio, "%.2f", false, 0.15, 0.25},
	{"accept, 64 connections, messages/s", "B3", acceptName(64), "sqlite", value, "%.0f", false, 8000, 0},
	{"accept, 64 connections, p99 ms", "B3", acceptName(64), "sqlite", p99, "%.1f", true, 40, 0},
	{"accept, 256 connections, messages/s", "B3", acceptName(256), "sqlite", value, "%.0f", false, 10000, 0},
	{"accept on PostgreSQL, 64 connections, messages/s", "B3", acceptName(64), "postgres", value, "%.0f", false, 3000, 5000},
	{"accepted → delivered at a receiver, messages/s", "B5", nameDrain, "sqlite", value, "%.0f", false, 1000, 3000},
	{"accepted → delivered at a receiver, p99 ms", "B5", nameLag, "sqlite", p99, "%.0f", true, 500, 0},
	{"deliveries of a filled queue, a second", "B5", nameQueue, "sqlite", value, "%.0f", false, 5000, 10000},
	{"log: newest 50, p99 ms", "B6", nameNewest, "sqlite", p99, "%.2f", true, 5, 0},
	{"log: 5xx newest 50, p99 ms", "B6", nameFailed, "sqlite", p99, "%.2f", true, 5, 0},
	{"log: worst unmatched filter, p99 ms", "B6", nameUnmatched, "sqlite", p99, "%.2f", true, 25, 0},
	{"log: page of the worst filter, p95 ms", "B6", nameWorstPage, "sqlite", p95, "%.1f", true, 100, 0},
	{"portal page, 1 connection, p50 ms", "B8", nameServerTime, "sqlite", p50, "%.2f", true, 2, 0},
	{"portal page, first load, kB of gzip", "B8", nameFirstLoad, "sqlite", value, "%.1f", true, 30, 0},
	{"start to ready, ms", "process", nameReady, "sqlite", value, "%.0f", true, 1000, 0},
	{"idle memory, MiB", "process", nameMemory, "sqlite", value, "%.0f", true, 60, 0},
}

// Verdict says how a target was met.
type Verdict struct {
	What     string  `json:"what"`
	Measured float64 `json:"measured"` // median of the rounds
	Target   float64 `json:"target"`
	Stretch  float64 `json:"stretch,omitempty"`
	AtMost   bool    `json:"at_most"`
	Met      bool    `json:"met"`
	Format   string  `json:"format"`
}

// judge compares the report with the targets.
func judge(r *Report) (out []Verdict) {
	for _, t := range targets {
		c := r.find(t.id, t.name, t.engine)
		if c == nil {
			continue
		}
		v := Verdict{What: t.what, Measured: middle(c.values(t.figure)), Target: t.target, Stretch: t.stretch, AtMost: t.most, Format: t.format}
		v.Met = reached(v.Measured, t.target, t.most)
		out = append(out, v)
	}
	return out
}

func reached(measured, wanted float64, most bool) bool {
	if most {
		return measured <= wanted
	}
	return measured >= wanted
}

// words says met or missed, and by how much.
func (v Verdict) words() string {
	out := "missed by " + v.gap(v.Target)
	if v.Met {
		out = "met, " + v.gap(v.Target) + " to spare"
	}
	switch {
	case v.Stretch == 0:
	case reached(v.Measured, v.Stretch, v.AtMost):
		out += "; stretch met"
	default:
		out += "; stretch " + fmt.Sprintf(v.Format, v.Stretch) + " missed by " + v.gap(v.Stretch)
	}
	return out
}

// gap is the distance from a limit in percent of the limit.
func (v Verdict) gap(limit float64) string {
	d := (v.Measured/limit - 1) * 100
	return fmt.Sprintf("%.0f %%", max(d, -d))
}

// limit is the target with its direction.
func (v Verdict) limit() string {
	sign := "≥ "
	if v.AtMost {
		sign = "≤ "
	}
	return sign + fmt.Sprintf(v.Format, v.Target)
}
