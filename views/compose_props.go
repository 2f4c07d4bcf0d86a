package views

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// The kinds of message in the form that are no type of the API: four kinds of
// interactive message, and the body itself.
const (
	KindButtons = "buttons"
	KindList    = "list"
	KindLink    = "link"
	KindOrder   = "order"
	KindJSON    = "json"
)

// Buttons is how many reply buttons a message has at most.
const Buttons = 3

// composeKinds are what can be sent, in the order of the form.
var composeKinds = []struct {
	value string
	label portal.Words
}{
	{portal.TypeTemplate, portal.Words{EN: "Template", PT: "Modelo"}},
	{portal.TypeText, portal.Words{EN: "Text", PT: "Texto"}},
	{KindButtons, portal.Words{EN: "Buttons", PT: "Botões"}},
	{KindList, portal.Words{EN: "List", PT: "Lista"}},
	{KindLink, portal.Words{EN: "Link", PT: "Link"}},
	{KindOrder, portal.Words{EN: "Order to pay", PT: "Cobrança"}},
	{portal.TypeImage, portal.Words{EN: "Image", PT: "Imagem"}},
	{portal.TypeVideo, portal.Words{EN: "Video", PT: "Vídeo"}},
	{portal.TypeAudio, portal.Words{EN: "Audio", PT: "Áudio"}},
	{portal.TypeDocument, portal.Words{EN: "Document", PT: "Documento"}},
	{portal.TypeSticker, portal.Words{EN: "Sticker", PT: "Figurinha"}},
	{portal.TypeLocation, portal.Words{EN: "Location", PT: "Localização"}},
	{portal.TypeContacts, portal.Words{EN: "Contact card", PT: "Contato"}},
	{portal.TypeReaction, portal.Words{EN: "Reaction", PT: "Reação"}},
	{KindJSON, portal.Words{EN: "JSON", PT: "JSON"}},
}

// ComposeKind reports whether the form can make messages of that kind.
func ComposeKind(kind string) bool {
	for _, k := range composeKinds {
		if k.value == kind {
			return true
		}
	}
	return false
}

// Recipient is a contact that was found by what was typed; its number is masked.
type Recipient struct {
	ID, Name, Number string
	Chosen           bool
}

// Verdict is what sending the form would do.
type Verdict struct {
	Asked    bool // there was enough to ask about
	Send     bool
	SendsAs  string // free_form, template, fallback_template
	Checks   []ui.Check
	Problems []ui.Problem // fields that no account could send
	Fix      portal.Words // of the first check that failed
	Took     time.Duration
}

// Call is the same message as a program's call of the API.
type Call struct{ ID, Name, Code string }

// ComposeProps describe the form of a new message.
type ComposeProps struct {
	Form        url.Values
	Nonce       string // tells a form sent twice from a second message
	Found       []Recipient
	Searched    bool // what was typed is no number, so contacts were searched
	Templates   []portal.Template
	Channels    []portal.Channel
	Suggestions []string // numbers offered while typing
	Verdict     Verdict
	Preview     Bubble
	Calls       []Call
	Again       string // id of the message that is sent once more
	Incomplete  bool   // of that message, not everything is kept
	Uploaded    bool   // a file came with the form, and its id stands in it
	Live        bool
	Reaches     bool         // a real person receives it
	Refused     portal.Code  // why it was not sent
	Marked      []ui.Problem // fields that it was not sent for
}

// Get returns what a field of the form holds.
func (p ComposeProps) Get(name string) string { return p.Form.Get(name) }

func (p ComposeProps) chosen(field string) (portal.Template, bool) {
	for _, t := range p.Templates {
		if t.Name+"/"+t.Language == p.Get(field) {
			return t, true
		}
	}
	return portal.Template{}, false
}

// composeField is where a part of the body is written in the form.
type composeField struct {
	pointer, id string
	label       portal.Words
}

// composeFields are looked through for the first that the pointer begins with.
var composeFields = []composeField{
	{"/to", "to", portal.Words{EN: "To", PT: "Para"}},
	{"/text", "text", portal.Words{EN: "Text", PT: "Texto"}},
	{"/template/parameters/", "p.", portal.Words{EN: "Parameter ", PT: "Parâmetro "}},
	{"/template", "template", portal.Words{EN: "Template", PT: "Modelo"}},
	{"/fallback_template/parameters/", "f.", portal.Words{EN: "Parameter of the fallback ", PT: "Parâmetro do modelo reserva "}},
	{"/fallback_template", "fallback", portal.Words{EN: "Fallback template", PT: "Modelo reserva"}},
	{"/document/filename", "filename", portal.Words{EN: "File name", PT: "Nome do arquivo"}},
	{"/location/latitude", "latitude", portal.Words{EN: "Latitude", PT: "Latitude"}},
	{"/location/longitude", "longitude", portal.Words{EN: "Longitude", PT: "Longitude"}},
	{"/location/address", "address", portal.Words{EN: "Address", PT: "Endereço"}},
	{"/location", "place", portal.Words{EN: "Name of the place", PT: "Nome do lugar"}},
	{"/contacts/0/phones", "card_phone", portal.Words{EN: "Telephone", PT: "Telefone"}},
	{"/contacts", "card_name", portal.Words{EN: "Name", PT: "Nome"}},
	{"/reaction/message_id", "react_to", portal.Words{EN: "Message", PT: "Mensagem"}},
	{"/reaction", "emoji", portal.Words{EN: "Emoji", PT: "Emoji"}},
	{"/interactive/header", "header", portal.Words{EN: "Header", PT: "Cabeçalho"}},
	{"/interactive/footer", "footer", portal.Words{EN: "Footer", PT: "Rodapé"}},
	{"/interactive/body", "say", portal.Words{EN: "Message", PT: "Mensagem"}},
	{"/interactive/action/buttons/1", "button2", portal.Words{EN: "Button 2", PT: "Botão 2"}},
	{"/interactive/action/buttons/2", "button3", portal.Words{EN: "Button 3", PT: "Botão 3"}},
	{"/interactive/action/buttons", "button1", portal.Words{EN: "Button 1", PT: "Botão 1"}},
	{"/interactive/action/button", "list_button", portal.Words{EN: "Button that opens the list", PT: "Botão que abre a lista"}},
	{"/interactive/action/sections", "list_rows", portal.Words{EN: "Rows", PT: "Linhas"}},
	{"/interactive/action/parameters/display_text", "link_label", portal.Words{EN: "Label of the link", PT: "Texto do link"}},
	{"/interactive/action/parameters/url", "link_url", portal.Words{EN: "Address", PT: "Endereço"}},
	{"/interactive/action/parameters/reference_id", "order_ref", portal.Words{EN: "Order", PT: "Pedido"}},
	{"/interactive/action/parameters/payment_settings/0/boleto", "boleto", portal.Words{EN: "Boleto", PT: "Boleto"}},
	{"/interactive/action/parameters/payment_settings/0/payment_link", "pay_url", portal.Words{EN: "Payment link", PT: "Link de pagamento"}},
	{"/interactive/action/parameters/payment_settings/0/pix_dynamic_code/merchant", "merchant", portal.Words{EN: "Receiver’s name", PT: "Nome de quem recebe"}},
	{"/interactive/action/parameters/payment_settings/0/pix_dynamic_code/key", "pix_key", portal.Words{EN: "PIX key", PT: "Chave PIX"}},
	{"/interactive/action/parameters/payment_settings", "pix_code", portal.Words{EN: "PIX code", PT: "Código PIX"}},
	{"/interactive/action/parameters/order/shipping", "shipping", portal.Words{EN: "Shipping", PT: "Frete"}},
	{"/interactive/action/parameters/order/discount", "discount", portal.Words{EN: "Discount", PT: "Desconto"}},
	{"/interactive", "items", portal.Words{EN: "Items", PT: "Itens"}},
	{"/reference", "reference", portal.Words{EN: "Your reference", PT: "Sua referência"}},
	{"/context", "reply_to", portal.Words{EN: "In reply to", PT: "Em resposta a"}},
	{"/send_at", "send_at", portal.Words{EN: "Send at", PT: "Enviar em"}},
	{"/expires_at", "expires", portal.Words{EN: "Expires", PT: "Expira"}},
	{"/from", "from", portal.Words{EN: "From", PT: "De"}},
	{"/image/caption", "caption", portal.Words{EN: "Caption", PT: "Legenda"}},
	{"/video/caption", "caption", portal.Words{EN: "Caption", PT: "Legenda"}},
	{"/document/caption", "caption", portal.Words{EN: "Caption", PT: "Legenda"}},
	{"/image", "media", portal.Words{EN: "File", PT: "Arquivo"}},
	{"/video", "media", portal.Words{EN: "File", PT: "Arquivo"}},
	{"/audio", "media", portal.Words{EN: "File", PT: "Arquivo"}},
	{"/document", "media", portal.Words{EN: "File", PT: "Arquivo"}},
	{"/sticker", "media", portal.Words{EN: "File", PT: "Arquivo"}},
}

// wrong is what is wrong with a field of a form that was sent, zero for nothing.
func (p ComposeProps) wrong(id string) portal.Words {
	for _, problem := range slices.Concat(p.Verdict.Problems, p.Marked) {
		if problem.ID == id {
			return problem.Why
		}
	}
	return portal.Words{}
}

// ComposeProblem names a refused part of the body as the form does. In the form
// of the body itself, the pointer is the name.
func ComposeProblem(ctx context.Context, kind, pointer string, words portal.Words) ui.Problem {
	if kind != KindJSON {
		for _, f := range composeFields {
			if rest, ok := strings.CutPrefix(pointer, f.pointer); ok {
				id, label := f.id, ui.W(ctx, f.label)
				if strings.HasSuffix(id, ".") {
					id, label = id+rest, label+rest
				}
				return ui.Problem{ID: id, Text: label + ": " + ui.W(ctx, words), Why: words}
			}
		}
	}
	return ui.Problem{ID: KindJSON, Text: pointer + " " + ui.W(ctx, words), Why: words}
}

// ParameterField is the form's field of a template's parameter. A button's and
// a positional one of the header have fields of their own: the body counts from
// 1 as well.
func ParameterField(v portal.TemplateParameter) string {
	_, err := strconv.Atoi(v.Name)
	if v.Component == "button" || v.Component == "header" && err == nil {
		return v.Component + "." + v.Name
	}
	return v.Name
}

// parameterName is what stands between the braces: a button has one variable.
func parameterName(v portal.TemplateParameter) string {
	if v.Component == "button" {
		return "1"
	}
	return v.Name
}

// parameterPlace says where a parameter stands, when that is not the body.
func parameterPlace(ctx context.Context, v portal.TemplateParameter) string {
	switch v.Component {
	case "header":
		return ui.L(ctx, "header", "cabeçalho")
	case "button":
		n, _ := strconv.Atoi(v.Name)
		return ui.L(ctx, "button ", "botão ") + strconv.Itoa(n+1)
	}
	return ""
}
