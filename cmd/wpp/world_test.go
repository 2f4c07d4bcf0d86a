package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	password = "correct horse battery"
	tester   = "+5511987654321"
)

// world is a server with an account that has a row of every kind in its test
// environment, and somebody else's account.
type world struct {
	*server
	account, secret       string // with a token of every scope
	token, spare, revoked string // ids of tokens
	message, scheduled    string
	failed, missing       string // messages that ended badly
	contact, client       string // contacts
	waiting, resolved     string // handoffs
	request, refused      string // log entries

	uploaded, checked, imported string // files of contacts
	media                       string // a picture

	endpoint, delivery string // of webhooks: it wants nothing that happens here

	event, unanswered  string // commercial events
	automation, preset string // one that answered event, and a draft

	channel, cloud string // the number of test, and a real one in live that WhatsApp refuses
	stranger       string // owner of the other account
	elsewhere      string // the other account
	past           string // the log of the program that made all this
}

// email returns who has the role in the world's account.
func email(role portal.Role) string { return string(role) + "@loja.example" }

// original is the world that all the others are copies of.
type original struct {
	once   sync.Once
	world  *world // nil if it could not be made
	folder string // its data; nobody serves them
	made   time.Time
}

var theOriginal original

// newWorld serves a copy of the one world of the process.
func newWorld(t testing.TB) *world {
	t.Helper()
	theOriginal.once.Do(func() { theOriginal.build(t) })
	if theOriginal.world == nil {
		t.Fatal("there is no world: see the first test that wanted one")
	}
	w, data := *theOriginal.world, t.TempDir()
	if out, err := exec.Command("cp", "-a", theOriginal.folder+"/.", data).CombinedOutput(); err != nil {
		t.Fatalf("copy the world: %v\n%s", err, out)
	}
	w.server = &server{TB: t, data: data}
	// A chore that comes due while a test looks at the tables is somebody else's change.
	w.change(fmt.Sprintf(`UPDATE chores SET due_at = due_at + %d`, time.Since(theOriginal.made).Microseconds()))
	w.server = start(t, data, nobodysGraph...)
	return &w
}

// scope is a test whose end comes before that of the test.
type scope struct {
	testing.TB
	ends []func()
}

func (s *scope) Cleanup(end func()) { s.ends = append(s.ends, end) }

func (s *scope) end() {
	for _, end := range slices.Backward(s.ends) {
		end()
	}
}

func (o *original) build(t testing.TB) {
	t.Helper()
	folder, err := os.MkdirTemp("", "wpp-world-")
	if err != nil {
		t.Fatal(err)
	}
	o.folder = folder
	s := &scope{TB: t}
	defer s.end()
	o.world = fillWorld(s, folder)
	o.made = time.Now()
}

// remove removes the data of the original, if there is one.
func (o *original) remove() { _ = os.RemoveAll(o.folder) }

// fillWorld fills a data folder through the program's own doors.
func fillWorld(t testing.TB, data string) *world {
	t.Helper()
	w := &world{server: start(t, data, nobodysGraph...), stranger: "stranger@other.example"}
	c := w.commands()
	w.account = c.ok(password, "account", "create", "--name", "Loja Exemplo", "--email", email(portal.RoleOwner), "--password-stdin", "--plan", "unlimited", "--tester", tester)["account_id"]
	w.elsewhere = c.ok(password, "account", "create", "--name", "Other", "--email", w.stranger, "--password-stdin")["account_id"]
	c.ok(password, "account", "create", "--name", "Platform", "--email", "staff@platform.example", "--password-stdin")
	c.ok("", "user", "staff", "--email", "staff@platform.example", "on")
	w.makePeople()
	w.makeTokens()
	w.makeMessages()
	w.makeConversations()
	w.makeLog()
	w.makeImports()
	w.media = w.upload(w.secret, "camiseta azul.png", picture())
	w.makeChannels()
	w.makeWebhook()
	w.makeAutomations()
	w.settle()
	return w
}

// settle leaves nothing that the program still has to write: every message has
// ended, and so has the program.
func (w *world) settle() {
	eventually(w, "every message ended", func() bool {
		return len(w.query(`SELECT id FROM messages WHERE direction = 'outbound' AND status NOT IN ('scheduled', 'read', 'failed', 'number_not_found')`)) == 0 &&
			len(w.query(`SELECT id FROM simulator_callbacks`)) == 0
	})
	if code := w.end(); code != 0 {
		w.Fatalf("exit %d", code)
	}
	w.past = w.log.String()
}

// nobodysGraph is where no WhatsApp answers.
var nobodysGraph = []string{"--graph-url", "http://127.0.0.1:1", "--webhook-allow-cidrs", "127.0.0.0/8"}

// makeWebhook adds an endpoint that nobody answers at, with a test delivery.
func (w *world) makeWebhook() {
	w.endpoint = w.made(w.secret, http.MethodPost, "/v1/webhook-endpoints", `{"url":"http://127.0.0.1:1/wpp","events":["endpoint.disabled"],"headers":{"X-Erp-Key":"s3cret"}}`)
	w.delivery = w.made(w.secret, http.MethodPost, "/v1/webhook-endpoints/"+w.endpoint+"/test", "")
}

// makeAutomations makes one that answers an order, a draft, and two events.
func (w *world) makeAutomations() {
	owner, scope := w.as(portal.RoleOwner), "env=test&account="+w.account
	made := func(form string) string {
		id := idPattern.FindString(owner.post("/automations", w.values(scope+form)).header.Get("Location"))
		if !portal.IsID(portal.PrefixAutomation, id) {
			w.Fatalf("no automation of %s", form)
		}
		return id
	}
	w.automation, w.preset = made("&name=Pedido&trigger=order.created"), made("&preset=cart_recovery")
	steps := "&do=publish&name=Pedido&trigger=order.created&delay=0&unit=minutes&always=1&template=order_update&language=pt_BR" +
		"&p.name={{customer.first_name}}&p.order={{order_id}}&p.status=recebido&field=total&operator=at_least&value=50&field=payment.method&operator=absent&value="
	if got := owner.post("/automations/"+w.automation, w.values(scope+steps)); got.status != http.StatusSeeOther {
		w.Fatalf("not published: %d", got.status)
	}
	at := w.store().Now().Format(time.RFC3339)
	w.event = w.made(w.secret, http.MethodPost, "/v1/events", `{"external_id":"1001","type":"order.created","occurred_at":"`+at+`","customer":{"phone":"+5511900000008","name":"Ana"},"data":{"order_id":"1001","total":{"amount":19990,"currency":"BRL"}}}`)
	w.unanswered = w.made(w.secret, http.MethodPost, "/v1/events", `{"external_id":"C1","type":"customer.created","occurred_at":"2026-01-01T10:00:00Z","customer":{"phone":"12"},"data":{}}`)
	eventually(w, "the automation sent", func() bool {
		return len(w.query(`SELECT id FROM automation_runs WHERE outcome = 'sent'`)) == 1
	})
}

// makeChannels adds a real number whose token has expired.
func (w *world) makeChannels() {
	st := w.store()
	t := portal.Tenant{AccountID: w.account, Environment: portal.Live}
	listed, err := st.Reader(w.Context()).Channels(portal.Tenant{AccountID: w.account, Environment: portal.Test})
	if err != nil || len(listed) == 0 {
		w.Fatal("no channel in test: ", err)
	}
	w.channel = listed[0].ID
	now, limit := st.Now(), 2000
	c, secrets := portal.NewSimulatedChannel(t, "Loja", "+551140049999", now)
	c.Provider, c.Status, c.StatusReason = portal.ProviderCloud, portal.ChannelLoggedOut, portal.ReasonTokenExpired
	c.VerifiedName, c.PeopleLimit, c.CheckedAt, c.TokenChangedAt, c.SecretChangedAt = "Loja Exemplo", &limit, &now, &now, &now
	sealed, err := st.SealChannel(c.ID, secrets)
	if err == nil {
		err = st.Tx(w.Context(), func(tx *store.Tx) error {
			if err := tx.InsertChannel(c, sealed); err != nil {
				return err
			}
			return tx.InsertChannelEvent(c, portal.ChannelLoggedOut, map[string]any{"reason": c.StatusReason})
		})
	}
	if err != nil {
		w.Fatal(err)
	}
	w.cloud = c.ID
}

// makePeople gives the account a member of each role; inviting them is not the
// program's business yet.
func (w *world) makePeople() {
	st := w.store()
	owner, err := st.Reader(w.Context()).UserByEmail(email(portal.RoleOwner))
	if err != nil {
		w.Fatal(err)
	}
	err = st.Tx(w.Context(), func(tx *store.Tx) error {
		for _, role := range []portal.Role{portal.RoleAdmin, portal.RoleDeveloper, portal.RoleAgent, portal.RoleAuditor} {
			u := owner
			u.ID, u.Email, u.Name = portal.NewID(portal.PrefixUser), email(role), string(role)
			if err := tx.InsertUser(u); err != nil {
				return err
			}
			if err := tx.InsertMembership(portal.Membership{AccountID: w.account, UserID: u.ID, Role: role, CreatedAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// newToken makes a token of every scope in the account's test environment.
func (w *world) newToken(name string, more ...string) (id, secret string) {
	w.Helper()
	line := append([]string{"token", "create", "--account", w.account, "--name", name, "--environment", "test", "--scopes", "*"}, more...)
	made := w.commands().ok("", line...)
	return made["id"], made["token"]
}

func (w *world) makeTokens() {
	w.token, w.secret = w.newToken("ERP produção")
	w.spare, _ = w.newToken("Spare", "--expires", "10d")
	w.revoked, _ = w.newToken("Old")
	w.commands().ok("", "token", "revoke", w.revoked)
}

func textTo(number, body string) string {
	return fmt.Sprintf(`{"to":%q,"type":"text","text":{"body":%q},"reference":"PED-1001"}`, number, body)
}

const helloTemplate = `"type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}}`

func (w *world) makeMessages() {
	send := func(body string) string { return w.made(w.secret, http.MethodPost, "/v1/messages", body) }
	w.message = send(textTo(tester, "Olá <b>& tchau</b>"))
	w.failed = send(textTo("+5511900000003", "Olá"))
	w.missing = send(textTo("+5511900000004", "Olá"))
	w.scheduled = send(`{"to":"` + tester + `",` + helloTemplate + `,"send_at":"` + portal.FormatTime(time.Now().AddDate(0, 0, 20)) + `"}`)
	for id, end := range map[string]string{w.message: "read", w.failed: "failed", w.missing: "number_not_found"} {
		eventually(w, id+" "+end, func() bool {
			return strings.Contains(w.call(w.secret, http.MethodGet, "/v1/messages/"+id, "").body, `"status":"`+end+`"`)
		})
	}
}

func (w *world) makeConversations() {
	w.contact = w.made(w.secret, http.MethodPut, "/v1/contacts", `{"phone":"`+tester+`","external_id":"CLI-42","name":"Ana Souza","email":"ana@cliente.example","tags":["vip"],"attributes":{"cidade":"Contagem"},"opt_in":{"status":"opted_in","marketing":"opted_in","source":"checkout"}}`)
	w.client = w.made(w.secret, http.MethodPut, "/v1/contacts", `{"phone":"+5531987654321","name":"Bruno Lima"}`)
	w.made(w.secret, http.MethodPost, "/v1/test/inbound", `{"from":"`+tester+`","text":{"body":"Onde está meu pedido?"}}`)
	handoff := func(contact string) string {
		return w.made(w.secret, http.MethodPost, "/v1/handoffs", `{"contact":{"id":"`+contact+`"},"reason":"Cliente pediu troca","priority":"high","note":"Pedido 1001"}`)
	}
	w.resolved = handoff(w.client)
	w.made(w.secret, http.MethodPost, "/v1/handoffs/"+w.resolved+"/resolve", `{"outcome":"solved","note":"Trocado"}`)
	w.waiting = handoff(w.contact)
}

// makeImports adds a file in each state that lasts.
func (w *world) makeImports() {
	people := contacts.New(contacts.Options{Store: w.store()})
	caller := portal.Caller{Tenant: portal.Tenant{AccountID: w.account, Environment: portal.Test}, Portal: true, UserName: "Ana"}
	upload := func() string {
		i, err := people.Upload(w.Context(), caller, "clientes.csv", strings.NewReader("Nome;Telefone;Cidade <b>\nDora;21 98765-0101;Niterói\nÉrico;123;=1+1\n"))
		if err != nil {
			w.Fatal(err)
		}
		return i.ID
	}
	reach := func(id, status string, err error) {
		if err != nil {
			w.Fatal(err)
		}
		eventually(w, "import "+status, func() bool { return w.query(`SELECT status FROM imports WHERE id = '` + id + `'`)[0] == status })
	}
	mapping := []string{contacts.ColumnName, contacts.ColumnPhone, contacts.AttributePrefix + "cidade"}
	w.uploaded, w.checked, w.imported = upload(), upload(), upload()
	for _, id := range []string{w.checked, w.imported} {
		reach(id, portal.ImportChecked, people.CheckImport(w.Context(), caller, id, mapping))
	}
	reach(w.imported, portal.ImportDone, people.StartImport(w.Context(), caller, w.imported))
}

func (w *world) makeLog() {
	w.request = w.call(w.secret, http.MethodPost, "/v1/messages", textTo(tester, "De novo")).header.Get("Request-Id")
	w.refused = w.call(w.secret, http.MethodPost, "/v1/messages", textTo("+5531987654321", "Fora da janela")).header.Get("Request-Id")
	for _, id := range []string{w.request, w.refused} {
		eventually(w, "logged "+id, func() bool {
			return w.call(w.secret, http.MethodGet, "/v1/requests/"+id, "").status == http.StatusOK
		})
	}
}

// as returns a visitor who has the role in the world's account.
func (w *world) as(role portal.Role) *visitor {
	w.Helper()
	return w.signIn(email(role), password)
}

// staff returns a visitor from the platform's own people.
func (w *world) staff() *visitor {
	w.Helper()
	return w.signIn("staff@platform.example", password)
}

// fill puts the world's ids into a path of the table of routes or of pages:
// {message} becomes the id of a message.
func (w *world) fill(path string) string {
	return strings.NewReplacer(
		"{account}", w.account, "{elsewhere}", w.elsewhere, "{token}", w.token, "{spare}", w.spare, "{revoked}", w.revoked,
		"{message}", w.message, "{scheduled}", w.scheduled, "{failed}", w.failed, "{missing}", w.missing,
		"{contact}", w.contact, "{client}", w.client, "{waiting}", w.waiting, "{resolved}", w.resolved,
		"{uploaded}", w.uploaded, "{checked}", w.checked, "{imported}", w.imported, "{media}", w.media,
		"{endpoint}", w.endpoint, "{delivery}", w.delivery,
		"{event}", w.event, "{unanswered}", w.unanswered, "{automation}", w.automation, "{preset}", w.preset,
		"{channel}", w.channel, "{cloud}", w.cloud, "{request}", w.request, "{refused}", w.refused,
	).Replace(path)
}

// values reads a form written as a query.
func (w *world) values(form string) url.Values {
	w.Helper()
	v, err := url.ParseQuery(w.fill(form))
	if err != nil {
		w.Fatal(err)
	}
	return v
}
