package dashboard

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

const orderContent = `{"type":"order_details","header":{"type":"text","text":"Pedido"},"body":{"text":"Pague, ligue 11 91234-5678"},"footer":{"text":"Loja"},
	"action":{"name":"review_and_pay","parameters":{"reference_id":"PED-1","type":"physical-goods","payment_type":"br","currency":"BRL",
	"payment_settings":[{"type":"pix_dynamic_code","pix_dynamic_code":{"code":"0002+5511912345678","merchant_name":"Loja","key":"k","key_type":"EVP"}}],
	"total_amount":{"value":20990,"offset":100},"order":{"status":"pending","items":[{"retailer_id":"1","name":"Camiseta","amount":{"value":9995,"offset":100},"quantity":2}]}}}}`

// TestBubble shows a message part by part, and masks each part.
func TestBubble(t *testing.T) {
	t.Parallel()
	ctx := ui.With(t.Context(), ui.Frame{Lang: portal.LangPT})
	m := portal.Message{Direction: portal.Outbound, Type: portal.TypeInteractive, Content: json.RawMessage(orderContent)}
	b := texts{}.bubble(ctx, m, files{})
	if b.Header != "Pedido" || b.Footer != "Loja" || b.Order == nil || b.Order.Total != "R$ 209,90" || b.Order.State != "a pagar" ||
		!slices.Equal(b.Order.Items, []views.OrderItem{{Name: "2 × Camiseta", Amount: "R$ 99,95"}}) || !strings.HasPrefix(b.Order.PIX, "0002") {
		t.Errorf("%+v %+v", b, b.Order)
	}
	if b = (sight{}).shown(b); strings.Contains(b.Order.PIX+b.Lines[0], "91234") {
		t.Errorf("not masked: %+v %+v", b, b.Order)
	}
	m = portal.Message{Direction: portal.Outbound, Type: portal.TypeTemplate, FallbackUsed: true, Content: json.RawMessage(`{"name":"oi","language":{"code":"pt_BR"}}`)}
	known := texts{"oi\npt_BR": {Components: json.RawMessage(`[{"type":"BODY","text":"Oi {{name}}"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Sim"}]}]`)}}
	if b = known.bubble(ctx, m, files{}); b.Order != nil || !slices.Equal(b.Lines, []string{"Oi {{name}}"}) || len(b.Taps) != 1 || b.Taps[0].Label != "Sim" {
		t.Errorf("the fallback: %+v", b)
	}
	known["oi\npt_BR"] = portal.Template{Category: portal.CategoryAuthentication, Language: "pt_BR", Components: json.RawMessage(`[{"type":"BODY","add_security_recommendation":true},{"type":"FOOTER","code_expiration_minutes":5}]`)}
	m.Content = json.RawMessage(`{"name":"oi","language":{"code":"pt_BR"},"components":[{"type":"body","parameters":[{"type":"text","text":"778899"}]}]}`)
	if b = known.bubble(ctx, m, files{}); len(b.Lines) != 1 || !strings.HasPrefix(b.Lines[0], "Seu código de verificação é 778899.") || b.Footer != "Este código expira em 5 minutos." {
		t.Errorf("a code: %+v", b)
	}
	live := known["oi\npt_BR"]
	live.Environment = portal.Live
	known["oi\npt_BR"] = live
	if b = known.bubble(ctx, m, files{}); len(b.Lines) != 1 || strings.Contains(b.Lines[0], "778899") {
		t.Errorf("a code of a real person: %+v", b)
	}
	if b = (texts{}).bubble(ctx, portal.Message{Type: portal.TypeTemplate}, files{}); !b.Empty() {
		t.Errorf("an erased one: %+v", b)
	}
}

// TestFirstTemplate starts a list in the language of the person, never at a
// template that does not go out while another does.
func TestFirstTemplate(t *testing.T) {
	t.Parallel()
	list := []portal.Template{
		{Language: "pt_BR", Status: "PENDING"}, {Language: "en_US", Status: portal.TemplateApproved}, {Language: "pt_PT", Status: portal.TemplateApproved},
	}
	for lang, want := range map[string]int{"pt-BR": 2, "pt_BR": 2, "en": 1, "he": 1, "": 1} {
		if got := firstTemplate(list, lang); got != want {
			t.Errorf("%q: %d, want %d", lang, got, want)
		}
	}
	if got := firstTemplate(list[:1], "en"); got != 0 {
		t.Errorf("nothing approved: %d", got)
	}
	p := &Person{Account: portal.Account{Language: portal.LangPT}}
	for want, c := range map[string]*portal.Contact{"he": {Language: "he", Country: "BR"}, portal.LangPT: {Country: "BR"}, portal.LangEN: {Country: "US"}} {
		if got := p.speaks(c); got != want {
			t.Errorf("%+v is written to in %s", c, got)
		}
	}
	if p.speaks(nil) != portal.LangPT || p.speaks(&portal.Contact{}) != portal.LangPT {
		t.Error("not the account's language")
	}
}
