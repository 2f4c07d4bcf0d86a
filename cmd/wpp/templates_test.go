package main

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/portal"
)

// TestTemplateWithoutScripts writes, corrects, finds and deletes a template in a
// browser that runs no scripts.
func TestTemplateWithoutScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.newTab(view{390, portal.LangPT, "dark"})
	b.adopt(w.as(portal.RoleDeveloper))
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	see := func(words ...string) {
		t.Helper()
		for _, want := range words {
			if got := b.text("main"); !strings.Contains(got, want) {
				t.Errorf("%q is not in\n%s", want, got)
			}
		}
	}
	b.open("/templates/new?env=test")
	b.within(write("name", "wait_entrega"), write("body", "{{nome}}, seu pedido chegou"), write("replies", "Falar com atendente"))
	b.follow(press("Ver prévia"))
	see("{{nome}}, seu pedido chegou", "Falar com atendente")
	b.follow(press("Enviar para análise"))
	b.expects("/templates")
	see("Nada foi salvo", "Texto: Este valor não é possível aqui.", "Exemplos: Preencha este campo.")
	b.within(write("body", "Olá {{nome}}, seu pedido chegou"), write("examples", "nome = Ana"))
	b.follow(press("Enviar para análise"))
	see("O WhatsApp está analisando", "Olá Ana, seu pedido chegou", "Falar com atendente")
	b.follow(click(`main a[href*="/delete"]`))
	see("Apagar wait_entrega?")
	b.follow(press("Apagar modelo"))
	b.open("/templates?env=test&status=deleted")
	see("wait_entrega", "Apagado")
}
