package portal

import "time"

// latencyBounds are the upper ends of the classes of a Latency; the last class
// has none. Counts that are stored refer to them by their place: never change one.
var latencyBounds = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond,
	5 * time.Millisecond, 7 * time.Millisecond, 10 * time.Millisecond, 15 * time.Millisecond, 20 * time.Millisecond,
	30 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 5 * time.Second,
}

// LatencyClasses is how many classes a Latency has.
const LatencyClasses = len(latencyBounds) + 1

// Latency counts durations by class, so that those of many minutes add up and
// still have percentiles.
type Latency [LatencyClasses]int64

// Add counts one duration.
func (l *Latency) Add(d time.Duration) {
	for i, bound := range latencyBounds {
		if d <= bound {
			l[i]++
			return
		}
	}
	l[len(latencyBounds)]++
}

// Merge adds the counts of another.
func (l *Latency) Merge(other Latency) {
	for i, n := range other {
		l[i] += n
	}
}

// Percentile returns the duration below which p percent lie, by the place
// inside its class; 0 when nothing was counted. Beyond the last bound it is that bound.
func (l *Latency) Percentile(p float64) time.Duration {
	var all int64
	for _, n := range l {
		all += n
	}
	rank := p / 100 * float64(all)
	var low time.Duration
	for i, bound := range latencyBounds {
		n := float64(l[i])
		if n > 0 && rank <= n {
			return low + time.Duration(rank/n*float64(bound-low))
		}
		rank, low = rank-n, bound
	}
	if all == 0 {
		return 0
	}
	return low
}
