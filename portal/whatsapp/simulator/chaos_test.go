package simulator_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// configure changes the settings of our phone.
func (w *world) configure(t *testing.T, change func(*simulator.Settings)) {
	t.Helper()
	if err := w.sim.Configure(t.Context(), ours.ID, func(s *simulator.Settings) error { change(s); return nil }); err != nil {
		t.Fatal(err)
	}
}

// to sends hello to somebody and returns the code of the answer, 0 when it was taken.
func (w *world) to(t *testing.T, number string) int {
	t.Helper()
	m := hello
	m.To = number
	out := w.client.Send(t.Context(), channel, m)
	if out.Error != nil {
		return out.Error.Code
	}
	if out.Kind != whatsapp.Accepted {
		return -1
	}
	return 0
}

func (w *world) told() (all []string) {
	for _, h := range w.heard {
		for _, s := range h.Told.Statuses {
			all = append(all, s.Status)
		}
	}
	return all
}

const someone = "5511987654417"

func TestChaos(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		chaos simulator.Chaos
		code  int
		want  string
	}{
		"duplicates":      {simulator.Chaos{Duplicates: true}, 0, "sent sent delivered delivered read read"},
		"disorder":        {simulator.Chaos{Disorder: true}, 0, "read delivered sent"},
		"unread":          {simulator.Chaos{Unread: true}, 0, "sent delivered"},
		"never delivered": {simulator.Chaos{NeverDelivered: true}, 0, "sent"},
		"not found":       {simulator.Chaos{NotFound: true}, 0, "failed"},
		"window closed":   {simulator.Chaos{WindowClosed: true}, 131047, ""},
		"logged out":      {simulator.Chaos{LoggedOut: true}, 190, ""},
		"token expired":   {simulator.Chaos{TokenExpired: true}, 190, ""},
		"dropped":         {simulator.Chaos{Drop: true}, -1, "sent delivered read"},
	} {
		w := setup(t, false)
		w.configure(t, func(s *simulator.Settings) { s.Chaos = c.chaos })
		if code := w.to(t, someone); code != c.code {
			t.Errorf("%s: code %d", name, code)
		}
		w.pass(t, 3*time.Second)
		if got := strings.Join(w.told(), " "); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	w := setup(t, false)
	w.configure(t, func(s *simulator.Settings) { s.Chaos.LoggedOut, s.Chaos.TokenExpired = true, true })
	w.sim.LogIn(ours.ID)
	if code := w.to(t, someone); code != 0 {
		t.Errorf("after the login: %d", code)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule simulator.Rule
		want []int
	}{
		"always":         {simulator.Rule{Effect: simulator.Effect{Code: 131016}}, []int{131016, 131016, 131016, 131016}},
		"the next two":   {simulator.Rule{Trigger: simulator.Trigger{Next: 2}, Effect: simulator.Effect{Code: 131016}}, []int{131016, 131016, 0, 0}},
		"every second":   {simulator.Rule{Trigger: simulator.Trigger{Every: 2}, Effect: simulator.Effect{Code: 131016}}, []int{0, 131016, 0, 131016}},
		"another person": {simulator.Rule{Target: simulator.Target{Person: "+551133334444"}, Effect: simulator.Effect{Code: 131016}}, []int{0, 0, 0, 0}},
		"another type":   {simulator.Rule{Target: simulator.Target{Type: "template"}, Effect: simulator.Effect{Code: 131016}}, []int{0, 0, 0, 0}},
		"dropped before": {simulator.Rule{Effect: simulator.Effect{Drop: simulator.DropBefore}}, []int{-1, -1, -1, -1}},
		"by status":      {simulator.Rule{Effect: simulator.Effect{Code: 131000, ByStatus: true}}, []int{0, 0, 0, 0}},
		"from a gateway": {simulator.Rule{Effect: simulator.Effect{HTTPStatus: 502}}, []int{-1, -1, -1, -1}},
	} {
		w := setup(t, false)
		w.configure(t, func(s *simulator.Settings) { s.Rules = []simulator.Rule{c.rule} })
		var got []int
		for range c.want {
			got = append(got, w.to(t, someone))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
		w.pass(t, 3*time.Second)
		if c.rule.Effect.ByStatus && strings.Join(w.told(), " ") != "failed failed failed failed" {
			t.Errorf("%s: %v", name, w.told())
		}
	}
	w := setup(t, false)
	w.configure(t, func(s *simulator.Settings) {
		s.Rules = []simulator.Rule{{Effect: simulator.Effect{Code: 130429, HTTPStatus: 429, RetryAfter: simulator.Seconds(3 * time.Second)}}}
	})
	m := hello
	m.To = someone
	if out := w.client.Send(t.Context(), channel, m); out.HTTPStatus != http.StatusTooManyRequests || out.RetryAfter != 3*time.Second {
		t.Errorf("%+v", out)
	}
	err := w.sim.Configure(t.Context(), ours.ID, func(s *simulator.Settings) error {
		s.Rules = []simulator.Rule{{Effect: simulator.Effect{Code: 7}}}
		return nil
	})
	if !errors.Is(err, portal.Refuse(portal.CodeValidationFailed)) {
		t.Errorf("an unknown code: %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	w.configure(t, func(s *simulator.Settings) { s.Limits = simulator.UsualLimits })
	for i := range 45 {
		if code := w.to(t, someone); code != 0 {
			t.Fatalf("message %d: %d", i, code)
		}
	}
	if code := w.to(t, someone); code != 131056 {
		t.Errorf("the 46th at once: %d", code)
	}
	for range 35 {
		w.to(t, "551133334444")
	}
	if code := w.to(t, "551133334444"); code != 130429 {
		t.Errorf("the 81st of a second: %d", code)
	}
	w.journal.tick(7 * time.Second)
	if code := w.to(t, someone); code != 0 {
		t.Errorf("six seconds later: %d", code)
	}
	w.configure(t, func(s *simulator.Settings) { s.Limits = simulator.Limits{Portfolio: 1} })
	fresh := func(to string) int {
		m := update
		m.To, m.ReplyTo = to, ""
		out := w.client.Send(t.Context(), channel, m)
		if out.Error != nil {
			return out.Error.Code
		}
		return 0
	}
	if a, b, c := fresh("5521999990001"), fresh("5521999990001"), fresh("5521999990002"); a != 0 || b != 0 || c != 131048 {
		t.Errorf("portfolio: %d %d %d", a, b, c)
	}
	if err := w.sim.Pass(t.Context(), ours, 25*time.Hour); err != nil {
		t.Fatal(err)
	}
	if code := fresh("5521999990002"); code != 0 {
		t.Errorf("a day later: %d", code)
	}
}

// TestPeople: the window is what the person wrote, time closes it, and an
// account may be known without its ninth digit, in both directions.
func TestPeople(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	const person = "+5531988887777"
	if code := w.to(t, "5531988887777"); code != 131047 {
		t.Errorf("before writing: %d", code)
	}
	if err := w.sim.SetPerson(t.Context(), ours, person, func(p *simulator.Person) { p.WAID = "553188887777" }); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Inbound(t.Context(), ours, person, "Oi", ""); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 0)
	if from := w.heard[0].Told.Inbound[0].From; from != "553188887777" {
		t.Errorf("writes as %s", from)
	}
	for _, spelled := range []string{"5531988887777", "553188887777"} {
		m := hello
		m.To = spelled
		if out := w.client.Send(t.Context(), channel, m); out.Kind != whatsapp.Accepted || out.WAID != "553188887777" {
			t.Errorf("%s: %+v", spelled, out)
		}
	}
	if err := w.sim.Pass(t.Context(), ours, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if code := w.to(t, "5531988887777"); code != 131047 {
		t.Errorf("a day later: %d", code)
	}
	if err := w.sim.SetPerson(t.Context(), ours, "+5511987654417", func(p *simulator.Person) { p.Absent = true }); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 3*time.Second)
	w.heard = nil
	w.configure(t, func(s *simulator.Settings) { s.Chaos.WindowIgnored = true })
	w.to(t, someone)
	w.pass(t, time.Second)
	if got := w.told(); !slices.Equal(got, []string{"failed"}) {
		t.Errorf("not on WhatsApp: %v", got)
	}
}

// TestNumberEdges walks the ladder of a registration, the profile, the block
// list and the subscription.
func TestNumberEdges(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	do := func(method, path, body string) (int, map[string]any) {
		return call(t, w, request(method, path, body))
	}
	const number, product = "/v23.0/106540352242922", `"messaging_product":"whatsapp"`
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", number + "/register", `{` + product + `,"pin":"12"}`, 400},
		{"POST", number + "/register", `{` + product + `,"pin":"123456"}`, 200},
		{"POST", number + "/deregister", ``, 200},
		{"POST", messages, head + `"text":{"body":"x"}}`, 400},
		{"POST", number + "/register", `{` + product + `,"pin":"654321"}`, 400},
		{"POST", number + "/register", `{` + product + `,"pin":"123456"}`, 200},
		{"POST", messages, head + `"text":{"body":"x"}}`, 200},
		{"POST", number + "/request_code", `{"code_method":"PIGEON","language":"pt_BR"}`, 400},
		{"POST", number + "/request_code", `{"code_method":"SMS","language":"pt_BR"}`, 200},
		{"POST", number + "/verify_code", `{"code":"none"}`, 400},
		{"POST", number + "/block_users", `{` + product + `,"block_users":[{"user":"+5511987654417"}]}`, 200},
		{"POST", messages, head + `"text":{"body":"x"}}`, 400},
		{"DELETE", number + "/block_users", `{` + product + `,"block_users":[{"user":"5511987654417"}]}`, 200},
		{"POST", messages, head + `"text":{"body":"x"}}`, 200},
		{"POST", number + "/whatsapp_business_profile", `{` + product + `,"about":"Loja"}`, 200},
		{"POST", number + "/whatsapp_business_profile", `{` + product + `,"mood":"good"}`, 400},
		{"POST", "/102290129340398/subscribed_apps", `{"override_callback_uri":"https://a.example.com","verify_token":"x"}`, 400},
		{"DELETE", "/102290129340398/subscribed_apps", ``, 200},
		{"GET", "/102290129340398/phone_numbers", ``, 200},
		{"GET", "/1/phone_numbers", ``, 400},
	} {
		if status, answer := do(step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s %s: %d %v", step.method, step.path, step.body, status, answer)
		}
	}
	_, profile := do("GET", number+"/whatsapp_business_profile?fields=about", "")
	if raw, _ := json.Marshal(profile); !strings.Contains(string(raw), `"about":"Loja"`) {
		t.Errorf("profile %s", raw)
	}
	_, apps := do("GET", "/102290129340398/subscribed_apps", "")
	if list, _ := apps["data"].([]any); len(list) != 0 {
		t.Errorf("subscribed: %v", apps)
	}
}

// TestControl is closed to who has no token, and to everybody in the portal.
func TestControl(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	if status, _ := call(t, w, request("GET", "/simulator/106540352242922", "")); status != http.StatusBadRequest {
		t.Errorf("in the portal: %d", status)
	}
	w.sim = simulator.New(simulator.Options{Journal: w.journal, Now: w.journal.now, Control: true, Keep: 2})
	do := func(method, path, body string, want int) map[string]any {
		t.Helper()
		status, answer := call(t, w, request(method, "/simulator/106540352242922"+path, body))
		if status != want {
			t.Errorf("%s %s: %d %v", method, path, status, answer)
		}
		return answer
	}
	anonymous := request("GET", "/simulator/106540352242922", "")
	anonymous.Header.Del("Authorization")
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, anonymous)
	if rec.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", rec.Code)
	}
	do("PATCH", "", `{"chaos":{"token_expired":true}}`, 200)
	if status, _ := call(t, w, request("POST", messages, head+`"text":{"body":"x"}}`)); status != http.StatusUnauthorized {
		t.Errorf("with an expired token: %d", status)
	}
	do("POST", "/login", "", 200)
	do("PATCH", "", `{"chaos":{"earthquake":true}}`, 400)
	rule := do("POST", "/rules", `{"target":{"type":"text"},"effect":{"code":131016}}`, 200)
	do("POST", "/rules", `{"effect":{"code":7}}`, 400)
	do("DELETE", "/rules/"+rule["id"].(string), "", 200)
	do("DELETE", "/rules/none", "", 400)
	do("PATCH", "/people/5531988887777", `{"absent":true}`, 200)
	do("POST", "/inbound", `{"from":"+5531988887777","type":"poem"}`, 400)
	do("POST", "/inbound", `{"from":"+5531988887777","text":"Oi"}`, 200)
	for range 3 {
		call(t, w, request("POST", messages, head+`"text":{"body":"x"}}`))
	}
	kept := do("GET", "/messages", "", 200)["data"].([]any)
	if len(kept) != 2 {
		t.Errorf("%d messages are kept", len(kept))
	}
	id, _ := kept[0].(map[string]any)["id"].(string)
	do("POST", "/messages/"+id+"/status", `{"status":"failed","code":131026}`, 200)
	do("POST", "/messages/"+id+"/status", `{"status":"lost"}`, 400)
	state := do("GET", "/state", "", 200)
	raw, _ := json.Marshal(state)
	do("DELETE", "", "", 200)
	do("PUT", "/state", string(raw), 200)
	if people := do("GET", "/people", "", 200)["data"].([]any); len(people) == 0 {
		t.Error("nobody is known")
	}
	do("POST", "/clock", `{"advance":-1}`, 400)
}
