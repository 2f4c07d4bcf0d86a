package main

import (
	"bytes"
	"context"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// childVariable makes the test binary act as the program: what is killed must
// be a process of its own.
const childVariable = "WPP_TEST_CHILD"

// patience is how long a test waits for what must happen soon.
const patience = time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if at := os.Getenv(dnsVariable); at != "" {
			net.DefaultResolver = askOnly(at)
		}
		main()
		return
	}
	// Most tests wait for a program or a browser; -parallel on the command line counts.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // it is there
	code := storetest.Run(m)
	theBrowser.close()
	theOriginal.remove()
	os.Exit(code)
}

// goTool is the command line of go build or go run. With the race detector on
// it is on there too, for then the standard library is compiled already.
func goTool(verb string) []string {
	info, _ := debug.ReadBuildInfo() // a test is always built with modules
	if slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return []string{"go", verb, "-race"}
	}
	return []string{"go", verb}
}

// soak reports whether the long forms of the tests are asked for.
func soak() bool { return os.Getenv("WPP_SOAK") != "" }

// promised is a time bound of a promise: exact in the long forms, ten times
// that in the short ones, which run beside everything else.
func promised(d time.Duration) time.Duration {
	if soak() {
		return d
	}
	return 10 * d
}

// output keeps what a program writes, and tells when there is more.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed at the next write
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) read() (text string, more <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.more
}

func (o *output) String() string {
	text, _ := o.read()
	return text
}

// server is the running program, in this process or in a child.
type server struct {
	testing.TB
	data  string
	url   string
	out   *output // standard output
	log   *output // standard error
	ended <-chan int
	over  bool   // it was asked to end
	stop  func() // what SIGTERM does
	kill  func() // what kill -9 does; only of a child
	pid   int    // only of a child
}

// start runs the program in this process on a data folder, ready to serve, with
// more flags if given. It is stopped when the test ends, and must then exit with 0.
func start(t testing.TB, data string, flags ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	s := &server{TB: t, data: data, out: newOutput(), log: newOutput(), ended: ended, stop: cancel}
	go func() {
		ended <- run(ctx, append(serveArgs(data), flags...), noEnvironment, &app{Stdin: strings.NewReader(""), Stdout: s.out, Stderr: s.log})
	}()
	return s.begin()
}

// startChild is start in a process of its own.
func startChild(t testing.TB, data string) *server {
	t.Helper()
	return startChanged(t, data, func(*exec.Cmd) {})
}

// startChanged is startChild of a command that was changed before its start.
func startChanged(t testing.TB, data string, change func(*exec.Cmd)) *server {
	t.Helper()
	cmd := childCommand(t, serveArgs(data)...)
	change(cmd)
	ended := make(chan int, 1)
	s := &server{TB: t, data: data, out: newOutput(), log: newOutput(), ended: ended}
	cmd.Stdout, cmd.Stderr = s.out, s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	s.stop = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	s.kill = func() { _ = cmd.Process.Kill() }
	go func() {
		_ = cmd.Wait()
		ended <- cmd.ProcessState.ExitCode()
	}()
	return s.begin()
}

// childCommand is a command line of the program in a process of its own.
func childCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

func serveArgs(data string) []string {
	return []string{"serve", "--addr", "127.0.0.1:0", "--data", data}
}

func noEnvironment(string) (string, bool) { return "", false }

// begin waits until the program serves and answers that it is ready.
func (s *server) begin() *server {
	s.Helper()
	s.Cleanup(func() {
		if code := s.end(); code != 0 && s.kill == nil {
			s.Errorf("the program ended with %d:\n%s", code, s.log)
		}
	})
	s.url = s.await(s.log, `"msg":"serving".*?"base_url":"([^"]+)"`)
	eventually(s, "ready", func() bool {
		r, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return s
}

// end stops the program if it runs and returns its exit code.
func (s *server) end() int {
	s.Helper()
	return s.after(s.stop)
}

// killed ends a child at once.
func (s *server) killed() {
	s.Helper()
	s.after(s.kill)
}

// after waits for the program's end; once it has ended, it returns 0 at once.
func (s *server) after(act func()) int {
	s.Helper()
	if s.over {
		return 0
	}
	s.over = true
	act()
	select {
	case code := <-s.ended:
		return code
	case <-time.After(patience):
		s.Errorf("the program did not stop within %s", patience)
		if s.kill != nil {
			s.kill()
		}
		return -1
	}
}

// await waits for a match of the pattern in what the program writes and returns its first group.
func (s *server) await(o *output, pattern string) string {
	s.Helper()
	want, late := regexp.MustCompile(pattern), time.After(patience)
	for {
		text, more := o.read()
		if m := want.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		select {
		case <-more:
		case code := <-s.ended:
			s.Fatalf("the program ended with %d:\n%s", code, s.log)
		case <-late:
			s.Fatalf("%s was not written:\n%s\n%s", pattern, s.out, s.log)
		}
	}
}

// commands returns the command lines on the server's data folder.
func (s *server) commands() commands { return commands{s.TB, s.data} }

// store opens the server's database beside it.
func (s *server) store() *store.Store {
	s.Helper()
	a := &app{Settings: Settings{Data: s.data}}
	st, err := a.store(s.Context(), false)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = st.Close() })
	return st
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
