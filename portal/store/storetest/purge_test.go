package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// mintedAt is an id as it was minted at a time.
func mintedAt(prefix string, at time.Time, n int) string {
	first := portal.FirstID(prefix, at)
	return first[:len(first)-6] + fmt.Sprintf("%06d", n)
}

// aged fills every table that has retention with rows of one age.
func aged(t *testing.T, s *store.Store, at time.Time, rows int) {
	t.Helper()
	ready := at
	if at.After(s.Now().AddDate(0, 0, -1)) {
		ready = s.Now().Add(time.Hour) // still to be paid for
	}
	err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
		post := func(sql string, args ...any) {
			if err == nil {
				err = tx.Post("/* Test.Aged */ "+sql, args...)
			}
		}
		for n := range rows {
			group := []string{"", "a", "b"}[n%3]
			event, delivery, file := mintedAt(portal.PrefixWebhookEvent, at, n), mintedAt(portal.PrefixDelivery, at, n), mintedAt(portal.PrefixImport, at, n)
			name := fmt.Sprintf("%d-%d", at.Unix(), n)
			post(`INSERT INTO paces (id, account_id, environment, ready_at, held_until, reason, strikes) VALUES (?, '', '', ?, 0, 0, 0)`, name, ready)
			post(`INSERT INTO portfolio_people (portfolio, contact_id, at) VALUES (?, ?, ?)`, group, name, at.Add(time.Duration(n)*time.Microsecond))
			post(`INSERT INTO webhook_deliveries (id, account_id, environment, endpoint_id, event_id, event_type, subject, trigger_by, status, attempts, created_at)
VALUES (?, '', '', '', ?, '', '', '', 'succeeded', 2, ?)`, delivery, event, at)
			for _, attempt := range []int{1, 2} {
				post(`INSERT INTO webhook_attempts (delivery_id, number, trigger_by, at, duration, outcome, http_status) VALUES (?, ?, '', ?, 0, '', 200)`, delivery, attempt, at)
			}
			post(`INSERT INTO webhook_events (id, account_id, environment, type, subject, sequence, at, data, feed) VALUES (?, '', '', 'channel.blocked', ?, 1, ?, '{}', ?)`,
				event, name, at, at.Unix()+int64(n))
			post(`INSERT INTO webhook_replays (id, account_id, environment, endpoint_id, from_at, to_at, types, failed_only, subject, after_feed, queued, created_at, finished_at)
VALUES (?, '', '', '', 0, 0, '', FALSE, '', 0, 0, ?, ?)`, mintedAt(portal.PrefixReplay, at, n), at, at)
			post(`INSERT INTO webhook_hours (endpoint_id, hour, succeeded, failed) VALUES (?, ?, 1, 0)`, group, at.Add(time.Duration(n)*time.Microsecond))
			for _, status := range []string{"completed", "mapping"} {
				id, finished := file, &at
				if status == "mapping" {
					id, finished = mintedAt(portal.PrefixImport, at, 500_000+n), nil
				}
				post(`INSERT INTO imports (id, account_id, environment, user_id, user_name, file_name, status, reason, encoding, delimiter, header, mapping,
  total, position, created, updated, kept, refused, claims, created_at, updated_at, finished_at)
VALUES (?, '', '', '', '', '', ?, '', '', '', '[]', '[]', 0, 0, 0, 0, 0, 0, 0, ?, ?, ?)`, id, status, at, at, finished)
				post(`INSERT INTO import_parts (import_id, part, body) VALUES (?, 0, ?)`, id, []byte("[]"))
			}
			for line := range 2 {
				post(`INSERT INTO import_errors (import_id, line, number, column_at, field, code, detail_en, detail_pt) VALUES (?, ?, 0, 0, '', '', '', '')`, file, line)
			}
			post(`INSERT INTO mint_nonces (nonce, token_id, created_at) VALUES (?, '', ?)`, name, at)
			post(`INSERT INTO sessions (token_hash, id, user_id, data, ip, user_agent, created_at, last_seen_at, expires_at) VALUES (?, ?, '', ?, '', '', 0, 0, ?)`, name, name, []byte{}, at)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRetentionGoesInSteps: no step takes more rows of its table than it is told
// to, and together they take what is old and nothing else.
func TestRetentionGoesInSteps(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		const old, young, limit = 23, 4, 5
		before := s.Now().AddDate(0, 0, -30)
		aged(t, s, before.AddDate(0, 0, -1), old)
		aged(t, s, s.Now().Add(-time.Hour), young)
		purges := slices.Concat(s.WebhookPurges(before), s.ImportPurges(s.Now().AddDate(0, 0, -1), before), s.PacePurges(), []store.Purge{
			s.Removing("forms", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeNonces(before, limit) }),
			s.Removing("sessions", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeSessions(before, limit) }),
		})
		left := map[string]struct {
			table string
			rows  int
		}{
			"deliveries": {"webhook_deliveries", young}, "webhook events": {"webhook_events", young}, "replays": {"webhook_replays", young},
			"hours of endpoints": {"webhook_hours", young}, "idle imports": {"imports WHERE status = 'mapping'", young},
			"errors of imports": {"import_errors", 2 * young}, "rows of imports": {"import_parts", young}, "paces": {"paces", young},
			"people of a portfolio": {"portfolio_people", young}, "forms": {"mint_nonces", young}, "sessions": {"sessions", young},
		}
		for _, p := range purges {
			want, known := left[p.Name]
			if !known {
				t.Fatalf("%s is not looked at", p.Name)
			}
			for rows, more := storetest.Rows(t, s, want.table), true; more; {
				n, _, err := p.Step(t.Context(), limit)
				if err != nil {
					t.Fatalf("%s: %v", p.Name, err)
				}
				now := storetest.Rows(t, s, want.table)
				if rows-now > limit || n > limit {
					t.Errorf("%s: a step took %d rows and says %d, at most %d are allowed", p.Name, rows-now, n, limit)
				}
				rows, more = now, n > 0
			}
			if rows := storetest.Rows(t, s, want.table); rows != want.rows {
				t.Errorf("%s: %d rows are left, want %d", p.Name, rows, want.rows)
			}
		}
		if n := storetest.Rows(t, s, "webhook_attempts"); n != 2*young {
			t.Errorf("%d attempts are left, want %d", n, 2*young)
		}
	})
}

// takes is a purge whose step takes some time for each row and some for its commit.
func takes(steps int, row, commit time.Duration) (p store.Purge, sizes *[]int) {
	sizes = new([]int)
	return store.Purge{Name: "test", Step: func(_ context.Context, limit int) (int64, store.TxTimes, error) {
		if len(*sizes) == steps {
			return 0, store.TxTimes{}, nil
		}
		*sizes = append(*sizes, limit)
		return int64(limit), store.TxTimes{Work: time.Duration(limit) * row, Commit: commit}, nil
	}}, sizes
}

// TestStepsFitTheirTime: steps grow and shrink until statements and commit take
// the few milliseconds that are aimed at. A disk that is slow by itself makes them
// small, but never so small that there were only more commits of next to nothing.
func TestStepsFitTheirTime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	for name, c := range map[string]struct {
		row, commit time.Duration
		least, most int
	}{
		"quick":            {10 * time.Microsecond, 200 * time.Microsecond, 256, 256},
		"very quick":       {100 * time.Nanosecond, 200 * time.Microsecond, 4096, 4096},
		"slow statements":  {2 * time.Millisecond, 200 * time.Microsecond, 8, 8},
		"slow disk":        {10 * time.Microsecond, 5 * time.Millisecond, 64, 128},
		"very slow disk":   {10 * time.Microsecond, 60 * time.Millisecond, 64, 128},
		"a commit to fear": {10 * time.Microsecond, 3 * time.Second, 64, 128},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sizes := takes(40, c.row, c.commit)
				began := time.Now()
				if err := s.Purge(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				settled := (*sizes)[20:]
				if least, most := slices.Min(settled), slices.Max(settled); least != c.least || most != c.most {
					t.Errorf("steps of %d to %d rows, want %d to %d", least, most, c.least, c.most)
				}
				var held time.Duration
				for _, n := range *sizes {
					held += time.Duration(n)*c.row + c.commit
				}
				if rested := time.Since(began); rested < 2*held {
					t.Errorf("rested for %v after holding the writer for %v", rested, held)
				}
			})
		})
	}
}

func TestAPurgeThatFailsOrIsCutOff(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		fails := store.Purge{Name: "fails", Step: func(context.Context, int) (int64, store.TxTimes, error) { return 0, store.TxTimes{}, broken }}
		next, sizes := takes(3, time.Microsecond, 0)
		if err := s.Purge(t.Context(), fails, next); !errors.Is(err, broken) || len(*sizes) != 3 {
			t.Errorf("the kind after one that fails: %d steps, %v", len(*sizes), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		endless, _ := takes(1<<30, time.Microsecond, 0)
		if err := s.Purge(ctx, endless); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut off: %v", err)
		}
		slow, _ := takes(1, time.Millisecond, time.Hour)
		if err := s.Purge(t.Context(), slow); err != nil || s.LongestHold() != time.Hour+32*time.Millisecond {
			t.Errorf("the longest step took %v, the commit belongs to it, %v", s.LongestHold(), err)
		}
	})
}
