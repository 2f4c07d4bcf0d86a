package store

import (
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Claim says which due rows to take. Table, Order, Where and PerKey are
// constants of the program, never input.
type Claim struct {
	Table string // has id, due_at and lease_until
	Order string // ORDER BY, for example "priority DESC, due_at, id"; not with PerKey
	Index string // what the index of due rows asks of t beside due_at IS NOT NULL, or ""
	Where string // a further condition on the row t, or ""
	Args  []any  // of Where
	Limit int
	Lease time.Duration // how long the rows belong to the claimer

	// PerKey makes the rows of one value of this column wait for their turn: a
	// claim takes at most Most of each key, oldest due first, and the keys take
	// turns, whatever the length of their queues. Keys in Skip are passed over.
	// It needs an index (key, due_at, id) WHERE due_at IS NOT NULL, and Index.
	PerKey string
	Most   int
	Skip   []string

	// Lane is a column whose values, 0 to Lanes-1, are the lanes of a key: a claim
	// takes only from the first one that has due rows. The index then is (key,
	// lane, due_at, id). "" = no lanes.
	Lane  string
	Lanes int
	// Owner is the column of whom the keys belong to. The owners take turns, too,
	// so that one with many keys gets no more than the others. "" = nobody.
	Owner string
	// KeyFrom joins what is known about the keys, whose column is keys.k; KeyWhere
	// is a condition on it, with KeyArgs, and KeyMost bounds, beside Most, what is
	// taken of one key.
	KeyFrom  string
	KeyWhere string
	KeyArgs  []any
	KeyMost  string

	// Counted adds one to the column claims of what is taken. A row that was
	// taken twice without an outcome may be what ended the process, so from then
	// on it is taken alone: at most one such row in a claim, none when Suspects
	// is false, and with a Limit of 1 only when nothing else is due.
	Counted  bool
	Suspects bool
}

// MaxClaims is how often a counted row is worked on without an outcome. One
// that is claimed more often is to be given up.
const MaxClaims = 5

// suspectAfter is the number of claims without an outcome after which a row is
// taken alone; the indexes *_suspect repeat it.
const suspectAfter = 2

// ClaimDue takes up to Limit rows that are due and not leased, leases them to
// the caller and returns their ids, in no particular order. No two callers
// get the same row until its lease has run out; whoever finishes a row writes
// its next due_at (NULL = nothing to do), lease_until NULL and claims 0.
//
// A lease that ends more than two lengths ahead was written by a clock that
// has been set back since, and counts as ended. Two lengths leave room for the
// clocks of several nodes to differ.
func (tx *Tx) ClaimDue(c Claim) (ids []string, err error) {
	defer portal.Wrap(&err, "ClaimDue(%s)", c.Table)
	if !c.Counted {
		return tx.claim(c)
	}
	sound := c
	sound.Where = joined(c.Where, "t.claims < "+strconv.Itoa(suspectAfter))
	if ids, err = tx.claim(sound); err != nil || !c.Suspects || c.Limit == 1 && len(ids) == 1 {
		return ids, err
	}
	suspects, err := tx.claimSuspect(c)
	return append(ids, suspects...), err
}

// claimSuspect takes one of the rows that were claimed twice without an outcome.
func (tx *Tx) claimSuspect(c Claim) ([]string, error) {
	return tx.claim(Claim{
		Table: c.Table, Order: "t.due_at, t.id", Limit: 1, Lease: c.Lease, Counted: true, Args: c.Args,
		Where: joined(c.Where, "t.claims >= "+strconv.Itoa(suspectAfter)),
	})
}

func joined(where, more string) string {
	if where == "" {
		return more
	}
	return "(" + where + ") AND " + more
}

func (tx *Tx) claim(c Claim) (ids []string, err error) {
	if c.Limit <= 0 {
		return nil, nil
	}
	sql, args := claimSQL(c, tx.now)
	sql = strings.ReplaceAll(sql, "{skip}", tx.locks.free)
	err = tx.Rows(sql, append(args, c.Limit, tx.now.Add(c.Lease)), func(scan func(dest ...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// claimSQL renders the statement and its arguments but the last two. The rows
// are chosen in a CTE because PostgreSQL may run a subquery in IN (…) more
// than once, and so lock more rows than its LIMIT.
func claimSQL(c Claim, now time.Time) (sql string, args []any) {
	free := "t.due_at <= ? AND (t.lease_until IS NULL OR t.lease_until < ? OR t.lease_until > ?)"
	for _, more := range []string{c.Index, c.Where} {
		if more != "" {
			free += " AND (" + more + ")"
		}
	}
	freeArgs := append([]any{now, now, now.Add(2 * c.Lease)}, c.Args...)
	begin, chosen := `
WITH /* {table}.ClaimDue */ `, "ORDER BY "+c.Order
	if c.PerKey != "" {
		begin = keysSQL("{table}.ClaimDue", c.PerKey, c.Index) + turnsSQL(c)
		chosen = "AND t.id IN (SELECT id FROM picked)"
		args = c.turnsArgs(freeArgs)
	}
	count := ""
	if c.Counted {
		count = ", claims = claims + 1"
	}
	sql = begin + `due AS (
  SELECT t.id
  FROM {table} t
  WHERE {free}
  ` + chosen + `
  LIMIT ?{skip}
)
UPDATE {table}
SET lease_until = ?` + count + `
WHERE id IN (SELECT id FROM due)
RETURNING id`
	return strings.NewReplacer("{table}", c.Table, "{key}", c.PerKey, "{free}", free).Replace(sql), append(args, freeArgs...)
}

// turnsSQL continues keysSQL with the first rows of each key, numbered from 1:
// the first of all keys, who waits longest in front, then the second of each,
// and so on until there are enough. Both engines run a recursion level by level
// and no further than its rows are asked for. The || is for SQLite, which uses
// all columns of the index only when the last is compared with no column.
func turnsSQL(c Claim) string {
	where, join, most := "", c.KeyFrom, c.KeyMost
	if len(c.Skip) > 0 {
		where += " AND keys.k NOT IN " + listOf(len(c.Skip))
	}
	if c.KeyWhere != "" {
		where += " AND (" + c.KeyWhere + ")"
	}
	if most == "" {
		most = "CAST(NULL AS BIGINT)"
	}
	its, first, rank := "", headSQL(""), ""
	if c.Lane != "" {
		heads := make([]string, c.Lanes)
		for i := range heads {
			heads[i] = headSQL(" AND t.{lane} = " + strconv.Itoa(i))
		}
		first = "COALESCE(" + strings.Join(heads, ",") + ")"
		its = " AND t.{lane} = (SELECT l.{lane} FROM {table} l WHERE l.id = turns.id)"
	}
	if c.Owner != "" {
		rank = "ROW_NUMBER() OVER (PARTITION BY l.{owner} ORDER BY l.due_at, l.id), "
	}
	return strings.NewReplacer("{join}", join, "{where}", where, "{most}", most, "{first}", strings.ReplaceAll(first, "{lane}", c.Lane),
		"{its}", strings.ReplaceAll(its, "{lane}", c.Lane), "{rank}", strings.ReplaceAll(rank, "{owner}", c.Owner),
	).Replace(`, heads (k, id, most) AS MATERIALIZED (
  SELECT keys.k, {first}, {most}
  FROM keys {join}
  WHERE keys.k IS NOT NULL{where}
), firsts (k, id, n, most) AS (
  SELECT heads.k, heads.id, 1, heads.most
  FROM heads
  JOIN {table} l ON l.id = heads.id
  ORDER BY {rank}l.due_at, l.id
  LIMIT ?
), turns (k, id, n, most) AS (
  SELECT k, id, n, most FROM firsts
  UNION ALL
  SELECT turns.k, (
    SELECT t.id FROM {table} t
    WHERE t.{key} = turns.k{its}
      AND (t.due_at, t.id) > ((SELECT l.due_at FROM {table} l WHERE l.id = turns.id), turns.id || '') AND {free}
    ORDER BY t.due_at, t.id
    LIMIT 1), turns.n + 1, turns.most
  FROM turns
  WHERE turns.id IS NOT NULL AND turns.n < ? AND (turns.most IS NULL OR turns.n < turns.most)
), picked AS (
  SELECT id, n FROM turns WHERE id IS NOT NULL LIMIT ?
), `)
}

// headSQL finds the first due row of a key.
func headSQL(more string) string {
	return `(
    SELECT t.id FROM {table} t
    WHERE t.{key} = keys.k` + more + ` AND {free}
    ORDER BY t.due_at, t.id
    LIMIT 1)`
}

// turnsArgs are the arguments of keysSQL and turnsSQL; free are those of one look for a due row.
func (c Claim) turnsArgs(free []any) (args []any) {
	for range max(c.Lanes, 1) {
		args = append(args, free...)
	}
	args = append(args, textArgs(c.Skip)...)
	args = append(args, c.KeyArgs...)
	args = append(args, c.Limit)
	args = append(args, free...)
	return append(args, c.Most, c.Limit)
}

// ExtendLease keeps rows that are still leased with the caller for another while.
func (tx *Tx) ExtendLease(table string, ids []string, lease time.Duration) (err error) {
	defer portal.Wrap(&err, "ExtendLease(%s)", table)
	if len(ids) == 0 {
		return nil
	}
	_, err = tx.Exec(strings.ReplaceAll(`
UPDATE /* {table}.ExtendLease */ {table}
SET lease_until = ?
WHERE lease_until IS NOT NULL AND id IN `, "{table}", table)+listOf(len(ids)), append([]any{tx.now.Add(lease)}, textArgs(ids)...)...)
	return err
}
