package ui

import (
	"strings"
	"testing"
)

// TestMarked: WhatsApp's marks become looks at the edges of words only, and
// nothing of the text becomes markup of the page.
func TestMarked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Oi *Ana*!":                  "Oi <strong>Ana</strong>!",
		"_às 14h_ e ~depois~":        "<em>às 14h</em> e <s>depois</s>",
		"*muito _bem_*":              "<strong>muito <em>bem</em></strong>",
		"```a *b* <c>```":            "<code>a *b* &lt;c&gt;</code>",
		"use `x`":                    "use <code>x</code>",
		"2 * 3 * 4":                  "2 * 3 * 4",
		"https://loja.example/a_b_c": "https://loja.example/a_b_c",
		"pedido*1001*":               "pedido*1001*",
		"** e *":                     "** e *",
		"<b>oi</b> & *<i>*":          "&lt;b&gt;oi&lt;/b&gt; &amp; <strong>&lt;i&gt;</strong>",
		"*sem fim":                   "*sem fim",
		"*é*":                        "<strong>é</strong>",
	} {
		var out strings.Builder
		if err := Marked(text).Render(t.Context(), &out); err != nil || out.String() != want {
			t.Errorf("%q: %q, want %q, %v", text, out.String(), want, err)
		}
	}
}
