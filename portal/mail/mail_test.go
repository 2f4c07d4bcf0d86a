package mail_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/mail"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// bench is a service on a real store with an account of three people.
type bench struct {
	*testing.T
	office  *postOffice
	store   *store.Store
	service *mail.Service
	account portal.Account
	ahead   *atomic.Int64
	log     *bytes.Buffer
}

func setup(t *testing.T, open storetest.Opener, opts ...func(*mail.Options)) bench {
	t.Helper()
	b := bench{T: t, office: newPostOffice(t), ahead: new(atomic.Int64), log: new(bytes.Buffer)}
	b.store = open(func(o *store.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }
	})
	now := b.store.Now()
	b.account = portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja & Cia", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: now, UpdatedAt: now,
	}
	b.tx(func(tx *store.Tx) error { return tx.InsertAccount(b.account) })
	b.person("dona@loja.example", "", portal.RoleOwner)
	b.person("dev@loja.example", portal.LangEN, portal.RoleDeveloper)
	b.person("agente@loja.example", "", portal.RoleAgent)
	o := mail.Options{
		Store: b.store, URL: "smtp://" + b.office.Addr().String(), From: "Avisos <avisos@loja.example>", BaseURL: "https://portal.example.com",
		Timeout: 2 * time.Second, Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
	}
	for _, opt := range opts {
		opt(&o)
	}
	var err error
	if b.service, err = mail.New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) person(email, lang string, role portal.Role) (id string) {
	b.Helper()
	now := b.store.Now()
	u := portal.User{ID: portal.NewID(portal.PrefixUser), Email: email, Name: "Zoé " + string(role), Language: lang, PasswordHash: "x", CreatedAt: now, UpdatedAt: now}
	b.tx(func(tx *store.Tx) error {
		if err := tx.InsertUser(u); err != nil {
			return err
		}
		return tx.InsertMembership(portal.Membership{AccountID: b.account.ID, UserID: u.ID, Role: role, CreatedAt: now})
	})
	return u.ID
}

func (b bench) tx(fn func(tx *store.Tx) error) {
	b.Helper()
	if err := b.store.Tx(b.Context(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b bench) send() {
	b.Helper()
	if _, err := b.service.Send(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// tell writes that an endpoint fails.
func (b bench) tell(percent int) {
	b.Helper()
	since := b.store.Now().Add(-60 * time.Hour)
	b.tx(func(tx *store.Tx) error {
		return b.service.EndpointTx(tx, portal.WebhookEndpoint{
			ID: "whk_1", AccountID: b.account.ID, Environment: portal.Test, URL: "https://erp.example.com/hook?key=s3cret", Status: portal.EndpointEnabled, FailingSince: &since,
		}, percent, portal.RecentDeliveries{Tried: 40, Failed: 37, Last: portal.DeliveryAttempt{HTTPStatus: 502}})
	})
}

// due counts the letters that have not ended.
func (b bench) due() (n int) {
	b.Helper()
	b.pass(72 * time.Hour)
	b.tx(func(tx *store.Tx) error {
		list, err := tx.ClaimMails(100, time.Second)
		n = len(list)
		return err
	})
	return n
}

func (b bench) pass(d time.Duration) { b.ahead.Add(int64(d)) }

// parts returns the decoded bodies of a letter by their types.
func (l letter) parts(t *testing.T) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	_, boundary, _ := strings.Cut(m.Header.Get("Content-Type"), "boundary=")
	r, parts := multipart.NewReader(m.Body, strings.Trim(boundary, `" `)), map[string]string{}
	for {
		p, err := r.NextRawPart()
		if err != nil {
			return m.Header, parts
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		parts[kind] = string(text)
	}
}

func engines(t *testing.T, fn func(t *testing.T, open storetest.Opener)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, fn)
}

func TestOwnersAndDevelopersAreWrittenTo(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		b.tell(50)
		ends := b.store.Now().Add(10 * 24 * time.Hour)
		b.tx(func(tx *store.Tx) error {
			return b.service.TokenTx(tx, portal.Token{ID: "tok_1", AccountID: b.account.ID, Environment: portal.Live, Name: "ERP <b>", Prefix: "wpp_live_", Last4: "x9Yz", ExpiresAt: &ends})
		})
		b.send()
		b.send()
		want := map[string]string{"<dona@loja.example>": "Endpoint de webhook com falhas", "<dev@loja.example>": "Webhook endpoint fails"}
		if n := len(b.office.taken()); n != 4 {
			t.Fatalf("%d letters, want 4", n)
		}
		for _, l := range b.office.taken() {
			header, parts := l.parts(t)
			subject := want[strings.TrimPrefix(l.to, "TO:")]
			if subject == "" {
				t.Errorf("a letter to %s", l.to)
			}
			plain, html := parts["text/plain"], parts["text/html"]
			if !strings.Contains(plain, "https://portal.example.com/") || !strings.Contains(html, `href="https://portal.example.com/`) {
				t.Errorf("no link in %q", plain)
			}
			if header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(header.Get("Message-Id"), "@loja.example>") {
				t.Errorf("header %v", header)
			}
			if strings.Contains(plain, "endpoint") && !strings.Contains(plain, "37 of the last 40 deliveries failed. The last answer was 502.") &&
				!strings.Contains(plain, "37 das últimas 40 entregas falharam. A última resposta foi 502.") {
				t.Errorf("no count in %q", plain)
			}
			if strings.Contains(plain, "endpoint") && !strings.Contains(plain, "erp.example.com") || strings.Contains(plain+html, "s3cret") || strings.Contains(html, "<b>") {
				t.Errorf("letter %s", plain)
			}
		}
	})
}

func TestNobodyWaitsForADeadServer(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open, func(o *mail.Options) { o.Timeout = 200 * time.Millisecond })
		b.office.set(func() { b.office.hang = true })
		b.tell(50)
		start := time.Now()
		b.send()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("a pass against a server that hangs took %s", took)
		}
		b.office.set(func() {
			if b.office.calls != 1 {
				t.Errorf("%d calls to a server that does not answer, want one", b.office.calls)
			}
			b.office.hang = false
		})
		b.send()
		if n := len(b.office.taken()); n != 0 {
			t.Errorf("%d letters went out before their time", n)
		}
		b.pass(2 * time.Minute)
		b.send()
		if n := len(b.office.taken()); n != 2 {
			t.Errorf("%d letters after the server came back, want 2", n)
		}
	})
}

func TestLettersOfAKilledProcessGoOut(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		b.tell(90)
		b.tx(func(tx *store.Tx) error { // and then the process was gone
			_, err := tx.ClaimMails(10, 5*time.Minute)
			return err
		})
		if b.send(); len(b.office.taken()) != 0 {
			t.Error("another process's letters were sent")
		}
		if err := b.service.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.send()
		if n := len(b.office.taken()); n != 2 {
			t.Errorf("%d letters, want 2", n)
		}
	})
}

func TestRefusedLetters(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		for answer, left := range map[string]int{"550 5.1.1 unknown": 0, "451 4.3.0 later": 2} {
			b := setup(t, open)
			b.office.set(func() { b.office.refuse = answer })
			b.tell(70)
			b.send()
			if n := b.due(); n != left {
				t.Errorf("%s: %d letters are left, want %d", answer, n, left)
			}
			if log := b.log.String(); strings.Contains(log, "loja.example") || !strings.Contains(log, answer[:3]) {
				t.Errorf("log %s", log)
			}
		}
	})
}

func TestWhoLeftGetsNothing(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		b.tell(100)
		b.tx(func(tx *store.Tx) error {
			people, err := tx.Correspondents(b.account.ID, []portal.Role{portal.RoleDeveloper})
			if err != nil {
				return err
			}
			_, err = tx.Exec("DELETE FROM memberships WHERE user_id = ?", people[0].UserID)
			return err
		})
		b.send()
		if l := b.office.taken(); len(l) != 1 || l[0].to != "TO:<dona@loja.example>" {
			t.Errorf("letters %+v", l)
		}
		if n := b.due(); n != 0 {
			t.Errorf("%d letters are left", n)
		}
		if err := b.service.Forget(t.Context()); err != nil || storetest.Rows(t, b.store, "mails") != 2 {
			t.Errorf("fresh letters were forgotten: %v", err)
		}
		b.pass(8 * 24 * time.Hour)
		if err := b.service.Forget(t.Context()); err != nil || storetest.Rows(t, b.store, "mails") != 0 {
			t.Errorf("old letters are kept: %v", err)
		}
	})
}

func TestPassword(t *testing.T) {
	t.Parallel()
	open := func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) }
	for password, fine := range map[string]bool{"s3nha-certa": true, "s3nha-errada": false} {
		b := setup(t, open)
		b.office.set(func() { b.office.password = "s3nha-certa" })
		var err error
		b.service, err = mail.New(mail.Options{
			Store: b.store, URL: "smtp://robot:" + password + "@" + b.office.Addr().String(), From: "a@loja.example", Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.service.Check(t.Context()); (err == nil) != fine || err != nil && strings.Contains(err.Error(), "robot") {
			t.Errorf("%s: %v", password, err)
		}
		b.tell(50)
		b.send()
		if n := len(b.office.taken()); (n == 2) != fine {
			t.Errorf("%s: %d letters", password, n)
		}
		if strings.Contains(b.log.String(), password) {
			t.Errorf("the log holds the password: %s", b.log)
		}
	}
}

func TestServerAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]mail.Server{
		"smtps://u:p%40ss@smtp.example.com": {Host: "smtp.example.com", Port: 465, User: "u", Password: "p@ss", Implicit: true},
		"smtp://u:p@smtp.example.com":       {Host: "smtp.example.com", Port: 587, User: "u", Password: "p"},
		"smtp://relay.internal:25?tls=off":  {Host: "relay.internal", Port: 25, Clear: true},
		"smtp://127.0.0.1:1025":             {Host: "127.0.0.1", Port: 1025, Clear: true},
		"smtp://u:p@relay:25?tls=off":       {},
		"smtps://smtp.example.com?tls=off":  {},
		"https://smtp.example.com":          {},
		"smtp.example.com:587":              {},
		"smtp://smtp.example.com:99999":     {},
		"smtp://smtp.example.com/inbox":     {},
		"":                                  {},
	} {
		got, err := mail.ParseServer(text)
		if err != nil {
			got = mail.Server{}
		}
		if got != want || (err == nil) != (want.Host != "") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), ":p@") {
			t.Errorf("the refusal repeats the password: %v", err)
		}
	}
}
