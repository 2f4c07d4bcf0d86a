package dashboard

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

const (
	maxStreams  = 5                // of one person
	streamCheck = time.Second / 2  // how often a stream asks whether its reader still may read: a second is promised
	streamBeat  = 30               // checks between two signs of life
	streamWrite = 10 * time.Second // how long a reader may take to accept an event
)

// streams counts the open streams of each person.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

// enter takes one of the person's places; ok is false when all are taken.
func (s *streams) enter(userID string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[userID] >= maxStreams {
		return nil, false
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[userID]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[userID]--; s.open[userID] == 0 {
			delete(s.open, userID)
		}
	}, true
}

// liveView says what a stream shows.
type liveView struct {
	// show sends a row; done ends the stream.
	show func(out *eventStream, q portal.Request) (done bool, err error)
	// first, when set, has the newest row of that filter shown before all.
	first *portal.RequestFilter
}

// logsLive sends each new row of the query as it is committed.
func (d *Dashboard) logsLive(w http.ResponseWriter, r *http.Request, p *Person) error {
	query := logQuery(r.URL.Query(), p.Zone)
	return d.stream(w, r, p, liveView{show: func(out *eventStream, q portal.Request) (done bool, err error) {
		if !matches(logFilter(query, d.Store.Now()), q) {
			return false, nil
		}
		return false, out.draw(r.Context(), "row", views.LogRow(views.LogRowProps{Request: q, Href: query.Entry(r.Context(), q.ID), Now: d.Store.Now()}))
	}})
}

// logsFirst sends one event when the first request of a token, or of anybody, is there.
func (d *Dashboard) logsFirst(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := portal.RequestFilter{TokenID: r.FormValue("token")}
	return d.stream(w, r, p, liveView{first: &f, show: func(out *eventStream, q portal.Request) (done bool, err error) {
		if !matches(f, q) {
			return false, nil
		}
		return true, out.draw(r.Context(), "swap", views.FirstRequest(q))
	}})
}

// matches applies a filter to a row that is not read back from the store.
func matches(f portal.RequestFilter, q portal.Request) bool {
	class := f.Class == 0 || q.Status/100 == f.Class || f.Class == 2 && q.Status/100 == 3
	return class && strings.HasPrefix(strings.ToLower(q.Path), strings.ToLower(f.PathPrefix)) &&
		(f.Method == "" || q.Method == f.Method) && (f.TokenID == "" || q.TokenID == f.TokenID) &&
		(f.ErrorCode == "" || q.ErrorCode == f.ErrorCode) && (f.ID == "" || q.ID == f.ID) &&
		(f.Source == "" || q.Source == f.Source) && (f.MessageID == "" || q.MessageID == f.MessageID) &&
		(f.MinDuration == 0 || q.Duration != nil && *q.Duration >= f.MinDuration) &&
		(f.From == nil || !q.At.Before(*f.From)) && (f.To == nil || q.At.Before(*f.To))
}

// stream hands the tenant's new rows to the view until it is done, the reader
// has gone or may no longer see them, or the program stops.
func (d *Dashboard) stream(w http.ResponseWriter, r *http.Request, p *Person, v liveView) error {
	leave, ok := d.streams.enter(p.User.ID)
	if !ok {
		// A browser gives up on any status but 200 and does not come back by itself.
		w.Header().Set("Retry-After", "10")
		http.Error(w, "Five live pages are open already. Close one of them.", http.StatusTooManyRequests)
		return nil
	}
	defer leave()
	rows, cancel := d.Log.Tail(p.Tenant())
	defer cancel()
	// Read after the tail is open, so that no row falls between the two.
	var before []portal.Request
	if v.first != nil {
		var err error
		if before, _, err = d.Log.List(r.Context(), p.Tenant(), *v.first, portal.Page{Limit: 1}); err != nil {
			return err
		}
	}
	// From here on the answer has begun, and there is no error page to write.
	out := openEvents(w)
	for _, q := range before {
		if done, err := v.show(out, q); done || err != nil {
			return nil
		}
	}
	d.follow(r.Context(), p, feed{out, rows, v})
	return nil
}

// feed is an open stream and where its rows come from.
type feed struct {
	out  *eventStream
	rows <-chan portal.Request
	view liveView
}

func (d *Dashboard) follow(ctx context.Context, p *Person, f feed) {
	check := time.NewTicker(streamCheck)
	defer check.Stop()
	for beats := 1; ; {
		select {
		case <-ctx.Done():
			return
		case q, open := <-f.rows:
			if !open {
				return // the program stops; the browser comes back to the next one
			}
			if done, err := f.view.show(f.out, q); done || err != nil {
				return
			}
		case <-check.C:
			if !d.stillMay(ctx, p, portal.ReadLogs) {
				_ = f.out.send("end", "")
				return
			}
			if beats++; beats%streamBeat == 0 && f.out.comment() != nil {
				return
			}
		}
	}
}

// stillMay reports whether the session stands and the role still has the permission in this account.
func (d *Dashboard) stillMay(ctx context.Context, p *Person, perm portal.Permission) bool {
	if !d.Sessions.Alive(ctx) {
		return false
	}
	user, err := d.Store.Reader(ctx).User(p.User.ID)
	if err != nil {
		return false
	}
	_, role, err := d.Accounts.Acting(ctx, user, p.Account.ID)
	return err == nil && role.May(perm)
}

// eventStream writes server-sent events.
type eventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// openEvents begins the answer. The time limits of ordinary requests do not hold for it.
func openEvents(w http.ResponseWriter) *eventStream {
	out := &eventStream{w: w, rc: http.NewResponseController(w)}
	_ = out.rc.SetReadDeadline(time.Time{}) // a server without deadlines cannot lift them
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	_ = out.comment()
	return out
}

func (s *eventStream) draw(ctx context.Context, event string, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		return err
	}
	return s.send(event, b.String())
}

func (s *eventStream) send(event, data string) error {
	var b strings.Builder
	b.WriteString("event: " + event + "\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(data, "\r", "\n"), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteByte('\n')
	return s.write(b.String())
}

func (s *eventStream) comment() error { return s.write(": \n\n") }

func (s *eventStream) write(text string) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.rc.Flush()
}
