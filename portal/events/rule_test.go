package events

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

var noon = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

// sampled returns the facts of a sample, of a contact in a zone.
func sampled(t *testing.T, eventType string, change func(r *Report)) facts {
	t.Helper()
	r := Sample(eventType, noon)
	if change != nil {
		change(&r)
	}
	e, err := r.event(portal.Caller{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	contact := portal.Contact{ID: "ctc_1", Timezone: "America/Manaus", Language: "pt_BR", Country: "BR", Tags: []string{"VIP", "atacado"}}
	f, err := factsOf(e, contact, portal.Account{Country: "BR", Timezone: "America/Sao_Paulo", Language: portal.LangPT})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConditionsHold(t *testing.T) {
	t.Parallel()
	f := sampled(t, portal.OrderCreated, nil)
	for _, c := range []struct {
		field, operator, value string
		want                   bool
	}{
		{"total", portal.OperatorAtLeast, "19990", true},
		{"total", portal.OperatorAtLeast, "19991", false},
		{"total", portal.OperatorAtMost, "19990", true},
		{"total", portal.OperatorAtMost, "19989", false},
		{"discount", portal.OperatorAtMost, "1", false}, // not said is no amount
		{"discount", portal.OperatorAbsent, "", true},
		{"discount", portal.OperatorPresent, "", false},
		{"payment.method", portal.OperatorIs, "pix", true},
		{"payment.method", portal.OperatorIsNot, "pix", false},
		{"shipment.status", portal.OperatorIsNot, "posted", true},
		{"shipment.status", portal.OperatorIs, "posted", false},
		{"items.count", portal.OperatorAtLeast, "2", true},
		{"items.count", portal.OperatorIs, "2", true},
		{"items.count", portal.OperatorIs, "3", false},
		{"items.skus", portal.OperatorHas, "cam-01", true},
		{"items.skus", portal.OperatorHas, "cam", false},
		{"contact.tags", portal.OperatorHas, "vip", true},
		{"customer.name", portal.OperatorHas, "souza", true},
		{"customer.country", portal.OperatorIs, "br", true},
		{"contact.language", portal.OperatorIs, "pt_BR", true},
		{"order_id", portal.OperatorPresent, "", true},
		{"cart_id", portal.OperatorAbsent, "", true},
		{"payment.expires_at", portal.OperatorPresent, "", true},
		{"no.such.field", portal.OperatorIs, "1", false},
	} {
		if got := f.holds(portal.Condition{Field: c.field, Operator: c.operator, Value: c.value}); got != c.want {
			t.Errorf("%s %s %s is %v", c.field, c.operator, c.value, got)
		}
	}
}

func TestConditionWords(t *testing.T) {
	t.Parallel()
	f := sampled(t, portal.OrderCreated, nil)
	total := portal.Condition{Field: "total", Operator: portal.OperatorAtLeast, Value: "25000"}
	method := portal.Condition{Field: "payment.method", Operator: portal.OperatorIs, Value: "card"}
	for _, c := range []struct{ got, want string }{
		{ConditionWords(total, "BRL").PT, "Total ≥ R$ 250,00"},
		{ConditionWords(total, "USD").EN, "Total ≥ US$ 250.00"},
		{ConditionWords(method, "BRL").PT, "Meio de pagamento é cartão"},
		{f.unmet(total).PT, "Total ≥ R$ 250,00: é R$ 199,90"},
		{f.unmet(method).EN, "Payment method is card: it is PIX"},
		{f.unmet(portal.Condition{Field: "discount", Operator: portal.OperatorAtLeast, Value: "1"}).EN, "Discount ≥ R$ 0.01: the event does not say it"},
		{f.unmet(portal.Condition{Field: "customer.name", Operator: portal.OperatorIs, Value: "Bia"}).EN, "Customer's name is •••: not so in this event"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestRuleIsRefusedWhereItIsWrong(t *testing.T) {
	t.Parallel()
	good := portal.Rule{
		Trigger: portal.OrderCreated, Template: "x", CapMost: 1, CapHours: 24, Language: "pt_BR", CancelOn: []string{portal.OrderCanceled},
		Conditions: []portal.Condition{{Field: "total", Operator: portal.OperatorAtLeast, Value: "100"}}, Parameters: map[string]string{"name": "{{customer.name|amigo}}"},
	}
	if fields := checkShape(good, true); len(fields) > 0 {
		t.Errorf("a good rule: %v", fields)
	}
	if fields := checkShape(portal.Rule{}, false); len(fields) > 0 {
		t.Errorf("an empty draft: %v", fields)
	}
	for want, change := range map[string]func(r *portal.Rule){
		"/trigger required":                    func(r *portal.Rule) { r.Trigger = "" },
		"/trigger invalid_value":               func(r *portal.Rule) { r.Trigger = "order.eaten" },
		"/template required":                   func(r *portal.Rule) { r.Template = "" },
		"/delay_seconds out_of_range":          func(r *portal.Rule) { r.DelaySeconds = 31 * 86_400 },
		"/cancel_on/0 invalid_value":           func(r *portal.Rule) { r.CancelOn = []string{"x"} },
		"/language invalid_value":              func(r *portal.Rule) { r.Language = "pt-BR" },
		"/cap_hours required":                  func(r *portal.Rule) { r.CapHours = 0 },
		"/cap_most out_of_range":               func(r *portal.Rule) { r.CapMost = 101 },
		"/conditions/0/field unknown_field":    func(r *portal.Rule) { r.Conditions[0].Field = "totals" },
		"/conditions/0/field required":         func(r *portal.Rule) { r.Conditions[0].Field = "" },
		"/conditions/0/operator invalid_value": func(r *portal.Rule) { r.Conditions[0].Operator = portal.OperatorHas },
		"/conditions/0/value required":         func(r *portal.Rule) { r.Conditions[0].Value = " " },
		"/conditions/0/value invalid_format":   func(r *portal.Rule) { r.Conditions[0].Value = "12,50" },
		"/conditions/0/value invalid_value": func(r *portal.Rule) {
			r.Conditions[0] = portal.Condition{Field: "payment.method", Operator: portal.OperatorIs, Value: "cheque"}
		},
		"/parameters/name unknown_field":  func(r *portal.Rule) { r.Parameters["name"] = "{{customer.nome}}" },
		"/parameters/name invalid_format": func(r *portal.Rule) { r.Parameters["name"] = "{{ Customer }}" },
		"/parameters/name too_long":       func(r *portal.Rule) { r.Parameters["name"] = strings.Repeat("a", 1025) },
	} {
		rule := good
		rule.Conditions, rule.Parameters = slices.Clone(good.Conditions), map[string]string{"name": "x"}
		change(&rule)
		var got []string
		for _, f := range checkShape(rule, true) {
			got = append(got, f.Pointer+" "+f.Code)
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount             int64
		currency, language string
		want               string
	}{
		{19990, "BRL", "pt_BR", "R$ 199,90"},
		{129990, "BRL", "en_US", "R$ 1,299.90"},
		{123456789, "BRL", "pt_BR", "R$ 1.234.567,89"},
		{5, "BRL", "pt_BR", "R$ 0,05"},
		{-150, "EUR", "es_ES", "-€ 1,50"},
		{1500, "JPY", "en_US", "¥ 1,500"},
		{1500, "KWD", "en_US", "KWD 1.500"},
		{0, "USD", "en_US", "US$ 0.00"},
	} {
		if got := FormatMoney(portal.Money{Amount: c.amount, Currency: c.currency}, c.language); got != c.want {
			t.Errorf("%d %s in %s: %q, want %q", c.amount, c.currency, c.language, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"100": "10000", "100,5": "10050", "199,90": "19990", "1.299,90": "129990", "1,299.90": "129990", "R$ 50": "5000", "1.000": "100000",
		"0,05": "5", "": "", "abc": "", "-5": "", ",50": "", "9999999999999999999": "", "٣": "",
	} {
		if got, ok := ParseAmount(text, "BRL"); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
}

func TestParametersAreFilled(t *testing.T) {
	t.Parallel()
	f := sampled(t, portal.OrderCreated, func(r *Report) {
		r.Data.Items = append(r.Data.Items, portal.EventItem{Name: "Calça", Quantity: 1}, portal.EventItem{Name: "Meia", Quantity: 1}, portal.EventItem{Name: "Boné", Quantity: 1.5})
	})
	nameless := f
	nameless.customer.Name = nil
	for _, c := range []struct {
		f                           facts
		text, language, want, lacks string
	}{
		{f, "{{total}}", "pt_BR", "R$ 199,90", ""},
		{f, "{{total}}", "en_US", "R$ 199.90", ""},
		{f, "Olá {{customer.first_name}}", "pt_BR", "Olá Ana", ""},
		{f, "{{ customer.name }}", "pt_BR", "Ana Souza", ""},
		{nameless, "{{customer.name}}", "pt_BR", "cliente", ""},
		{nameless, "{{customer.first_name}}", "en_US", "there", ""},
		{nameless, "{{customer.name|amiga}}", "pt_BR", "amiga", ""},
		{f, "{{payment.method}} {{payment.expires_at}}", "pt_BR", "PIX 22/11/2026 11:30", ""},
		{f, "{{payment.expires_at}}", "en_US", "22 Nov 2026 11:30", ""},
		{f, "{{payment.status}}", "pt_PT", "pendente", ""},
		{f, "{{items.names}}", "pt_BR", "Camiseta, Calça, Meia e mais 1", ""},
		{f, "{{items.count}}", "pt_BR", "5,5", ""},
		{f, "{{shipment.tracking_code}}", "pt_BR", "", "shipment.tracking_code"},
		{f, "{{shipment.tracking_code|em breve}}", "pt_BR", "em breve", ""},
		{f, "a\n\tb     c", "pt_BR", "a b c", ""},
		{f, "", "pt_BR", "", ""},
	} {
		if got, lacks := c.f.write(c.text, c.language); got != c.want || lacks != c.lacks {
			t.Errorf("%q in %s: %q lacking %q, want %q lacking %q", c.text, c.language, got, lacks, c.want, c.lacks)
		}
	}
	if got, _ := f.write(strings.Repeat("á", 1100), "pt_BR"); len([]rune(got)) != maxParameterText {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func TestTemplateLanguage(t *testing.T) {
	t.Parallel()
	of := func(language, status string) portal.Template {
		return portal.Template{Name: "x", Language: language, Status: status}
	}
	all := []portal.Template{of("es_AR", "approved"), of("en_US", "approved"), of("pt_BR", "approved")}
	for _, c := range []struct {
		list                   []portal.Template
		rule, contact, account string
		want                   string
	}{
		{all, "", "en_US", portal.LangPT, "en_US"},
		{all, "", "en_GB", portal.LangPT, "en_US"}, // the same language is nearer than the account's
		{all, "pt_BR", "en_US", portal.LangPT, "pt_BR"},
		{all, "", "", portal.LangEN, "en_US"},
		{all, "de", "fr", portal.LangPT, "pt_BR"},
		{[]portal.Template{of("es_AR", "approved"), of("fr", "approved")}, "", "", portal.LangPT, "fr"},
		{[]portal.Template{of("pt_BR", "pending"), of("en_US", "approved")}, "pt_BR", "pt_BR", portal.LangPT, "en_US"},
		{[]portal.Template{of("pt_BR", "pending")}, "", "", portal.LangEN, "pt_BR"},
		{nil, "", "", portal.LangEN, ""},
	} {
		got := chooseTemplate(c.list, portal.Rule{Language: c.rule}, portal.Contact{Language: c.contact}, portal.Account{Language: c.account})
		if got == nil && c.want != "" || got != nil && got.Language != c.want {
			t.Errorf("rule %q contact %q account %q: %+v, want %q", c.rule, c.contact, c.account, got, c.want)
		}
	}
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	night, lunch := "20:00-08:00", "12:00-14:00"
	for _, c := range []struct{ hours, zone, at, want string }{
		{night, "America/Sao_Paulo", "2026-11-22T22:59:00Z", ""},
		{night, "America/Sao_Paulo", "2026-11-22T23:00:00Z", "2026-11-23T11:00:00Z"},
		{night, "America/Sao_Paulo", "2026-11-23T10:59:59Z", "2026-11-23T11:00:00Z"},
		{night, "America/Sao_Paulo", "2026-11-23T11:00:00Z", ""},
		{night, "America/Manaus", "2026-11-22T23:30:00Z", ""},
		{night, "America/Manaus", "2026-11-23T00:30:00Z", "2026-11-23T12:00:00Z"},
		{night, "Asia/Tokyo", "2026-11-22T12:00:00Z", "2026-11-22T23:00:00Z"},
		{lunch, "UTC", "2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z"},
		{lunch, "UTC", "2026-11-22T14:00:00Z", ""},
		{lunch, "UTC", "2026-11-22T11:59:00Z", ""},
		{"", "UTC", "2026-11-22T03:00:00Z", ""},
		{"garbage", "UTC", "2026-11-22T03:00:00Z", ""},
		{"20:00-20:00", "UTC", "2026-11-22T21:00:00Z", ""},
		{night, "Europe/Lisbon", "2026-03-28T23:00:00Z", "2026-03-29T07:00:00Z"}, // the clocks go forward that night
		{night, "Europe/Lisbon", "2026-10-24T22:00:00Z", "2026-10-25T08:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		end, quiet := quietUntil(portal.ParseQuietHours(c.hours), at, zone(c.zone))
		got := ""
		if quiet {
			got = end.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s in %s at %s: %q, want %q", c.hours, c.zone, c.at, got, c.want)
		}
	}
}

func TestWhatEndsWhat(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	cart := happening{id: "1", kind: portal.CartAbandoned, at: at(0), cart: "77"}
	paid := happening{id: "1", kind: portal.PaymentPending, at: at(0), order: "1001"}
	for name, c := range map[string]struct {
		h, trigger happening
		want       bool
	}{
		"an order of somebody with a cart":     {happening{"2", portal.OrderCreated, at(5), "1001", ""}, cart, true},
		"the order of that cart":               {happening{"2", portal.OrderCreated, at(5), "1001", "77"}, cart, true},
		"the order of that cart, before":       {happening{"2", portal.OrderCreated, at(-5), "1001", "77"}, cart, true},
		"the order of another cart":            {happening{"2", portal.OrderCreated, at(5), "1001", "78"}, cart, false},
		"an earlier order without a cart":      {happening{"2", portal.OrderCreated, at(-5), "1001", ""}, cart, false},
		"the same moment":                      {happening{"2", portal.OrderCreated, at(0), "1001", ""}, cart, true},
		"the same cart left once more":         {happening{"2", portal.CartAbandoned, at(5), "", "77"}, cart, true},
		"the same cart left at one moment":     {happening{"2", portal.CartAbandoned, at(0), "", "77"}, cart, false},
		"the payment of that order":            {happening{"2", portal.PaymentApproved, at(5), "1001", ""}, paid, true},
		"the payment of another order":         {happening{"2", portal.PaymentApproved, at(5), "1002", ""}, paid, false},
		"an earlier refusal of the same order": {happening{"2", portal.PaymentRefused, at(-5), "1001", ""}, paid, false},
		"itself":                               {cart, cart, false},
	} {
		if got := c.h.ends(c.trigger); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDelaysAreSaid(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{300: "5 min", 5400: "1 h 30 min", 86_400: "1 day", 2 * 86_400: "2 days", 90_061: "1 day 1 h 1 min 1 s"} {
		if got := delayText(seconds, portal.LangEN); got != want {
			t.Errorf("%d s: %q, want %q", seconds, got, want)
		}
	}
	if got := delayText(2*86_400, portal.LangPT); got != "2 dias" {
		t.Errorf("%q", got)
	}
}

// TestPresets: what each brings can be published, its template is one that
// WhatsApp takes, and the sample of its trigger fills it.
func TestPresets(t *testing.T) {
	t.Parallel()
	for _, p := range Presets {
		if fields := checkShape(p.Rule, true); len(fields) > 0 {
			t.Errorf("%s: %v", p.Key, fields)
		}
		f := sampled(t, p.Rule.Trigger, func(r *Report) {
			if p.Key == "boleto_waiting" {
				method, line := "boleto", "34191790010104351004791020150008291070026000"
				r.Data.Payment.Method, r.Data.Payment.BoletoLine = &method, &line
			}
		})
		for _, c := range p.Rule.Conditions {
			if !f.holds(c) {
				t.Errorf("%s: %s", p.Key, ConditionWords(c, "BRL").EN)
			}
		}
		if len(p.Wants.Bodies) != 2 || p.Wants.Name != p.Rule.Template {
			t.Errorf("%s: %+v", p.Key, p.Wants)
		}
		for _, b := range p.Wants.Bodies {
			d := p.Wants.draft(b).Normal()
			if fields := d.Check(); len(fields) > 0 {
				t.Errorf("%s in %s: %v", p.Key, b.Language, fields)
			}
			components, err := d.JSON()
			if err != nil {
				t.Fatal(err)
			}
			k := &ruleCheck{}
			tpl := portal.Template{Name: d.Name, Language: d.Language, Status: portal.TemplateApproved, Parameters: portal.ParametersOf(components), Components: components}
			k.templates(p.Rule, []portal.Template{tpl}, true)
			if out := f.fill(p.Rule, tpl); len(k.fields)+len(out.missing) > 0 || strings.Contains(preview(tpl, out.parameters).Body, "{{") {
				t.Errorf("%s in %s: %v, missing %v, %q", p.Key, b.Language, k.fields, out.missing, preview(tpl, out.parameters).Body)
			}
		}
	}
}

func TestEveryFieldIsInASample(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, kind := range portal.CommerceTypes {
		f := sampled(t, kind.Name, nil)
		for _, field := range Fields("") {
			v := f.value(field.Path)
			said[field.Path] = said[field.Path] || v.present()
			if v.present() && v.show(fieldLook{field.Path, "pt_BR", time.UTC}) == "" {
				t.Errorf("%s of %s shows nothing", field.Path, kind.Name)
			}
		}
		if !slices.Contains(Triggers, kind.Name) {
			t.Errorf("%s triggers nothing", kind.Name)
		}
	}
	for _, field := range fields {
		if field.Words.EN == "" || field.Words.PT == "" || len(operators[field.Kind]) == 0 {
			t.Errorf("%s has no words or no operators", field.Path)
		}
	}
	for _, path := range []string{"total", "items.names", "shipment.status", "contact.tags", "links.checkout", "reason", "payment.pix_code"} {
		if !said[path] {
			t.Errorf("no sample says %s", path)
		}
	}
}
