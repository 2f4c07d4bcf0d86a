package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestWorkersOff has a node that only answers: what it accepts waits until a
// node that sends finds it.
func TestWorkersOff(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token := newSender(t, data)
	answering := start(t, data, "--workers=off")
	for n := range int64(20) {
		if r := answering.call(token, http.MethodPost, "/v1/messages", hello(n)); r.status != http.StatusAccepted {
			t.Fatalf("a message: %d %s", r.status, r.body)
		}
	}
	// Twenty commits are long enough for a worker, if there were one, to begin the first.
	if code := answering.end(); code != 0 {
		t.Errorf("the node that only answers ended with %d", code)
	}
	if got := answering.query(`SELECT DISTINCT status FROM messages`); !slices.Equal(got, []string{"queued"}) {
		t.Errorf("without workers the messages are %v", got)
	}
	if got := answering.query(`SELECT COUNT(*) FROM requests WHERE operation = 'sendMessage' AND duration IS NOT NULL`); got[0] != "20" {
		t.Errorf("the log of the node that only answers has %s whole rows of 20", got[0])
	}
	sending := start(t, data)
	eventually(t, "every message delivered", func() bool {
		return sending.query(`SELECT COUNT(*) FROM messages WHERE status IN ('delivered', 'read')`)[0] == "20"
	})
}

func TestDoctorSaysWhetherThisNodeSends(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	for flag, want := range map[string]string{"--workers=on": "answers and sends", "--workers=off": "only answers"} {
		if code, stdout, stderr := c.run("", "doctor", flag); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("wpp doctor %s: exit %d, %q, %q", flag, code, stdout, stderr)
		}
	}
	if code, _, stderr := c.run("", "serve", "--workers=maybe"); code != 1 || !strings.Contains(stderr, "--workers") {
		t.Errorf("wpp serve --workers=maybe: exit %d, %q", code, stderr)
	}
}
