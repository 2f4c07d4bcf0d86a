package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/store"
)

// faultVariable names the file that makes testdata/fault.c fail.
const faultVariable = "WPP_TEST_FAULT"

// outage is a way in which the disk under a running program fails and comes back.
type outage struct {
	name   string
	data   string // the folder of the data
	change func(*exec.Cmd)
	begin  func(s *server)
	end    func(s *server)
}

// interposed is an outage by testdata/fault.c; order is what its file holds.
func interposed(t *testing.T, name, order string) outage {
	t.Helper()
	library, flag := filepath.Join(t.TempDir(), "fault.so"), filepath.Join(t.TempDir(), "flag")
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", library, filepath.Join("testdata", "fault.c"), "-ldl").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return outage{
		name: name, data: t.TempDir(),
		change: func(cmd *exec.Cmd) {
			cmd.Env = append(cmd.Env, "LD_PRELOAD="+library, faultVariable+"="+flag)
		},
		begin: func(s *server) { put(s, flag, []byte(order)) },
		end:   func(s *server) { remove(s, flag) },
	}
}

// fileLimit is an outage by a limit on the size of files, as ulimit -f sets it.
func fileLimit(t *testing.T) outage {
	t.Helper()
	limit := func(s *server, bytes string) {
		s.Helper()
		out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.pid), "--fsize="+bytes+":").CombinedOutput()
		if err != nil {
			s.Fatalf("prlimit: %v\n%s", err, out)
		}
	}
	return outage{
		name: "file size limit", data: t.TempDir(), change: func(*exec.Cmd) {},
		begin: func(s *server) { limit(s, "1") },
		end:   func(s *server) { limit(s, "unlimited") },
	}
}

// smallDisk is an outage by a file system that somebody fills. ok is false
// where the test may not mount one; the other outages stand for it there.
func smallDisk(t *testing.T) (o outage, ok bool) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("wpp-test", dir, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Logf("no small file system: mount: %v", err)
		return outage{}, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	return outage{
		name: "small disk", data: filepath.Join(dir, "data"), change: func(*exec.Cmd) {},
		begin: func(s *server) { fill(s, filler) },
		end:   func(s *server) { remove(s, filler) },
	}, true
}

// fill makes a file longer until there is no room left.
func fill(t testing.TB, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}

func put(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// lock holds the database's write lock from beside the server until release.
func (s *server) lock() (release func()) {
	s.Helper()
	st := s.store()
	held, hold, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- st.Tx(s.Context(), func(tx *store.Tx) error {
			close(held)
			<-hold
			return nil
		})
	}()
	<-held
	release = sync.OnceFunc(func() {
		s.Helper()
		close(hold)
		if err := <-done; err != nil {
			s.Error(err)
		}
	})
	s.Cleanup(release) // before the server is to stop
	return release
}

// acceptedMessages are the messages that are stored with their row of the log.
const acceptedMessages = `SELECT m.id FROM messages m JOIN requests r ON r.id = m.request_id AND r.message_id = m.id AND r.status = 202`

// kept returns the ids of the messages that are stored with their row of the log.
func (s *server) kept() map[string]bool {
	s.Helper()
	ids := map[string]bool{}
	for _, id := range s.query(acceptedMessages) {
		ids[id] = true
	}
	return ids
}

// mustKeep fails the test for an acknowledged message that is not stored with
// its row of the log, and for a damaged database.
func (s *server) mustKeep(acknowledged map[string]bool) {
	s.Helper()
	if check := s.query(`PRAGMA integrity_check`); len(check) != 1 || check[0] != "ok" {
		s.Errorf("integrity: %v", check)
	}
	kept := s.kept()
	for id := range acknowledged {
		if !kept[id] {
			s.Errorf("%s was acknowledged and is gone, or has no row of the log", id)
		}
	}
	s.Logf("%d acknowledged, %d kept", len(acknowledged), len(kept))
}

// memory returns how much memory a child holds, in bytes.
func (s *server) memory() int {
	s.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var kB int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kB); err == nil {
			return kB << 10
		}
	}
	s.Fatalf("no VmRSS on %s", runtime.GOOS)
	return 0
}

// figure returns the value of a metric without labels.
func (s *server) figure(name string) (value int) {
	s.Helper()
	body := s.visitor().get("/metrics").body
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscan(rest, &value); err != nil {
				s.Fatal(err)
			}
			return value
		}
	}
	s.Fatalf("no metric %s", name)
	return 0
}

// post sends one body with the headers given on a client of the caller's.
func post(client *http.Client, url, body string, h http.Header) (r reply, err error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return r, err
	}
	req.Header = h
	return exchange(client, req)
}

// exchange sends a call and reads its answer to the end; unlike a visitor it
// may be used by many goroutines and may fail.
func exchange(client *http.Client, req *http.Request) (r reply, err error) {
	res, err := client.Do(req)
	if err != nil {
		return r, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(raw)}, err
}

// after returns a channel that fires once d has passed.
func after(t testing.TB, d time.Duration) <-chan time.Time {
	timer := time.NewTimer(d)
	t.Cleanup(func() { timer.Stop() })
	return timer.C
}
