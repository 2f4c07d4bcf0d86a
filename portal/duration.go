package portal

import (
	"strconv"
	"time"
)

// durationUnits are the units of ParseDuration.
var durationUnits = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}

// maxDuration keeps sums with today's date inside what every part of the product can show.
const maxDuration = 3650 * 24 * time.Hour

// ParseDuration reads a whole number and a unit, from "1s" to "3650d"; other
// texts are validation_failed.
func ParseDuration(s string) (time.Duration, error) {
	refused := Refuse(CodeValidationFailed, FieldError{Code: FieldInvalidFormat})
	if len(s) < 2 || len(s) > 10 {
		return 0, refused
	}
	unit, ok := durationUnits[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if !ok || err != nil || n == 0 || n > uint64(maxDuration/unit) {
		return 0, refused
	}
	return time.Duration(n) * unit, nil
}
