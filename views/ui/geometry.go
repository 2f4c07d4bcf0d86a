package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Charts are SVG whose geometry stands in attributes and whose color is a
// class, so they obey the strict policy and follow the theme without scripts.

// Part is a share of a whole: its class of color (ok, warn, err, read, sent or
// queue), its size, and its name for the legend.
type Part struct {
	Kind  string
	Value float64
	Name  string
	Text  string // the value as the legend writes it
}

// Bar is one bucket of a stacked chart: its parts from the base up, and the
// list of what it counts ("" for no link).
type Bar struct {
	Label string // for the link: 13:30, 12 requests
	Parts []Part
	Href  templ.SafeURL
}

func (b Bar) sum() float64 {
	var sum float64
	for _, p := range b.Parts {
		sum += max(p.Value, 0)
	}
	return sum
}

type rect struct{ class, x, y, width, height string }

func px(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.1f", v), "0"), ".")
}

// barRects returns the segments of bar i of n in a plot of width by height. Each
// part that is not zero is at least one pixel high, so an error never vanishes.
func barRects(b Bar, i, n int, plot plot) []rect {
	step := plot.width / float64(n)
	x, width := float64(i)*step+step*plot.gap/2, step*(1-plot.gap)
	y := plot.height
	var rects []rect
	for _, p := range b.Parts {
		if p.Value <= 0 {
			continue
		}
		height := max(1, p.Value/plot.top*plot.height)
		y -= height
		rects = append(rects, rect{"f-" + p.Kind, px(x), px(y), px(width), px(height)})
	}
	return rects
}

type plot struct{ width, height, gap, top float64 }

// top returns a round number at or above the highest bar, for the axis.
func top(bars []Bar) float64 {
	var highest float64
	for _, b := range bars {
		highest = max(highest, b.sum())
	}
	return roundUp(highest)
}

// topOf is top for lines.
func topOf(lines []Line) float64 {
	var highest float64
	for _, l := range lines {
		highest = max(highest, slices.Max(append(l.Values, 0)))
	}
	return roundUp(highest)
}

func roundUp(highest float64) float64 {
	if highest <= 2 {
		return 2
	}
	unit := math.Pow(10, math.Floor(math.Log10(highest)))
	for _, step := range []float64{1, 2, 4, 5, 6, 8} {
		if step*unit >= highest {
			return step * unit
		}
	}
	return 10 * unit
}

// shareRects lays parts side by side over 600 units, 3 apart, each at least 3 wide.
func shareRects(parts []Part, height float64) []rect {
	const whole, gap, least = 600.0, 3.0, 3.0
	shown := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Value <= 0 })
	var sum float64
	for _, p := range shown {
		sum += p.Value
	}
	room := whole - gap*float64(len(shown)-1) - least*float64(len(shown))
	var x float64
	var rects []rect
	for _, p := range shown {
		width := least + p.Value/sum*room
		rects = append(rects, rect{"f-" + p.Kind, px(x), "0", px(width), px(height)})
		x += width + gap
	}
	return rects
}

// sparkPath returns the line of values in a box of 96 by 28; the floor lies a
// quarter of the span under the lowest value.
func sparkPath(values []float64) string {
	const width, height = 96.0, 28.0
	low, high := slices.Min(values), slices.Max(values)
	floor := low - (high-low)*.25
	span := high - floor
	if span == 0 {
		span = 1
	}
	var path strings.Builder
	for i, v := range values {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		x := float64(i) * width / float64(len(values)-1)
		y := height - 2 - (v-floor)/span*(height-4)
		path.WriteString(letter + px(x) + " " + px(y))
	}
	return path.String()
}

// linePath returns the line of values in a plot, broken where a value is
// negative. A value alone between two gaps is drawn half a step wide.
func linePath(values []float64, area plot) string {
	step := area.width / max(1, float64(len(values)-1))
	var path strings.Builder
	for i, v := range values {
		if v < 0 {
			continue
		}
		x, y := float64(i)*step, area.height-v/area.top*area.height
		before, after := i > 0 && values[i-1] >= 0, i+1 < len(values) && values[i+1] >= 0
		switch {
		case before:
			path.WriteString("L" + px(x) + " " + px(y))
		case after:
			path.WriteString("M" + px(x) + " " + px(y))
		default:
			path.WriteString("M" + px(max(0, x-step/4)) + " " + px(y) + "H" + px(min(area.width, x+step/4)))
		}
	}
	return path.String()
}
