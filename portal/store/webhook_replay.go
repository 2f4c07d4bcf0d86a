package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

const replayColumns = `id, endpoint_id, from_at, to_at, types, failed_only, subject, queued, failed, created_at, finished_at`

func scanReplay(scan func(dest ...any) error) (w portal.WebhookReplay, err error) {
	var types string
	err = scan(&w.ID, &w.EndpointID, &w.From, &w.To, &types, &w.FailedOnly, &w.Subject, &w.Queued, &w.Failed, &w.CreatedAt, &w.FinishedAt)
	if err != nil {
		return w, err
	}
	w.Types, err = textsOf(types)
	return w, err
}

// feedSlack is by how many places the feed may differ from the order of ids,
// which are minted before the commit.
const feedSlack = 10_000

// InsertReplay writes a replay that a worker will do.
func (tx *Tx) InsertReplay(t portal.Tenant, w portal.WebhookReplay) error {
	after, err := tx.feedAt(w.From)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
INSERT /* WebhookReplay.Insert */ INTO webhook_replays (id, account_id, environment, endpoint_id, from_at, to_at, types,
  failed_only, subject, after_feed, queued, created_at, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
		w.ID, t.AccountID, string(t.Environment), w.EndpointID, w.From, w.To, textOfList(w.Types),
		w.FailedOnly, w.Subject, after, tx.now, tx.now)
	if err == nil {
		tx.notifyOnce(TopicWebhookEvents)
	}
	return err
}

// feedAt returns a place in the feed before which nothing lies that happened at
// t or later, so that a replay of today does not read the month.
func (r Reader) feedAt(t time.Time) (place int64, err error) {
	err = r.Row(`
SELECT /* WebhookFeed.At */ feed
FROM webhook_events
WHERE id >= ? AND feed IS NOT NULL
ORDER BY id
LIMIT 1`, []any{portal.FirstID(portal.PrefixWebhookEvent, t.Add(-time.Minute))}, &place)
	if portal.CodeOf(err) == portal.CodeNotFound {
		err = r.Row(`SELECT /* WebhookFeed.Head */ head FROM webhook_feed WHERE id = 1`, nil, &place)
	}
	return max(place-feedSlack, 0), err
}

// Replays returns the latest replays of an endpoint, newest first.
func (r Reader) Replays(t portal.Tenant, endpointID string, limit int) (list []portal.WebhookReplay, err error) {
	err = r.Rows(`
SELECT /* WebhookReplay.List */ `+replayColumns+`
FROM webhook_replays
WHERE endpoint_id = ? AND account_id = ? AND environment = ?
ORDER BY id DESC
LIMIT ?`, []any{endpointID, t.AccountID, string(t.Environment), limit}, func(scan func(dest ...any) error) error {
		w, err := scanReplay(scan)
		list = append(list, w)
		return err
	})
	return list, err
}

// replayReach is over how many places of the feed a step looks for each event
// that it may make a delivery of. A step holds the writer of SQLite.
const replayReach = 100

// ClaimReplay takes the replay that has waited longest; not_found when none is
// due. Claims is how often it was taken since its last step, this time included:
// after more than MaxClaims times it is to be given up.
func (tx *Tx) ClaimReplay(lease time.Duration) (id string, claims int, err error) {
	defer portal.Wrap(&err, "ClaimReplay")
	ids, err := tx.ClaimDue(Claim{Table: "webhook_replays", Order: "due_at, id", Limit: 1, Lease: lease, Counted: true, Suspects: true})
	if err != nil {
		return "", 0, err
	}
	if len(ids) == 0 {
		return "", 0, errNoRow
	}
	err = tx.Row(`
SELECT /* WebhookReplay.Claimed */ id, claims
FROM webhook_replays
WHERE id = ?`, []any{ids[0]}, &id, &claims)
	return id, claims, err
}

// StepReplay does the next part of a replay: it looks over a part of the feed
// and makes the deliveries of up to limit events that are wanted. A replay that
// has ended is left alone.
func (tx *Tx) StepReplay(id string, limit int) (err error) {
	defer portal.Wrap(&err, "StepReplay(%s)", id)
	var t portal.Tenant
	var after int64
	var w portal.WebhookReplay
	w, err = scanReplay(func(dest ...any) error {
		return tx.Row(`
UPDATE /* WebhookReplay.Begin */ webhook_replays
SET claims = 0, lease_until = NULL
WHERE id = ? AND due_at IS NOT NULL
RETURNING `+replayColumns+`, account_id, environment, after_feed`, []any{id}, append(dest, &t.AccountID, (*string)(&t.Environment), &after)...)
	})
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	head, err := tx.FeedHead()
	if err != nil {
		return err
	}
	reach := after + int64(replayReach*limit)
	events, err := tx.replayed(t, w, feedRange{after, reach}, limit)
	if err != nil {
		return err
	}
	endpoint, err := tx.Endpoint(t, w.EndpointID)
	if portal.CodeOf(err) == portal.CodeNotFound || err == nil && endpoint.Status != portal.EndpointEnabled {
		return tx.endReplay(w, after) // nobody is there to be told
	}
	if err != nil {
		return err
	}
	for _, e := range events {
		after = e.Feed
		if !wanted(w, endpoint, e) {
			continue
		}
		if err := tx.InsertDelivery(newDelivery(e, w.EndpointID, portal.TriggerReplay, tx.now)); err != nil {
			return err
		}
		w.Queued++
	}
	if len(events) < limit && reach >= head {
		return tx.endReplay(w, after)
	}
	if len(events) < limit {
		after = reach // nothing more lies before it
	}
	return tx.Post(`
UPDATE /* WebhookReplay.Step */ webhook_replays
SET after_feed = ?, queued = ?
WHERE id = ?`, after, w.Queued, w.ID)
}

func wanted(w portal.WebhookReplay, endpoint portal.WebhookEndpoint, e portal.WebhookEvent) bool {
	patterns := endpoint.Events
	if len(w.Types) > 0 {
		patterns = w.Types
	}
	return tellable(e, w.EndpointID) && portal.WantsEvent(patterns, e.Type)
}

// feedRange is the places of the feed behind one, up to another.
type feedRange struct{ after, upTo int64 }

// replayed returns the next events of a replay.
func (tx *Tx) replayed(t portal.Tenant, w portal.WebhookReplay, f feedRange, limit int) (list []portal.WebhookEvent, err error) {
	where, args := "", []any{t.AccountID, string(t.Environment), f.after, f.upTo, w.From, w.To}
	if w.Subject != "" {
		where, args = where+"AND subject = ?\n", append(args, w.Subject)
	}
	if w.FailedOnly {
		where += `AND NOT EXISTS (
    SELECT 1 FROM webhook_deliveries d
    WHERE d.subject = webhook_events.subject AND d.event_id = webhook_events.id AND d.endpoint_id = ? AND d.status IN ('succeeded', 'pending'))
`
		args = append(args, w.EndpointID)
	}
	err = tx.Rows(`
SELECT /* WebhookReplay.Events */ `+webhookEventColumns+`
FROM webhook_events
WHERE account_id = ? AND environment = ? AND feed > ? AND feed <= ? AND feed IS NOT NULL AND at >= ? AND at < ?
`+where+`ORDER BY feed
LIMIT ?`, append(args, limit), func(scan func(dest ...any) error) error {
		e, err := scanWebhookEvent(scan)
		list = append(list, e)
		return err
	})
	return list, err
}

func (tx *Tx) endReplay(w portal.WebhookReplay, after int64) error {
	return tx.Post(`
UPDATE /* WebhookReplay.End */ webhook_replays
SET after_feed = ?, queued = ?, finished_at = ?, due_at = NULL
WHERE id = ?`, after, w.Queued, tx.now, w.ID)
}

// FailReplay gives up a replay that the program cannot go on with.
func (tx *Tx) FailReplay(id string) error {
	return tx.Post(`
UPDATE /* WebhookReplay.Fail */ webhook_replays
SET failed = TRUE, finished_at = ?, due_at = NULL, lease_until = NULL
WHERE id = ?`, tx.now, id)
}

// ReplayDue reports whether a replay waits to be gone on with.
func (r Reader) ReplayDue(now time.Time) (due bool, err error) {
	err = r.Row(`
SELECT /* WebhookReplay.Due */ EXISTS (
  SELECT 1 FROM webhook_replays w
  WHERE w.due_at <= ? AND (w.lease_until IS NULL OR w.lease_until < ?))`, []any{now, now}, &due)
	return due, err
}
