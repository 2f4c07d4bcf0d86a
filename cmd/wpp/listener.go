package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// How wpp listen waits. A receiver that is not there is waited for without end:
// a developer starts it again many times a day.
var (
	listenEvery   = time.Second // between two looks into a feed without news
	listenAway    = 2 * time.Second
	listenRetries = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second}
)

const (
	listenTimeout = 15 * time.Second
	listenKept    = 1000 // events that can be sent again without a look into the feed
)

// listener is a run of wpp listen: it forwards one event after the other.
type listener struct {
	c      listenCmd
	out    io.Writer
	feed   listenFeed
	place  listenPlace
	signer webhooks.Local
	client *http.Client
	lines  <-chan string // what the person types; nil when standard input is over
	kept   []fedEvent    // the last ones, oldest first
}

func newListener(c listenCmd, a *app) (*listener, error) {
	place, err := openPlace(c)
	if err != nil {
		return nil, err
	}
	signer, err := webhooks.NewLocal(place.Secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Delete it to begin anew", place.path, err)
	}
	place.Secret = signer.Secret
	if err := place.save(); err != nil {
		return nil, err
	}
	return &listener{
		c: c, out: a.Stdout, place: place, signer: signer,
		feed:   listenFeed{client: listenClient(), url: c.URL, token: c.Token, types: strings.Join(c.Types, ",")},
		client: listenClient(), lines: typed(a.Stdin),
	}, nil
}

// listenClient follows no redirect: the token would go along, from https to http
// on the same host too, and a receiver that answers 3xx did not take the event.
func listenClient() *http.Client {
	return &http.Client{Timeout: listenTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// typed gives what is typed, line by line. The goroutine ends with the input or the process.
func typed(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- strings.TrimSpace(s.Text())
		}
	}()
	return lines
}

func (l *listener) say(format string, args ...any) {
	_, _ = fmt.Fprintf(l.out, format+"\n", args...)
}

func (l *listener) greet() {
	env, _ := portal.SecretEnvironment(l.c.Token)
	types := "All events"
	if len(l.c.Types) > 0 {
		types = strings.Join(l.c.Types, ", ")
	}
	l.say("%s of the %s environment on %s go to %s", types, env, l.c.URL, l.c.Forward)
	l.say("Signed with WPP_WEBHOOK_SECRET=%s", l.signer.Secret)
	l.say("Type r to send the last event again, r evt_… for another one. Ctrl+C ends; the next run goes on from there.")
}

// begin finds the place to begin at.
func (l *listener) begin(ctx context.Context, since string) error {
	switch {
	case since != "":
		return l.beginSince(ctx, since)
	case l.place.Known:
		return nil
	}
	return l.patiently(ctx, func() error {
		_, next, err := l.feed.page(ctx, "now")
		if err == nil {
			err = l.moved(next, "")
		}
		return err
	})
}

func (l *listener) beginSince(ctx context.Context, since string) error {
	fits := func(e fedEvent) bool { return e.ID == since }
	if !portal.IsID(portal.PrefixWebhookEvent, since) {
		from, err := time.Parse(time.RFC3339, since)
		if ago, bad := portal.ParseDuration(since); bad == nil {
			from, err = time.Now().Add(-ago), nil
		}
		if err != nil {
			return fmt.Errorf("--since must be like 10m, 2026-11-22T14:00:00Z or evt_…, not %q", since)
		}
		fits = func(e fedEvent) bool { return !e.Timestamp.Before(from) }
	}
	return l.patiently(ctx, func() error {
		_, after, last, found, err := l.feed.seek(ctx, fits)
		if err != nil {
			return err
		}
		if !found && portal.IsID(portal.PrefixWebhookEvent, since) {
			return fmt.Errorf("the feed has no event %s of these types; it keeps them for 30 days", since)
		}
		return l.moved(after, last)
	})
}

// patiently tries until the server answers.
func (l *listener) patiently(ctx context.Context, try func() error) error {
	for told := false; ; told = true {
		err := try()
		if !errors.Is(err, errFeedAway) || ctx.Err() != nil {
			return err
		}
		if !told {
			l.say("%s. Waiting for it.", upperFirst(err.Error()))
		}
		l.pause(ctx, listenAway)
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (l *listener) moved(next, last string) error {
	l.place.Next, l.place.Last, l.place.Known = next, last, true
	return l.place.save()
}

// follow forwards what happens until ctx ends.
func (l *listener) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		var events []fedEvent
		next := ""
		err := l.patiently(ctx, func() (err error) {
			events, next, err = l.feed.page(ctx, l.place.Next)
			return err
		})
		if errors.Is(err, errFeedLost) {
			l.say("Events behind the last place are older than 30 days and gone. Going on with the oldest that is there.")
			err = l.moved("", "")
		} else if err == nil {
			err = l.forwardAll(ctx, events, next)
		}
		if err != nil {
			return err
		}
		if len(events) == 0 {
			l.pause(ctx, listenEvery)
		}
	}
	return nil
}

func (l *listener) forwardAll(ctx context.Context, events []fedEvent, next string) error {
	done := slices.IndexFunc(events, func(e fedEvent) bool { return e.ID == l.place.Last })
	for _, e := range events[done+1:] {
		if taken := l.forward(ctx, e); !taken && ctx.Err() != nil {
			return ctx.Err() // it is forwarded again by the next run
		}
		if err := l.moved(l.place.Next, e.ID); err != nil {
			return err
		}
	}
	if next == l.place.Next {
		return nil
	}
	return l.moved(next, "")
}

// forward sends an event until the receiver has taken it or refused it too
// often, and reports whether it was taken.
func (l *listener) forward(ctx context.Context, e fedEvent) (taken bool) {
	l.keep(e)
	away := false
	for n := 0; ; {
		status, err := l.attempt(ctx, e)
		switch {
		case status/100 == 2:
			return true
		case ctx.Err() != nil:
			return false
		case refusedConnection(err):
			if !away {
				l.say("Your receiver is not there (%s). Waiting for it.", netCause(err))
			}
			away = true
			l.pause(ctx, listenAway)
			continue
		case n == len(listenRetries) || status == http.StatusGone:
			l.say("Given up. Type r %s to send it again.", e.ID)
			return false
		}
		l.pause(ctx, listenRetries[n])
		n++
	}
}

// refusedConnection: nobody listens at the address.
func refusedConnection(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (l *listener) keep(e fedEvent) {
	l.kept = append(l.kept, e)
	if len(l.kept) > listenKept {
		l.kept = slices.Delete(l.kept, 0, len(l.kept)-listenKept)
	}
}

// attempt calls the receiver once and says what it answered.
func (l *listener) attempt(ctx context.Context, e fedEvent) (status int, err error) {
	header, err := l.signer.Header(e.ID, time.Now(), e.raw)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.c.Forward, bytes.NewReader(e.raw))
	if err != nil {
		return 0, err
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "wpp-listen/1")
	req.Header = header
	began := time.Now()
	res, err := l.client.Do(req)
	took := time.Since(began).Round(time.Millisecond)
	line := fmt.Sprintf("%s  %s  %s  %s #%d  %s", time.Now().Format(time.TimeOnly), e.Type, e.ID, e.Subject, e.Sequence, took)
	if err != nil {
		if ctx.Err() == nil && !refusedConnection(err) {
			l.say("%s  no answer: %s", line, netCause(err))
		}
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // the connection is used again
	_ = res.Body.Close()
	l.say("%s  %d", line, res.StatusCode)
	return res.StatusCode, nil
}

// pause waits, and does meanwhile what the person types.
func (l *listener) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case line, more := <-l.lines:
			if !more {
				l.lines = nil
				continue
			}
			l.obey(ctx, line)
		}
	}
}

// obey does what was typed.
func (l *listener) obey(ctx context.Context, line string) {
	command, id, _ := strings.Cut(line, " ")
	id = strings.TrimSpace(id)
	switch {
	case line == "":
	case command != "r":
		l.say("Type r, or r evt_…")
	case id == "" && len(l.kept) == 0:
		l.say("No event was forwarded yet.")
	case id == "":
		_, _ = l.attempt(ctx, l.kept[len(l.kept)-1]) // what came of it was said
	default:
		e, err := l.find(ctx, id)
		if err != nil {
			l.say("%s", upperFirst(err.Error()))
			return
		}
		_, _ = l.attempt(ctx, e) // what came of it was said
	}
}

// find returns an event by its id.
func (l *listener) find(ctx context.Context, id string) (fedEvent, error) {
	if i := slices.IndexFunc(l.kept, func(e fedEvent) bool { return e.ID == id }); i >= 0 {
		return l.kept[i], nil
	}
	if !portal.IsID(portal.PrefixWebhookEvent, id) {
		return fedEvent{}, fmt.Errorf("%q is no id of an event: they are like evt_01KB2M4X7Q9V0T3R5N8W6Y1Z08", id)
	}
	whole := l.feed
	whole.types = ""
	e, _, _, found, err := whole.seek(ctx, func(e fedEvent) bool { return e.ID == id })
	if err == nil && !found {
		err = fmt.Errorf("the feed has no event %s; it keeps them for 30 days", id)
	}
	return e, err
}

// resend forwards events by their ids; an error when one was not taken.
func (l *listener) resend(ctx context.Context, ids []string) error {
	l.say("Signed with WPP_WEBHOOK_SECRET=%s", l.signer.Secret)
	for _, id := range ids {
		e, err := l.find(ctx, id)
		if err != nil {
			return err
		}
		if !l.forward(ctx, e) && ctx.Err() == nil {
			return fmt.Errorf("your receiver did not take %s", id)
		}
	}
	return nil
}
