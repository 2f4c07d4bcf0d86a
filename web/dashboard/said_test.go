package dashboard

import (
	"encoding/json"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

// TestEveryTypeIsReadable shows what a message of each type says, in the list
// and on its page, with numbers masked.
func TestEveryTypeIsReadable(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		content string
		shown   []string
	}{
		"image":    {`{"image":{"link":"https://loja.example.com/a.jpg","caption":"Camiseta azul"}}`, []string{"Camiseta azul"}},
		"sticker":  {`{"sticker":{"link":"https://loja.example.com/a.webp"}}`, []string{"sticker"}},
		"document": {`{"document":{"link":"https://loja.example.com/a.pdf","filename":"nota.pdf"}}`, []string{"nota.pdf"}},
		"location": {`{"location":{"latitude":-19.9317,"longitude":-44.0536}}`, []string{"19.93170° S, 44.05360° W"}},
		"contacts": {`{"contacts":[{"name":{"formatted_name":"Loja Exemplo","first_name":"Loja"},"phones":[{"phone":"+5511912345678"}]}]}`, []string{"Loja Exemplo"}},
		"interactive": {
			`{"interactive":{"type":"list","body":{"text":"Escolha, ou ligue 11 91234-5678"},"action":{"button":"Ver","sections":[{"rows":[{"id":"a","title":"Rastrear <b>"}]}]}}}`,
			[]string{"Escolha, ou ligue +55 11 9••••-5678", "Rastrear &lt;b&gt;"},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			d := messaging.Draft{To: anaPhone, Type: kind}
			if err := json.Unmarshal([]byte(c.content), &d.Content); err != nil {
				t.Fatal(err)
			}
			var m portal.Message
			o.write(func(tx *store.Tx) (err error) {
				m, err = o.send(tx, d)
				return err
			})
			for _, path := range []string{"/messages?env=test", "/messages/" + m.ID} {
				page := o.read(path, 200)
				o.has(page, c.shown...)
				o.lacks(page, anaPhone, "91234-5678", "912345678")
			}
		})
	}
}
