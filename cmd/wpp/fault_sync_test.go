package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryAcknowledgementIsSynced counts the calls of fsync: a kill alone
// cannot tell a message that is on the disk from one that the kernel still holds.
func TestEveryAcknowledgementIsSynced(t *testing.T) {
	t.Parallel()
	data, summary := t.TempDir(), filepath.Join(t.TempDir(), "strace")
	start(t, data).end()
	token := newSender(t, data)
	s := startChanged(t, data, func(cmd *exec.Cmd) {
		tracer, err := exec.LookPath("strace")
		if err != nil {
			t.Fatal(err)
		}
		// -D: the server stays the child that is stopped and waited for.
		cmd.Args = append([]string{tracer, "-D", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", summary, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = tracer
	})
	sends := 50
	if soak() {
		sends = 1000
	}
	for n := range sends {
		s.made(token, "POST", "/v1/messages", hello(int64(n)))
	}
	if code := s.end(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.log)
	}
	raw, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	synced := 0
	for line := range strings.Lines(string(raw)) {
		// % time, seconds, usecs/call, calls, [errors,] syscall
		if f := strings.Fields(line); len(f) >= 5 && strings.HasSuffix(f[len(f)-1], "sync") {
			n, err := strconv.Atoi(f[3])
			if err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			synced += n
		}
	}
	t.Logf("%d acknowledgements, %d syncs", sends, synced)
	if synced < sends {
		t.Errorf("%d syncs for %d acknowledgements\n%s", synced, sends, raw)
	}
}
