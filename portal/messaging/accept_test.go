package messaging_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

// with returns the draft changed by f.
func with(d messaging.Draft, f func(d *messaging.Draft)) messaging.Draft {
	f(&d)
	return d
}

func in(b *bench, d time.Duration) *time.Time {
	at := b.clock.Now().Add(d)
	return &at
}

func TestMalformedDrafts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct {
		name  string
		draft messaging.Draft
		want  []string
	}{
		{"nothing", messaging.Draft{}, []string{"/to required", "/type required"}},
		{"unknown type", messaging.Draft{To: tester, Type: "order"}, []string{"/type invalid_value"}},
		{"text without text", messaging.Draft{To: tester, Type: "text"}, []string{"/text required"}},
		{"empty text", with(text(tester), func(d *messaging.Draft) { d.Content.Text = &portal.Text{} }), []string{"/text/body required"}},
		{"blank text", with(text(tester), func(d *messaging.Draft) { d.Content.Text = &portal.Text{Body: " \n\t "} }), []string{"/text/body required"}},
		{
			"long text", with(text(tester), func(d *messaging.Draft) { d.Content.Text = &portal.Text{Body: strings.Repeat("á", 4097)} }),
			[]string{"/text/body too_long"},
		},
		{"text and template", with(text(tester), func(d *messaging.Draft) { d.Template = orderUpdate() }), []string{"/template conflict"}},
		{"template without template", messaging.Draft{To: tester, Type: "template"}, []string{"/template required"}},
		{
			"template without name",
			messaging.Draft{To: tester, Type: "template", Template: &messaging.TemplateRef{}},
			[]string{"/template/name required", "/template/language/code required"},
		},
		{
			"template with fallback", with(template(tester), func(d *messaging.Draft) { d.Fallback = orderUpdate() }),
			[]string{"/fallback_template conflict"},
		},
		{
			"components and parameters", with(template(tester), func(d *messaging.Draft) { d.Template.Components = json.RawMessage(`[]`) }),
			[]string{"/template/parameters conflict"},
		},
		{
			"components of another shape", with(template(tester), func(d *messaging.Draft) {
				d.Template.Parameters, d.Template.Components = nil, json.RawMessage(`{"type":1}`)
			}), []string{"/template/components wrong_type"},
		},
		{"long reference", with(text(tester), func(d *messaging.Draft) { d.Reference = strings.Repeat("x", 256) }), []string{"/reference too_long"}},
		{"too far ahead", with(text(tester), func(d *messaging.Draft) { d.SendAt = in(b, 31*24*time.Hour) }), []string{"/send_at out_of_range"}},
		{"before all times", with(text(tester), func(d *messaging.Draft) { d.SendAt = new(time.Time) }), []string{"/send_at out_of_range"}},
		{"expires too soon", with(text(tester), func(d *messaging.Draft) { d.ExpiresAt = in(b, 29*time.Second) }), []string{"/expires_at out_of_range"}},
		{"expires too late", with(text(tester), func(d *messaging.Draft) { d.ExpiresAt = in(b, 31*24*time.Hour) }), []string{"/expires_at out_of_range"}},
		{
			"expires before it is sent", with(text(tester), func(d *messaging.Draft) { d.SendAt, d.ExpiresAt = in(b, time.Hour), in(b, time.Minute) }),
			[]string{"/expires_at out_of_range"},
		},
		{"unknown contact", text(portal.NewID(portal.PrefixContact)), []string{"/to not_found"}},
		{"unknown external id", text("ext:CLI-1"), []string{"/to not_found"}},
		{"unknown channel", with(text(tester), func(d *messaging.Draft) { d.From = portal.NewID(portal.PrefixChannel) }), []string{"/from not_found"}},
		{"foreign sender", with(text(tester), func(d *messaging.Draft) { d.From = "+5511987650002" }), []string{"/from not_found"}},
		{"sender is no number", with(text(tester), func(d *messaging.Draft) { d.From = "us" }), []string{"/from invalid_format"}},
		{
			"unknown context", with(text(tester), func(d *messaging.Draft) { d.ContextMessageID = portal.NewID(portal.PrefixMessage) }),
			[]string{"/context/message_id not_found"},
		},
	} {
		_, err := b.try(b.caller, tc.draft)
		code(t, tc.name, err, portal.CodeValidationFailed)
		if diff := cmp.Diff(tc.want, pointers(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		_, err = b.service.Validate(t.Context(), b.caller, tc.draft)
		code(t, tc.name+", validated", err, portal.CodeValidationFailed)
	}
	b.stored(0)
}

// stored checks how many messages there are.
func (b *bench) stored(want int) {
	b.Helper()
	list, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.MessageFilter{}, portal.Page{Limit: 100})
	if err != nil || len(list) != want {
		b.Errorf("%d messages stored (%v), want %d", len(list), err, want)
	}
}

func TestRulesOfAcceptance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		before func(b *bench)
		draft  messaging.Draft
		want   portal.Code
		fields []string
	}{
		{"text to a magic number", nil, text(magic("17")), "", nil},
		{"text to a tester without the ninth digit", nil, text("11 8765-0001"), "", nil},
		{"text to a stranger", nil, text(person), portal.CodeWindowClosed, []string{"/text invalid_value"}},
		{"text to who wrote", func(b *bench) { b.writes(person, "Oi") }, text(person), "", nil},
		{"template to a stranger", nil, template(person), "", nil},
		{"not a number", nil, text("12"), portal.CodeInvalidNumber, []string{"/to invalid_value"}},
		{"a user id", nil, text("BR.1502576394655843"), portal.CodeUnsupportedForChannel, []string{"/to invalid_value"}},
		{"from the own number", nil, with(text(tester), func(d *messaging.Draft) { d.From = "11 4002-8922" }), "", nil},
		{"past send_at", nil, with(text(tester), func(d *messaging.Draft) { at := time.Unix(1, 0); d.SendAt = &at }), "", nil},
		{"4096 characters", nil, with(text(tester), func(d *messaging.Draft) { d.Content.Text = &portal.Text{Body: strings.Repeat("á", 4096)} }), "", nil},
		{
			"unknown template", nil, with(template(person), func(d *messaging.Draft) { d.Template.Name = "x" }),
			portal.CodeTemplateNotFound,
			[]string{"/template/name invalid_value"},
		},
		{
			"unknown language", nil, with(template(person), func(d *messaging.Draft) { d.Template.Language = "es" }),
			portal.CodeTemplateNotFound,
			[]string{"/template/name invalid_value"},
		},
		{
			"unknown fallback", nil, with(text(person), func(d *messaging.Draft) { d.Fallback = &messaging.TemplateRef{Name: "x", Language: "pt_BR"} }),
			portal.CodeTemplateNotFound,
			[]string{"/fallback_template/name invalid_value"},
		},
		{
			"template not approved", func(b *bench) { b.addTemplate("x", "utility", "paused", "named") },
			with(template(person), func(d *messaging.Draft) { d.Template = &messaging.TemplateRef{Name: "x", Language: "pt_BR"} }),
			portal.CodeTemplateNotApproved,
			[]string{"/template/name invalid_value"},
		},
		{
			"marketing without known consent", func(b *bench) { b.addTemplate("promo", "marketing", "approved", "named") },
			messaging.Draft{To: person, Type: "template", Template: &messaging.TemplateRef{Name: "promo", Language: "pt_BR"}},
			"", nil,
		},
		{
			"marketing, consent required", func(b *bench) {
				b.addTemplate("promo", "marketing", "approved", "named")
				b.caller.Account.OptInRequired = true
			},
			messaging.Draft{To: person, Type: "template", Template: &messaging.TemplateRef{Name: "promo", Language: "pt_BR"}},
			portal.CodeOptInRequired,
			[]string{"/to invalid_value"},
		},
		{"opted out", func(b *bench) { b.writes(tester, "Parar") }, text(tester), portal.CodeOptedOut, []string{"/to invalid_value"}},
		{"template to who opted out", func(b *bench) { b.writes(person, "PARAR.") }, template(person), portal.CodeOptedOut, []string{"/to invalid_value"}},
		{
			"opted out and wrote again", func(b *bench) {
				b.writes(person, "sair")
				b.clock.add(time.Minute)
				b.writes(person, "Tenho uma dúvida")
			}, text(person), "", nil,
		},
		{
			"template to who wrote again", func(b *bench) {
				b.writes(person, "sair")
				b.clock.add(time.Minute)
				b.writes(person, "Tenho uma dúvida")
			}, template(person), portal.CodeOptedOut, []string{"/to invalid_value"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if tc.before != nil {
				tc.before(b)
			}
			verdict, err := b.service.Validate(t.Context(), b.caller, tc.draft)
			if err != nil || verdict.WouldSend != (tc.want == "") || tc.want != "" && verdict.Blocking[0] != tc.want {
				t.Errorf("validated: %+v, %v", verdict, err)
			}
			_, err = b.try(b.caller, tc.draft)
			code(t, "accept", err, tc.want)
			if diff := cmp.Diff(tc.fields, pointers(err)); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplateParameters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.addTemplate("numbered", "utility", "approved", "positional",
		portal.TemplateParameter{Component: "header", Name: "1", Type: "text"},
		portal.TemplateParameter{Component: "body", Name: "1", Type: "text"},
		portal.TemplateParameter{Component: "body", Name: "2", Type: "text"})
	order := func(components string) *messaging.TemplateRef {
		return &messaging.TemplateRef{Name: "order_update", Language: "pt_BR", Components: json.RawMessage(components)}
	}
	filled := func(parameters map[string]string) *messaging.TemplateRef {
		return &messaging.TemplateRef{Name: "order_update", Language: "pt_BR", Parameters: parameters}
	}
	numbered := func(components string) *messaging.TemplateRef {
		return &messaging.TemplateRef{Name: "numbered", Language: "pt_BR", Components: json.RawMessage(components)}
	}
	for _, tc := range []struct {
		name string
		ref  *messaging.TemplateRef
		want []string
	}{
		{"all by name", orderUpdate(), nil},
		{"none", filled(nil), []string{"/template/parameters/name required", "/template/parameters/order required", "/template/parameters/status required"}},
		{
			"unknown, empty and with a line break", filled(map[string]string{"name": "", "order": "1\n2", "status": "x", "a/b": "y"}),
			[]string{"/template/parameters/name required", "/template/parameters/order invalid_value", "/template/parameters/a~1b unknown_field"},
		},
		{"too long", filled(map[string]string{"name": strings.Repeat("x", 1025), "order": "1", "status": "x"}), []string{"/template/parameters/name too_long"}},
		{
			"all by component", order(`[{"type":"BODY","parameters":[{"type":"text","parameter_name":"status","text":"a"},
				{"type":"text","parameter_name":"name","text":"b"},{"type":"text","parameter_name":"order","text":"c"}]}]`), nil,
		},
		{"components missing one", order(`[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"b"}]}]`), []string{"/template/components required"}},
		{"no components", order(`[]`), []string{"/template/components required"}},
		{
			"empty text and one too many", order(`[{"type":"body","parameters":[{"type":"text","parameter_name":"status","text":""},
				{"type":"text","parameter_name":"name","text":"b"},{"type":"text","parameter_name":"order","text":"c"},
				{"type":"text","parameter_name":"more","text":"d"}]}]`),
			[]string{"/template/components/0/parameters/0/text required", "/template/components too_many"},
		},
		{"positions by name", &messaging.TemplateRef{Name: "numbered", Language: "pt_BR", Parameters: map[string]string{"1": "a", "2": "b"}}, nil},
		{
			"positions by component", numbered(`[{"type":"header","parameters":[{"type":"text","text":"t"}]},
				{"type":"body","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`), nil,
		},
		{
			"positions without header", numbered(`[{"type":"body","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`),
			[]string{"/template/components required"},
		},
	} {
		_, err := b.try(b.caller, messaging.Draft{To: person, Type: portal.TypeTemplate, Template: tc.ref})
		want := portal.CodeTemplateParameters
		if tc.want == nil {
			want = ""
		}
		code(t, tc.name, err, want)
		if diff := cmp.Diff(tc.want, pointers(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestTemplateByComponentsArrives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := template(person)
	d.Template.Parameters = nil
	d.Template.Components = json.RawMessage(`[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"a"},
		{"type":"text","parameter_name":"order","text":"b"},{"type":"text","parameter_name":"status","text":"c"}]}]`)
	m := b.accept(d)
	hello := b.accept(messaging.Draft{To: magic("01"), Type: "template", Template: &messaging.TemplateRef{Name: "hello_world", Language: "en_US"}})
	b.pass(3*time.Second, time.Second)
	b.want(m.ID, portal.StatusRead, "")
	b.want(hello.ID, portal.StatusDelivered, "")
}

func TestDailyLimitIsAMovingDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.caller.Account.Plan = portal.PlanStandard
	b.tx(func(tx *store.Tx) error {
		return tx.SetModule(b.caller.AccountID, portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, Active: true, MessagesPerDay: 2})
	})
	first := b.accept(text(tester))
	b.clock.add(time.Hour)
	b.accept(text(tester))
	_, err := b.try(b.caller, text(tester))
	code(t, "a third", err, portal.CodeDailyLimitReached)
	day, err := b.service.Day(t.Context(), b.caller.Account, portal.Test)
	resets := first.CreatedAt.Add(24 * time.Hour)
	if diff := cmp.Diff(messaging.Day{Limit: 2, Used: 2, ResetsAt: &resets}, day); err != nil || diff != "" {
		t.Errorf("day %v (-want +got):\n%s", err, diff)
	}
	live := b.caller
	live.Environment = portal.Live
	if _, err := b.try(live, template(person)); err != nil {
		t.Errorf("live counts by itself: %v", err)
	}
	b.clock.add(23*time.Hour + time.Second)
	if _, err := b.try(b.caller, text(tester)); err != nil {
		t.Errorf("a day after the first: %v", err)
	}
}

func TestPlansLimitTheDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.caller.Account
	for _, tc := range []struct {
		plan portal.Plan
		env  portal.Environment
		want int
	}{
		{portal.PlanStandard, portal.Test, 1000},
		{portal.PlanStandard, portal.Live, 10000},
		{portal.PlanUnlimited, portal.Test, 0},
	} {
		a.Plan = tc.plan
		if day, err := b.service.Day(t.Context(), a, tc.env); err != nil || day.Limit != tc.want {
			t.Errorf("%s %s: %d (%v), want %d", tc.plan, tc.env, day.Limit, err, tc.want)
		}
	}
}

func TestLiveEnvironment(t *testing.T) {
	t.Parallel()
	t.Run("simulated: its own channel, no open windows", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		live := b.caller
		live.Environment = portal.Live
		_, err := b.try(live, text(magic("01")))
		code(t, "text to a magic number", err, portal.CodeWindowClosed)
		if _, err := b.try(live, template(magic("01"))); err != nil {
			t.Errorf("template: %v", err)
		}
	})
	t.Run("of Meta: no channel, no magic numbers, no templates", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, func(o *messaging.Options, _ *portal.Account) { o.Provider, o.Cloud = portal.ProviderCloud, o.Simulator })
		live := b.caller
		live.Environment = portal.Live
		verdict, err := b.service.Validate(t.Context(), live, template(magic("01")))
		want := []portal.Code{portal.CodeNoChannel, portal.CodeInvalidNumber, portal.CodeTemplateNotFound}
		if err != nil || !slices.Equal(verdict.Blocking, want) {
			t.Errorf("blocking %v (%v), want %v", verdict.Blocking, err, want)
		}
	})
}

func TestRefusedDraftLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.try(b.caller, text(person))
	code(t, "accept", err, portal.CodeWindowClosed)
	if _, err := b.service.Validate(t.Context(), b.caller, template(person)); err != nil {
		t.Fatal(err)
	}
	b.stored(0)
	_, err = b.store.Reader(t.Context()).ContactByPhone(b.caller.Tenant, []string{person})
	code(t, "contact", err, portal.CodeNotFound)
}
