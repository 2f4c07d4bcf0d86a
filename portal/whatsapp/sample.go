package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// uploadSession is the id that WhatsApp gives an upload; it is a path, with a
// query that proves it.
var uploadSession = regexp.MustCompile(`^upload:[A-Za-z0-9_=:.~-]+(\?[A-Za-z0-9_=&.%~-]*)?$`)

// UploadSample hands over the sample of a template's header, in the two steps of
// Meta's resumable upload, and returns the handle that stands for it when the
// template is created. The app is the token's own. Nobody gets anything by it,
// so it may be tried again at will.
func (c *Client) UploadSample(ctx context.Context, b Business, f File) (handle string, out Outcome) {
	start := time.Now()
	defer func() { out.Duration = time.Since(start) }()
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	defer cancel()
	query := url.Values{"file_length": {strconv.FormatInt(f.Size, 10)}, "file_type": {f.Type}, "file_name": {"sample"}}
	var session struct {
		ID string `json:"id"`
	}
	out = c.step(ctx, b, "app/uploads?"+query.Encode(), nil, &session)
	if out.Kind != Accepted {
		return "", out
	}
	if !uploadSession.MatchString(session.ID) {
		return "", Outcome{Kind: RetryLater, HTTPStatus: out.HTTPStatus, Cause: errors.New("the answer holds no upload session")}
	}
	var done struct {
		Handle string `json:"h"`
	}
	out = c.step(ctx, b, session.ID, &f, &done)
	if out.Kind == Accepted && done.Handle == "" {
		return "", Outcome{Kind: RetryLater, HTTPStatus: out.HTTPStatus, Cause: errors.New("the answer holds no handle")}
	}
	return clean(done.Handle), out
}

// step is one call of a resumable upload; with a file it is the one that holds it.
func (c *Client) step(ctx context.Context, b Business, path string, f *File, into any) Outcome {
	resp, err := c.call(ctx, Channel{PhoneNumberID: b.WABA, Token: b.Token}, http.MethodPost, c.base+"/"+path, func(r *http.Request) {
		if f == nil {
			return
		}
		r.Body, r.ContentLength = io.NopCloser(f.Content), f.Size
		r.Header.Set("Authorization", "OAuth "+b.Token) // as this call alone wants it
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header["file_offset"] = []string{"0"}
	})
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: cause(err)}
	}
	if resp.StatusCode/100 != 2 {
		out := refusal(resp, answer)
		out.hide(b.Token)
		return out
	}
	if json.Unmarshal(answer, into) != nil {
		return Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: errors.New("the answer is not the JSON that was expected")}
	}
	return Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode}
}
