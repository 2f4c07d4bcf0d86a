package messaging_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
)

// freeForm are messages of every type that an open window lets out.
var freeForm = map[string]string{
	"image":    `{"image":{"link":"https://loja.example.com/a.jpg","caption":"Camiseta"}}`,
	"video":    `{"video":{"link":"https://loja.example.com/a.mp4"}}`,
	"audio":    `{"audio":{"link":"https://loja.example.com/a.ogg"}}`,
	"document": `{"document":{"link":"https://loja.example.com/a.pdf","filename":"nota.pdf","caption":"Sua nota"}}`,
	"sticker":  `{"sticker":{"link":"https://loja.example.com/a.webp"}}`,
	"location": `{"location":{"latitude":-19.9317,"longitude":-44.0536,"name":"Loja","address":"Rua A, 1"}}`,
	"contacts": `{"contacts":[{"name":{"formatted_name":"Loja","first_name":"Loja"},"phones":[{"phone":"+551140028922","type":"WORK","wa_id":"551140028922"}]}]}`,
	"interactive": `{"interactive":{"type":"button","header":{"type":"text","text":"Olá"},"body":{"text":"Quer rastrear?"},"footer":{"text":"Loja"},
		"action":{"buttons":[{"type":"reply","reply":{"id":"sim","title":"Sim"}},{"type":"reply","reply":{"id":"nao","title":"Não"}}]}}}`,
}

func draftOf(t *testing.T, to, kind, body string) messaging.Draft {
	t.Helper()
	d := messaging.Draft{To: to, Type: kind}
	if err := json.Unmarshal([]byte(body), &d.Content); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEveryType sends one of each type: the simulator takes it, and the message
// keeps what was said.
func TestEveryType(t *testing.T) {
	t.Parallel()
	for kind, body := range freeForm {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.accept(draftOf(t, tester, kind, body))
			b.pass(5*time.Second, 100*time.Millisecond)
			m = b.want(m.ID, portal.StatusRead, "")
			var said map[string]json.RawMessage
			if err := json.Unmarshal([]byte(body), &said); err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, m.Content, said[kind]) {
				t.Errorf("kept %s, said %s", m.Content, said[kind])
			}
		})
	}
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("not JSON: %s, %s", a, b)
	}
	first, _ := json.Marshal(x)
	second, _ := json.Marshal(y)
	return string(first) == string(second)
}

// TestReaction is put on the message under WhatsApp's id, and only on one of
// the same person.
func TestReaction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	theirs := b.writes(tester, "Obrigado!")
	var sent string
	b.intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(raw)))
		sent = string(raw)
		return false
	})
	reaction := func(to, id string) messaging.Draft {
		return messaging.Draft{To: to, Type: portal.TypeReaction, Content: portal.Content{Reaction: &portal.Reaction{MessageID: id, Emoji: "👍"}}}
	}
	m := b.accept(reaction(tester, theirs.ID))
	b.pass(5*time.Second, 100*time.Millisecond)
	b.want(m.ID, portal.StatusRead, "")
	if !strings.Contains(sent, `"message_id":"`+theirs.ProviderMessageID+`"`) {
		t.Errorf("WhatsApp was told %s", sent)
	}
	stranger := b.writes(person, "Oi")
	for name, id := range map[string]string{"another person's": stranger.ID, "unknown": portal.NewID(portal.PrefixMessage)} {
		_, err := b.try(b.caller, reaction(tester, id))
		code(t, name, err, portal.CodeValidationFailed)
	}
}

// TestClosedWindow refuses every free-form type and lets the fallback out instead.
func TestClosedWindow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for kind, body := range freeForm {
		d := draftOf(t, person, kind, body)
		_, err := b.try(b.caller, d)
		code(t, kind, err, portal.CodeWindowClosed)
		d.Fallback = orderUpdate()
		m := b.accept(d)
		b.pass(5*time.Second, 100*time.Millisecond)
		if m = b.want(m.ID, portal.StatusRead, ""); !m.FallbackUsed || m.Type != portal.TypeTemplate {
			t.Errorf("%s went out as %s, fallback %t", kind, m.Type, m.FallbackUsed)
		}
	}
}
