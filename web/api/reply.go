package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// reply is what a handler answers.
type reply struct {
	status   int    // 0 = 200
	body     any    // nil = no body
	location string // of the resource, "/v1/…"
	link     string // the next page's address
	tag      bool   // the answer has an ETag
	version  any    // what the ETag is of; nil = the body
	counts   bool   // the body says more than the version: the ETag holds both
	kept     any    // the body that a repetition gets, when body shows a secret; nil = body
}

// list is the form of every list.
type list[T any] struct {
	Data []T     `json:"data" doc:"The rows, newest first unless the operation says otherwise."`
	Next *string `json:"next" doc:"Cursor of the next page; null on the last one."`
}

// PageQuery are the parameters of every list.
type PageQuery struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many rows to answer."`
	After string `query:"after" maxLength:"1024" doc:"The next of the page before."`
}

// page reads the cursor of the named list.
func (q PageQuery) page(name string) (portal.Page, error) {
	key, err := portal.ParseCursor(name, q.After)
	if err == nil && strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		err = portal.Refuse(portal.CodeInvalidCursor)
	}
	return portal.Page{Limit: q.Limit, After: key}, err
}

// listed answers one page of the named list.
func listed[T any](c *call, name, nextKey string, rows []T) reply {
	l := list[T]{Data: rows}
	if nextKey == "" {
		return reply{body: l}
	}
	cursor := portal.Cursor(name, nextKey)
	l.Next = &cursor
	query, _ := url.ParseQuery(c.r.URL.RawQuery) // what does not parse was refused before
	query.Set("after", cursor)
	return reply{body: l, link: c.api.BaseURL + c.r.URL.EscapedPath() + "?" + query.Encode()}
}

// each maps rows to their wire form, never to nil.
func each[A, B any](rows []A, f func(A) B) []B {
	out := make([]B, 0, len(rows))
	for _, r := range rows {
		out = append(out, f(r))
	}
	return out
}

// code returns the status.
func (r reply) code() int { return cmp.Or(r.status, http.StatusOK) }

// render turns a reply into status, headers and bytes.
func render(rep reply) (answer, error) {
	ans := answer{status: rep.code(), header: http.Header{}}
	if rep.location != "" {
		ans.header.Set("Location", rep.location)
	}
	if rep.link != "" {
		ans.header.Set("Link", "<"+rep.link+`>; rel="next"`)
	}
	if rep.body == nil {
		return ans, nil
	}
	body, err := encode(rep.body)
	if err != nil {
		return answer{}, err
	}
	ans.body = body
	ans.header.Set("Content-Type", "application/json")
	if !rep.tag {
		return ans, nil
	}
	tag := etag(body)
	if rep.version != nil {
		version, err := encode(rep.version)
		if err != nil {
			return answer{}, err
		}
		if rep.counts {
			tag = strings.TrimSuffix(etag(version), `"`) + "." + strings.TrimPrefix(tag, `"`)
		} else {
			tag = etag(version)
		}
	}
	ans.header.Set("ETag", tag)
	return ans, nil
}

// uncounted takes from the tags of an If-Match what was counted when they were read.
func uncounted(ifMatch string) string {
	tags := strings.Split(ifMatch, ",")
	for i, tag := range tags {
		if version, _, counted := strings.Cut(tag, "."); counted {
			tags[i] = version + `"`
		}
	}
	return strings.Join(tags, ",")
}

// fill makes the reply the answer of the call, or 304 when the caller has it already.
func (c *call) fill(rep reply) error {
	ans, err := render(rep)
	if err != nil {
		return err
	}
	if tag := ans.header.Get("ETag"); tag != "" && c.r.Method != http.MethodPatch && matches(c.r.Header.Values("If-None-Match"), tag) {
		ans.status, ans.body = http.StatusNotModified, nil
		ans.header.Del("Content-Type")
	}
	c.take(ans)
	return nil
}

// take completes the call's answer.
func (c *call) take(ans answer) {
	for k, v := range ans.header {
		c.answer.header[k] = v
	}
	c.answer.status, c.answer.body, c.answered = ans.status, ans.body, true
}

// etag returns a strong entity tag of the bytes.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// matches reports whether the tag is in the values of If-Match or If-None-Match.
func matches(values []string, tag string) bool {
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// text, moment and friends turn "not known" into null.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := portal.FormatTime(*t)
	return &s
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
