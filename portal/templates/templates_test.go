package templates_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// bench is the room on the real store and the real simulator, whose callbacks
// come in as the portal takes them.
type bench struct {
	*testing.T
	mu        sync.Mutex
	now       time.Time
	deaf      bool // callbacks are lost
	store     *store.Store
	service   *templates.Service
	messaging *messaging.Service
	simulator *simulator.Simulator
	front     http.Handler // stands before the simulator
	caller    portal.Caller
	files     files
}

func (b *bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.Helper()
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
	if _, err := b.simulator.DeliverDue(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// each runs fn on every engine.
func each(t *testing.T, fn func(b *bench)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) { fn(newBench(t, open)) })
}

func newBench(t *testing.T, open storetest.Opener) *bench {
	t.Helper()
	b := &bench{T: t, files: files{}, now: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)}
	b.store = open(func(o *store.Options) { o.Now = b.Now })
	b.simulator = simulator.New(simulator.Options{Journal: store.SimulatorJournal{Store: b.store}, Now: b.Now, Receive: http.HandlerFunc(b.hook)})
	b.front = b.simulator
	client := whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.front.ServeHTTP(w, r) }))})
	var err error
	b.service, err = templates.New(templates.Options{Store: b.store, Simulator: client, Open: b.files.open})
	if err != nil {
		t.Fatal(err)
	}
	b.messaging, err = messaging.New(messaging.Options{Store: b.store, Simulator: client, Provider: portal.ProviderSimulator, Templates: b.service.Apply})
	if err != nil {
		t.Fatal(err)
	}
	a := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: b.now, UpdatedAt: b.now,
	}
	b.tx(func(tx *store.Tx) error {
		if err := tx.InsertAccount(a); err != nil {
			return err
		}
		return b.messaging.Provision(tx, a)
	})
	b.caller = portal.Caller{
		Tenant: portal.Tenant{AccountID: a.ID, Environment: portal.Test}, Account: a,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken), Name: "ERP"}, RequestID: portal.NewID(portal.PrefixRequest),
	}
	return b
}

func (b *bench) tx(fn func(tx *store.Tx) error) {
	b.Helper()
	if err := b.store.Tx(b.Context(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if b.deaf || err != nil {
		return
	}
	channel := strings.TrimPrefix(r.URL.Path, "/hooks/whatsapp/")
	if err := b.messaging.Receive(r.Context(), channel, r.Header.Get(whatsapp.SignatureHeader), body); err != nil {
		b.Errorf("receive: %v", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func draft(name string) portal.TemplateDraft {
	return portal.TemplateDraft{Name: name, Language: "pt_BR", Category: portal.CategoryUtility, Components: body("Olá {{name}}, chegou.")}
}

func body(text string) []portal.TemplateComponent {
	return []portal.TemplateComponent{{Type: "body", Text: text, Example: &portal.TemplateExample{BodyTextNamed: []portal.NamedExample{{Name: "name", Example: "Ana"}}}}}
}

func (b *bench) create(name string) portal.Template {
	b.Helper()
	t, err := b.service.Create(b.Context(), b.caller, draft(name))
	if err != nil {
		b.Fatalf("create %s: %v", name, err)
	}
	return t
}

func (b *bench) get(name string) portal.Template {
	b.Helper()
	t, err := b.service.Get(b.Context(), b.caller.Tenant, name, "pt_BR")
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func (b *bench) is(name, status string) portal.Template {
	b.Helper()
	t := b.get(name)
	if t.Status != status {
		b.Fatalf("%s is %s, want %s", name, t.Status, status)
	}
	return t
}

func (b *bench) refused(what string, err error, code portal.Code) {
	b.Helper()
	if portal.CodeOf(err) != code {
		b.Fatalf("%s: %v, want %s", what, err, code)
	}
}

func TestLifeOfATemplate(t *testing.T) {
	each(t, func(b *bench) {
		made := b.create("pedido")
		if made.Status != portal.TemplatePending || made.ProviderID == "" || len(made.Parameters) != 1 || made.Parameters[0].Example != "Ana" {
			b.Fatalf("made %+v", made)
		}
		_, err := b.service.Create(b.Context(), b.caller, draft("pedido"))
		b.refused("twice", err, portal.CodeTemplateExists)
		_, err = b.service.Edit(b.Context(), b.caller, made, templates.Edit{Components: body("Oi {{name}}, chegou.")})
		b.refused("edit of a pending one", err, portal.CodeValidationFailed)

		b.pass(3 * time.Second)
		approved := b.is("pedido", portal.TemplateApproved)
		b.pass(time.Second)
		edited, err := b.service.Edit(b.Context(), b.caller, approved, templates.Edit{Components: body("Oi {{name}}, chegou.")})
		if err != nil || edited.Status != portal.TemplatePending || !strings.Contains(string(edited.Components), "Oi ") {
			b.Fatalf("edited %+v: %v", edited, err)
		}
		b.pass(3 * time.Second)
		approved = b.is("pedido", portal.TemplateApproved)
		b.pass(time.Second)

		if err := b.service.Delete(b.Context(), b.caller, approved); err != nil {
			b.Fatal(err)
		}
		gone := b.is("pedido", portal.TemplateDeleted)
		b.refused("delete again", b.service.Delete(b.Context(), b.caller, gone), portal.CodeNotFound)
		b.pass(time.Second)
		if again := b.create("pedido"); again.ID != made.ID || again.Status != portal.TemplatePending {
			b.Errorf("again %+v", again)
		}

		events, err := b.service.Events(b.Context(), b.caller.Tenant, made.ID)
		if err != nil {
			b.Fatal(err)
		}
		var story []string
		for _, e := range slices.Backward(events) {
			story = append(story, e.Kind+" "+e.After+" "+e.Source)
		}
		want := []string{
			"status pending api", "status approved callback", "status pending api", "content  api", "status approved callback",
			"status deleted api", "status pending api",
		}
		if !slices.Equal(story, want) {
			b.Errorf("history %q, want %q", story, want)
		}
	})
}

func TestSeededTemplatesExistAtTheSimulator(t *testing.T) {
	each(t, func(b *bench) {
		seed := b.is("hello_world", portal.TemplateApproved)
		if _, err := b.service.Edit(b.Context(), b.caller, seed, templates.Edit{Components: []portal.TemplateComponent{{Type: "BODY", Text: "Oi."}}}); err != nil {
			b.Fatal(err)
		}
		b.pass(3 * time.Second)
		if err := b.service.Delete(b.Context(), b.caller, b.is("hello_world", portal.TemplateApproved)); err != nil {
			b.Fatal(err)
		}
	})
}

func TestReviewsThatEndBadly(t *testing.T) {
	each(t, func(b *bench) {
		for _, name := range []string{"reject_this", "pause_this", "disable_this", "recategorize_this", "wait_for_it"} {
			b.create(name)
		}
		b.pass(3 * time.Second)
		b.pass(3 * time.Second)
		rejected := b.is("reject_this", portal.TemplateRejected)
		if rejected.Reason == "" || rejected.Recommendation == "" {
			b.Errorf("rejected without a reason: %+v", rejected)
		}
		if paused := b.is("pause_this", portal.TemplatePaused); paused.Quality != "red" || paused.Reason == "" {
			b.Errorf("paused %+v", paused)
		}
		b.is("disable_this", portal.TemplateDisabled)
		if moved := b.is("recategorize_this", portal.TemplateApproved); moved.Category != portal.CategoryMarketing {
			b.Errorf("category %s", moved.Category)
		}
		b.is("wait_for_it", portal.TemplatePending)
		if _, err := b.service.Edit(b.Context(), b.caller, rejected, templates.Edit{Components: body("Oi {{name}}, tudo certo.")}); err != nil {
			b.Fatal(err)
		}
		b.pass(3 * time.Second)
		if healed := b.is("reject_this", portal.TemplateApproved); healed.Reason != "" {
			b.Errorf("approved with the reason %q", healed.Reason)
		}
	})
}

func TestNewNumberBringsItsTemplates(t *testing.T) {
	each(t, func(b *bench) {
		journal := store.SimulatorJournal{Store: b.store}
		known := b.get("hello_world")
		elsewhere := simulator.Template{
			ID: "900000000000002", WABA: known.WABA, Name: "de_antes", Language: "pt_BR", Category: "UTILITY", Status: "APPROVED", Quality: "GREEN",
			ParameterFormat: "NAMED", Components: []byte(`[{"type":"BODY","text":"Olá."}]`), CreatedAt: b.Now(),
		}
		if err := journal.SaveTemplate(b.Context(), elsewhere, nil); err != nil {
			b.Fatal(err)
		}
		older := elsewhere
		older.ID, older.Name, older.ParameterFormat, older.Components = "900000000000003", "sem_forma", "", []byte(`[{"type":"BODY","text":"Olá {{1}}, tudo bem?"}]`)
		if err := journal.SaveTemplate(b.Context(), older, nil); err != nil {
			b.Fatal(err)
		}
		channels, err := b.store.Reader(b.Context()).Channels(b.caller.Tenant)
		if err != nil {
			b.Fatal(err)
		}
		b.service.Meet(b.Context(), channels[0])
		b.is("de_antes", portal.TemplateApproved)
		if met := b.is("sem_forma", portal.TemplateApproved); met.ParameterFormat != portal.ParametersPositional {
			b.Errorf("its texts show positions, and it is %s", met.ParameterFormat)
		}
	})
}

func TestComparisonFindsWhatCallbacksDidNotTell(t *testing.T) {
	each(t, func(b *bench) {
		b.deaf = true
		b.create("perdido")
		b.pass(3 * time.Second)
		b.is("perdido", portal.TemplatePending)
		b.pass(2 * time.Minute)
		if err := b.service.SyncAll(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.is("perdido", portal.TemplateApproved)

		// Made and deleted in WhatsApp's own manager.
		journal := store.SimulatorJournal{Store: b.store}
		known := b.get("perdido")
		elsewhere := simulator.Template{
			ID: "900000000000001", WABA: known.WABA, Name: "de_fora", Language: "pt_BR", Category: "MARKETING", Status: "APPROVED", Quality: "GREEN",
			ParameterFormat: "POSITIONAL", Components: []byte(`[{"type":"BODY","text":"Olá {{1}}, novidades.","example":{"body_text":[["Ana"]]}}]`), CreatedAt: b.Now(),
		}
		if err := journal.SaveTemplate(b.Context(), elsewhere, nil); err != nil {
			b.Fatal(err)
		}
		if err := journal.DeleteTemplates(b.Context(), known.WABA, []string{known.ProviderID}); err != nil {
			b.Fatal(err)
		}
		b.pass(time.Second)
		done, err := b.service.Sync(b.Context(), b.caller.Tenant)
		if err != nil || done.Changed != 2 || done.Templates != 5 {
			b.Fatalf("synced %+v: %v", done, err)
		}
		b.is("perdido", portal.TemplateDeleted)
		if found := b.is("de_fora", portal.TemplateApproved); found.Quality != "green" || found.ParameterFormat != portal.ParametersPositional || len(found.Parameters) != 1 {
			b.Errorf("found %+v", found)
		}
		if done, err = b.service.Sync(b.Context(), b.caller.Tenant); err != nil || done.Changed != 0 {
			b.Errorf("again %+v: %v", done, err)
		}
	})
}

func TestProviderThatDoesNotAnswer(t *testing.T) {
	each(t, func(b *bench) {
		for _, c := range []struct {
			what   string
			status int
			body   string
			code   portal.Code
		}{
			{"too many calls", 400, `{"error":{"code":80008,"message":"There have been too many calls"}}`, portal.CodeRateLimited},
			{"no token", 401, `{"error":{"code":190,"message":"Invalid OAuth access token"}}`, portal.CodeChannelLoggedOut},
			{"not allowed", 400, `{"error":{"code":100,"error_user_title":"Bad","error_user_msg":"Because."}}`, portal.CodeValidationFailed},
			{"nonsense", 502, `<html>`, portal.CodeOverloaded},
		} {
			b.front = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := b.service.Create(b.Context(), b.caller, draft("nunca"))
			b.refused(c.what, err, c.code)
		}
		lost := false
		b.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && !lost {
				lost = true
				b.simulator.ServeHTTP(discard{http.Header{}}, r)
				panic(http.ErrAbortHandler)
			}
			b.simulator.ServeHTTP(w, r)
		})
		if found := b.create("perdida"); !lost || found.ProviderID == "" {
			b.Errorf("a lost answer is looked up: %+v", found)
		}
	})
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
