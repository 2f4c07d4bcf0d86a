// Package whatsapp speaks the WhatsApp Cloud API: it sends messages, sorts every
// answer into the few outcomes the rest of the program acts on, and checks and
// reads the callbacks. It is the only package that speaks to WhatsApp, and it
// does not know whether Meta or the simulator answers.
//
// It keeps no state, retries nothing, and stores nothing: the Cloud API has no
// idempotency key, so whether a message may go out again is for the caller, who
// has the attempt on record. An answer that was lost after the request may have
// left is Unknown, never an error to retry.
//
// Known weakness: Meta's error codes change without notice. A code that is not
// in the table is judged by its HTTP status, and 5xx then means retry.
package whatsapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// The defaults of Options.
const (
	DefaultBaseURL = "https://graph.facebook.com"
	DefaultTimeout = 10 * time.Second
)

// maxAnswer bounds what is read of an answer; real ones are below 2 KiB.
const maxAnswer = 1 << 20

// Options of a Client. Zero fields take the defaults.
type Options struct {
	BaseURL   string            // default DefaultBaseURL
	Version   string            // as "v23.0"; "" leaves it out of the path
	Transport http.RoundTripper // default: the network, without the environment's proxy
	Timeout   time.Duration     // of one call, default DefaultTimeout
	Observe   func(Call)        // called after each call, from several goroutines; nil = nobody
}

// Call is one call, for who watches.
type Call struct {
	Context     context.Context //nolint:containedctx // of the caller, to tie a trace to
	Start       time.Time
	Correlation string // our id of the message
	Outcome     Outcome
}

// Client sends to the Cloud API. It is safe for concurrent use.
type Client struct {
	base    string
	http    http.Client
	timeout time.Duration
	observe func(Call)
}

// New returns a client. It does not follow redirects: a token must reach nobody
// but the host it was configured for.
func New(o Options) *Client {
	base := strings.TrimSuffix(cmp.Or(o.BaseURL, DefaultBaseURL), "/")
	if o.Version != "" {
		base += "/" + o.Version
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second,
		}
	}
	if o.Observe == nil {
		o.Observe = func(Call) {}
	}
	keepRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base:    base,
		http:    http.Client{Transport: o.Transport, CheckRedirect: keepRedirect},
		timeout: cmp.Or(o.Timeout, DefaultTimeout),
		observe: o.Observe,
	}
}

// Channel is the sending number and the token that speaks for it.
type Channel struct {
	PhoneNumberID string
	Token         string
}

// String leaves the token out.
func (c Channel) String() string { return c.PhoneNumberID }

// GoString leaves the token out.
func (c Channel) GoString() string { return c.PhoneNumberID }

// LogValue leaves the token out.
func (c Channel) LogValue() slog.Value { return slog.StringValue(c.PhoneNumberID) }

// Outgoing is one message to send.
type Outgoing struct {
	To          string          // digits, without a plus sign
	Type        string          // text, template, …
	Content     json.RawMessage // Meta's object of that type
	ReplyTo     string          // wamid of the message it answers, or ""
	Correlation string          // our id; it comes back in every status of the message
}

// envelope is the request around the object of the type, which Send adds under its own name.
func (m Outgoing) envelope() map[string]any {
	e := map[string]any{
		"messaging_product": "whatsapp",
		"recipient_type":    "individual",
		"to":                m.To,
		"type":              m.Type,
		m.Type:              m.Content,
	}
	if m.ReplyTo != "" {
		e["context"] = map[string]string{"message_id": m.ReplyTo}
	}
	if m.Correlation != "" {
		e["biz_opaque_callback_data"] = m.Correlation
	}
	return e
}

// Outcome is what became of one call.
type Outcome struct {
	Kind       Kind
	MessageID  string // wamid, when Accepted
	WAID       string // the recipient as WhatsApp writes it, when Accepted
	TraceID    string // Meta's trace of the call, for support
	HTTPStatus int    // 0 when there was no answer
	Error      *ProviderError
	RetryAfter time.Duration // what WhatsApp asked for, 0 when it said nothing
	Duration   time.Duration
	Cause      error // why there is no usable answer, for the log; nil when there is one
}

// Send makes one call and always returns an outcome: it is Unknown when the
// message may have been accepted and nothing proves it.
func (c *Client) Send(ctx context.Context, ch Channel, m Outgoing) Outcome {
	start := time.Now()
	out := c.send(ctx, ch, m)
	out.Duration = time.Since(start)
	c.observe(Call{Context: ctx, Start: start, Correlation: m.Correlation, Outcome: out})
	return out
}

func (c *Client) send(ctx context.Context, ch Channel, m Outgoing) Outcome {
	body, err := json.Marshal(m.envelope())
	if err != nil {
		return Outcome{Kind: Refused, Cause: errors.New("the content is not JSON")}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if ctx.Err() != nil {
		return Outcome{Kind: RetryLater, Cause: ctx.Err()}
	}
	var way passage
	address := c.base + "/" + url.PathEscape(ch.PhoneNumberID) + "/messages"
	req, err := http.NewRequestWithContext(way.watch(ctx), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Outcome{Kind: RetryLater, Cause: errors.New("the base URL is not one")}
	}
	req.Header.Set("Authorization", "Bearer "+ch.Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "wpp-developers")
	resp, err := c.http.Do(req)
	if err != nil {
		return Outcome{Kind: way.lost(), Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	out := readAnswer(resp, answer)
	out.hide(ch.Token)
	// What was read whole stands even if the connection then broke; the rest is lost.
	if err != nil && out.Error == nil && out.Kind != Accepted {
		return Outcome{Kind: Unknown, HTTPStatus: resp.StatusCode, TraceID: out.TraceID, Cause: cause(err)}
	}
	return out
}

// cause drops the method and address that net/http puts around an error.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// passage watches whether a request got hold of a connection. Without one,
// nothing can have left; from then on, anything may have.
type passage struct{ asked, got atomic.Bool }

func (p *passage) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.got.Store(true) },
	})
}

// lost sorts a call that ended without an answer. A transport that does not
// report its connections leaves no proof, so its failures are Unknown.
func (p *passage) lost() Kind {
	if p.asked.Load() && !p.got.Load() {
		return RetryLater
	}
	return Unknown
}
