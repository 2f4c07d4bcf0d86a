package portal_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"2s": 2 * time.Second, "90d": 90 * day, "1h": time.Hour, "15m": 15 * time.Minute, "3650d": 3650 * day,
	} {
		if got, err := portal.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseDurationRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "s", "0s", "-1s", "+1s", "1", "1.5h", "1h30m", "3651d", "4294967296s", "9999999999999d", "1 d", "1w", "٣s"} {
		if got, err := portal.ParseDuration(text); portal.CodeOf(err) != portal.CodeValidationFailed {
			t.Errorf("ParseDuration(%q) = %v, %v, want validation_failed", text, got, err)
		}
	}
}
