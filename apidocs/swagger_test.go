package apidocs

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func get(t *testing.T, method, url, encoding string) (*http.Response, string) {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, url, nil)
	r.Header.Set("Accept-Encoding", encoding)
	Assets().ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" && method == http.MethodGet {
		var z *gzip.Reader
		if z, err = gzip.NewReader(strings.NewReader(string(body))); err == nil {
			body, err = io.ReadAll(z)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// The patches of plugin.js lean on a version: an update is to be noticed, and
// the browser tests are to be looked at again.
func TestSwaggerUIVersion(t *testing.T) {
	t.Parallel()
	_, body := get(t, http.MethodGet, URL(bundle), "gzip")
	found := regexp.MustCompile(`PACKAGE_VERSION:"(\d+)\.(\d+)\.(\d+)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatal("the bundle does not say its version")
	}
	var v [3]int
	for i, s := range found[1:] {
		v[i], _ = strconv.Atoi(s)
	}
	if slices.Compare(v[:], []int{5, 32, 8}) < 0 {
		t.Errorf("Swagger UI %v is older than 5.32.8", v)
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	t.Parallel()
	for name, url := range urls {
		if !regexp.MustCompile(`^/assets/[0-9a-f]{12}/` + regexp.QuoteMeta(name) + `$`).MatchString(url) {
			t.Errorf("address %s", url)
		}
		res, packed := get(t, http.MethodGet, url, "br, gzip")
		_, plain := get(t, http.MethodGet, url, "")
		if res.StatusCode != http.StatusOK || packed == "" || packed != plain {
			t.Errorf("%s: %d, %d bytes packed, %d plain", url, res.StatusCode, len(packed), len(plain))
		}
		for header, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Encoding": "gzip", "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", url, header, got)
			}
		}
		if res, body := get(t, http.MethodHead, url, ""); res.StatusCode != http.StatusOK || body != "" {
			t.Errorf("HEAD %s: %d, %d bytes", url, res.StatusCode, len(body))
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"/assets/", "/assets/index.html", "/assets/000000000000/reference.js", path.Dir(URL("reference.js")) + "/", path.Dir(URL("reference.js")) + "/swagger.css",
		"/assets/swagger-ui.css.gz", URL(bundle) + ".gz", path.Dir(URL(bundle)) + "/../reference.js",
	} {
		if res, body := get(t, http.MethodGet, url, "gzip"); res.StatusCode != http.StatusNotFound || body != "" {
			t.Errorf("%s: %d", url, res.StatusCode)
		}
	}
	if res, _ := get(t, http.MethodPost, URL(bundle), ""); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", res.StatusCode)
	}
	if URL("secret") != "" {
		t.Error("an unknown name has an address")
	}
}

// Every file of the folder is served, and every import is one of them.
func TestModulesAreComplete(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		t.Fatal(err)
	}
	imported := regexp.MustCompile(`from '\./([a-z]+\.js)'`)
	for _, f := range files {
		if URL(path.Base(f)) == "" {
			t.Errorf("%s is not served", f)
		}
		body, err := assetFiles.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range imported.FindAllStringSubmatch(string(body), -1) {
			if !slices.Contains(modules, m[1]) {
				t.Errorf("%s imports %s", f, m[1])
			}
		}
	}
	if len(Modules()) != len(modules) || path.Dir(URL("words.js")) != path.Dir(URL("reference.js")) {
		t.Error("the modules do not share an address")
	}
}

// The page speaks Portuguese where Swagger UI and the modules speak English.
func TestEveryWordIsTranslated(t *testing.T) {
	t.Parallel()
	words := string(must(assetFiles.ReadFile("assets/words.js")))
	used := regexp.MustCompile(`\bt\('([^']+)'\)`)
	for _, name := range modules {
		for _, m := range used.FindAllStringSubmatch(string(must(assetFiles.ReadFile("assets/"+name))), -1) {
			if !strings.Contains(words, "'"+m[1]+"': '") {
				t.Errorf("%s: no Portuguese for %q", name, m[1])
			}
		}
	}
}
