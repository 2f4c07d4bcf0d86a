package ui_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

// with draws parent around the children that follow.
func with(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, all(children...)), w)
	})
}

func all(parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx = templ.ClearChildren(ctx)
		for _, part := range parts {
			if err := part.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// text is untrusted: every gallery shows that it stays text.
const text = `<script>alert(1)</script> "it's" & more`

func page(title, nav string, body ...templ.Component) templ.Component {
	shell := ui.Shell(ui.ShellProps{Title: title, Nav: nav, Crumbs: []ui.Crumb{{Label: "Tokens", Path: "/tokens"}, {Label: title}}})
	return with(shell, templ.Raw(`<div class="page">`), all(body...), templ.Raw(`</div>`))
}

// lines have a gap and a value alone.
var lines = []ui.Line{
	{Kind: "p50", Name: "p50", Text: "2 ms", Values: []float64{2, 2.5, -1, 2, -1, 3}},
	{Kind: "p95", Name: "p95", Text: "61 ms", Values: []float64{20, 61, -1, 20, -1, 30}},
}

// gallery is every component, drawn once in each state.
var gallery = map[string]templ.Component{
	"controls": page("Controls", "tokens",
		with(ui.Head(ui.HeadProps{Title: "Controls", Text: text}),
			ui.Button(ui.ButtonProps{Label: "Guide", Icon: "book", Href: "/docs"}),
			ui.Button(ui.ButtonProps{Label: "Create token", Icon: "plus", Kind: "primary", Href: "/tokens/new"})),
		ui.Segmented("Range", []ui.Link{{Label: "1h", Href: "?range=1h"}, {Label: "24h", Href: "?range=24h", Current: true}}),
		with(ui.Tabs("State", []ui.Link{{Label: "Active", Count: "6", Href: "?s=active", Current: true}, {Label: "Revoked", Href: "?s=revoked"}})),
		ui.Button(ui.ButtonProps{Label: "Export", Icon: "dl", Kind: "ghost", Size: "sm", Href: "/logs.csv", Download: true}),
		ui.Button(ui.ButtonProps{Label: "Revoke", Context: text, Kind: "danger", Opens: "sheet"}),
		ui.Button(ui.ButtonProps{Label: "Remove", IconOnly: true, Icon: "x", Kind: "ghost", Name: "remove", Value: "1", SkipValidation: true}),
		ui.Button(ui.ButtonProps{Label: "Off", Disabled: true, ID: "off"}),
		ui.Switch(ui.SwitchProps{Label: "Comfortable", Name: "rows", Value: "1", Checked: true, Submit: true}),
		ui.LiveSwitch(), ui.Newest(),
		templ.Raw(`<code id="rid">req</code>`), ui.Copy("rid", "request ID"), ui.CopyText("rid", "Copy as cURL"),
		with(ui.Sheet(ui.SheetProps{ID: "sheet", Title: "Revoke " + text + "?", Text: "It fails at once.", Action: "/tokens/revoke", Confirm: "Revoke token", Danger: true, Type: "erp"})),
		ui.Menu("m-1", "Actions for erp", []ui.MenuItem{{Icon: "edit", Label: "Edit", Href: "/tokens/tok_1"}, {}, {Icon: "rot", Label: "End", Post: "/end"}, {Icon: "x", Label: "Revoke", Opens: "sheet", Bad: true}}),
	),
	"forms": page("Forms", "tokens",
		with(ui.Head(ui.HeadProps{Title: "Forms"})),
		ui.Problems([]ui.Problem{{ID: "name", Text: "Give it a name."}, {Text: text}}),
		ui.Input(ui.InputProps{FieldProps: ui.FieldProps{ID: "name", Label: "Name", Hint: "The system.", Error: portal.Words{EN: "Required.", PT: "Obrigatório."}}, Name: "name", Value: text, Required: true}),
		ui.Input(ui.InputProps{FieldProps: ui.FieldProps{ID: "pw", Label: "Password"}, Name: "pw", Type: "password", Value: "never shown"}),
		ui.Input(ui.InputProps{FieldProps: ui.FieldProps{ID: "path", Label: "Path", Optional: true}, Name: "path", Suggestions: []string{"/v1/messages"}, Mono: true}),
		ui.Textarea(ui.TextareaProps{FieldProps: ui.FieldProps{ID: "ips", Label: "Addresses", Hint: "One a line."}, Name: "ips", Value: "203.0.113.0/28"}),
		ui.Select(ui.SelectProps{FieldProps: ui.FieldProps{ID: "lang", Label: "Language"}, Name: "lang", Choices: []ui.Choice{{Value: "en", Label: "English", Lang: "en"}, {Value: "pt-BR", Label: "Português", Chosen: true}}}),
		ui.Cards("Environment", "environment", []ui.Choice{{Value: "test", Label: "Test", Note: "the simulator answers", Chosen: true}, {Value: "live", Label: "Live"}}),
		ui.Tick(ui.TickProps{Name: "scope", Value: "messages:send", Label: "messages:send", Code: true, Checked: true}), ui.Tick(ui.TickProps{Name: "scope", Value: "x", Label: "x", Disabled: true}),
		templ.Raw(`<div class="filters">`), ui.Search(ui.SearchProps{ID: "q", Label: "Search", Placeholder: "Path", Value: text, Path: "/logs", Keep: []ui.Pair{{Name: "status", Value: "4xx"}}}),
		ui.Chip("Status", "4xx", "/logs"), with(ui.Filter(ui.FilterProps{ID: "f-status", Label: "Status", Name: "status", Path: "/logs", Choices: []ui.Choice{{Value: "2xx", Label: "2xx"}, {Value: "4xx", Label: "4xx", Chosen: true}}})),
		with(ui.Filter(ui.FilterProps{ID: "f-ms", Label: "Duration", Name: "min_ms", Path: "/logs", Single: true, Keep: []ui.Pair{{Name: "q", Value: text}}, Choices: []ui.Choice{{Value: "500", Label: "over 500 ms", Code: true}}})), templ.Raw(`</div>`),
	),
	"data": page("Data", "logs",
		with(ui.Head(ui.HeadProps{Title: "Data", Lead: all(ui.Status("ok", "Active"), ui.Status("warn", "Expiring"), ui.Status("err", "Failing"), ui.Status("none", "Never"))})),
		with(ui.Table(ui.TableProps{Class: "stack", Caption: "Requests", Body: "rows", Columns: []ui.Column{{Label: "Request", Href: "?sort=path", Sort: "ascending"}, {Label: "Status"}, {Label: "Token", Class: "hide-s"}, {Label: "Time", Class: "r"}, {Label: "Actions", Hidden: true}}}),
			with(ui.Row("req_1", true), with(ui.Cell(""), with(ui.RowLink("/logs/req_1", true), ui.Endpoint("POST", "/v1/messages"))), with(ui.Cell(""), ui.CodePill(422)), with(ui.Cell("hide-s"), ui.Muted("erp")), with(ui.Cell("r"), ui.ClockTime(uitest.Now)), with(ui.Cell("r"))),
			with(ui.Row("", false), with(ui.Cell(""), with(ui.RowLink("/logs/req_2", false), ui.Endpoint("GET", "/v1/account"))), with(ui.Cell(""), ui.CodePill(200)), with(ui.Cell("hide-s"), ui.Tag("go-http/1.26")), with(ui.Cell("r"), ui.Rel(uitest.Now)), with(ui.Cell("r"), ui.NewTag("New")))),
		with(ui.Table(ui.TableProps{Caption: "Bare", Bare: true, Columns: []ui.Column{{Label: "A"}}}), with(ui.Row("", false), with(ui.Cell(""), ui.CodePill(503)))),
		ui.Older("Showing 2 of 2,211.", "/logs?before=req_2"), ui.Older("All shown.", ""),
		with(ui.Facts(), with(ui.Fact("Time"), ui.At(uitest.Now)), with(ui.Fact("Tags"), ui.PlainTag(text)), with(ui.Fact("Clock"), ui.Since(uitest.Now)), with(ui.Fact("State"), ui.Live("Waiting"))),
		statuses(), with(ui.Blank("No requests yet", "Run this command and it appears here."), ui.Text("curl")), ui.NoMatch("/logs"),
	),
	"panels": page("Panels", "overview",
		with(ui.Head(ui.HeadProps{Title: "Panels"})),
		ui.Stats("Key figures", []ui.Stat{
			{Label: "API requests", Value: "48,219", Change: "12.4%", Trend: "up", Good: "good", Href: "/logs", Spark: []float64{1, 4, 2, 8}},
			{Label: "Success rate", Value: "98.3", Unit: "%", Change: "0.4", Trend: "down", Good: "bad", Href: "/logs", Spark: []float64{5, 5, 5}, Flat: true},
			{Label: "Latency p95", Value: "61", Unit: "ms", Href: "/logs"},
			{Label: "Delivered", Value: "89.9", Unit: "%", Change: "3 in flight", Href: "/messages"},
		}),
		with(ui.Panel(ui.PanelProps{ID: "h-at", Title: "Needs attention", End: ui.Muted("1")}), ui.AttentionList([]ui.Attention{{Level: "w", Icon: "clock", Title: "Token expires", Text: text, Fix: "Rotate", Context: "erp", Href: "/tokens/tok_1/rotate"}})),
		with(ui.Panel(ui.PanelProps{ID: "h-fo", Title: "As API response", Pad: true, Foot: ui.Text("GET /v1/messages")}), templ.Raw(`<div class="fold">`), with(ui.Fold("Response", "486 B", true), with(ui.Code("res", "response body"), ui.JSON([]byte(`{"a":1}`)))), templ.Raw(`</div>`)),
		with(ui.Callout(ui.CalloutProps{Kind: "warn", Title: "The window is closed", Text: text, Links: []ui.Link{{Label: "Docs", Href: "/docs/errors#window_closed"}}})),
		with(ui.Callout(ui.CalloutProps{Kind: "tip", Title: "No terminal?"}), templ.Raw("<p>Use the reference.</p>")),
		with(ui.Callout(ui.CalloutProps{Kind: "err", Icon: "x", Title: "It failed"})),
		with(ui.Detail(ui.DetailProps{Title: "POST /v1/messages", Lead: ui.CodePill(422), Label: "Request details", Prev: "/logs/req_0", Close: "/logs#main", Foot: ui.CopyText("res", "Copy")}), ui.Text("body")),
		ui.Guides("Good practice", []ui.Guide{{Icon: "shield", Title: "On the server", Text: "Never in a browser."}, {Icon: "rot", Title: "Rotate", Text: text}, {Icon: "warn", Title: "Leaked?", Text: "Revoke."}}),
		with(ui.Reveal(ui.RevealProps{Title: "Token erp created", Text: "Copy it now.", Secret: "wpp_test_SECRET", Before: "WPP_TOKEN=", Done: "/tokens", Facts: with(ui.Facts(), with(ui.Fact("Scopes"), ui.Tag("messages:send")))}), with(ui.Code("curl", "cURL"), ui.ShellCode("curl -H \"Authorization: Bearer $WPP_TOKEN\" \\\n  --json '{\"to\":\"<b>\"}'"))),
	),
	"charts": page("Charts", "overview",
		with(ui.Head(ui.HeadProps{Title: "Charts"})),
		with(ui.Panel(ui.PanelProps{ID: "h-r", Title: "API requests", Mid: ui.LegendRow(parts[:3])}), ui.Bars(ui.BarsProps{Label: "Requests per 30 minutes.", Bars: bars(), Times: []string{"00:00", "12:00", "now"}, Partial: true})),
		with(ui.Histogram(ui.BarsProps{Label: "Requests per minute", Bars: bars(), Times: []string{"13:32", "14:32"}}), ui.Legend(parts[:2])),
		with(ui.Outcome("Messages by latest status", parts), ui.OutcomeRow(parts[0], "50%", "/messages?status=read")),
		ui.TimeSplit("Time spent: auth 2 ms, store 6 ms", []ui.Part{{Kind: "sent", Value: 2, Name: "auth", Text: "2"}, {Kind: "read", Value: 6, Name: "store", Text: "6 ms"}}),
		with(ui.Panel(ui.PanelProps{ID: "h-l", Title: "Latency", Mid: ui.LinesLegend(lines)}), ui.Lines(ui.LinesProps{Label: "Latency per minute.", Lines: lines, Times: []string{"13:32", "now"}})),
		ui.Spark([]float64{1}, false),
		ui.Meter("Messages today", 30486, 50000), ui.Meter("Contacts", 22840, 25000), ui.Meter("Peak", 99, 100), ui.Meter("Requests", 12, 0),
		ui.ShareBar(80.1),
	),
	"talk": page("Talk", "conversations",
		with(ui.Head(ui.HeadProps{Title: "Talk"})),
		with(ui.Panel(ui.PanelProps{ID: "h-tl", Title: "Explain this message", Pad: true}), with(ui.Timeline(),
			with(ui.Moment(ui.MomentProps{Time: "14:32:05.860", Title: ui.Endpoint("POST", "/v1/messages")}), ui.Checks([]ui.Check{{Name: "Number", Result: portal.CheckPass, Reason: text}, {Name: "Consent", Result: portal.CheckWarn, Reason: "unknown"}, {Name: "Window", Result: portal.CheckFail, Reason: "closed"}, {Name: "Template", Result: portal.CheckSkipped, Reason: "text"}}, false)),
			with(ui.Moment(ui.MomentProps{Kind: "info", Time: "14:33:02.410", Offset: "+56.55 s", Title: ui.MessageStatus(portal.StatusRead)})))),
		with(ui.Chat("Messages"), ui.SystemRow("Handoff requested"), with(ui.Bubble(false, "14:05"), ui.Text(text)), with(ui.Bubble(true, "14:06"), ui.Text("Hello")), ui.Note("Internal note", text)),
		ui.JumpLinks([]ui.JumpGroup{{Title: "Go to", Items: []ui.JumpItem{{Icon: "list", Label: text, Path: "/logs"}}}}),
	),
}

var parts = []ui.Part{
	{Kind: "ok", Value: 50, Name: "2xx", Text: "50"},
	{Kind: "warn", Value: 30, Name: "4xx", Text: "30"},
	{Kind: "err", Value: .01, Name: "5xx", Text: "0"},
	{Kind: "read", Value: 5, Name: "Read", Text: "5"},
	{Kind: "sent", Value: 0, Name: "Created", Text: "0"},
	{Kind: "queue", Value: 2, Name: "Queued", Text: "2"},
}

func bars() []ui.Bar {
	var bars []ui.Bar
	for i := range 12 {
		bars = append(bars, ui.Bar{Label: "minute", Href: "/logs?from=1", Parts: []ui.Part{{Kind: "ok", Value: float64(i * 7)}, {Kind: "warn", Value: float64(i % 3)}, {Kind: "err", Value: .2 * float64(i%2)}}})
	}
	return append(bars, ui.Bar{}, ui.Bar{Parts: []ui.Part{{Kind: "ok", Value: 9}}})
}

func statuses() templ.Component {
	var list []templ.Component
	for _, s := range append(portal.Statuses, "new_one") {
		list = append(list, ui.MessageStatus(s), templ.Raw(" "))
	}
	return all(list...)
}

func TestGallery(t *testing.T) {
	for name, component := range gallery {
		t.Run(name, func(t *testing.T) {
			uitest.Languages(t, func(t *testing.T, lang string) {
				got := uitest.Render(t, uitest.Owner(lang), component)
				if strings.Contains(got, "<script>alert") {
					t.Error("untrusted text became markup")
				}
				if strings.Contains(got, `d=""`) {
					t.Error("an icon or path without geometry")
				}
				uitest.CheckPage(t, got)
				uitest.Golden(t, name+"."+lang, got)
			})
		})
	}
}

// The secret stands in the page once: as text, never in an attribute.
func TestRevealShowsTheSecretOnce(t *testing.T) {
	t.Parallel()
	got := uitest.Render(t, uitest.Owner(portal.LangEN), ui.Reveal(ui.RevealProps{Title: "t", Secret: "wpp_test_SECRET", Done: "/tokens"}))
	if n := strings.Count(got, "wpp_test_SECRET"); n != 1 || !strings.Contains(got, ">wpp_test_SECRET</output>") {
		t.Errorf("the secret stands %d times in %s", n, got)
	}
}

func TestInputNeverEchoesAPassword(t *testing.T) {
	t.Parallel()
	got := uitest.Render(t, uitest.Owner(portal.LangEN), ui.Input(ui.InputProps{FieldProps: ui.FieldProps{ID: "p", Label: "P"}, Name: "p", Type: "password", Value: "secret"}))
	if strings.Contains(got, "secret") {
		t.Error(got)
	}
}

// A role sees only what it may open, staff see the administration, and what
// later versions bring is absent.
func TestMenuShowsWhatTheRoleMayOpen(t *testing.T) {
	t.Parallel()
	cases := []struct {
		role   portal.Role
		staff  bool
		want   []string
		absent []string
	}{
		{portal.RoleOwner, false, []string{`href="/tokens?env=test"`, `href="/logs?env=test"`, `href="/tokens/new?env=test"`}, []string{"/admin/", "/team", "/limits"}},
		{portal.RoleAgent, false, []string{`href="/conversations?env=test"`, `href="/messages?env=test"`, `href="/events?env=test"`}, []string{"/automations", "/tokens", "/logs", "/webhooks", "/admin/"}},
		{portal.RoleAuditor, true, []string{`href="/tokens?env=test"`, `href="/admin/accounts?env=test"`}, []string{"/tokens/new"}},
	}
	for _, c := range cases {
		f := uitest.Owner(portal.LangEN)
		f.May, f.Staff = map[portal.Permission]bool{}, c.staff
		for _, p := range c.role.Permissions() {
			f.May[p] = true
		}
		got := uitest.Render(t, f, with(ui.Shell(ui.ShellProps{Title: "Page", Nav: "overview"})))
		for _, s := range c.want {
			if !strings.Contains(got, s) {
				t.Errorf("%s: %s is missing", c.role, s)
			}
		}
		for _, s := range c.absent {
			if strings.Contains(got, `href="`+s) {
				t.Errorf("%s: %s is shown", c.role, s)
			}
		}
	}
}

func TestEveryPageSaysWhereItIs(t *testing.T) {
	t.Parallel()
	f := uitest.Owner(portal.LangPT)
	if got := uitest.Render(t, f, page("P", "overview")); !strings.Contains(got, "Ambiente de teste") || !strings.Contains(got, `lang="pt-BR"`) {
		t.Error("the test environment is not named")
	}
	f.Env = portal.Live
	if got := uitest.Render(t, f, page("P", "overview")); !strings.Contains(got, "com o simulador") {
		t.Error("the simulator is not named in the live environment")
	}
	f.Simulated = false
	if got := uitest.Render(t, f, page("P", "overview")); strings.Contains(got, "envline") {
		t.Error("a warning in the live environment")
	}
	f.Theme, f.Flash = "dark", "Salvo"
	if got := uitest.Render(t, f, page("P", "overview")); !strings.Contains(got, `data-theme="dark"`) || !strings.Contains(got, `>Salvo</div>`) {
		t.Error("theme or notice is missing")
	}
}

// Staff who look into an account they do not belong to are told so on every page.
func TestStaffAreToldThatTheyVisit(t *testing.T) {
	t.Parallel()
	member := uitest.Owner(portal.LangEN)
	member.Staff = true
	visitor := member
	visitor.Accounts = nil
	for _, env := range []portal.Environment{portal.Test, portal.Live} {
		member.Env, visitor.Env = env, env
		page := ui.Shell(ui.ShellProps{Title: "Overview", Nav: "overview"})
		if strings.Contains(uitest.Render(t, member, page), "Read only") || !strings.Contains(uitest.Render(t, visitor, page), "Read only") {
			t.Errorf("%s: the notice is not shown to visitors alone", env)
		}
	}
}

func TestSwitcherKeepsTheSection(t *testing.T) {
	t.Parallel()
	f := uitest.Owner(portal.LangEN)
	f.Accounts = append(f.Accounts, ui.AccountRef{ID: "acc_2", Name: "Second"})
	got := uitest.Render(t, f, page("P", "logs"))
	for _, want := range []string{
		`href="/logs?account=` + f.Account.ID + `&amp;env=live"`,
		`href="/logs?account=acc_2&amp;env=test"`,
		`<input type="hidden" name="account" value="` + f.Account.ID + `">`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestJump(t *testing.T) {
	t.Parallel()
	ctx := ui.With(context.Background(), uitest.Owner(portal.LangPT))
	for q, want := range map[string]string{
		"":            "Criar token·Visão geral·Mensagens·Contatos·Canais·Modelos·Atendimento·Eventos·Automações·Tokens·Logs de requisição·Webhooks·Docs·Guias·Simulador·Módulos·Segurança·Conta",
		"REQUISICAO":  "Logs de requisição·Procurar REQUISICAO",
		"token cri":   "Criar token·Procurar token cri",
		" req_1 & 2 ": "Procurar req_1 & 2",
	} {
		var labels []string
		for _, g := range ui.Jump(ctx, q) {
			for _, item := range g.Items {
				labels = append(labels, item.Label)
			}
		}
		if got := strings.Join(labels, "·"); got != want {
			t.Errorf("Jump(%q) = %s, want %s", q, got, want)
		}
	}
	if got := draw(t, ui.JumpOptions(ui.Jump(ctx, "a&b=c"))); !strings.Contains(got, `href="/jump?q=a%26b%3Dc"`) {
		t.Error(got)
	}
}

func TestHref(t *testing.T) {
	t.Parallel()
	one := uitest.Owner(portal.LangEN)
	staff := one
	staff.Accounts = nil
	cases := []struct {
		frame ui.Frame
		path  string
		kv    []string
		want  templ.SafeURL
	}{
		{ui.Frame{}, "/docs", nil, "/docs"},
		{one, "/logs", []string{"status", "4xx", "q", ""}, "/logs?env=test&status=4xx"},
		{one, "/docs/errors#window_closed", nil, "/docs/errors?env=test#window_closed"},
		{one, "/logs?status=4xx&env=live", []string{"env", "live"}, "/logs?env=live&status=4xx"},
		{staff, "/logs", nil, templ.SafeURL("/logs?account=" + one.Account.ID + "&env=test")},
		{one, "/logs", []string{"q", "a&b=c"}, "/logs?env=test&q=a%26b%3Dc"},
		{one, "%zz", nil, "/"},
	}
	for _, c := range cases {
		if got := ui.Href(ui.With(context.Background(), c.frame), c.path, c.kv...); got != c.want {
			t.Errorf("Href(%q, %q) = %q, want %q", c.path, c.kv, got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	en, pt := ui.With(context.Background(), uitest.Owner(portal.LangEN)), ui.With(context.Background(), uitest.Owner(portal.LangPT))
	utc := context.Background()
	cases := [][2]string{
		{ui.Num(en, 48219), "48,219"},
		{ui.Num(pt, 48219), "48.219"},
		{ui.Num(en, -3), "-3"},
		{ui.Pct(en, 98.312), "98.3%"},
		{ui.Pct(pt, 98.312), "98,3%"},
		{ui.Dec(pt, .4, 1), "0,4"},
		{ui.Millis(en, 41.4), "41 ms"},
		{ui.Millis(pt, 2.14), "2,1 ms"},
		{ui.Millis(en, 6), "6 ms"},
		{ui.Millis(pt, 1204), "1.204 ms"},
		{ui.Clock(en, uitest.Now), "14:32:07.418"},
		{ui.Clock(utc, uitest.Now), "17:32:07.418"},
		{ui.DateTime(en, uitest.Now), "22 Nov 2026, 14:32:07"},
		{ui.DateTime(pt, uitest.Now), "22 nov. 2026, 14:32:07"},
		{ui.Date(pt, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)), "1 mai. 2026"},
		{ui.ZoneName(en, uitest.Now), "BRT"},
		{ui.ZoneName(utc, uitest.Now), "UTC"},
		{ui.Short("msg_01M8251BC1F8YR3BXSHH5RBWM4"), "msg_…5RBWM4"},
		{ui.Short("erp"), "erp"},
		{ui.L(en, "a", "b"), "a"},
		{ui.L(pt, "a", "b"), "b"},
		{ui.L(utc, "a", "b"), "a"},
	}
	for _, c := range cases {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
