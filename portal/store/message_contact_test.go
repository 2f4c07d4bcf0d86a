package store

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

var (
	ofMessages = regexp.MustCompile(`(FROM|UPDATE /\*[^*]*\*/|JOIN) messages\b`)
	byContact  = regexp.MustCompile(`(WHERE|AND) contact_id (=|IN) |\b[empq]\.contact_id (=|IN) `) // e, m, p, q: messages
)

// A statement that finds messages by their contact in other words than
// ofContact works, and reads the whole tenant.
func TestMessagesOfAContactAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range strings.Split(string(source), "`") {
			if i%2 == 0 || strings.HasSuffix(file, "_test.go") || !ofMessages.MatchString(text) {
				continue
			}
			if byContact.MatchString(text) && !strings.Contains(text, "substr(") {
				t.Errorf("%s: use ofContact and contactArgs in:%s", file, text)
			}
		}
	}
}

func TestPlansOfContactMessages(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), Options{DataDir: t.TempDir(), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, rest := range []string{"", " AND status IN ('received', 'read')\nORDER BY created_at DESC, id DESC", " AND direction = 'inbound'"} {
		var plan []string
		err := s.Reader(context.Background()).Rows("EXPLAIN QUERY PLAN\nSELECT id\nFROM messages\nWHERE "+ofContact+rest,
			contactArgs(portal.Tenant{AccountID: "acc", Environment: portal.Test}, "ctc"), func(scan func(dest ...any) error) error {
				var step, parent, unused int
				var detail string
				err := scan(&step, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			})
		if err != nil || !strings.Contains(strings.Join(plan, "\n"), "messages_contact") {
			t.Errorf("%q: %v %q", rest, err, plan)
		}
	}
}
