package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
)

// uploads uploads files on eight connections until ctx ends, and returns the ids
// that were acknowledged; each is told of as it comes.
func (s *server) uploads(ctx context.Context, token string, told func()) map[string]bool {
	s.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	body, h := formWith(s, nil, "file", "foto.png", picture())
	form := body.String()
	ids, mu, all := map[string]bool{}, sync.Mutex{}, sync.WaitGroup{}
	for range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				r, _ := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, s.url+"/v1/media", strings.NewReader(form))
				r.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": h["Content-Type"]}
				res, err := client.Do(r)
				if err != nil {
					continue // it was killed: neither acknowledged nor refused
				}
				_ = res.Body.Close()
				if res.StatusCode == http.StatusCreated {
					mu.Lock()
					ids[filepath.Base(res.Header.Get("Location"))] = true
					mu.Unlock()
					told()
				}
			}
		})
	}
	all.Wait()
	return ids
}

// finished are the contents of the media folder, without what was cut off.
func (s *server) finished() []string {
	return slices.DeleteFunc(s.mediaFiles(), func(name string) bool { return strings.Contains(name, ".") })
}

// mustHaveContents finds the whole content of every media with a row.
func (s *server) mustHaveContents(acknowledged map[string]bool) {
	s.Helper()
	rows, shelf := s.query(`SELECT id, hex(sha256) FROM media`), media.NewFolder(filepath.Join(s.data, mediaFolder))
	for _, row := range rows {
		id, sum, _ := strings.Cut(row, "|")
		delete(acknowledged, id)
		content, err := os.ReadFile(shelf.Path(portal.ContentKey(id)))
		if got := sha256.Sum256(content); err != nil || !strings.EqualFold(hex.EncodeToString(got[:]), sum) {
			s.Errorf("%s: %d bytes, %v", id, len(content), err)
		}
	}
	if len(acknowledged) > 0 {
		s.Errorf("%d of the acknowledged uploads have no row: %v", len(acknowledged), acknowledged)
	}
}

// TestKillDuringUploads kills the program while files come in, the last time
// when eight of them are finished and wait for their rows: there is never a row
// without its file, what was acknowledged is there, and files without a row are
// removed by the tidying once they are an hour old.
func TestKillDuringUploads(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "arquivos@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	ids := map[string]bool{}
	rounds := 3
	if soak() {
		rounds = 60
	}
	for range rounds {
		s := startChild(t, data)
		maps.Copy(ids, s.killedDuring(token, func(some <-chan struct{}) {
			<-some
			<-after(t, rand.N(300*time.Millisecond))
		}))
	}
	s := startChild(t, data)
	before := len(s.finished())
	release := s.lock()
	maps.Copy(ids, s.killedDuring(token, func(<-chan struct{}) {
		eventually(t, "files without rows", func() bool { return len(s.finished()) >= before+8 })
	}))
	release()
	s = startChild(t, data)
	s.mustHaveContents(maps.Clone(ids))
	s.tidied()
	s.mustHaveContents(ids)
}

// killedDuring kills the program during uploads, when until returns; some is
// closed at the first acknowledgement.
func (s *server) killedDuring(token string, until func(some <-chan struct{})) map[string]bool {
	s.Helper()
	some := make(chan struct{})
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	done := make(chan map[string]bool, 1)
	go func() { done <- s.uploads(ctx, token, sync.OnceFunc(func() { close(some) })) }()
	until(some)
	s.killed()
	cancel()
	return <-done
}

// tidied has two hours pass for the files and the chore done again: what has no
// row is gone, and all else is there.
func (s *server) tidied() {
	s.Helper()
	rows := len(s.query(`SELECT id FROM media`))
	if n := len(s.mediaFiles()); n < rows+8 {
		s.Errorf("%d files for %d rows: the kill left nothing behind", n, rows)
	}
	old := time.Now().Add(-2 * time.Hour)
	for _, path := range files(s, filepath.Join(s.data, mediaFolder)) {
		if err := os.Chtimes(path, old, old); err != nil {
			s.Fatal(err)
		}
	}
	err := s.store().Tx(s.Context(), func(tx *store.Tx) error { return tx.PlanChore("media", tx.Now()) })
	if err != nil {
		s.Fatal(err)
	}
	eventually(s, "files without rows are removed", func() bool { return len(s.mediaFiles()) == rows })
}
