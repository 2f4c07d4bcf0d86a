package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// rows say how each operation is called in the matrix: its path with real ids
// filled in, and how it ends with a good token. An operation without a row fails.
var rows = map[string]struct {
	path    string // {message} and so on stand for ids of the fixture; "" = the operation's own
	status  int
	foreign int // with another account's or environment's token: 404, or 0 = a list without our rows, or the same status
}{
	"getAccount":       {status: 200},
	"listModules":      {status: 200},
	"getConfiguration": {status: 200},
	"sendMessage":      {status: 202},
	"validateMessage":  {status: 200},
	"sendMessages":     {status: 200},
	"upsertContacts":   {status: 200},
	"cancelMessage":    {path: "/v1/messages/{scheduled}/cancel", status: 200, foreign: 404},
	"readMessage":      {path: "/v1/messages/{inbound}/read", status: 200, foreign: 404},
	"listMessages":     {status: 200},
	"getMessage":       {path: "/v1/messages/{message}", status: 200, foreign: 404},
	"listTemplates":    {status: 200},
	"createTemplate":   {status: 201},
	"getTemplate":      {path: "/v1/templates/only_here/pt_BR", status: 200, foreign: 404},
	"updateTemplate":   {path: "/v1/templates/order_update/pt_BR", status: 200},
	"deleteTemplate":   {path: "/v1/templates/only_here/pt_BR", status: 204, foreign: 404},
	"uploadMedia":      {status: 201},
	"getMedia":         {path: "/v1/media/{media}", status: 200, foreign: 404},
	"getMediaContent":  {path: "/v1/media/{media}/content", status: 200, foreign: 404},
	"deleteMedia":      {path: "/v1/media/{media}", status: 204, foreign: 404},
	"upsertContact":    {status: 200},
	"listContacts":     {status: 200},
	"getContact":       {path: "/v1/contacts/{contact}", status: 200, foreign: 404},
	"patchContact":     {path: "/v1/contacts/{contact}", status: 200, foreign: 404},
	"deleteContact":    {path: "/v1/contacts/{erasable}", status: 204, foreign: 404},
	"resolveNumber":    {status: 200},
	"requestHandoff":   {status: 200},
	"listHandoffs":     {status: 200},
	"getHandoff":       {path: "/v1/handoffs/{handoff}", status: 200, foreign: 404},
	"resolveHandoff":   {path: "/v1/handoffs/{handoff}/resolve", status: 200, foreign: 404},
	"listRequests":     {status: 200},
	"getRequest":       {path: "/v1/requests/{request}", status: 200, foreign: 404},
	"listErrors":       {status: 200},
	"getError":         {path: "/v1/errors/window_closed", status: 200},
	"simulateInbound":  {status: 202},
	"loginChannel":     {path: "/v1/test/channels/{channel}/login", status: 200, foreign: 404},

	"sendEvent":      {status: 202},
	"sendEvents":     {status: 200},
	"listEvents":     {status: 200},
	"getEvent":       {path: "/v1/events/{event}", status: 200, foreign: 404},
	"listEventTypes": {status: 200},

	"createWebhookEndpoint": {status: 201},
	"listWebhookEndpoints":  {status: 200},
	"getWebhookEndpoint":    {path: "/v1/webhook-endpoints/{endpoint}", status: 200, foreign: 404},
	"updateWebhookEndpoint": {path: "/v1/webhook-endpoints/{endpoint}", status: 200, foreign: 404},
	"deleteWebhookEndpoint": {path: "/v1/webhook-endpoints/{endpoint}", status: 204, foreign: 404},
	"rotateWebhookSecret":   {path: "/v1/webhook-endpoints/{endpoint}/rotate-secret", status: 200, foreign: 404},
	"testWebhookEndpoint":   {path: "/v1/webhook-endpoints/{endpoint}/test", status: 200, foreign: 404},
	"replayWebhookEvents":   {path: "/v1/webhook-endpoints/{endpoint}/replay", status: 202, foreign: 404},
	"listWebhookDeliveries": {path: "/v1/webhook-endpoints/{endpoint}/deliveries", status: 200, foreign: 404},
	"getWebhookDelivery":    {path: "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}", status: 200, foreign: 404},
	"resendWebhookDelivery": {path: "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/resend", status: 202, foreign: 404},
	"listWebhookEvents":     {status: 200},
}

// fixture is an account with one of everything.
type fixture struct {
	*world
	account portal.Account
	secret  string
	ids     *strings.Replacer
	known   []string
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	return newFixtureOn(newWorld(t))
}

func newFixtureOn(w *world) *fixture {
	w.Helper()
	f := &fixture{world: w, account: w.account(portal.PlanUnlimited)}
	f.secret = w.token(f.account, portal.Test)
	w.do(ask{method: "PUT", path: "/v1/contacts", token: f.secret, body: example("upsertContact")}).want(201, "")
	contact := w.do(ask{method: "GET", path: "/v1/contacts/ext:CLI-42", token: f.secret}).want(200, "").text("id")
	erasable := w.do(ask{method: "PUT", path: "/v1/contacts", token: f.secret, body: `{"external_id":"CLI-43"}`}).want(201, "").text("id")
	sent := w.do(ask{method: "POST", path: "/v1/messages", token: f.secret, body: example("sendMessage")}).want(202, "")
	later := strings.Replace(example("sendMessage"), `"type"`, `"send_at":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`","type"`, 1)
	scheduled := w.do(ask{method: "POST", path: "/v1/messages", token: f.secret, body: later}).want(202, "")
	handoff := w.do(ask{method: "POST", path: "/v1/handoffs", token: f.secret, body: example("requestHandoff")}).want(201, "").text("id")
	template := w.do(ask{method: "POST", path: "/v1/templates", token: f.secret, body: strings.Replace(example("createTemplate"), "pedido_enviado", "only_here", 1)}).want(201, "").text("id")
	inbound := w.do(ask{method: "POST", path: "/v1/test/inbound", token: f.secret, body: `{"from":"+5521987654399","text":{"body":"olá"}}`}).want(202, "").text("id")
	w.row(f.account, portal.Test, sent)
	channel := w.do(ask{method: "GET", path: "/v1/configuration", token: f.secret}).want(200, "").text("default_channel_id")
	file := w.do(form("nota.txt", "text/plain", "Obrigado!").with(f.secret)).want(201, "").text("id")
	event := w.do(ask{method: "POST", path: "/v1/events", token: f.secret, body: strings.Replace(example("sendEvent"), "PED-1001", "PED-1000", 1)}).want(202, "").text("id")
	endpoint, delivery := f.receiver()
	f.known = []string{event, endpoint, delivery, file, template, channel, contact, erasable, inbound, sent.text("id"), scheduled.text("id"), handoff, sent.header.Get("Request-Id")}
	f.ids = strings.NewReplacer("{event}", event, "{endpoint}", endpoint, "{delivery}", delivery, "{media}", file, "{channel}", channel, "{contact}", contact, "{erasable}", erasable, "{message}", sent.text("id"), "{scheduled}", scheduled.text("id"), "{inbound}", inbound,
		"{handoff}", handoff, "{request}", sent.header.Get("Request-Id"))
	return f
}

// receiver registers an endpoint and sends it a test.
func (f *fixture) receiver() (endpoint, delivery string) {
	f.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	f.Cleanup(server.Close)
	made := f.do(ask{method: "POST", path: "/v1/webhook-endpoints", token: f.secret, body: `{"url":"` + server.URL + `","events":["*"]}`}).want(201, "")
	endpoint = made.text("id")
	return endpoint, f.do(ask{method: "POST", path: "/v1/webhook-endpoints/" + endpoint + "/test", token: f.secret}).want(200, "").text("id")
}

// example returns the operation's first documented body, by title.
func example(id string) string {
	for _, title := range []string{"Text", "Contact", "Change", "Number", "Handoff", "Resolution", "Two messages", "Two contacts", "Template", "Endpoint", "Rotation", "Replay", "Order created", "Two events"} {
		if b := bodies[id][title]; b != nil {
			return string(b)
		}
	}
	return ""
}

func (f *fixture) call(op Operation, token string) got {
	f.Helper()
	path := rows[op.ID].path
	if path == "" {
		path = op.Path
	}
	if op.Upload {
		return f.do(form("nota.txt", "text/plain", "Obrigado!").with(token))
	}
	return f.do(ask{method: op.Method, path: f.ids.Replace(path), token: token, body: example(op.ID)})
}

func TestMatrixOfEveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.ID, func(t *testing.T) {
			t.Parallel()
			row, ok := rows[op.ID]
			if !ok {
				t.Fatal("no row in the matrix")
			}
			f := newFixture(t)
			f.credentials(op)
			f.rights(op)
			f.strangers(op)
			f.call(op, f.secret).want(row.status, "")
		})
	}
}

// credentials: what is no token, or no longer one.
func (f *fixture) credentials(op Operation) {
	f.Helper()
	past := time.Now().Add(-time.Hour)
	cases := []struct {
		token  string
		status int
		code   portal.Code
	}{
		{"", 401, portal.CodeMissingToken},
		{"garbage", 401, portal.CodeInvalidToken},
		{f.secret[:len(f.secret)-1] + "_", 401, portal.CodeInvalidToken},
		{portal.NewSecret(portal.Test), 401, portal.CodeInvalidToken},
		{f.token(f.account, portal.Test, func(t *portal.Token) { t.RevokedAt = ended(past) }), 401, portal.CodeRevokedToken},
		{f.token(f.account, portal.Test, func(t *portal.Token) { t.ExpiresAt = ended(past) }), 401, portal.CodeExpiredToken},
		{f.token(f.account, portal.Test, func(t *portal.Token) { t.AllowedIPs = []string{"198.51.100.0/24"} }), 403, portal.CodeIPNotAllowed},
	}
	for _, c := range cases {
		g := f.call(op, c.token)
		if op.Open {
			g.want(200, "")
			continue
		}
		g.want(c.status, c.code)
		if c.status == 401 && !strings.HasPrefix(g.header.Get("WWW-Authenticate"), "Bearer") {
			f.Errorf("%s: 401 without WWW-Authenticate", op.ID)
		}
	}
	if !op.Open {
		path := f.ids.Replace(rows[op.ID].path)
		if path == "" {
			path = op.Path
		}
		f.do(ask{method: op.Method, path: path, body: example(op.ID), header: map[string]string{"Wpp-Console": "1"}}).want(403, portal.CodeCrossSite)
	}
}

// rights: a token without the scope, a module that is off, a suspended account.
func (f *fixture) rights(op Operation) {
	f.Helper()
	if op.Open {
		return
	}
	f.call(op, f.token(f.account, portal.Test, without(op.Scope))).want(403, portal.CodeInsufficientScope)
	if op.Method != http.MethodGet && op.ID != "resolveNumber" {
		f.call(op, f.token(f.account, portal.Test, only(portal.ScopePresets[2].Scopes...))).want(403, portal.CodeInsufficientScope)
	}
	f.call(op, f.token(f.account, portal.Test, only())).want(403, portal.CodeInsufficientScope)
	if op.Module != "" {
		off := f.world.account(portal.PlanUnlimited)
		f.tx(func(tx *store.Tx) error {
			return tx.SetModule(off.ID, portal.AccountModule{Module: portal.Module{Name: op.Module}, Reason: "staff"})
		})
		f.call(op, f.token(off, portal.Test)).want(403, portal.CodeModuleInactive)
	}
	gone := f.world.account(portal.PlanUnlimited)
	gone.Status = portal.AccountSuspended
	f.tx(func(tx *store.Tx) error { return tx.UpdateAccount(gone) })
	f.call(op, f.token(gone, portal.Test)).want(403, portal.CodeAccountSuspended)
}

// strangers: another account and the other environment see nothing of ours, and
// cannot tell ours from what does not exist.
func (f *fixture) strangers(op Operation) {
	f.Helper()
	other := f.world.account(portal.PlanUnlimited)
	for _, stranger := range []struct {
		account portal.Account
		env     portal.Environment
	}{{other, portal.Test}, {other, portal.Live}, {f.account, portal.Live}} {
		g := f.call(op, f.token(stranger.account, stranger.env))
		switch {
		case op.TestOnly && stranger.env == portal.Live:
			g.want(403, portal.CodeEnvironmentMismatch)
		case rows[op.ID].foreign == 404:
			g.want(404, portal.CodeNotFound)
		case g.status >= 500:
			f.Errorf("%s: %d", op.ID, g.status)
		}
		for _, id := range f.known {
			if g.status < 400 && strings.Contains(string(g.body), id) {
				f.Errorf("%s: a stranger sees %s", op.ID, id)
			}
		}
	}
}
