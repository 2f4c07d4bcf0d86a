package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// fileOf writes n rows of contacts, each wrongth of which has no number.
func fileOf(t *testing.T, n, wrong int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Código;Nome;Celular;Opt-in;Data opt-in\n")
	for i := range n {
		number := fmt.Sprintf("(31) 9%04d-%04d", 8000+i/10000, i%10000)
		if i%wrong == 7 {
			number = "123"
		}
		fmt.Fprintf(&b, "C-%d;Cliente %d;%s;sim;01/10/2026\n", i, i, number)
	}
	path := filepath.Join(t.TempDir(), "clientes.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestImportOfFiveThousand imports a file of 5,000 people, 20 of them without a
// number, in the browser: upload, columns, check, import, result.
func TestImportOfFiveThousand(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	b := s.newTab(desktop)
	b.setUp(s.await(s.out, `/setup/(\S+)`))
	b.open("/contacts/import")
	b.accessible("the form for a file")
	b.within(chromedp.SetUploadFiles(chromedp.CSS("#i-file"), []string{fileOf(t, 5000, 250)}))
	b.follow(press("Upload and choose columns"))
	b.shows("h1", "clientes.csv")
	if got := eval[string](b, `[...document.querySelectorAll("main select")].map(s => s.value).join()`); got != "external_id,name,phone,opt_in.status,opt_in.at" {
		t.Errorf("guessed columns: %s", got)
	}
	b.accessible("the columns of a file")
	b.follow(press("Check every row"))
	b.shows("main", "Import 4,980 rows")
	b.shows("main", "This is not a phone number")
	if got := s.query(`SELECT COUNT(*) FROM contacts`)[0]; got != "0" {
		t.Errorf("the check wrote %s contacts", got)
	}
	b.accessible("a checked file")
	b.follow(press("Import 4,980 rows"))
	b.shows("#part-import", "Result")
	b.shows("#part-import", "4,980")
	if got := s.query(`SELECT COUNT(*), COUNT(DISTINCT phone) FROM contacts WHERE opt_status = 'opted_in'`)[0]; got != "4980|4980" {
		t.Errorf("imported: %s", got)
	}
	if got := s.query(`SELECT COUNT(*) FROM import_errors`)[0]; got != "20" {
		t.Errorf("%s rows with errors", got)
	}
	if got := s.query(`SELECT COUNT(*) FROM import_parts`)[0]; got != "0" {
		t.Errorf("%s parts of the file are kept", got)
	}
	b.open("/contacts")
	b.accessible("the contacts after an import")
}

// TestBatchSurvivesAKill kills the server in the middle of a batch: a repeat
// with the same keys sends each line once.
func TestBatchSurvivesAKill(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token := newSender(t, data)
	s := startChild(t, data)
	lines := make([]string, 1000)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"to":"+55119%08d",%s,"reference":"%d","idempotency_key":"K-%d"}`, 70000000+i, helloTemplate, i, i)
	}
	body := "[" + strings.Join(lines, ",") + "]"
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if r, err := http.NewRequest(http.MethodPost, s.url+"/v1/messages/batch", strings.NewReader(body)); err == nil {
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			if answer, err := http.DefaultClient.Do(r); err == nil {
				_ = answer.Body.Close()
			}
		}
	}()
	eventually(t, "a part of the batch", func() bool { return s.query(`SELECT COUNT(*) FROM messages`)[0] != "0" })
	s.killed()
	<-sent
	s = start(t, data)
	r := s.call(token, http.MethodPost, "/v1/messages/batch", body)
	var answer struct {
		Accepted int
		Data     []struct {
			Message struct{ ID, Reference string }
		}
	}
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil || r.status != http.StatusOK || answer.Accepted != len(lines) {
		t.Fatalf("the repeat: %d, %d accepted, %v", r.status, answer.Accepted, err)
	}
	if got := s.query(`SELECT COUNT(*), COUNT(DISTINCT reference), COUNT(DISTINCT contact_id) FROM messages`)[0]; got != "1000|1000|1000" {
		t.Errorf("after the repeat: %s messages", got)
	}
	for i, line := range answer.Data {
		if line.Message.Reference != fmt.Sprint(i) {
			t.Fatalf("line %d is answered with message %s", i, line.Message.ID)
		}
	}
}
