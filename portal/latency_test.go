package portal

import (
	"testing"
	"time"
)

func TestLatencyPercentiles(t *testing.T) {
	t.Parallel()
	var l, other Latency
	if got := l.Percentile(95); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for range 90 {
		l.Add(4 * time.Millisecond)
	}
	for range 10 {
		other.Add(150 * time.Millisecond)
	}
	l.Merge(other)
	for p, within := range map[float64][2]time.Duration{
		50: {3 * time.Millisecond, 5 * time.Millisecond},
		95: {100 * time.Millisecond, 200 * time.Millisecond},
		99: {150 * time.Millisecond, 200 * time.Millisecond},
	} {
		if got := l.Percentile(p); got <= within[0] || got > within[1] {
			t.Errorf("p%v is %v, want within %v", p, got, within)
		}
	}
	var slow Latency
	slow.Add(time.Hour)
	if got := slow.Percentile(50); got != 5*time.Second {
		t.Errorf("beyond the last bound: %v", got)
	}
}
