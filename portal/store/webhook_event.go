package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TopicWebhookEvents is notified when an event waits for its place in the feed.
const TopicWebhookEvents = "webhook-events"

const webhookEventColumns = `id, account_id, environment, type, subject, sequence, at, data, COALESCE(feed, 0)`

func scanWebhookEvent(scan func(dest ...any) error) (e portal.WebhookEvent, err error) {
	var data string
	err = scan(&e.ID, &e.AccountID, (*string)(&e.Environment), &e.Type, &e.Subject, &e.Sequence, &e.At, &data, &e.Feed)
	e.Data = []byte(data)
	return e, err
}

// nextSequence follows the last event of a subject, also where retention has removed it.
const nextSequence = `1 + (
  SELECT COALESCE(MAX(k.sequence), 0)
  FROM (
    SELECT MAX(s.sequence) AS sequence FROM webhook_events s WHERE s.subject = ? AND substr(s.type, 1, 8) <> 'message.'
    UNION ALL
    SELECT w.sequence FROM webhook_sequences w WHERE w.subject = ?) k)`

// Publish writes an event in the transaction of what happened. It gets its id
// here; its place in the feed, and with it its deliveries, follow after the
// commit (RouteEvents). An account without the module webhooks has no events.
func (tx *Tx) Publish(e portal.WebhookEvent) (id string, err error) {
	e.ID = portal.NewID(portal.PrefixWebhookEvent)
	sequence, args := "CAST(? AS BIGINT)", []any{e.Sequence}
	if e.Sequence == 0 {
		sequence, args = nextSequence, []any{e.Subject, e.Subject}
	}
	args = append([]any{e.ID, e.AccountID, string(e.Environment), e.Type, e.Subject}, args...)
	tx.notifyOnce(TopicWebhookEvents)
	return e.ID, tx.Post(`
INSERT /* WebhookEvent.Publish */ INTO webhook_events (id, account_id, environment, type, subject, sequence, at, data)
SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), `+sequence+`,
  CAST(? AS BIGINT), CAST(? AS TEXT)
WHERE NOT EXISTS (SELECT 1 FROM account_modules m WHERE m.account_id = ? AND m.name = ? AND m.active = FALSE)`,
		append(args, e.At, string(e.Data), e.AccountID, portal.ModuleWebhooks)...)
}

// NewEvents reports whether an event waits for its place in the feed.
func (r Reader) NewEvents() (waiting bool, err error) {
	err = r.Row(`
SELECT /* WebhookEvent.Waiting */ EXISTS (SELECT 1 FROM webhook_events e WHERE e.feed IS NULL)`, nil, &waiting)
	return waiting, err
}

// RouteEvents gives up to limit new events their place in the feed, in the
// order of their ids, and makes a delivery for each endpoint that wants them.
// It returns how many it took. Nodes do it one after the other: the row of the
// feed is locked, and what is read after that was committed before.
func (tx *Tx) RouteEvents(limit int) (n int, err error) {
	defer portal.Wrap(&err, "RouteEvents")
	var head int64
	err = tx.lock(`
SELECT /* WebhookFeed.Lock */ head
FROM webhook_feed
WHERE id = 1`, nil, &head)
	if err != nil {
		return 0, err
	}
	events, err := tx.newEvents(limit)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	receivers, err := tx.receivers(events)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		head++
		if err := tx.Post(`
UPDATE /* WebhookEvent.Route */ webhook_events
SET feed = ?
WHERE id = ?`, head, e.ID); err != nil {
			return 0, err
		}
		for _, to := range receivers[e.Tenant()] {
			if !tellable(e, to.id) || !portal.WantsEvent(to.events, e.Type) {
				continue
			}
			if err := tx.InsertDelivery(newDelivery(e, to.id, portal.TriggerAutomatic, tx.now)); err != nil {
				return 0, err
			}
		}
	}
	return len(events), tx.Post(`
UPDATE /* WebhookFeed.Move */ webhook_feed
SET head = ?
WHERE id = 1`, head)
}

// tellable: a test goes to nobody else, and news of an endpoint not to itself.
func tellable(e portal.WebhookEvent, endpointID string) bool {
	return e.Type != portal.EventTest && e.Subject != endpointID
}

func (r Reader) newEvents(limit int) (list []portal.WebhookEvent, err error) {
	err = r.Rows(`
SELECT /* WebhookEvent.New */ id, account_id, environment, type, subject
FROM webhook_events
WHERE feed IS NULL
ORDER BY id
LIMIT ?`, []any{limit}, func(scan func(dest ...any) error) error {
		var e portal.WebhookEvent
		err := scan(&e.ID, &e.AccountID, (*string)(&e.Environment), &e.Type, &e.Subject)
		list = append(list, e)
		return err
	})
	return list, err
}

// receiver is an enabled endpoint.
type receiver struct {
	id     string
	events []string
}

// receivers returns the enabled endpoints of the tenants of the events.
func (r Reader) receivers(events []portal.WebhookEvent) (map[portal.Tenant][]receiver, error) {
	found := map[portal.Tenant][]receiver{}
	for _, e := range events {
		t := e.Tenant()
		if _, asked := found[t]; asked {
			continue
		}
		found[t] = nil
		err := r.Rows(`
SELECT /* WebhookEndpoint.Receivers */ id, events
FROM webhook_endpoints
WHERE account_id = ? AND environment = ? AND status = 'enabled'
ORDER BY id`, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
			var to receiver
			var events string
			if err := scan(&to.id, &events); err != nil {
				return err
			}
			var err error
			to.events, err = textsOf(events)
			found[t] = append(found[t], to)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func newDelivery(e portal.WebhookEvent, endpointID, trigger string, due time.Time) portal.Delivery {
	return portal.Delivery{
		ID: portal.NewID(portal.PrefixDelivery), AccountID: e.AccountID, Environment: e.Environment,
		EndpointID: endpointID, EventID: e.ID, EventType: e.Type, Subject: e.Subject,
		Trigger: trigger, Status: portal.DeliveryPending, NextAt: &due, CreatedAt: due,
	}
}

// WebhookEvent returns an event; not_found when the tenant has none of that id.
func (r Reader) WebhookEvent(t portal.Tenant, id string) (e portal.WebhookEvent, err error) {
	return scanWebhookEvent(func(dest ...any) error {
		return r.Row(`
SELECT /* WebhookEvent.ByID */ `+webhookEventColumns+`
FROM webhook_events
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, dest...)
	})
}

// FeedHead returns the place behind which what happens next appears.
func (r Reader) FeedHead() (head int64, err error) {
	err = r.Row(`
SELECT /* WebhookFeed.Head */ head
FROM webhook_feed
WHERE id = 1`, nil, &head)
	return head, err
}

// FeedPart asks for a part of the pull feed.
type FeedPart struct {
	After int64    // the last place read; 0 = from the oldest kept event on
	Types []string // patterns; empty = all
	Limit int
}

// Feed returns the events behind a place, oldest first, and the place up to
// which it looked: the next part starts there, whether or not it found any.
// invalid_cursor when events behind that place were removed by retention.
func (r Reader) Feed(t portal.Tenant, p FeedPart) (list []portal.WebhookEvent, upTo int64, err error) {
	defer portal.Wrap(&err, "Feed")
	var head, floor int64
	err = r.Row(`
SELECT /* WebhookFeed.Ends */ head, floor
FROM webhook_feed
WHERE id = 1`, nil, &head, &floor)
	if err != nil {
		return nil, 0, err
	}
	if p.After > head || p.After > 0 && p.After < floor {
		return nil, 0, portal.Refuse(portal.CodeInvalidCursor)
	}
	upTo = max(p.After, floor)
	most := p.Limit
	if len(p.Types) > 0 {
		most = 2000 // behind a type that is rare, one call looks through so many at the most
	}
	seen := 0
	err = r.Rows(`
SELECT /* WebhookEvent.Feed */ `+webhookEventColumns+`
FROM webhook_events
WHERE account_id = ? AND environment = ? AND feed > ? AND feed IS NOT NULL
ORDER BY feed
LIMIT ?`, []any{t.AccountID, string(t.Environment), upTo, most}, func(scan func(dest ...any) error) error {
		if len(list) == p.Limit {
			return nil
		}
		e, err := scanWebhookEvent(scan)
		if err != nil {
			return err
		}
		seen, upTo = seen+1, e.Feed
		if len(p.Types) == 0 || portal.WantsEvent(p.Types, e.Type) {
			list = append(list, e)
		}
		return nil
	})
	if err == nil && seen < most && len(list) < p.Limit {
		upTo = max(upTo, head) // nothing of this tenant lies between
	}
	return list, upTo, err
}

// WebhookEventsByID returns the events of those ids, of any tenant, for the
// worker that delivers them. One that is gone is not there.
func (r Reader) WebhookEventsByID(ids []string) (map[string]portal.WebhookEvent, error) {
	found := make(map[string]portal.WebhookEvent, len(ids))
	err := r.Rows(`
SELECT /* WebhookEvent.ByIDs */ `+webhookEventColumns+`
FROM webhook_events
WHERE id IN `+listOf(len(ids)), textArgs(ids), func(scan func(dest ...any) error) error {
		e, err := scanWebhookEvent(scan)
		found[e.ID] = e
		return err
	})
	return found, err
}
