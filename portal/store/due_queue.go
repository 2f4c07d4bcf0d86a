package store

import (
	"cmp"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Queue is how one kind of work stands.
type Queue struct {
	Kind      string     // messages, simulator, deliveries, replays, runs, imports, media or mails
	Due       int64      // to be done now, those under way among them
	OldestDue *time.Time // since when the longest waiting is due; nil when nothing is
	Leased    int64      // under way, or left behind by a process that died
	Later     int64      // due later: scheduled, to be tried again, or waiting for news
	Dead      int64      // given up because the program could not handle them
}

// MaxQueueCount is where counting stops, so that a long queue costs no more
// than that: a figure as high means this many or more.
const MaxQueueCount = 100_000

// work is a table of work and the kind it is shown as.
type work struct {
	kind, table string
	where, key  string // of the index of due rows: its condition and its first column before due_at
	held        string // a key whose rows are late on purpose, at a moment
	leased      string // what is under way, where no index of leases tells; "" = one does
	dead        string // what was given up; "" = nothing ever is
}

// dueAndLeased finds what is under way among the due rows: only they are ever leased.
const dueAndLeased = "t.due_at IS NOT NULL AND t.lease_until IS NOT NULL"

// queues are the tables of work, once for each index of due rows. What is under
// way and what is dead is counted with the first of a table.
var queues = []work{
	{kind: "messages", table: "messages", where: "t.lane < 3", key: "channel_id", dead: "t.dead_at IS NOT NULL"},
	{kind: "messages", table: "messages", where: "t.lane = 3", dead: "t.dead_at IS NOT NULL"},
	{kind: "simulator", table: "simulator_callbacks", dead: "t.dead_at IS NOT NULL"},
	{
		kind: "deliveries", table: "webhook_deliveries", key: "endpoint_id",
		held: "EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = keys.k AND e.paused_until > ?)",
	},
	{kind: "replays", table: "webhook_replays", leased: dueAndLeased, dead: "t.failed"},
	{kind: "runs", table: "automation_runs"},
	{kind: "imports", table: "imports", leased: dueAndLeased},
	{kind: "media", table: "media", leased: dueAndLeased},
	{kind: "mails", table: "mails", dead: "t.finished_at IS NOT NULL AND t.status = 'dead'"},
}

// Queues tells how every kind of work stands at a time. It is meant for staff
// and metrics and looks at all accounts.
func (r Reader) Queues(now time.Time) (list []Queue, err error) {
	defer portal.Wrap(&err, "Queues")
	for _, q := range queues {
		row := Queue{Kind: q.kind}
		args := []any{now, now, MaxQueueCount, MaxQueueCount, now, MaxQueueCount, MaxQueueCount}
		if q.held != "" {
			args = append([]any{now}, args...) // it comes second, and the first is now too
		}
		err := r.Row(q.sql(), args,
			&row.OldestDue, &row.Due, &row.Leased, &row.Later, &row.Dead)
		if err != nil {
			return nil, err
		}
		if n := len(list); n > 0 && list[n-1].Kind == q.kind {
			list[n-1] = list[n-1].with(row)
			continue
		}
		list = append(list, row)
	}
	return list, nil
}

// with adds another part of the same table's due rows.
func (q Queue) with(part Queue) Queue {
	q.Due = min(q.Due+part.Due, MaxQueueCount)
	q.Later = min(q.Later+part.Later, MaxQueueCount)
	if q.OldestDue == nil || part.OldestDue != nil && part.OldestDue.Before(*q.OldestDue) {
		q.OldestDue = part.OldestDue
	}
	return q
}

// sql counts along the index of due rows. Where that begins with a key, each key
// has a part of its own.
func (w work) sql() string {
	begin, from, its, late := `
WITH /* {table}.Queue */ keys (k) AS (SELECT 1)`, "{table} t WHERE", "", ""
	if w.key != "" {
		begin, from = keysSQL("{table}.Queue", w.key, w.where), "keys JOIN {table} t ON t."+w.key+" = keys.k AND"
		its = "t." + w.key + " = keys.k AND "
	}
	if w.where != "" {
		from, its = from+" "+w.where+" AND", its+w.where+" AND "
	}
	if w.held != "" {
		late = " WHERE NOT " + w.held
	}
	sql := begin + `
SELECT
  (SELECT MIN((SELECT MIN(t.due_at) FROM {table} t WHERE {its}t.due_at <= ?)) FROM keys{late}),
  (SELECT COUNT(*) FROM (SELECT t.id FROM {from} t.due_at <= ? LIMIT ?) AS due),
  (SELECT COUNT(*) FROM (SELECT t.id FROM {table} t WHERE {leased} LIMIT ?) AS leased),
  (SELECT COUNT(*) FROM (SELECT t.id FROM {from} t.due_at > ? LIMIT ?) AS later),
  (SELECT COUNT(*) FROM (SELECT t.id FROM {table} t WHERE {dead} LIMIT ?) AS dead)`
	sql = strings.NewReplacer("{from}", from, "{its}", its, "{late}", late, "{leased}", cmp.Or(w.leased, "t.lease_until IS NOT NULL"), "{dead}", cmp.Or(w.dead, "1 = 0")).Replace(sql)
	return strings.ReplaceAll(sql, "{table}", w.table)
}

// keysSQL begins a statement with the keys that have work, of which each costs
// one look into the index (key, due_at, id) however long its queue is.
func keysSQL(tag, key, where string) string {
	if where != "" {
		where = " AND (" + where + ")"
	}
	return strings.NewReplacer("{tag}", tag, "{key}", key, "{where}", where).Replace(`
WITH /* {tag} */ RECURSIVE keys (k) AS (
  SELECT MIN(t.{key}) FROM {table} t WHERE t.due_at IS NOT NULL{where}
  UNION ALL
  SELECT (SELECT MIN(t.{key}) FROM {table} t WHERE t.due_at IS NOT NULL{where} AND t.{key} > keys.k)
  FROM keys
  WHERE keys.k IS NOT NULL
)`)
}
