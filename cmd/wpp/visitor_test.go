package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// reply is an HTTP answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// visitor is a browser without a screen: it keeps cookies and follows nothing.
type visitor struct {
	testing.TB
	url    string
	client *http.Client
}

func (s *server) visitor() *visitor {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &visitor{s.TB, s.url, &http.Client{
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signIn returns a visitor with a session.
func (s *server) signIn(email, password string) *visitor {
	s.Helper()
	v := s.visitor()
	if r := v.post("/login", url.Values{"email": {email}, "password": {password}}); r.status != http.StatusSeeOther {
		s.Fatalf("sign-in of %s: %d", email, r.status)
	}
	return v
}

func (v *visitor) get(path string) reply {
	v.Helper()
	return v.send(http.MethodGet, path, nil, nil)
}

func (v *visitor) post(path string, form url.Values) reply {
	v.Helper()
	return v.send(http.MethodPost, path, strings.NewReader(form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

func (v *visitor) send(method, path string, body io.Reader, h http.Header) reply {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.url+path, body)
	if err != nil {
		v.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	return v.do(r)
}

func (v *visitor) do(r *http.Request) reply {
	v.Helper()
	res, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return reply{res.StatusCode, res.Header, ""} // it has no end
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(raw)}
}

// call sends one call of the API with a token; "" sends none.
func (s *server) call(token, method, path, body string) reply {
	s.Helper()
	h := http.Header{"Content-Type": {"application/json"}}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	return s.visitor().send(method, path, in, h)
}

// made sends a call that must succeed and returns the id of what it made.
func (s *server) made(token, method, path, body string) string {
	s.Helper()
	r := s.call(token, method, path, body)
	if r.status/100 != 2 {
		s.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	id := idOf(r)
	if id == "" {
		s.Fatalf("%s %s answered without an id: %s", method, path, r.body)
	}
	return id
}

// idOf returns the id in an answer, "" for none.
func idOf(r reply) string {
	var out struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal([]byte(r.body), &out)
	return out.ID
}
