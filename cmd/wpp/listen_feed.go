package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// listenFeed reads the pull feed of the API.
type listenFeed struct {
	client *http.Client
	url    string
	token  string
	types  string
}

// fedEvent is an event as the feed has it.
type fedEvent struct {
	ID        string
	Type      string
	Timestamp time.Time
	Subject   string
	Sequence  int
	raw       json.RawMessage
}

// What the feed may answer instead of events.
var (
	errFeedAway = errors.New("the server does not answer") // it may come back
	errFeedLost = errors.New("the place is gone")          // retention has removed what was behind it
)

// page returns the events behind a cursor, oldest first, and the next cursor.
func (f listenFeed) page(ctx context.Context, after string) (events []fedEvent, next string, err error) {
	query := url.Values{"limit": {strconv.Itoa(portal.MaxLimit)}}
	if after != "" {
		query.Set("after", after)
	}
	if f.types != "" {
		query.Set("types", f.types)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/v1/webhook-events?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, "", err
	}
	req.Header = http.Header{"Authorization": {"Bearer " + f.token}, "User-Agent": {"wpp-listen/1"}, "Accept-Language": {portal.LangEN}}
	res, err := f.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %s", errFeedAway, netCause(err))
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %s", errFeedAway, netCause(err))
	}
	if res.StatusCode != http.StatusOK {
		return nil, "", f.refusal(res, raw)
	}
	var list struct {
		Data []json.RawMessage
		Next string
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, "", fmt.Errorf("%s is no server of this API: its answer is no JSON. Check --url", f.url)
	}
	for _, one := range list.Data {
		e := fedEvent{raw: one}
		if err := json.Unmarshal(one, &e); err != nil {
			return nil, "", fmt.Errorf("an event of the feed cannot be read: %w", err)
		}
		events = append(events, e)
	}
	return events, list.Next, nil
}

// refusal says what an answer that is not 200 means.
func (f listenFeed) refusal(res *http.Response, raw []byte) error {
	var p struct{ Code, Detail, Action string }
	_ = json.Unmarshal(raw, &p) // what is no problem document has no words
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %s", errFeedAway, res.Status)
	case portal.Code(p.Code) == portal.CodeInvalidCursor:
		return errFeedLost
	case res.StatusCode/100 == 3:
		return fmt.Errorf("%s sends us elsewhere (%s). Name the address itself with --url", f.url, res.Status)
	case p.Code == "":
		return fmt.Errorf("%s answered %s and is no server of this API. Check --url", f.url, res.Status)
	}
	return errors.New(strings.TrimSpace(p.Detail+" "+p.Action) + " (" + p.Code + ")")
}

// netCause is what an error of net/http says, without the address and its query.
func netCause(err error) string {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

// seek goes through the feed from its beginning to the first event that fits,
// and returns it with the cursor before its page and the id of the event before
// it. found is false when none fits; after is then the end.
func (f listenFeed) seek(ctx context.Context, fits func(fedEvent) bool) (e fedEvent, after, last string, found bool, err error) {
	for {
		events, next, err := f.page(ctx, after)
		if err != nil {
			return e, "", "", false, err
		}
		for _, e := range events {
			if fits(e) {
				return e, after, last, true, nil
			}
			last = e.ID
		}
		if len(events) == 0 && next == after {
			return e, after, "", false, nil
		}
		after, last = next, ""
	}
}
