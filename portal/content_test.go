package portal

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// contentCase is a body of a message and what is wrong with it, as "pointer code".
type contentCase struct {
	name, kind, body string
	want             []string
}

func (c contentCase) run(t *testing.T) {
	t.Helper()
	var content Content
	if err := json.Unmarshal([]byte(c.body), &content); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range content.Check(c.kind) {
		got = append(got, f.Pointer+" "+f.Code)
	}
	if !slices.Equal(got, c.want) {
		t.Errorf("%s %s:\n got %q\nwant %q", c.kind, c.body, got, c.want)
	}
}

func TestContentCheck(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("á", n) }
	const message = `"message_id":"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z05"`
	for _, c := range []contentCase{
		{"text", "text", `{"text":{"body":"Oi"}}`, nil},
		{"longest text", "text", `{"text":{"body":"` + long(4096) + `"}}`, nil},
		{"too long", "text", `{"text":{"body":"` + long(4097) + `"}}`, []string{"/text/body too_long"}},
		{"blank", "text", `{"text":{"body":" \n"}}`, []string{"/text/body required"}},
		{"missing", "image", `{}`, []string{"/image required"}},
		{"another type's", "image", `{"text":{"body":"Oi"}}`, []string{"/text conflict", "/image required"}},
		{"image", "image", `{"image":{"link":"https://loja.example.com/a.jpg","caption":"Oi"}}`, nil},
		{"uploaded", "video", `{"video":{"id":"med_01KB2M4X7Q9V0T3R5N8W6Y1Z05"}}`, nil},
		{"neither", "audio", `{"audio":{}}`, []string{"/audio/id required"}},
		{"both", "sticker", `{"sticker":{"id":"med_01KB2M4X7Q9V0T3R5N8W6Y1Z05","link":"https://loja.example.com/a.webp"}}`, []string{"/sticker/link conflict"}},
		{"not an id of ours", "audio", `{"audio":{"id":"1234567"}}`, []string{"/audio/id invalid_format"}},
		{"http", "image", `{"image":{"link":"http://loja.example.com/a.jpg"}}`, []string{"/image/link invalid_value"}},
		{"private", "image", `{"image":{"link":"https://10.0.0.1/a.jpg"}}`, []string{"/image/link invalid_value"}},
		{"mapped", "image", `{"image":{"link":"https://[::ffff:127.0.0.1]/a.jpg"}}`, []string{"/image/link invalid_value"}},
		{"password", "image", `{"image":{"link":"https://a:b@loja.example.com/a.jpg"}}`, []string{"/image/link invalid_value"}},
		{"local", "image", `{"image":{"link":"https://localhost/a.jpg"}}`, []string{"/image/link invalid_value"}},
		{"caption", "image", `{"image":{"link":"https://loja.example.com/a.jpg","caption":"` + long(1025) + `"}}`, []string{"/image/caption too_long"}},
		{"document", "document", `{"document":{"link":"https://loja.example.com/a.pdf","filename":"nota.pdf"}}`, nil},
		{"path as a name", "document", `{"document":{"link":"https://loja.example.com/a.pdf","filename":"../nota.pdf"}}`, []string{"/document/filename invalid_value"}},
		{"location", "location", `{"location":{"latitude":-19.93,"longitude":-44.05,"name":"Loja","address":"Rua A, 1"}}`, nil},
		{"off the map", "location", `{"location":{"latitude":-91,"longitude":181}}`, []string{"/location/latitude out_of_range", "/location/longitude out_of_range"}},
		{"address alone", "location", `{"location":{"latitude":0,"longitude":0,"address":"Rua A, 1"}}`, []string{"/location/name required"}},
		{"reaction", "reaction", `{"reaction":{` + message + `,"emoji":"👍🏽"}}`, nil},
		{"family", "reaction", `{"reaction":{` + message + `,"emoji":"👨‍👩‍👧"}}`, nil},
		{"flag", "reaction", `{"reaction":{` + message + `,"emoji":"🇧🇷"}}`, nil},
		{"heart", "reaction", `{"reaction":{` + message + `,"emoji":"❤️"}}`, nil},
		{"removed", "reaction", `{"reaction":{` + message + `,"emoji":""}}`, nil},
		{"two", "reaction", `{"reaction":{` + message + `,"emoji":"👍👍"}}`, []string{"/reaction/emoji invalid_value"}},
		{"a letter", "reaction", `{"reaction":{"message_id":"wamid.X","emoji":"a"}}`, []string{"/reaction/message_id invalid_format", "/reaction/emoji invalid_value"}},
		{"card", "contacts", `{"contacts":[{"name":{"formatted_name":"Loja","first_name":"Loja"},"phones":[{"phone":"+551140028922","wa_id":"551140028922"}],"birthday":"1990-01-31"}]}`, nil},
		{"no card", "contacts", `{"contacts":[]}`, []string{"/contacts required"}},
		{"card without a name", "contacts", `{"contacts":[{"name":{"formatted_name":""},"phones":[{}],"birthday":"31/01/1990"}]}`, []string{
			"/contacts/0/name/formatted_name required", "/contacts/0/name/first_name required", "/contacts/0/phones/0/phone required", "/contacts/0/birthday invalid_format",
		}},
		{"six cards", "contacts", `{"contacts":[` + strings.Repeat(`{"name":{"formatted_name":"A","first_name":"A"}},`, 5) + `{"name":{"formatted_name":"A","last_name":"A"}}]}`, []string{"/contacts too_many"}},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
	if (Content{Location: &Location{Latitude: math.NaN()}}).Check(TypeLocation) == nil {
		t.Error("NaN is on the map")
	}
}

func TestInteractiveCheck(t *testing.T) {
	t.Parallel()
	interactive := func(rest string) string { return `{"interactive":{"body":{"text":"Oi"},` + rest + `}}` }
	button := func(id, title string) string {
		return `{"type":"reply","reply":{"id":"` + id + `","title":"` + title + `"}}`
	}
	for _, c := range []contentCase{
		{"buttons", "", interactive(`"type":"button","header":{"type":"text","text":"Olá"},"footer":{"text":"Loja"},"action":{"buttons":[` + button("a", "Sim") + `,` + button("b", "Não") + `]}`), nil},
		{"no buttons", "", interactive(`"type":"button","action":{}`), []string{"/interactive/action/buttons required"}},
		{"same id and label", "", interactive(`"type":"button","action":{"buttons":[` + button("a", "Sim") + `,` + button("a", "Sim") + `]}`), []string{"/interactive/action/buttons/1/reply/id conflict", "/interactive/action/buttons/1/reply/title conflict"}},
		{"four", "", interactive(`"type":"button","action":{"buttons":[` + button("a", "1") + `,` + button("b", "2") + `,` + button("c", "3") + `,` + button("d", "4") + `]}`), []string{"/interactive/action/buttons too_many"}},
		{"long label", "", interactive(`"type":"button","action":{"buttons":[` + button("a", "123456789012345678901") + `]}`), []string{"/interactive/action/buttons/0/reply/title too_long"}},
		{"header of a file", "", interactive(`"type":"button","header":{"type":"image","text":"Oi"},"action":{"buttons":[` + button("a", "1") + `]}`), []string{"/interactive/header/image required", "/interactive/header/text conflict"}},
		{"list", "", interactive(`"type":"list","action":{"button":"Ver","sections":[{"rows":[{"id":"a","title":"A","description":"B"}]}]}`), nil},
		{"list with a picture", "", interactive(`"type":"list","header":{"type":"image","image":{"link":"https://a.example.com/a.jpg"}},"action":{"button":"Ver","sections":[{"rows":[{"id":"a","title":"A"}]}]}`), []string{"/interactive/header/type invalid_value"}},
		{"sections without titles", "", interactive(`"type":"list","action":{"button":"Ver","sections":[{"rows":[{"id":"a","title":"A"}]},{"title":"B","rows":[{"id":"a","title":"A"}]}]}`), []string{"/interactive/action/sections/0/title required", "/interactive/action/sections/1/rows/0/id conflict"}},
		{"eleven rows", "", interactive(`"type":"list","action":{"button":"Ver","sections":[{"rows":[` + rows(11) + `]}]}`), []string{"/interactive/action/sections too_many"}},
		{"link", "", interactive(`"type":"cta_url","action":{"name":"cta_url","parameters":{"display_text":"Ver","url":"https://loja.example.com"}}`), nil},
		{"link without an address", "", interactive(`"type":"cta_url","action":{"name":"cta_url","parameters":{"display_text":"Ver"}}`), []string{"/interactive/action/parameters/url required"}},
		{"buttons in a link", "", interactive(`"type":"cta_url","action":{"name":"cta_url","buttons":[],"parameters":{"display_text":"Ver","url":"https://loja.example.com","currency":"BRL"}}`), []string{"/interactive/action/buttons conflict", "/interactive/action/parameters conflict"}},
		{"unknown", "", interactive(`"type":"flow","action":{}`), []string{"/interactive/type invalid_value"}},
	} {
		c.kind = TypeInteractive
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}

func rows(n int) string {
	var all []string
	for i := range n {
		all = append(all, `{"id":"r`+string(rune('a'+i))+`","title":"A"}`)
	}
	return strings.Join(all, ",")
}

const order = `{"interactive":{"type":"order_details","body":{"text":"Seu pedido"},"action":{"name":"review_and_pay","parameters":{
	"reference_id":"PED-1001","type":"physical-goods","payment_type":"br","currency":"BRL",
	"payment_settings":[{"type":"pix_dynamic_code","pix_dynamic_code":{"code":"0002012670","merchant_name":"Loja","key":"39580525000189","key_type":"CNPJ"}},
		{"type":"boleto","boleto":{"digitable_line":"03399026944140000002628346101018898510000008848"}},{"type":"payment_link","payment_link":{"uri":"https://loja.example.com/pagar"}}],
	"total_amount":{"value":20490,"offset":100},
	"order":{"status":"pending","subtotal":{"value":19990,"offset":100},"tax":{"value":0,"offset":100},"shipping":{"value":1000,"offset":100},"discount":{"value":500,"offset":100},
		"items":[{"retailer_id":"CAM-01","name":"Camiseta","amount":{"value":10000,"offset":100},"sale_amount":{"value":9995,"offset":100},"quantity":2}]}}}}}`

func TestOrderCheck(t *testing.T) {
	t.Parallel()
	change := func(old, with string) string {
		if !strings.Contains(order, old) {
			t.Fatalf("the order has no %s", old)
		}
		return strings.Replace(order, old, with, 1)
	}
	const at = "/interactive/action/parameters"
	for _, c := range []contentCase{
		{"order", "", order, nil},
		{"wrong total", "", change(`"value":20490`, `"value":20491`), []string{at + "/total_amount/value invalid_value"}},
		{"wrong subtotal", "", change(`"quantity":2`, `"quantity":3`), []string{at + "/order/subtotal/value invalid_value"}},
		{"none of it", "", change(`"quantity":2`, `"quantity":0`), []string{at + "/order/items/0/quantity out_of_range", at + "/order/subtotal/value invalid_value"}},
		{"dollars", "", change(`"BRL"`, `"USD"`), []string{at + "/currency invalid_value"}},
		{"reference", "", change(`PED-1001`, `PED 1001`), []string{at + "/reference_id invalid_format"}},
		{"boleto", "", change(`0339902694414`, `0339`), []string{at + "/payment_settings/1/boleto/digitable_line invalid_format"}},
		{"key type", "", change(`"CNPJ"`, `"RG"`), []string{at + "/payment_settings/0/pix_dynamic_code/key_type invalid_value"}},
		{"type without its object", "", change(`"type":"boleto"`, `"type":"payment_link"`), []string{
			at + "/payment_settings/1/boleto conflict", at + "/payment_settings/1/payment_link required", at + "/payment_settings/2/type conflict",
		}},
		{"offset", "", change(`"value":20490,"offset":100`, `"value":20490,"offset":1000`), []string{at + "/total_amount/offset invalid_value"}},
		{"status", "", `{"interactive":{"type":"order_status","body":{"text":"Enviado"},"action":{"name":"review_order","parameters":{"reference_id":"PED-1001","order":{"status":"shipped","description":"Chega amanhã"}}}}}`, nil},
		{"unknown status", "", `{"interactive":{"type":"order_status","body":{"text":"Enviado"},"action":{"name":"review_order","parameters":{"reference_id":"PED-1001","order":{"status":"sent"}}}}}`, []string{at + "/order/status invalid_value"}},
	} {
		c.kind = TypeInteractive
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}

func TestFreeForm(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]bool{TypeText: true, TypeInteractive: true, TypeReaction: true, TypeTemplate: false, "": false, "order": false} {
		if FreeForm(typ) != want {
			t.Errorf("%q: %t", typ, !want)
		}
	}
}
