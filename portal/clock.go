package portal

import "time"

// TimeFormat is RFC 3339 in UTC with milliseconds, as every answer shows times.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// FormatTime returns t as answers show it.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }
