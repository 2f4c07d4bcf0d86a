package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// TestTyping shows that somebody is typing for 25 seconds, or until a message
// came, to the author of the message and to nobody else.
func TestTyping(t *testing.T) {
	t.Parallel()
	const person, other = "+5511987654417", "+551133334444"
	w := setup(t, false)
	wamid, err := w.sim.Write(t.Context(), ours, simulator.Written{From: person, Text: "Oi"})
	if err != nil {
		t.Fatal(err)
	}
	sees := func(who string, latest time.Time) bool {
		t.Helper()
		ph, err := w.journal.Phone(t.Context(), ours.ID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.journal.Person(t.Context(), ph, who)
		if err != nil {
			t.Fatal(err)
		}
		return p.Typing(ph, w.journal.now(), latest)
	}
	tell := func(id, more string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/v23.0/"+ours.ID+"/messages",
			strings.NewReader(`{"messaging_product":"whatsapp","status":"read","message_id":"`+id+`"`+more+`}`))
		r.Header.Set("Authorization", "Bearer "+ours.Token)
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		if w.sim.ServeHTTP(rec, r); rec.Code != http.StatusOK {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	const indicator = `,"typing_indicator":{"type":"text"}`
	tell(wamid, "")
	if sees(person, time.Time{}) {
		t.Error("read alone is not typing")
	}
	tell("wamid.A", indicator)
	tell(whatsapp.NewMessageID("5511987654417", whatsapp.FromBusiness), indicator)
	if sees(person, time.Time{}) {
		t.Error("typing below a message that is not the person's")
	}
	tell(wamid, indicator)
	if !sees(person, start.Add(-time.Second)) || sees(other, time.Time{}) {
		t.Error("the author sees it, and nobody else")
	}
	w.journal.tick(24 * time.Second)
	if !sees(person, time.Time{}) || sees(person, w.journal.now()) {
		t.Error("after 24 seconds it is seen until a message came")
	}
	w.journal.tick(time.Second)
	if sees(person, time.Time{}) {
		t.Error("seen after 25 seconds")
	}
	tell(wamid, indicator)
	if err := w.sim.Pass(t.Context(), ours, time.Minute); err != nil {
		t.Fatal(err)
	}
	if sees(person, time.Time{}) {
		t.Error("seen after a minute was let pass")
	}
}

func TestAuthorOf(t *testing.T) {
	t.Parallel()
	if got := whatsapp.AuthorOf(whatsapp.NewMessageID("5511987654417", whatsapp.FromPerson)); got != "5511987654417" {
		t.Errorf("author %q", got)
	}
	for _, id := range []string{"", "wamid.", "wamid.A", "wamid.HP8=", "wamid.HBj/", "wamid.HBgNNTUx", whatsapp.NewMessageID("5511987654417", whatsapp.FromBusiness)} {
		if got := whatsapp.AuthorOf(id); got != "" {
			t.Errorf("%q has the author %q", id, got)
		}
	}
}
