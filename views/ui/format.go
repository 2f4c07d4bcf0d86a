package ui

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/wppmarketing/developers/portal"
)

var (
	printerEN = message.NewPrinter(language.English)
	printerPT = message.NewPrinter(language.BrazilianPortuguese)
	monthsPT  = [...]string{"jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."}
)

func decimal(ctx context.Context, x float64, places int) string {
	p := printerEN
	if From(ctx).Lang == portal.LangPT {
		p = printerPT
	}
	return p.Sprint(number.Decimal(x, number.MinFractionDigits(places), number.MaxFractionDigits(places)))
}

// Num returns n with the thousands separators of the reader: 48,219 or 48.219.
func Num(ctx context.Context, n int64) string { return decimal(ctx, float64(n), 0) }

// Dec returns x with exactly places decimals, as the reader writes them.
func Dec(ctx context.Context, x float64, places int) string { return decimal(ctx, x, places) }

// Pct returns a percentage between 0 and 100 with one decimal: 98.3%.
func Pct(ctx context.Context, percent float64) string { return decimal(ctx, percent, 1) + "%" }

// Millis returns a duration in milliseconds: one decimal under 10 ms, whole above.
func Millis(ctx context.Context, ms float64) string {
	if ms < 10 && ms != math.Trunc(ms) {
		return decimal(ctx, ms, 1) + " ms"
	}
	return decimal(ctx, math.Round(ms), 0) + " ms"
}

func local(ctx context.Context, t time.Time) time.Time {
	if zone := From(ctx).Zone; zone != nil {
		return t.In(zone)
	}
	return t.UTC()
}

// Clock returns the time of day with milliseconds in the reader's zone: 14:32:07.418.
func Clock(ctx context.Context, t time.Time) string { return local(ctx, t).Format("15:04:05.000") }

// Date returns the day in the reader's zone: 22 Nov 2026 or 22 nov. 2026.
func Date(ctx context.Context, t time.Time) string {
	t = local(ctx, t)
	if From(ctx).Lang == portal.LangPT {
		return fmt.Sprintf("%d %s %d", t.Day(), monthsPT[t.Month()-1], t.Year())
	}
	return t.Format("2 Jan 2006")
}

// DateTime returns day and time in the reader's zone: 22 Nov 2026, 14:32:07.
func DateTime(ctx context.Context, t time.Time) string {
	return Date(ctx, t) + ", " + local(ctx, t).Format("15:04:05")
}

// brazil names the offsets of Brazil, for which the zone database has no letters.
var brazil = map[string]string{"-02": "FNT", "-03": "BRT", "-04": "AMT", "-05": "ACT"}

// ZoneName returns the letters of the reader's zone at t: BRT, UTC, or an offset (UTC+03).
func ZoneName(ctx context.Context, t time.Time) string {
	t = local(ctx, t)
	name := t.Format("MST")
	if !strings.HasPrefix(name, "-") && !strings.HasPrefix(name, "+") {
		return name
	}
	if letters, ok := brazil[name]; ok && strings.HasPrefix(t.Location().String(), "America/") {
		return letters
	}
	return "UTC" + name
}

// Short returns an id as tables show it: its prefix and last six characters, msg_…5RBWM4.
func Short(id string) string {
	prefix, body, ok := strings.Cut(id, "_")
	if !ok || len(body) < 7 {
		return id
	}
	return prefix + "_…" + body[len(body)-6:]
}

func machineTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
