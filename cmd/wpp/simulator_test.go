package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// phoneOfAna is a customer who never wrote.
const phoneOfAna = "+5531988887777"

// TestPhone walks the way of a message and its answer: a template by API, an
// answer on the phone, the window, free text, PARAR, and the refusal after it.
func TestPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.newToken("Phone")
	send := func(body string) reply { return w.call(token, http.MethodPost, "/v1/messages", body) }
	text := `{"to":"` + phoneOfAna + `","type":"text","text":{"body":"Seu pedido saiu agora"}}`
	buttons := `{"to":"` + phoneOfAna + `","type":"interactive","interactive":{"type":"button","body":{"text":"Como prefere receber?"},"action":{"buttons":[
		{"type":"reply","reply":{"id":"home","title":"Em casa"}},{"type":"reply","reply":{"id":"store","title":"Na loja"}}]}}}`

	if r := send(text); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "window_closed") {
		t.Fatalf("before the customer wrote: %d %s", r.status, r.body)
	}
	b := w.newTab(desktop)
	b.adopt(w.as(portal.RoleDeveloper))
	b.open("/simulator?number=%2B5531988887777")
	b.shows("#phone-state", "never wrote")
	if r := send(`{"to":"` + phoneOfAna + `","type":"template","template":{"name":"order_update","language":{"code":"pt_BR"},"parameters":{"name":"Ana","order":"88214","status":"separado"}}}`); r.status != http.StatusAccepted {
		t.Fatalf("template: %d %s", r.status, r.body)
	}
	b.shows("#phone-chat", "Olá Ana, o pedido 88214 está separado.")
	b.shows("#phone-chat", "Read")

	b.within(write("text", "Quando chega?"), click(`.say button.primary`))
	b.shows("#phone-chat", "Quando chega?")
	b.shows("#phone-state", "Window open")
	if r := send(buttons); r.status != http.StatusAccepted {
		t.Fatalf("in the window: %d %s", r.status, r.body)
	}
	b.shows("#phone-chat", "Como prefere receber?")
	b.within(chromedp.Click(chromedp.Search(`//div[@class="qr"]//button[normalize-space()="Em casa"]`), chromedp.NodeVisible))
	b.shows("#phone-chat .quote", "Como prefere receber?")
	if r := w.call(token, http.MethodGet, "/v1/messages?direction=inbound", ""); !strings.Contains(r.body, "home") {
		t.Errorf("the answer does not hold the id of the button: %s", r.body)
	}

	b.within(click(`.hints button[value="PARAR"]`))
	b.shows("#phone-state", "Opted out")
	b.accessible("the phone of a customer who opted out")
	if r := send(`{"to":"` + phoneOfAna + `","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}}}`); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "opted_out") {
		t.Errorf("after PARAR: %d %s", r.status, r.body)
	}
}

// TestPhoneWithoutScripts answers, switches and lets time pass by forms alone.
func TestPhoneWithoutScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.newTab(view{390, portal.LangPT, "dark"})
	b.adopt(w.as(portal.RoleDeveloper))
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	see := func(words string) { // a page without scripts is asked for again
		t.Helper()
		eventually(b, words, func() bool {
			shown := strings.Contains(b.text("main"), words)
			if !shown {
				b.open(b.address())
			}
			return shown
		})
	}
	b.open("/simulator?number=%2B5531988887777")
	see("Janela fechada: nunca escreveu")
	b.within(write("text", "Bom dia"))
	b.follow(click(`.say button.primary`))
	see("Bom dia")
	see("Janela aberta")
	b.within(click(`input[name="duplicates"]`))
	b.follow(click(`form[action="/simulator/chaos"] button`))
	if !eval[bool](b, `document.querySelector('input[name="duplicates"]').checked`) {
		t.Error("the switch did not stay on")
	}
	b.follow(click(`form[action="/simulator/clock"] button[value="24h"]`))
	see("Janela fechada há")
}

// alone is `wpp simulator` running.
type alone struct {
	URL    string `json:"url"`
	ID     string `json:"phone_number_id"`
	WABA   string `json:"waba_id"`
	Token  string `json:"token"`
	Secret string `json:"app_secret"`
	Verify string `json:"verify_token"`
}

// standAlone starts the command and returns what it printed, and how to kill it.
func standAlone(t *testing.T, flags ...string) (a alone, kill func()) {
	t.Helper()
	cmd := childCommand(t, append([]string{"simulator", "--addr", "127.0.0.1:0"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() { once.Do(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) }
	t.Cleanup(kill)
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a, kill
}

// ask calls the simulator as any HTTP client would.
func (a alone) ask(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// ear is somebody's webhook.
type ear struct {
	mu    sync.Mutex
	heard []whatsapp.Callback
}

func (e *ear) listen(t *testing.T, secret *string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.FormValue("hub.challenge"))
			return
		}
		raw, err := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		c, bad := whatsapp.ParseCallback(raw)
		if err != nil || bad != nil || !whatsapp.VerifySignature([]byte(*secret), r.Header.Get(whatsapp.SignatureHeader), raw) || bytes.ContainsAny(raw, "áé") {
			t.Errorf("callback %s: %v, %v", raw, err, bad)
		}
		e.heard = append(e.heard, c)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func (e *ear) statuses() (all []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.heard {
		for _, s := range c.Statuses {
			all = append(all, s.Status)
		}
	}
	return all
}

// TestSimulatorAlone uses the command with raw HTTP and with our own client,
// and kills it while it owes statuses.
func TestSimulatorAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, kill := standAlone(t, "--state", dir)
	var e ear
	hook := e.listen(t, &a.Secret)
	must := func(method, path, body, want string) {
		t.Helper()
		if status, answer := a.ask(t, method, path, body); status != http.StatusOK || !strings.Contains(answer, want) {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
	}
	must("POST", "/v23.0/"+a.WABA+"/subscribed_apps", `{"override_callback_uri":"`+hook+`","verify_token":"x"}`, "success")
	must("POST", "/simulator/"+a.ID+"/inbound", `{"from":"+5531988887777","text":"Olá"}`, "wamid.")
	eventually(t, "the inbound message was heard", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.heard) == 1 && len(e.heard[0].Inbound) == 1 && e.heard[0].Inbound[0].Text == "Olá"
	})
	must("PATCH", "/simulator/"+a.ID, `{"chaos":{"delay":60}}`, `"delay":60`)
	client := whatsapp.New(whatsapp.Options{BaseURL: a.URL, Version: "v23.0"})
	out := client.Send(t.Context(), whatsapp.Channel{PhoneNumberID: a.ID, Token: a.Token},
		whatsapp.Outgoing{To: "5531988887777", Type: "text", Content: json.RawMessage(`{"body":"Oi"}`), Correlation: "mine"})
	if out.Kind != whatsapp.Accepted {
		t.Fatalf("%+v %+v", out, out.Error)
	}
	must("GET", "/simulator/"+a.ID+"/messages", "", out.MessageID)
	kill()
	again, _ := standAlone(t, "--state", dir)
	if a.URL = again.URL; a != again {
		t.Errorf("after the restart it is another number: %+v", again)
	}
	must("GET", "/simulator/"+a.ID, "", `"callbacks_owed":3`)
	must("POST", "/simulator/"+a.ID+"/clock", `{"advance":61}`, `"time_passed":61`)
	eventually(t, "every status came after the kill", func() bool { return strings.Join(e.statuses(), " ") == "sent delivered read" })
}

func TestSimulatorRefuses(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	for _, bad := range [][]string{
		{"simulator", "--addr", "0.0.0.0:0"},
		{"simulator", "--addr", "127.0.0.1:0", "--number", "12"},
	} {
		if code, out, _ := c.run("", bad...); code != 1 || out != "" {
			t.Errorf("%v: %d %s", bad, code, out)
		}
	}
}
