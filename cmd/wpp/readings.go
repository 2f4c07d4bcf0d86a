package main

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// sample is what the meters showed at one moment.
type sample struct {
	at       time.Time
	families map[string][]reading
}

// reading is one series: a counter, or a histogram with cumulated buckets.
type reading struct {
	labels  []string // values, ordered by the labels' names
	value   float64
	count   uint64
	sum     float64
	buckets []bucket
}

type bucket struct {
	upTo  float64
	count uint64
}

// takeSample reads the registry. What cannot be read is not in the sample.
func takeSample(from prometheus.Gatherer) sample {
	s := sample{at: time.Now(), families: map[string][]reading{}}
	families, _ := from.Gather() // an error comes beside all that could be read
	for _, f := range families {
		for _, m := range f.GetMetric() {
			r := reading{value: m.GetCounter().GetValue()}
			for _, l := range m.GetLabel() {
				r.labels = append(r.labels, l.GetValue())
			}
			if h := m.GetHistogram(); h != nil {
				r.count, r.sum = h.GetSampleCount(), h.GetSampleSum()
				for _, b := range h.GetBucket() {
					r.buckets = append(r.buckets, bucket{b.GetUpperBound(), b.GetCumulativeCount()})
				}
			}
			s.families[f.GetName()] = append(s.families[f.GetName()], r)
		}
	}
	return s
}

// since returns what was added to each series of a family after an earlier sample.
func (s sample) since(before sample, family string) []reading {
	known := map[string]reading{}
	for _, r := range before.families[family] {
		known[r.key()] = r
	}
	var out []reading
	for _, r := range s.families[family] {
		out = append(out, r.minus(known[r.key()]))
	}
	return out
}

// one is since for a family without labels.
func (s sample) one(before sample, family string) reading { return merged(s.since(before, family)) }

func (r reading) key() string { return strings.Join(r.labels, "\x00") }

func (r reading) minus(b reading) reading {
	r.value, r.count, r.sum = r.value-b.value, r.count-b.count, r.sum-b.sum
	r.buckets = slices.Clone(r.buckets)
	for i := range b.buckets {
		r.buckets[i].count -= b.buckets[i].count
	}
	return r
}

// merged adds series of one family up.
func merged(list []reading) (sum reading) {
	for _, r := range list {
		sum.value, sum.count, sum.sum = sum.value+r.value, sum.count+r.count, sum.sum+r.sum
		if sum.buckets == nil {
			sum.buckets = slices.Clone(r.buckets)
			continue
		}
		for i := range r.buckets {
			sum.buckets[i].count += r.buckets[i].count
		}
	}
	return sum
}

// quantile estimates, as Prometheus does, the seconds below which the share q
// of the observations lies; above the last bound it knows no more than that.
func (r reading) quantile(q float64) time.Duration {
	rank := q * float64(r.count)
	var low, below float64
	for _, b := range r.buckets {
		if float64(b.count) >= rank && b.count > 0 {
			inside := float64(b.count) - below
			return seconds(low + (b.upTo-low)*(rank-below)/inside)
		}
		low, below = b.upTo, float64(b.count)
	}
	return seconds(low)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
