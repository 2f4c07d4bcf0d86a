package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestLoginTemplate sends a code by an authentication template that names no
// form of parameters, in the shape that Meta's guide shows.
func TestLoginTemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.call(w.secret, http.MethodPost, "/v1/templates", `{"name":"codigo_de_acesso","language":"pt_BR","category":"authentication","components":[
		{"type":"BODY","add_security_recommendation":true},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copiar"}]}]}`)
	if made.status != http.StatusCreated || !strings.Contains(made.body, `"parameter_format":"positional"`) {
		t.Fatalf("made: %d %s", made.status, made.body)
	}
	eventually(t, "the template is approved", func() bool {
		return strings.Contains(w.call(w.secret, http.MethodGet, "/v1/templates/codigo_de_acesso/pt_BR", "").body, `"status":"approved"`)
	})
	sent := w.call(w.secret, http.MethodPost, "/v1/messages", `{"to":"`+tester+`","type":"template","template":{"name":"codigo_de_acesso","language":{"code":"pt_BR"},"components":[
		{"type":"body","parameters":[{"type":"text","text":"123456"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"123456"}]}]}}`)
	if sent.status != http.StatusAccepted {
		t.Fatalf("sent: %d %s", sent.status, sent.body)
	}
	id := idOf(sent)
	eventually(t, "the code arrives", func() bool {
		return strings.Contains(w.call(w.secret, http.MethodGet, "/v1/messages/"+id, "").body, `"status":"read"`)
	})
}
