package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// files runs a test with an account on each engine.
func files(t *testing.T, test func(b bench)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		test(setupOn(t, open))
	})
}

func (b bench) upload(file string) portal.Import {
	b.Helper()
	i, err := b.service.Upload(b.Context(), b.caller, `C:\pasta\clientes.csv`, strings.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	return i
}

func (b bench) work() {
	b.Helper()
	for {
		n, err := b.service.WorkImports(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (b bench) reread(i portal.Import) portal.Import {
	b.Helper()
	got, err := b.service.Import(b.Context(), b.caller.Tenant, i.ID)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

func (b bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// checked uploads a file and has it checked with the guessed columns.
func (b bench) checked(file string) portal.Import {
	b.Helper()
	i := b.upload(file)
	b.must(b.service.CheckImport(b.Context(), b.caller, i.ID, i.Mapping))
	b.work()
	return b.reread(i)
}

func (b bench) imported(file string) portal.Import {
	b.Helper()
	i := b.checked(file)
	b.must(b.service.StartImport(b.Context(), b.caller, i.ID))
	b.work()
	return b.reread(i)
}

func TestGuessTheColumns(t *testing.T) {
	t.Parallel()
	got := contacts.Guess([]string{"Código", "Nome", "Celular", "E-mail", "Último pedido", "Opt-in", "Data opt-in", "", "Nome"})
	equal(t, "columns", got, []string{"external_id", "name", "phone", "email", "attributes.ultimo_pedido", "opt_in.status", "opt_in.at", "", "attributes.nome"})
	got = contacts.Guess([]string{"Telefone", "Aceita marketing", "Aceita mensagens?", "Aceita marketing"})
	equal(t, "consent", got, []string{"phone", "opt_in.marketing", "opt_in.status", "attributes.aceita_marketing"})
}

func TestFilesOfEveryKind(t *testing.T) {
	b := setup(t)
	text := "Nome;Telefone;Etiquetas\nJosé da Conceição;31 98765-4321;\"vip, são paulo\"\n"
	utf16 := []byte{0xff, 0xfe}
	for _, r := range text {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	latin := make([]byte, 0, len(text))
	for _, r := range text {
		latin = append(latin, byte(r))
	}
	for name, c := range map[string]struct{ file, encoding string }{
		"UTF-8": {text, "utf-8"}, "with its mark": {"\xef\xbb\xbf" + text, "utf-8"}, "UTF-16": {string(utf16), "utf-16"},
		"Latin-1": {string(latin), "windows-1252"}, "commas": {strings.ReplaceAll(strings.ReplaceAll(text, ",", "|"), ";", ","), "utf-8"},
		"tabs": {strings.ReplaceAll(text, ";", "\t"), "utf-8"}, "lines of Windows": {strings.ReplaceAll(text, "\n", "\r\n"), "utf-8"},
	} {
		i := b.imported(c.file)
		if i.Status != portal.ImportDone || i.Encoding != c.encoding || i.Created+i.Updated != 1 || i.Refused != 0 {
			t.Errorf("%s: %+v", name, i)
		}
		got, err := b.service.Get(t.Context(), b.caller.Tenant, "phone:+5531987654321")
		if err != nil || got.Name != "José da Conceição" || strings.Join(got.Tags, "|") != "vip|são paulo" || got.Source != portal.SourceImport {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
	for name, file := range map[string]string{
		"empty": "", "only a header": "Nome,Telefone\n", "a workbook": "PK\x03\x04xyz", "zeros": "a,b\n\x00,1\n",
		"too many columns": strings.Repeat("c,", 101) + "c\n1\n", "too large": "telefone\n" + strings.Repeat("31987654321\n", contacts.MaxImportBytes/12),
		"too many rows": "telefone\n" + strings.Repeat("1\n", 100_001),
	} {
		_, err := b.service.Upload(t.Context(), b.caller, "x.csv", strings.NewReader(file))
		if fields := portal.FieldsOf(err); portal.CodeOf(err) != portal.CodeValidationFailed || len(fields) == 0 || fields[0].Detail.PT == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestImportChecksFirstAndWritesNothing(t *testing.T) {
	files(t, func(b bench) {
		b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-0002"), Name: contacts.Some("Bia")})
		i := b.checked("telefone,nome,email,opt_in,data_opt_in\n" +
			"31 98765-0001,Ana,ana@example.com,sim,01/10/2026\n" +
			"31 98765-0002,Beatriz,,não,\n" +
			"123,Sem número,,,\n" +
			"31 98765-0003,Caio,nada,talvez,ontem\n" +
			"31 98765-0001,Ana Maria,,,\n")
		if i.Status != portal.ImportChecked || i.Total != 5 || i.Created != 1 || i.Updated != 2 || i.Refused != 2 {
			b.Errorf("dry run: %+v", i)
		}
		equal(b.T, "contacts", b.count(), 1)
		list, err := b.service.ImportErrors(b.Context(), i, 10)
		b.must(err)
		var told []string
		for _, e := range list {
			told = append(told, fmt.Sprintf("%d %d %s %s", e.Line, e.Column, e.Field, e.Code))
		}
		equal(b.T, "errors", told, []string{"4 0 phone invalid_format", "5 3 opt_in.status invalid_value", "5 4 opt_in.at invalid_value"})
		b.must(b.service.StartImport(b.Context(), b.caller, i.ID))
		b.work()
		i = b.reread(i)
		if i.Status != portal.ImportDone || i.Created != 1 || i.Updated != 2 || i.Refused != 2 || i.FinishedAt == nil {
			b.Errorf("import: %+v", i)
		}
		ana, err := b.service.Get(b.Context(), b.caller.Tenant, "phone:+5531987650001")
		b.must(err)
		if ana.Name != "Ana Maria" || ana.OptIn.Status != portal.OptedIn || ana.OptIn.Source != "import" || !ana.OptIn.At.Equal(time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC)) {
			b.Errorf("imported: %+v", ana)
		}
		if rows, err := b.service.ImportSample(b.Context(), i, 3); err != nil || len(rows) != 0 {
			b.Errorf("the file is still there: %v %v", rows, err)
		}
		b.refused(b.service.StartImport(b.Context(), b.caller, i.ID), portal.CodeNotCancelable)
	})
}

func TestImportKeepsConsentRules(t *testing.T) {
	files(t, func(b bench) {
		out := portal.OptedOut
		b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-0001"), OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
		gone := b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-0002"), OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
		b.must(b.store.Tx(b.Context(), func(tx *store.Tx) error { return b.service.DeleteTx(tx, b.caller, gone.ID) }))
		i := b.imported("telefone,opt_in\n31987650001,sim\n31987650002,sim\n")
		if i.Kept != 2 || i.Refused != 0 {
			b.Errorf("opt-outs kept: %+v", i)
		}
		for _, ref := range []string{"phone:+5531987650001", "phone:+5531987650002"} {
			if c, err := b.service.Get(b.Context(), b.caller.Tenant, ref); err != nil || c.OptIn.Status != portal.OptedOut {
				b.Errorf("%s: %v %+v", ref, err, c.OptIn)
			}
		}
	})
}

// TestImportOfMarketingAlone: a yes to offers is one to messages, a no is not.
func TestImportOfMarketingAlone(t *testing.T) {
	files(t, func(b bench) {
		b.imported("telefone,aceita marketing\n31987650003,sim\n31987650004,não\n")
		for ref, want := range map[string]string{
			"phone:+5531987650003": portal.OptedIn + portal.OptedIn,
			"phone:+5531987650004": portal.OptInUnknown + portal.OptedOut,
		} {
			c, err := b.service.Get(b.Context(), b.caller.Tenant, ref)
			b.must(err)
			if got := c.OptIn.Status + c.OptIn.Marketing; got != want {
				b.Errorf("%s: %s, want %s", ref, got, want)
			}
		}
	})
}

func TestErasedPeopleAreNotInWaitingFiles(t *testing.T) {
	files(t, func(b bench) {
		known := b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-0001"), ExternalID: contacts.Some("CLI-1"), Email: contacts.Some("Ana@example.com")})
		i := b.checked("telefone,codigo,email,nome\n(31) 8765-0001,,,por telefone\n,CLI-1,,por id\n31987650009,,ana@example.com,por e-mail\n31987650008,,,outra pessoa\n")
		b.must(b.store.Tx(b.Context(), func(tx *store.Tx) error { return b.service.DeleteTx(tx, b.caller, known.ID) }))
		b.must(b.service.StartImport(b.Context(), b.caller, i.ID))
		b.work()
		if i = b.reread(i); i.Created != 1 || b.count() != 1 {
			b.Errorf("%d contacts after the erasure: %+v", b.count(), i)
		}
	})
}

// TestImportSurvivesAnEnd: a worker that is gone in the middle is followed by
// another one, and no row is written twice.
func TestImportSurvivesAnEnd(t *testing.T) {
	files(t, func(b bench) {
		var file strings.Builder
		file.WriteString("telefone,nome\n")
		for n := range 450 {
			fmt.Fprintf(&file, "3198765%04d,Cliente %d\n", n, n)
		}
		i := b.checked(file.String())
		b.must(b.service.StartImport(b.Context(), b.caller, i.ID))
		// Each look at a context that ends soon lets a part or two through.
		for rounds := 0; b.reread(i).Status == portal.ImportRunning; rounds++ {
			ctx, stop := context.WithCancel(b.Context())
			ctx = countdown{ctx, stop, new(int)}
			if _, err := b.service.WorkImports(ctx); err != nil && !errors.Is(err, context.Canceled) {
				b.Fatal(err)
			}
			*b.now = b.now.Add(time.Minute) // leases end
			if rounds > 100 {
				b.Fatal("it never ends")
			}
		}
		if i = b.reread(i); i.Created != 450 || i.Updated != 0 || i.Position != 450 {
			b.Errorf("after several workers: %+v", i)
		}
	})
}

// countdown ends after a few questions.
type countdown struct {
	context.Context
	stop  func()
	asked *int
}

func (c countdown) Err() error {
	if *c.asked++; *c.asked > 14 {
		c.stop()
	}
	return c.Context.Err()
}

func TestImportCanBeCanceledAndIsForgotten(t *testing.T) {
	files(t, func(b bench) {
		i := b.checked("telefone\n31987650001\nx\n")
		b.must(b.service.CancelImport(b.Context(), b.caller, i.ID))
		if i = b.reread(i); i.Status != portal.ImportCanceled || storetest.Rows(b.T, b.store, "import_parts") != 0 {
			b.Errorf("canceled: %+v", i)
		}
		idle := b.upload("telefone\n31987650001\n")
		*b.now = b.now.Add(25 * time.Hour)
		b.must(b.service.PurgeImports(b.Context()))
		if idle = b.reread(idle); idle.Status != portal.ImportCanceled || storetest.Rows(b.T, b.store, "import_parts") != 0 {
			b.Errorf("idle: %+v", idle)
		}
		*b.now = b.now.Add(31 * 24 * time.Hour)
		b.must(b.service.PurgeImports(b.Context()))
		if n := storetest.Rows(b.T, b.store, "import_errors"); n != 0 {
			b.Errorf("%d errors kept", n)
		}
	})
}

func TestColumnsThatCannotBe(t *testing.T) {
	b := setup(t)
	i := b.upload("telefone,nome\n31987650001,Ana\n")
	for name, mapping := range map[string][]string{
		"nobody": {"", "name"}, "twice": {"phone", "phone"}, "unknown": {"phone", "salary"}, "odd attribute": {"phone", "attributes.Não"}, "too few": {"phone"},
	} {
		err := b.service.CheckImport(t.Context(), b.caller, i.ID, mapping)
		if portal.CodeOf(err) != portal.CodeValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := b.caller.Tenant
	other.Environment = portal.Live
	_, err := b.service.Import(t.Context(), other, i.ID)
	b.refused(err, portal.CodeNotFound)
}

func TestConsentHasAHistory(t *testing.T) {
	files(t, func(b bench) {
		in, out, source := portal.OptedIn, portal.OptedOut, "loja"
		c := b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-0001"), OptIn: contacts.Some(portal.ConsentChange{Status: &in, Source: &source})})
		b.patch(c.ID, contacts.Upsert{Name: contacts.Some("Ana")})
		b.patch(c.ID, contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
		list, err := b.store.Reader(b.Context()).ConsentHistory(b.caller.Tenant, c.ID, 10)
		if err != nil || len(list) != 2 || list[0].Consent.Status != out || list[1].Consent.Source != source || list[1].By.Name != "ERP" {
			b.Errorf("%v: %+v", err, list)
		}
		b.must(b.store.Tx(b.Context(), func(tx *store.Tx) error { return b.service.DeleteTx(tx, b.caller, c.ID) }))
		if n := storetest.Rows(b.T, b.store, "consent_changes"); n != 0 {
			b.Errorf("%d rows outlive the person", n)
		}
	})
}
