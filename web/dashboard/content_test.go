package dashboard

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

func TestLines(t *testing.T) {
	t.Parallel()
	known := texts{
		"named\npt_BR":      {Components: json.RawMessage(`[{"type":"HEADER","text":"Pedido {{order}}"},{"type":"BODY","text":"Olá {{name}},\nestá {{order}}."},{"type":"BUTTONS"}]`)},
		"positional\npt_BR": {Components: json.RawMessage(`[{"type":"HEADER","text":"{{1}}"},{"type":"BODY","text":"{{1}} e {{2}}"}]`)},
		"odd\npt_BR":        {Components: json.RawMessage(`{}`)},
	}
	for _, c := range []struct {
		kind, content string
		want          []string
	}{
		{"text", `{"body":"a\n\n b "}`, []string{"a", "b"}},
		{"text", `{"body":""}`, nil},
		{"text", ``, nil},
		{"image", `{"id":"1"}`, nil},
		{"template", `{"name":"named","language":{"code":"pt_BR"},"parameters":{"name":"{{order}}","order":"7"}}`, []string{"Pedido 7", "Olá {{order}},", "está 7."}},
		{"template", `{"name":"positional","language":{"code":"pt_BR"},"components":[{"type":"header","parameters":[{"text":"H"}]},{"type":"body","parameters":[{"text":"x"},{"text":"y"}]}]}`, []string{"H", "x e y"}},
		{"template", `{"name":"named","language":{"code":"en_US"}}`, nil},
		{"template", `{"name":"odd","language":{"code":"pt_BR"}}`, nil},
		{"template", `null`, nil},
	} {
		if got := known.lines(portal.Message{Type: c.kind, Content: json.RawMessage(c.content)}); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.kind, c.content, got, c.want)
		}
	}
}

func TestSight(t *testing.T) {
	t.Parallel()
	hidden, shown, reader := sight{}, sight{revealed: true}, sight{withheld: true}
	for _, c := range [][2]string{
		{hidden.number(anaPhone), anaMasked},
		{shown.number(anaPhone), anaShown},
		{hidden.number(""), ""},
		{hidden.waID("5511987654417"), anaMasked},
		{hidden.waID("1"), masked},
		{shown.waID("5511987654417"), "5511987654417"},
		{hidden.email("a@b.example"), "••••@••••"},
		{hidden.email(""), ""},
		{shown.email("a@b.example"), "a@b.example"},
		{hidden.name("Ana"), "Ana"},
		{reader.name("Ângela"), "Â••••"},
		{reader.name(""), ""},
		{string(hidden.content(json.RawMessage(`{"a":["11 98765-4417"],"n":12345678901}`))), `{"a":["` + anaMasked + `"],"n":12345678901}`},
		{string(reader.content(json.RawMessage(`{"body":"x"}`))), ""},
		{string(hidden.content(json.RawMessage(`{`))), ""},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
