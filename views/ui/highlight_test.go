package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/views/ui"
)

func draw(t testing.TB, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSON(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{`{"a":"<b>","n":-1.5e3,"t":true,"z":[]}`, `<span class="p">{</span>
  <span class="k">&#34;a&#34;</span>: <span class="s">&#34;&lt;b&gt;&#34;</span><span class="p">,</span>
  <span class="k">&#34;n&#34;</span>: <span class="d">-1.5e3</span><span class="p">,</span>
  <span class="k">&#34;t&#34;</span>: <span class="d">true</span><span class="p">,</span>
  <span class="k">&#34;z&#34;</span>: <span class="p">[</span><span class="p">]</span>
<span class="p">}</span>`},
		{`"a \" \\"`, `<span class="s">&#34;a \&#34; \\&#34;</span>`},
		{`<not json>`, `&lt;not json&gt;`},
		{``, ``},
	}
	for _, c := range cases {
		if got := draw(t, ui.JSON([]byte(c.in))); got != c.want {
			t.Errorf("JSON(%s) =\n%s\nwant\n%s", c.in, got, c.want)
		}
	}
}

func TestShellCode(t *testing.T) {
	t.Parallel()
	got := draw(t, ui.ShellCode("export A=\"x\"\ncurl u \\\n  -H 'a<b'"))
	want := `<span class="k">export</span> A=<span class="s">&#34;x&#34;</span>` + "\n" + `<span class="k">curl</span> u \` + "\n" + `  -H <span class="s">&#39;a&lt;b&#39;</span>`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var spans = regexp.MustCompile(`<span class="[ksdp]">|</span>`)

// FuzzHighlight: whatever comes in, only our spans are markup, and the text is kept.
func FuzzHighlight(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null]}`, `"\\"`, "\xff", `'open`, "curl \"", "<script>", `{"`, "\u2028"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := strings.ToValidUTF8(string(raw), "\uFFFD")
		want := text
		var indented bytes.Buffer
		if json.Indent(&indented, raw, "", "  ") == nil {
			want = strings.ToValidUTF8(indented.String(), "\uFFFD")
		}
		for i, c := range []templ.Component{ui.JSON(raw), ui.ShellCode(string(raw))} {
			got := spans.ReplaceAllString(draw(t, c), "")
			if strings.ContainsAny(got, "<>\"'") {
				t.Fatalf("markup is left in %q", got)
			}
			if got = html.UnescapeString(got); got != []string{want, text}[i] {
				t.Fatalf("the text became %q", got)
			}
		}
	})
}

// Names of icons and static files are plain strings in templates; each must exist.
func TestNamesInTemplates(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("icon.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t"(\w+)":`).FindAllStringSubmatch(string(source), -1) {
		known[m[1]] = true
	}
	files, err := filepath.Glob("../*.templ")
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	icon := regexp.MustCompile(`Icon(?:\("|: +")(\w+)"`)
	for _, file := range append(files, own...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range icon.FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] {
				t.Errorf("%s: no icon is named %q", file, m[1])
			}
		}
	}
}
