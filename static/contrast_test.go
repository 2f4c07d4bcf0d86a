package static_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// pair is a foreground that stands on a background, with the contrast it needs.
type pair struct {
	fore, back string
	least      float64
}

// pairs lists every pair the design draws: body text 7:1 on every ground,
// secondary, meta, state and syntax text 4.5:1, edges, focus and charts 3:1.
func pairs() []pair {
	list := []pair{
		{"on-accent", "accent", 4.5},
		{"on-accent", "accent-hover", 4.5},
		{"on-danger", "danger-solid", 4.5},
		{"text", "pressed", 7},
		{"text-2", "pressed", 4.5},
		{"accent-text", "accent-soft", 4.5},
		{"info", "info-soft", 4.5},
		{"warn", "warn-soft", 4.5},
		{"danger", "danger-soft", 4.5},
		{"success", "success-soft", 4.5},
		{"text", "warn-soft", 7},
		{"text-2", "warn-soft", 4.5},
		{"text-2", "danger-soft", 4.5},
		{"text-2", "accent-soft", 4.5},
		{"control", "surface", 3},
		{"control", "canvas", 3},
		{"focus", "surface", 3},
		{"focus", "canvas", 3},
		{"focus", "surface-2", 3},
		{"c-key", "surface-2", 4.5},
		{"c-str", "surface-2", 4.5},
		{"c-num", "surface-2", 4.5},
		{"c-pun", "surface-2", 4.5},
		{"surface", "text", 7}, // the toast
	}
	for _, ground := range []string{"canvas", "surface", "surface-2", "hover", "selected"} {
		list = append(list, pair{"text", ground, 7})
		for _, ink := range []string{"text-2", "text-3", "accent-text", "danger", "warn", "info", "success"} {
			list = append(list, pair{ink, ground, 4.5})
		}
	}
	for _, fill := range []string{"d-ok", "d-warn", "d-err", "d-read", "d-sent", "d-queue"} {
		list = append(list, pair{fill, "surface", 3})
	}
	return list
}

var token = regexp.MustCompile(`(?m)^\s*--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

func TestContrast(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string][2]string{}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	for _, p := range pairs() {
		fore, okFore := tokens[p.fore]
		back, okBack := tokens[p.back]
		if !okFore || !okBack {
			t.Errorf("%s on %s: a token is missing in app.css", p.fore, p.back)
			continue
		}
		for i, theme := range []string{"light", "dark"} {
			if got := contrast(t, fore[i], back[i]); got < p.least {
				t.Errorf("%s on %s, %s: %.2f, want %.1f", p.fore, p.back, theme, got, p.least)
			}
		}
	}
}

// TestColorsAreTokens: no color is written outside the layer of tokens.
func TestColorsAreTokens(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	rest := regexp.MustCompile(`(?s)@layer tokens \{.*?\n\}\n`).ReplaceAll(css, nil)
	rest = regexp.MustCompile(`::selection \{[^}]*\}`).ReplaceAll(rest, nil)
	if found := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[^{]*;`).Find(rest); found != nil {
		t.Errorf("a color outside the tokens: %s", found)
	}
}

// contrast is the ratio of WCAG 2.2 between two colors.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
