package dashboard

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// phoneBeat is how often the screen of the phone is drawn anew.
const phoneBeat = 700 * time.Millisecond

// simulatorLive sends the parts of the phone page that changed, until the
// reader is gone or may not look any more.
func (d *Dashboard) simulatorLive(w http.ResponseWriter, r *http.Request, p *Person) error {
	if p.Environment != portal.Test {
		return portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	if _, err := d.handset(r, p); err != nil {
		return err
	}
	leave, ok := d.streams.enter(p.User.ID)
	if !ok {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "Five live pages are open already. Close one of them.", http.StatusTooManyRequests)
		return nil
	}
	defer leave()
	rows, cancel := d.Log.Tail(p.Tenant()) // it ends when the program stops
	defer cancel()
	out := openEvents(w)
	shown := map[string]string{}
	beat := time.NewTicker(phoneBeat)
	defer beat.Stop()
	for beats := 0; ; {
		select {
		case <-r.Context().Done():
			return nil
		case _, open := <-rows:
			if !open {
				return nil
			}
			continue
		case <-beat.C:
		}
		if !d.stillMay(r.Context(), p, portal.WriteMessages) {
			_ = out.send("end", "")
			return nil
		}
		if d.showPhone(r, p, out, shown) != nil {
			return nil
		}
		if beats++; beats%streamBeat == 0 && out.comment() != nil {
			return nil
		}
	}
}

// showPhone sends what differs from what was shown. The first round only
// learns what the page itself has drawn a moment ago.
func (d *Dashboard) showPhone(r *http.Request, p *Person, out *eventStream, shown map[string]string) error {
	ctx := r.Context()
	who, err := d.handset(r, p)
	if err != nil {
		return err
	}
	props, err := d.phoneProps(ctx, p, who)
	if err != nil {
		return err
	}
	calls, err := d.phoneCalls(ctx, who)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		c    templ.Component
	}{{"chat", views.PhoneThread(props)}, {"presence", views.PhonePresence(props)}, {"state", views.PhoneState(props)}, {"calls", views.PhoneCalls(calls, who.keys)}} {
		if err := out.changed(ctx, part.name, part.c, shown); err != nil {
			return err
		}
	}
	return nil
}

// changed sends a part when it is not what was sent last.
func (s *eventStream) changed(ctx context.Context, event string, c templ.Component, shown map[string]string) error {
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		return err
	}
	if shown[event] == b.String() {
		return nil
	}
	shown[event] = b.String()
	return s.send(event, b.String())
}
