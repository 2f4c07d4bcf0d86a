package messaging

import (
	"strconv"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

func TestDaysAreBelievedForAMomentAndFarFromTheLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	tenant := portal.Tenant{AccountID: "acc_1", Environment: portal.Live}
	for _, tc := range []struct {
		name  string
		used  int
		more  int
		later time.Duration
		far   bool
	}{
		{"far", 8999, 0, 0, true},
		{"near", 9000, 0, 0, false},
		{"near by its own messages", 8990, 10, 0, false},
		{"still fresh", 100, 5, dayAge - 1, true},
		{"old", 100, 0, dayAge, false},
		{"the clock went back", 100, 0, -1, false},
	} {
		var d counts[portal.Tenant]
		d.add(tenant) // not counted yet: counts for nothing
		if _, far := d.farFrom(10_000, tenant, now); far {
			t.Errorf("%s: believed before it was counted", tc.name)
		}
		d.counted(tc.used, tenant, now)
		for range tc.more {
			d.add(tenant)
		}
		used, far := d.farFrom(10_000, tenant, now.Add(tc.later))
		if far != tc.far || far && used != tc.used+tc.more {
			t.Errorf("%s: %d, %v, want %d, %v", tc.name, used, far, tc.used+tc.more, tc.far)
		}
		if _, far := d.farFrom(10_000, portal.Tenant{AccountID: "acc_2"}, now); far {
			t.Errorf("%s: believed for another tenant", tc.name)
		}
	}
}

func TestDaysAreBounded(t *testing.T) {
	t.Parallel()
	var d counts[portal.Tenant]
	for i := range 2*maxDays + 1 {
		d.counted(i, portal.Tenant{AccountID: strconv.Itoa(i)}, time.Time{})
	}
	if len(d.of) > maxDays {
		t.Errorf("%d tenants are remembered, at most %d may be", len(d.of), maxDays)
	}
}
