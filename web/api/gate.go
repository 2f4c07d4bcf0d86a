package api

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/wppmarketing/developers/portal"
)

// The largest request bodies, in bytes.
const (
	maxBody  = 1 << 20
	maxBatch = 8 << 20
)

// bodyLimit is the largest body that the operation takes, in bytes.
func (op *Operation) bodyLimit() int64 {
	if op.Batch {
		return maxBatch
	}
	return maxBody
}

// route returns the operation that serves r, nil when there is none. Paths are
// taken as they are: nothing is redirected.
func (a *API) route(r *http.Request) *Operation {
	if p := r.URL.EscapedPath(); path.Clean(p) != p {
		return nil
	}
	_, pattern := a.mux.Handler(r)
	return a.byPattern[pattern]
}

// allowed returns the methods that the path of r takes, "" when it takes none.
func (a *API) allowed(r *http.Request) string {
	var methods []string
	for _, m := range []string{"DELETE", "GET", "PATCH", "POST", "PUT"} {
		try := r.Clone(r.Context())
		try.Method = m
		if a.route(try) == nil {
			continue
		}
		methods = append(methods, m)
		if m == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return strings.Join(methods, ", ")
}

// admit decides whether the call may run: who it is, how often, what it may,
// and in what form it came.
func (a *API) admit(c *call) error {
	start := time.Now()
	err := a.identify(c)
	c.timing.Auth = time.Since(start)
	if err != nil && c.op != nil && !c.op.Open {
		return err
	}
	if c.caller.AccountID != "" {
		start = time.Now()
		err = a.limit(c)
		c.timing.Limits = time.Since(start)
		if err != nil {
			return err
		}
	}
	if c.op == nil {
		return a.unrouted(c)
	}
	if err := a.authorize(c); err != nil {
		return err
	}
	return c.read()
}

// unrouted says whether the path or only the method is wrong.
func (a *API) unrouted(c *call) error {
	if methods := a.allowed(c.r); methods != "" {
		c.answer.header.Set("Allow", methods)
		return portal.Refuse(portal.CodeMethodNotAllowed)
	}
	return portal.Refuse(portal.CodeNotFound)
}

// identify sets the caller from the token or, without one, from the API
// reference's grant.
func (a *API) identify(c *call) error {
	ip := c.caller.IP
	caller, err := a.credential(c)
	if err != nil {
		// A caller that is known but refused is named in the log.
		c.caller.Tenant, c.caller.Account, c.caller.Token = caller.Tenant, caller.Account, caller.Token
		return err
	}
	caller.IP, caller.RequestID = ip, c.id
	c.caller = caller
	c.speak(c.r.Header.Get("Accept-Language"))
	if caller.Account.Status == portal.AccountSuspended {
		return portal.Refuse(portal.CodeAccountSuspended)
	}
	return nil
}

func (a *API) credential(c *call) (portal.Caller, error) {
	headers := c.r.Header.Values("Authorization")
	if len(headers) == 0 {
		if a.Console == nil || c.r.Header.Get("Wpp-Console") == "" {
			return portal.Caller{}, portal.Refuse(portal.CodeMissingToken)
		}
		return a.Console(c.r)
	}
	scheme, secret, ok := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") {
		return portal.Caller{}, portal.Refuse(portal.CodeInvalidToken)
	}
	caller, err := a.Tokens.Verify(c.r.Context(), strings.TrimSpace(secret), c.caller.IP)
	if err == nil {
		a.Tokens.Used(caller)
	}
	return caller, err
}

// authorize checks scope, module and environment of a known caller. Scopes
// deny by default: an operation without one is open or a mistake of the table.
func (a *API) authorize(c *call) error {
	switch op := c.op; {
	case op.Open:
		return nil
	case op.Scope == "" || !c.caller.Allows(op.Scope):
		return portal.Refuse(portal.CodeInsufficientScope)
	case op.Module != "" && !slices.Contains(c.caller.Modules, op.Module):
		return portal.Refuse(portal.CodeModuleInactive)
	case op.TestOnly && c.caller.Environment != portal.Test:
		return portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	return nil
}

// read takes the body and checks the headers about it.
func (c *call) read() error {
	if !c.op.Binary && !acceptsJSON(c.r.Header.Values("Accept")) {
		return portal.Refuse(portal.CodeNotAcceptable)
	}
	if err := checkQuery(c.r.URL.RawQuery); err != nil {
		return err
	}
	if c.op.Upload {
		if err := c.checkForm(); err != nil {
			return err
		}
		return c.readKey()
	}
	most := c.op.bodyLimit()
	if c.r.ContentLength > most {
		return portal.Refuse(portal.CodeBodyTooLarge)
	}
	if err := c.takeTurn(); err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(c.r.Body, most+1))
	if err != nil {
		return &portal.Error{Code: portal.CodeMalformedJSON, Cause: errors.New("the body ended early")}
	}
	if int64(len(body)) > most {
		return portal.Refuse(portal.CodeBodyTooLarge)
	}
	c.body = body
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) > 0 && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		if err := c.checkBody(); err != nil {
			return err
		}
	}
	return c.readKey()
}

// checkQuery refuses what would otherwise be dropped without a word, such as a
// filter after a semicolon, and what no store can look for.
func checkQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
			Parameter: "query", Code: portal.FieldInvalidFormat,
			Detail: portal.Words{EN: "The query cannot be read: escape what is special in it.", PT: "Não dá para ler a query: escape o que ela tem de especial."},
		})
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		parameter := shorten(name)
		if len(query[name]) > 1 {
			return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Parameter: parameter, Code: portal.FieldTooMany})
		}
		if v := query.Get(name); !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Parameter: parameter, Code: portal.FieldInvalidValue})
		}
	}
	return nil
}

// checkBody checks how the body is declared, and that there is none where none is taken.
func (c *call) checkBody() error {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	encoding := strings.ToLower(c.r.Header.Get("Content-Encoding"))
	known := kind == "application/json" || c.op.Batch && kind == ndjson || kind == "application/merge-patch+json" && c.r.Method == http.MethodPatch // RFC 7396
	if err != nil || !known || charset != "" && charset != "utf-8" || encoding != "" && encoding != "identity" {
		return portal.Refuse(portal.CodeUnsupportedMediaType)
	}
	if !c.op.Body && strings.Join(strings.Fields(string(c.body)), "") != "{}" {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
			Code:   portal.FieldUnknown,
			Detail: portal.Words{EN: "This operation takes no body.", PT: "Esta operação não recebe corpo."},
		})
	}
	return nil
}

// readKey takes the Idempotency-Key of an operation that honors it, quoted or not.
func (c *call) readKey() error {
	values := c.r.Header.Values("Idempotency-Key")
	if !c.op.Idempotent || len(values) == 0 {
		return nil
	}
	key := values[0]
	if n := len(key); n >= 2 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	bad := strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
	if len(values) > 1 || bad || key == "" || len(key) > 255 {
		return portal.Refuse(portal.CodeInvalidIdempotencyKey, portal.FieldError{Parameter: "Idempotency-Key", Code: portal.FieldInvalidFormat})
	}
	c.key = key
	return nil
}

// acceptsJSON reports whether the Accept headers leave room for JSON.
func acceptsJSON(accept []string) bool {
	if len(accept) == 0 {
		return true
	}
	best, found := -1, false // the most specific range that fits decides
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := slices.Index([]string{"*/*", "application/*", "application/problem+json", "application/json"}, kind)
		if rank < 0 || rank < best {
			continue
		}
		best, found = rank, strings.Trim(params["q"], "0.") != "" || params["q"] == ""
	}
	return found
}

var languages = language.NewMatcher([]language.Tag{language.English, language.BrazilianPortuguese})

// speak chooses the words of the answer: those the header asks for, else the
// account's, else English.
func (c *call) speak(accept string) {
	c.lang = portal.LangEN
	if c.caller.Account.Language == portal.LangPT {
		c.lang = portal.LangPT
	}
	if lang, ok := languageOf(accept); ok {
		c.lang = lang
	}
	c.answer.header.Set("Content-Language", c.lang)
}

// languageOf returns the language of ours that the header prefers; ok is false
// when it names none of them.
func languageOf(accept string) (lang string, ok bool) {
	if accept == "" || len(accept) > 256 {
		return "", false
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return "", false
	}
	_, i, confidence := languages.Match(tags...)
	if confidence == language.No {
		return "", false
	}
	return []string{portal.LangEN, portal.LangPT}[i], true
}
