package dashboard

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// channelWords are the words of what happens to a number, and how it looks.
var channelWords = map[string]struct {
	kind  string
	title portal.Words
}{
	portal.ChannelConnected:  {"ok", portal.Words{EN: "Connected", PT: "Conectado"}},
	portal.ChannelConnecting: {"warn", portal.Words{EN: "Connecting", PT: "Conectando"}},
	portal.ChannelLoggedOut:  {"err", portal.Words{EN: "Logged out", PT: "Desconectado"}},
	portal.ChannelBlocked:    {"err", portal.Words{EN: "Blocked", PT: "Bloqueado"}},
	portal.ChannelResumed:    {"ok", portal.Words{EN: "Resumed", PT: "Retomado"}},
	portal.ChannelQuality:    {"none", portal.Words{EN: "Quality changed", PT: "Qualidade alterada"}},
	portal.ChannelLimit:      {"none", portal.Words{EN: "Limit of people changed", PT: "Limite de pessoas alterado"}},
	portal.ChannelThroughput: {"none", portal.Words{EN: "Throughput changed", PT: "Vazão alterada"}},
	portal.ChannelNameChange: {"none", portal.Words{EN: "Name people see", PT: "Nome que as pessoas veem"}},
	portal.ChannelAlert:      {"warn", portal.Words{EN: "Notice from WhatsApp", PT: "Aviso do WhatsApp"}},
	portal.ChannelVerified:   {"ok", portal.Words{EN: "Callback verified", PT: "Callback verificado"}},
	portal.ChannelUnsigned:   {"warn", portal.Words{EN: "Callback refused: wrong signature", PT: "Callback recusado: assinatura errada"}},
	portal.ChannelNewToken:   {"none", portal.Words{EN: "Access token replaced", PT: "Token de acesso trocado"}},
	portal.ChannelNewSecret:  {"none", portal.Words{EN: "App secret replaced", PT: "Segredo do aplicativo trocado"}},
}

// reasonWords are the words of why a number stopped.
var reasonWords = map[string]portal.Words{
	portal.ReasonTokenExpired:  {EN: "token no longer accepted", PT: "token não aceito"},
	portal.ReasonPermission:    {EN: "permission missing", PT: "falta permissão"},
	portal.ReasonPolicy:        {EN: "policy", PT: "política"},
	portal.ReasonPayment:       {EN: "payment", PT: "pagamento"},
	portal.ReasonNotRegistered: {EN: "not registered", PT: "não registrado"},
}

// momentOf writes what happened to a number for its page.
func momentOf(e portal.ChannelEvent) views.ChannelMoment {
	var d struct {
		Reason  string   `json:"reason"`
		From    any      `json:"from"`
		To      any      `json:"to"`
		Event   string   `json:"event"`
		States  []string `json:"states"`
		Name    string   `json:"name"`
		Details string   `json:"details"`
	}
	_ = json.Unmarshal(e.Detail, &d) // the store wrote it; without it the title says enough
	m := views.ChannelMoment{At: e.At, Kind: "none", Title: portal.Words{EN: e.Kind, PT: e.Kind}}
	if known, ok := channelWords[e.Kind]; ok {
		m.Kind, m.Title = known.kind, known.title
	}
	if d.Reason == portal.ReasonPaused {
		m.Kind, m.Title = "none", portal.Words{EN: "Paused", PT: "Pausado"}
		return m
	}
	m.Text = reasonWords[d.Reason]
	switch {
	case d.To != nil:
		m.Text = portal.Words{EN: shift(d.From, d.To, portal.LangEN), PT: shift(d.From, d.To, portal.LangPT)}
	case d.Event != "" || len(d.States) > 0:
		said := strings.Join(nonEmpty(append([]string{d.Name, d.Event}, append(d.States, d.Details)...)), " · ")
		m.Text = portal.Words{EN: said, PT: said}
	}
	return m
}

func nonEmpty(list []string) (kept []string) {
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// shift writes a change from one value to another.
func shift(from, to any, lang string) string {
	if from == nil {
		return valueWord(to, lang)
	}
	return valueWord(from, lang) + " → " + valueWord(to, lang)
}

var valueWords = map[string]portal.Words{
	"green": {EN: "high", PT: "alta"}, "yellow": {EN: "medium", PT: "média"}, "red": {EN: "low", PT: "baixa"},
	"unknown": {EN: "not rated", PT: "sem nota"}, "0": {EN: "no limit", PT: "sem limite"},
}

func valueWord(v any, lang string) string {
	text := fmt.Sprint(v)
	if words, known := valueWords[text]; known {
		return words.In(lang)
	}
	return text
}
