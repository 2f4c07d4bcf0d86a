// Package limitstest gives tests a real Redis, started for them on a socket of
// its own. It contains no fakes.
package limitstest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// variable holds the address of a Redis or Valkey that the tests may write to.
const variable = "WPP_TEST_REDIS"

// URL returns the address of a Redis that works: the one given, or a new one
// that ends with the test. Its keys may be those of other tests.
func URL(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(variable); given != "" {
		return given
	}
	return Start(t).URL
}

// script starts a server in $1 and kills it when its input ends: however the
// test process ends, the server and its files go with it.
const script = `
redis-server --port 0 --unixsocket "$1/s" --save "" --appendonly no --dir "$1" &
echo "pid $!"
cat >/dev/null
kill -9 $!
rm -f "$1/s"
`

// Server is a Redis that a test may kill, stop and start again.
type Server struct {
	testing.TB
	URL  string
	dir  string
	sh   *exec.Cmd
	hold io.Closer // the server runs until this is closed
	pid  int
}

// Start returns a running, empty Redis that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	// Not t.TempDir: the path of a socket must be short.
	dir, err := os.MkdirTemp("/tmp", "wpp-redis-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{TB: t, URL: "unix://" + filepath.Join(dir, "s"), dir: dir}
	t.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s.Restart()
	return s
}

// Restart starts the server anew, empty, after Kill.
func (s *Server) Restart() {
	s.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		s.Fatal("Redis is needed for the tests: `apt-get install redis-server`")
	}
	s.sh = exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "sh", s.dir) //nolint:gosec // a folder of the test
	in, err := s.sh.StdinPipe()
	if err != nil {
		s.Fatal(err)
	}
	out, err := s.sh.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := s.sh.Start(); err != nil {
		s.Fatal(err)
	}
	s.hold = in
	lines := bufio.NewReader(out)
	for ready := false; !ready; {
		line, err := lines.ReadString('\n')
		if err != nil {
			s.Fatalf("Redis did not start: %v", err)
		}
		_, _ = fmt.Sscanf(line, "pid %d", &s.pid)
		ready = strings.Contains(strings.ToLower(line), "ready to accept connections")
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
}

// Kill ends the server at once, as kill -9 does. A second call does nothing.
func (s *Server) Kill() {
	if s.hold == nil {
		return
	}
	_ = s.hold.Close()
	_ = s.sh.Wait()
	s.hold = nil
}

// Freeze keeps the server's connections open and answers nothing, until Thaw.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets the server answer again.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(what syscall.Signal) {
	s.Helper()
	if err := syscall.Kill(s.pid, what); err != nil {
		s.Fatal(err)
	}
}
