package dashboard

import (
	"math"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// interactive reads what can be tapped.
func (c composer) interactive() *portal.Interactive {
	in := &portal.Interactive{Body: portal.InteractiveText{Text: strings.ReplaceAll(c.text("say"), "\r\n", "\n")}}
	if footer := c.text("footer"); footer != "" {
		in.Footer = &portal.InteractiveText{Text: footer}
	}
	if header := c.text("header"); header != "" && c.form.Get("type") != views.KindOrder {
		in.Header = &portal.InteractiveHeader{Type: portal.TypeText, Text: header}
	}
	switch c.form.Get("type") {
	case views.KindList:
		in.Type, in.Action.Button = portal.InteractiveList, c.text("list_button")
		in.Action.Sections = []portal.ListSection{{Rows: c.rows()}}
	case views.KindLink:
		in.Type, in.Action.Name = portal.InteractiveLink, "cta_url"
		in.Action.Parameters = &portal.ActionParameters{DisplayText: c.text("link_label"), URL: c.text("link_url")}
	case views.KindOrder:
		in.Type, in.Action.Name = portal.InteractiveOrderDetails, "review_and_pay"
		in.Action.Parameters = &portal.ActionParameters{OrderParameters: c.order()}
	default:
		in.Type = portal.InteractiveButtons
		for i := range views.Buttons {
			if title := c.text("button" + strconv.Itoa(i+1)); title != "" {
				in.Action.Buttons = append(in.Action.Buttons, portal.ReplyButton{Type: "reply", Reply: portal.Reply{ID: "button_" + strconv.Itoa(i+1), Title: title}})
			}
		}
	}
	return in
}

// cells splits each line of a field at its bars.
func (c composer) cells(name string) (lines [][]string) {
	for line := range strings.Lines(c.form.Get(name)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(line, "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		lines = append(lines, append(cells, "", ""))
	}
	return lines
}

func (c composer) rows() (rows []portal.ListRow) {
	for i, cells := range c.cells("list_rows") {
		rows = append(rows, portal.ListRow{ID: "row_" + strconv.Itoa(i+1), Title: cells[0], Description: cells[1]})
	}
	return rows
}

// order reads an order to be paid in Brazil; the sums are made here.
func (c composer) order() portal.OrderParameters {
	o := portal.Order{Status: "pending", Tax: reais(0)}
	var sum int64
	for i, cells := range c.cells("items") {
		n, err := strconv.ParseInt(cells[1], 10, 64)
		if err != nil {
			n = 0
		}
		price := cents(cells[2])
		sum += n * price.Value
		o.Items = append(o.Items, portal.OrderItem{RetailerID: "item-" + strconv.Itoa(i+1), Name: cells[0], Amount: *price, Quantity: n})
	}
	o.Subtotal = reais(sum)
	if s := c.text("shipping"); s != "" {
		o.Shipping = cents(s)
		sum += o.Shipping.Value
	}
	if s := c.text("discount"); s != "" {
		o.Discount = cents(s)
		sum -= o.Discount.Value
	}
	return portal.OrderParameters{
		ReferenceID: c.text("order_ref"), Type: "physical-goods", PaymentType: "br", Currency: "BRL",
		PaymentSettings: []portal.PaymentSetting{c.payment()}, TotalAmount: reais(sum), Order: &o,
	}
}

func (c composer) payment() portal.PaymentSetting {
	switch c.form.Get("pay") {
	case "boleto":
		return portal.PaymentSetting{Type: "boleto", Boleto: &portal.Boleto{DigitableLine: keepDigits(c.text("boleto"))}}
	case "payment_link":
		return portal.PaymentSetting{Type: "payment_link", PaymentLink: &portal.PaymentLink{URI: c.text("pay_url")}}
	}
	return portal.PaymentSetting{Type: "pix_dynamic_code", PIX: &portal.PIX{
		Code: c.text("pix_code"), MerchantName: c.text("merchant"), Key: c.text("pix_key"), KeyType: c.form.Get("pix_type"),
	}}
}

func reais(value int64) *portal.Amount { return &portal.Amount{Value: value, Offset: 100} }

// cents reads an amount in reais with a point or a comma before the cents; what is none is refused by its range.
func cents(text string) *portal.Amount {
	if strings.Contains(text, ",") {
		text = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimPrefix(text, "R$")), 64)
	if err != nil || !(math.Abs(f) < 1e10) {
		return reais(-1)
	}
	return reais(int64(math.Round(f * 100)))
}

func keepDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
