package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// backup copies the store to a file and returns it.
func backup(t *testing.T, s *store.Store) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func verify(t *testing.T, path string) (store.Copy, error) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := store.Verify(t.Context(), path, store.VerifyOptions{SecretKey: storetest.SecretKey()})
	after, readErr := os.ReadFile(path)
	if readErr != nil || !bytes.Equal(before, after) {
		t.Errorf("verifying changed the file, %v", readErr)
	}
	if beside, err := filepath.Glob(path + "?*"); err != nil || len(beside) > 0 {
		t.Errorf("beside the file is %v, %v", beside, err)
	}
	return found, err
}

// What was committed before the copy began is in it, and nobody waits for it.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	must(t, s, func(tx *store.Tx) error { return exec(tx, things) })
	ctx, stop := context.WithCancel(t.Context())
	var written atomic.Int64
	done := make(chan error, 1)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			if err := s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, fmt.Sprintf("%09d", n)) }); err != nil {
				done <- err
				return
			}
			written.Store(int64(n) + 1)
		}
		done <- nil
	}()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for range 3 {
		for until := written.Load() + 20; written.Load() < until && len(done) == 0; {
			must(t, s, func(*store.Tx) error { return nil })
		}
		before := int(written.Load())
		path := backup(t, s)
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		found, err := verify(t, path)
		if err != nil || found.Schema != found.Newest || len(found.Broken) > 0 {
			t.Errorf("%+v, %v", found, err)
		}
		dir := filepath.Join(t.TempDir(), "restored")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Rename(path, filepath.Join(dir, "wpp.db"))); err != nil {
			t.Fatal(err)
		}
		restored, err := store.Open(t.Context(), store.Options{DataDir: dir, SecretKey: storetest.SecretKey()})
		if err != nil {
			t.Fatal(err)
		}
		got := ids(t, restored)
		if len(got) < before || !slices.IsSorted(got) || got[len(got)-1] != fmt.Sprintf("%09d", len(got)-1) {
			t.Errorf("%d rows, want at least %d without a gap", len(got), before)
		}
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A copy tells how much would still be done, not what waits for news or is over.
// What an older schema does not have is not counted.
func TestVerifyCountsWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	must(t, s, func(tx *store.Tx) error {
		due := tx.Now().Add(time.Hour)
		if err := tx.InsertAccount(portal.Account{ID: "acc_a", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}); err != nil {
			return err
		}
		for _, status := range []portal.Status{portal.StatusQueued, portal.StatusScheduled, portal.StatusCreated, portal.StatusUnknown} {
			m := portal.Message{
				ID: portal.NewID(portal.PrefixMessage), AccountID: "acc_a", Environment: portal.Test, Direction: portal.Outbound,
				Status: status, Type: portal.TypeText, Content: []byte("{}"), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), ExpiresAt: due,
			}
			if err := tx.InsertMessage(m, nil, &due); err != nil {
				return err
			}
		}
		return errors.Join(remind(tx, due), announce(tx, due), tx.InsertMail(store.Mail{ID: "mai_a", AccountID: "acc_a", UserID: "usr_a"}),
			tx.InsertMail(store.Mail{ID: "mai_b", AccountID: "acc_a", UserID: "usr_a"}), tx.EndMail(store.Mail{ID: "mai_b", AccountID: "acc_a"}, store.MailSent))
	})
	want := []store.Count{{"messages", 2}, {"automation_runs", 3}, {"webhook_deliveries", 2}, {"webhook_replays", 1}, {"mails", 1}}
	if found, err := verify(t, backup(t, s)); err != nil || !slices.Equal(found.Due, want) {
		t.Errorf("%v is to be done, not %v: %v", found.Due, want, err)
	}
	for _, later := range want[1:] {
		must(t, s, func(tx *store.Tx) error { return exec(tx, `DROP TABLE `+later.Table) })
	}
	if found, err := verify(t, backup(t, s)); err != nil || !slices.Equal(found.Due, want[:1]) {
		t.Errorf("an older schema: %v is to be done, not %v: %v", found.Due, want[:1], err)
	}
}

// remind makes three runs that wait and one that is over.
func remind(tx *store.Tx, due time.Time) error {
	for n := range 4 {
		run := portal.Run{ID: portal.NewID(portal.PrefixRun), AccountID: "acc_a", Environment: portal.Test, Outcome: portal.RunScheduled, DueAt: &due, CreatedAt: tx.Now()}
		if n == 3 {
			run.Outcome, run.DueAt = portal.RunSent, nil
		}
		if err := tx.InsertRun(run); err != nil {
			return err
		}
	}
	return nil
}

// announce makes two deliveries that wait, one that is over, and a replay.
func announce(tx *store.Tx, due time.Time) error {
	for _, at := range []*time.Time{&due, &due, nil} {
		d := portal.Delivery{ID: portal.NewID(portal.PrefixDelivery), AccountID: "acc_a", Environment: portal.Test, EndpointID: "whe_a", NextAt: at, CreatedAt: tx.Now()}
		if err := tx.InsertDelivery(d); err != nil {
			return err
		}
	}
	return tx.InsertReplay(portal.Tenant{AccountID: "acc_a", Environment: portal.Test}, portal.WebhookReplay{ID: "whr_a", EndpointID: "whe_a", From: tx.Now(), To: due})
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s, path := open(), filepath.Join(t.TempDir(), "copy")
		if s.Engine() != "sqlite" {
			if err := s.Backup(t.Context(), path); err == nil {
				t.Error("PostgreSQL was copied to a file")
			}
			return
		}
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
			t.Errorf("over a file: %v", err)
		}
		if raw, err := os.ReadFile(path); err != nil || string(raw) != "mine" {
			t.Errorf("the file that was there holds %q, %v", raw, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Backup(ctx, path+"2"); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		if _, err := os.Stat(path + "2"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a canceled backup left a file: %v", err)
		}
	})
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	must(t, s, func(tx *store.Tx) error {
		for n := range 500 {
			if err := tx.Audit(portal.Audit{AccountID: "acc_1", Action: "account.updated", Target: strconv.Itoa(n)}); err != nil {
				return err
			}
		}
		return nil
	})
	whole, err := os.ReadFile(backup(t, s))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy")
	check := func(raw []byte) (store.Copy, error) {
		t.Helper()
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return verify(t, path)
	}
	for what, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"whole":           {whole, nil},
		"empty":           {nil, store.ErrNoBackup},
		"text":            {bytes.Repeat([]byte("no database "), 1000), store.ErrNoBackup},
		"first page only": {whole[:4096], store.ErrDamaged},
		"half":            {whole[:len(whole)/2], store.ErrDamaged},
		"one page short":  {whole[:len(whole)-4096], store.ErrDamaged},
		"zeros inside":    {slices.Concat(whole[:len(whole)/2], make([]byte, 8192), whole[len(whole)/2+8192:]), store.ErrDamaged},
	} {
		if _, err := check(c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	must(t, s, func(tx *store.Tx) error { return exec(tx, `UPDATE audit SET target = 'x' WHERE seq = 7`) })
	if found, err := verify(t, backup(t, s)); err != nil || len(found.Broken) != 1 || found.Broken[0].AccountID != "acc_1" || found.Broken[0].Place == "" {
		t.Errorf("edited trail: %+v, %v", found.Broken, err)
	}
}

func TestVerifyCompares(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	account := portal.Account{ID: portal.NewID(portal.PrefixAccount), CreatedAt: s.Now(), UpdatedAt: s.Now()}
	channel := portal.Channel{ID: portal.NewID(portal.PrefixChannel), AccountID: account.ID, Environment: portal.Test, CreatedAt: s.Now(), UpdatedAt: s.Now()}
	sealed, err := s.Seal(channel.ID, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.InsertAccount(account), tx.InsertChannel(channel, sealed))
	})
	path := backup(t, s)
	if found, err := verify(t, path); err != nil || !slices.Contains(found.Rows, store.Count{Table: "messages"}) {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := store.Verify(t.Context(), path, store.VerifyOptions{SecretKey: bytes.Repeat([]byte{8}, 32)}); !errors.Is(err, store.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
	must(t, s, func(tx *store.Tx) error {
		return exec(tx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
	})
	if _, err := verify(t, backup(t, s)); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("a newer schema: %v", err)
	}
	must(t, s, func(tx *store.Tx) error { return exec(tx, `DELETE FROM goose_db_version WHERE version_id > 1`) })
	if found, err := verify(t, backup(t, s)); err != nil || found.Schema != 1 || found.Newest < 2 {
		t.Errorf("an older schema: %+v, %v", found, err)
	}
}
