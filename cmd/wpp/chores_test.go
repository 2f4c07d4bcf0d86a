package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TestRetentionDoesNotWaitForWhatsApp has a WhatsApp that takes every call and
// answers none, and all chores due at once.
func TestRetentionDoesNotWaitForWhatsApp(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)

	data := t.TempDir()
	s := start(t, data)
	account := s.commands().ok(password, "account", "create", "--name", "Loja", "--email", "dona@loja.example", "--password-stdin")["account_id"]
	st := s.store()
	(&meta{TB: t}).connect(st, portal.Tenant{AccountID: account, Environment: portal.Live})
	s.end()
	err := st.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.Post(`UPDATE /* test */ chores SET due_at = 0, lease_until = NULL`)
	})
	if err != nil {
		t.Fatal(err)
	}

	s = startChanged(t, data, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "WPP_WHATSAPP=cloud", "WPP_GRAPH_URL="+silent.URL) })
	done := func(chore string) bool {
		return strings.Contains(s.log.String(), fmt.Sprintf(`"msg":"chore done","chore":%q`, chore))
	}
	eventually(t, "WhatsApp is asked", func() bool { return len(asked) == 1 })
	for _, chore := range []string{"events", "imports", "log", "paces", "sessions", "webhooks"} {
		eventually(t, chore+" done", func() bool { return done(chore) })
	}
	if done("channel-health") {
		t.Error("retention waited for WhatsApp")
	}
}
