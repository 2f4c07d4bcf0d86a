package portal

import (
	"slices"
	"testing"
	"time"
)

// TestStatusMachine restates the contract: only forward; ends may follow any
// status before delivered, and delivered or read may still follow them.
func TestStatusMachine(t *testing.T) {
	t.Parallel()
	order := []Status{StatusScheduled, StatusQueued, StatusUnknown, StatusCreated, StatusDelivered, StatusRead}
	ends := []Status{StatusFailed, StatusNumberNotFound, StatusExpired}
	delivery := []Status{StatusDelivered, StatusRead}
	for _, from := range Statuses {
		for _, to := range Statuses {
			switch i, j := slices.Index(order, from), slices.Index(order, to); {
			case from == to, from == StatusRead, from == StatusCanceled, from == StatusReceived, to == StatusReceived:
				must(t, from, to, false)
			case to == StatusCanceled:
				must(t, from, to, from == StatusScheduled || from == StatusQueued)
			case slices.Contains(ends, from):
				must(t, from, to, slices.Contains(delivery, to))
			case from == StatusScheduled: // nothing has left: WhatsApp has no say yet
				must(t, from, to, to == StatusQueued || to == StatusFailed || to == StatusExpired)
			case slices.Contains(ends, to):
				must(t, from, to, i < slices.Index(order, StatusDelivered))
			default:
				must(t, from, to, i < j)
			}
		}
	}
}

func must(t *testing.T, from, to Status, want bool) {
	t.Helper()
	if got := from.CanBecome(to); got != want {
		t.Errorf("%s → %s: %v, want %v", from, to, got, want)
	}
}

func TestFinalStatuses(t *testing.T) {
	t.Parallel()
	final := []Status{StatusRead, StatusCanceled, StatusReceived}
	for _, s := range Statuses {
		if got := len(followers[s]) == 0; got != slices.Contains(final, s) {
			t.Errorf("%s: final is %v", s, got)
		}
	}
}

// FuzzStatusMachine: whatever news come in whatever order, no status comes back.
func FuzzStatusMachine(f *testing.F) {
	f.Add([]byte{1, 3, 4, 3, 5, 7})
	f.Fuzz(func(t *testing.T, news []byte) {
		at := StatusQueued
		seen := map[Status]bool{at: true}
		for _, b := range news {
			next := Statuses[int(b)%len(Statuses)]
			if !at.CanBecome(next) {
				continue
			}
			if seen[next] {
				t.Fatalf("%s came back: %v", next, news)
			}
			at, seen[next] = next, true
		}
	})
}

func TestWindowState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ago    time.Duration
		open   bool
		reason string
	}{
		"just wrote":        {0, true, ""},
		"almost a day":      {WindowLength - time.Microsecond, true, ""},
		"a day":             {WindowLength, false, WindowExpired},
		"the clock is late": {-time.Second, true, ""},
	} {
		at := now.Add(-c.ago)
		open, ends, reason := Window{LastInboundAt: &at}.State(now)
		if open != c.open || reason != c.reason || ends == nil || !ends.Equal(at.Add(WindowLength)) {
			t.Errorf("%s: %v %v %q", name, open, ends, reason)
		}
	}
	if open, ends, reason := (Window{}).State(now); open || ends != nil || reason != WindowNeverWrote {
		t.Errorf("never: %v %v %q", open, ends, reason)
	}
}
