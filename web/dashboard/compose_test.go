package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// written are forms of every kind of message that a person can write, each
// with what its page then shows.
var written = map[string]struct {
	form  url.Values
	shown []string
}{
	"template":  {url.Values{"template": {"order_update/pt_BR"}, "p.name": {"Ana"}, "p.order": {"1001"}, "p.status": {"pronto"}}, []string{"Olá Ana"}},
	"text":      {url.Values{"text": {"Bom dia\r\nAna"}, "preview": {"on"}}, []string{"Bom dia"}},
	"image":     {url.Values{"media": {"https://loja.example.com/a.jpg"}, "caption": {"Azul"}}, []string{"Azul"}},
	"video":     {url.Values{"media": {"https://loja.example.com/a.mp4"}}, []string{"a.mp4"}},
	"audio":     {url.Values{"media": {"https://loja.example.com/a.ogg"}}, []string{"a.ogg"}},
	"document":  {url.Values{"media": {"https://loja.example.com/a.pdf"}, "filename": {"nota.pdf"}}, []string{"nota.pdf"}},
	"sticker":   {url.Values{"media": {"https://loja.example.com/a.webp"}}, []string{"a.webp"}},
	"location":  {url.Values{"latitude": {"-19,9317"}, "longitude": {"-44.0536"}, "place": {"Loja Centro"}}, []string{"Loja Centro"}},
	"contacts":  {url.Values{"card_name": {"Loja Exemplo"}, "card_email": {"loja@example.com"}}, []string{"Loja Exemplo"}},
	"buttons":   {url.Values{"say": {"Troca?"}, "footer": {"Loja"}, "button1": {"Sim"}, "button2": {"Não"}}, []string{"Troca?", "Sim", "Não"}},
	"list":      {url.Values{"say": {"Escolha"}, "list_button": {"Ver"}, "list_rows": {"Trocas | até 30 dias\n\nEntregas"}}, []string{"Escolha", "Trocas", "Entregas"}},
	"link":      {url.Values{"say": {"Seu pedido"}, "link_label": {"Abrir"}, "link_url": {"https://loja.example.com/p/1"}}, []string{"Seu pedido", "Abrir"}},
	"order":     {url.Values{"say": {"Pague"}, "order_ref": {"PED-1"}, "items": {"Camiseta | 2 | 99,95"}, "shipping": {"10"}, "pay": {"boleto"}, "boleto": {strings.Repeat("1", 47)}}, []string{"Pague", "PED-1", "2 × Camiseta", "R$ 209.90", strings.Repeat("1", 47)}},
	"json":      {url.Values{"json": {`{"to":"+5511900000001","type":"text","text":{"body":"Por JSON"}}`}}, []string{"Por JSON"}},
	"scheduled": {url.Values{"type": {"text"}, "text": {"Depois"}, "send_at": {"2030-01-02T10:00"}}, nil},
}

// TestEveryKindIsWritten sends a message of each kind from the form, and looks
// at it on its page; the check before says that it would go out.
func TestEveryKindIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for kind, c := range written {
		form := url.Values{"env": {"test"}, "type": {kind}, "to": {sampleNumber}, "nonce": {kind}}
		for k, v := range c.form {
			form[k] = v
		}
		if kind == "scheduled" { // further ahead than a message may wait
			_, page := o.desk.send("/messages", form, http.StatusUnprocessableEntity)
			o.has(page, `href="#send_at"`)
			continue
		}
		_, page := o.desk.send("/messages/validate", form, http.StatusOK)
		o.has(page, ">Yes<", "POST /v1/messages/validate", "WPP_TOKEN")
		answer, page := o.desk.send("/messages", form, http.StatusOK)
		at := answer.Request.URL.String()
		if !strings.Contains(at, "/messages/msg_") {
			t.Errorf("%s: came to %s", kind, at)
			continue
		}
		o.has(page, append(c.shown, "Sent from this portal")...)
		id, _, _ := strings.Cut(at[strings.Index(at, "msg_"):], "?")
		m, err := o.Store.Reader(t.Context()).Message(o.tenant, id)
		if err != nil || m.Source != portal.SourcePortal || m.UserID == "" || m.RequestID != "" {
			t.Errorf("%s: source %q, user %q, request %q, %v", kind, m.Source, m.UserID, m.RequestID, err)
		}
		if n := o.audited("message.sent", id); n != 1 {
			t.Errorf("%s: %d rows of the audit trail, want 1", kind, n)
		}
		o.has(o.read("/messages/new?env=test&again="+id, http.StatusOK), "filled in from an earlier one", m.ContactID)
	}
}

// TestDoubleSubmit: one form is one message, another content another.
func TestDoubleSubmit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	form := url.Values{"env": {"test"}, "type": {"text"}, "to": {sampleNumber}, "text": {"Uma vez"}, "nonce": {"n"}}
	first, _ := o.desk.send("/messages", form, http.StatusOK)
	again, _ := o.desk.send("/messages", form, http.StatusOK)
	if first.Request.URL.Path != again.Request.URL.Path {
		t.Errorf("the same form made %s and %s", first.Request.URL, again.Request.URL)
	}
	form.Set("text", "Outra")
	if other, _ := o.desk.send("/messages", form, http.StatusOK); other.Request.URL.Path == first.Request.URL.Path {
		t.Error("another text is the same message")
	}
}

// TestComposeRefusals: what cannot be sent is told where it is written, and
// nothing is lost of the form.
func TestComposeRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, page := o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"text"}, "to": {"11 98888-7777"}, "text": {"Fora da janela"}, "nonce": {"a"}}, http.StatusUnprocessableEntity)
	o.has(page, "Not sent: 24-hour window closed", "/docs/errors", "Fora da janela", "fallback_template")
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"buttons"}, "to": {sampleNumber}, "say": {"Oi"}, "nonce": {"b"}}, http.StatusUnprocessableEntity)
	o.has(page, `href="#button1"`, `id="button1-e"`, "Nothing was sent")
	o.lacks(page, "Nothing was saved")
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"template"}, "template": {"order_update/pt_BR"}, "p.name": {"Ana"}, "to": {""}, "nonce": {"t"}}, http.StatusUnprocessableEntity)
	o.has(page, `id="to-e"`, "Olá Ana, o pedido {{order}}")
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"template"}, "template": {"order_update/pt_BR"}, "p.name": {"Ana"}, "to": {sampleNumber}, "nonce": {"u"}}, http.StatusUnprocessableEntity)
	o.has(page, "Not sent: ", `id="p.order-e"`, `aria-invalid="true"`)
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"json"}, "json": {`{"to":1}`}, "nonce": {"c"}}, http.StatusUnprocessableEntity)
	o.has(page, "/to It must be of type string.", "/type")
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"text"}, "to": {"Ana"}, "text": {"Oi"}, "nonce": {"d"}}, http.StatusOK)
	o.has(page, anaMasked)
	o.write(func(tx *store.Tx) error {
		return tx.SetModule(o.tenant.AccountID, portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}})
	})
	_, page = o.desk.send("/messages", url.Values{"env": {"test"}, "type": {"text"}, "to": {sampleNumber}, "text": {"Oi"}, "nonce": {"e"}}, http.StatusUnprocessableEntity)
	o.has(page, "Module inactive")
	for _, role := range []portal.Role{portal.RoleAuditor} {
		o.become(role)
		o.read("/messages/new?env=test", http.StatusNotFound)
		o.desk.send("/messages", url.Values{"env": {"test"}}, http.StatusNotFound)
	}
}
