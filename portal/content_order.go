package portal

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// OrderParameters are those of order_details and order_status: WhatsApp's
// payments in Brazil. Amounts are in hundredths: value 19990 with offset 100 is R$ 199,90.
type OrderParameters struct {
	ReferenceID     string           `json:"reference_id,omitempty" maxLength:"35" doc:"Your key of the order, unique among your orders." example:"PED-1001"`
	Type            string           `json:"type,omitempty" enum:"digital-goods,physical-goods" doc:"Of order_details."`
	PaymentType     string           `json:"payment_type,omitempty" enum:"br"`
	PaymentSettings []PaymentSetting `json:"payment_settings,omitempty" maxItems:"3" doc:"Ways to pay: PIX, boleto or a link, one each."`
	Currency        string           `json:"currency,omitempty" enum:"BRL"`
	TotalAmount     *Amount          `json:"total_amount,omitempty" doc:"Subtotal and tax and shipping, less the discount."`
	Order           *Order           `json:"order,omitempty"`
	Payment         *OrderPayment    `json:"payment,omitempty" doc:"Of order_status."`
}

// Amount is money in WhatsApp's shape.
type Amount struct {
	Value       int64  `json:"value" minimum:"0" doc:"Hundredths." example:"19990"`
	Offset      int64  `json:"offset" enum:"100" doc:"Always 100."`
	Description string `json:"description,omitempty" maxLength:"60"`
}

// PaymentSetting is one way to pay, named by its type.
type PaymentSetting struct {
	Type        string       `json:"type" enum:"pix_dynamic_code,boleto,payment_link"`
	PIX         *PIX         `json:"pix_dynamic_code,omitempty"`
	Boleto      *Boleto      `json:"boleto,omitempty"`
	PaymentLink *PaymentLink `json:"payment_link,omitempty"`
}

// PIX is a code to copy and pay.
type PIX struct {
	Code         string `json:"code" doc:"PIX copia e cola." example:"00020101021226700014br.gov.bcb.pix"`
	MerchantName string `json:"merchant_name" maxLength:"60" example:"Loja Exemplo"`
	Key          string `json:"key" maxLength:"77" doc:"The PIX key that receives."`
	KeyType      string `json:"key_type" enum:"CPF,CNPJ,EMAIL,PHONE,EVP"`
}

// Boleto is a slip to pay.
type Boleto struct {
	DigitableLine string `json:"digitable_line" maxLength:"60" doc:"Linha digitável: 47 or 48 digits."`
}

// PaymentLink is a page to pay on.
type PaymentLink struct {
	URI string `json:"uri" maxLength:"2048" doc:"Address of the page, https."`
}

// Order is what is paid for, or whose status changed.
type Order struct {
	Status      string      `json:"status" enum:"pending,processing,partially-shipped,shipped,completed,canceled" doc:"pending in order_details."`
	Description string      `json:"description,omitempty" maxLength:"120" doc:"Of order_status."`
	Items       []OrderItem `json:"items,omitempty" maxItems:"999"`
	Subtotal    *Amount     `json:"subtotal,omitempty" doc:"Sum of the items."`
	Tax         *Amount     `json:"tax,omitempty"`
	Shipping    *Amount     `json:"shipping,omitempty"`
	Discount    *Amount     `json:"discount,omitempty"`
	Expiration  *Expiration `json:"expiration,omitempty" doc:"Until when it can be paid, at least 5 minutes ahead."`
}

// OrderItem is a line of an order.
type OrderItem struct {
	RetailerID string  `json:"retailer_id" maxLength:"100" doc:"Your key of the product." example:"CAM-01"`
	Name       string  `json:"name" maxLength:"60" example:"Camiseta"`
	Amount     Amount  `json:"amount" doc:"Price of one."`
	SaleAmount *Amount `json:"sale_amount,omitempty" doc:"Reduced price of one; less than amount."`
	Quantity   int64   `json:"quantity" minimum:"1" maximum:"999"`
}

// Expiration is until when an order can be paid.
type Expiration struct {
	Timestamp   string `json:"timestamp" maxLength:"10" doc:"Unix seconds." example:"1798761600"`
	Description string `json:"description" maxLength:"120"`
}

// OrderPayment is how the payment of an order stands.
type OrderPayment struct {
	Status    string `json:"status" enum:"pending,captured,failed"`
	Timestamp int64  `json:"timestamp,omitempty" doc:"Unix seconds."`
}

// given reports whether any of the parameters is set.
func (p OrderParameters) given() bool {
	return p.ReferenceID != "" || p.Type != "" || p.PaymentType != "" || p.PaymentSettings != nil || p.Currency != "" ||
		p.TotalAmount != nil || p.Order != nil || p.Payment != nil
}

var (
	orderReference = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,35}$`)
	boletoLine     = regexp.MustCompile(`^[0-9]{47,48}$`)
	pixKeyTypes    = []string{"CPF", "CNPJ", "EMAIL", "PHONE", "EVP"}
	orderStatuses  = []string{"pending", "processing", "partially-shipped", "shipped", "completed", "canceled"}
	payStatuses    = []string{"pending", "captured", "failed"}
)

const (
	maxOrderItems  = 999
	maxMerchant    = 60
	maxPIXKey      = 77
	maxDescription = 120
	maxMoney       = 1_000_000_000_00
)

func (k *checker) orderDetails(at string, p ActionParameters) {
	k.add(p.URL != "" || p.DisplayText != "", at+"/url", FieldConflict)
	k.add(p.Payment != nil, at+"/payment", FieldConflict)
	k.add(!orderReference.MatchString(p.ReferenceID), at+"/reference_id", FieldInvalidFormat)
	k.add(p.Type != "digital-goods" && p.Type != "physical-goods", at+"/type", FieldInvalidValue)
	k.add(p.PaymentType != "" && p.PaymentType != "br", at+"/payment_type", FieldInvalidValue)
	k.add(p.Currency != "BRL", at+"/currency", FieldInvalidValue)
	k.settings(at+"/payment_settings", p.PaymentSettings)
	k.amount(at+"/total_amount", p.TotalAmount, true)
	if p.Order == nil {
		k.add(true, at+"/order", FieldRequired)
		return
	}
	k.order(at+"/order", *p.Order)
	if p.TotalAmount != nil {
		o := p.Order
		total := worth(o.Subtotal) + worth(o.Tax) + worth(o.Shipping) - worth(o.Discount)
		k.add(p.TotalAmount.Value != total, at+"/total_amount/value", FieldInvalidValue)
	}
}

func (k *checker) orderStatus(at string, p ActionParameters) {
	k.add(p.URL != "" || p.DisplayText != "", at+"/url", FieldConflict)
	k.add(!orderReference.MatchString(p.ReferenceID), at+"/reference_id", FieldInvalidFormat)
	k.add(p.Type != "" || p.PaymentType != "" || p.PaymentSettings != nil || p.Currency != "" || p.TotalAmount != nil, at, FieldConflict)
	k.add(p.Payment != nil && !slices.Contains(payStatuses, p.Payment.Status), at+"/payment/status", FieldInvalidValue)
	if p.Order == nil {
		k.add(true, at+"/order", FieldRequired)
		return
	}
	k.add(!slices.Contains(orderStatuses, p.Order.Status), at+"/order/status", FieldInvalidValue)
	k.atMost(at+"/order/description", p.Order.Description, maxDescription)
	k.add(p.Order.Items != nil, at+"/order/items", FieldConflict)
}

func (k *checker) settings(at string, all []PaymentSetting) {
	k.add(len(all) == 0, at, FieldRequired)
	seen := map[string]bool{}
	for i, s := range all {
		here := item(at, i)
		k.add(seen[s.Type], here+"/type", FieldConflict)
		seen[s.Type] = true
		k.add(s.PIX != nil != (s.Type == "pix_dynamic_code"), here+"/pix_dynamic_code", mismatch(s.PIX == nil))
		k.add(s.Boleto != nil != (s.Type == "boleto"), here+"/boleto", mismatch(s.Boleto == nil))
		k.add(s.PaymentLink != nil != (s.Type == "payment_link"), here+"/payment_link", mismatch(s.PaymentLink == nil))
		switch {
		case s.PIX != nil:
			k.pix(here+"/pix_dynamic_code", *s.PIX)
		case s.Boleto != nil:
			k.add(!boletoLine.MatchString(s.Boleto.DigitableLine), here+"/boleto/digitable_line", FieldInvalidFormat)
		case s.PaymentLink != nil:
			k.add(s.PaymentLink.URI == "", here+"/payment_link/uri", FieldRequired)
			k.link(here+"/payment_link/uri", s.PaymentLink.URI)
		default:
			k.add(true, here+"/type", FieldInvalidValue)
		}
	}
}

// mismatch is what is wrong when a type and its object do not go together.
func mismatch(absent bool) string {
	if absent {
		return FieldRequired
	}
	return FieldConflict
}

func (k *checker) pix(at string, p PIX) {
	k.text(at+"/code", p.Code, maxTextBody)
	k.text(at+"/merchant_name", p.MerchantName, maxMerchant)
	k.text(at+"/key", p.Key, maxPIXKey)
	k.add(!slices.Contains(pixKeyTypes, p.KeyType), at+"/key_type", FieldInvalidValue)
}

func (k *checker) order(at string, o Order) {
	k.add(o.Status != "pending", at+"/status", FieldInvalidValue)
	k.add(o.Description != "", at+"/description", FieldConflict)
	k.add(len(o.Items) == 0, at+"/items", FieldRequired)
	k.add(len(o.Items) > maxOrderItems, at+"/items", FieldTooMany)
	var sum int64
	for i, line := range o.Items {
		sum += k.line(item(at+"/items", i), line)
	}
	k.amount(at+"/subtotal", o.Subtotal, true)
	k.add(o.Subtotal != nil && o.Subtotal.Value != sum, at+"/subtotal/value", FieldInvalidValue)
	k.amount(at+"/tax", o.Tax, true)
	k.amount(at+"/shipping", o.Shipping, false)
	k.amount(at+"/discount", o.Discount, false)
	if o.Expiration != nil {
		k.expiration(at+"/expiration", *o.Expiration)
	}
}

// line returns what the line costs.
func (k *checker) line(at string, l OrderItem) int64 {
	k.text(at+"/retailer_id", l.RetailerID, 100)
	k.text(at+"/name", l.Name, maxMerchant)
	k.amount(at+"/amount", &l.Amount, true)
	k.add(l.Quantity < 1 || l.Quantity > maxOrderItems, at+"/quantity", FieldOutOfRange)
	price := l.Amount.Value
	if l.SaleAmount != nil {
		k.amount(at+"/sale_amount", l.SaleAmount, true)
		k.add(l.SaleAmount.Value >= price, at+"/sale_amount/value", FieldOutOfRange)
		price = l.SaleAmount.Value
	}
	return min(max(price, 0), maxMoney) * min(max(l.Quantity, 0), maxOrderItems)
}

func (k *checker) amount(at string, a *Amount, required bool) {
	if a == nil {
		k.add(required, at, FieldRequired)
		return
	}
	k.add(a.Value < 0 || a.Value > maxMoney, at+"/value", FieldOutOfRange)
	k.add(a.Offset != 100, at+"/offset", FieldInvalidValue)
	k.atMost(at+"/description", a.Description, maxShort)
}

func worth(a *Amount) int64 {
	if a == nil {
		return 0
	}
	return a.Value
}

func (k *checker) expiration(at string, e Expiration) {
	n, err := strconv.ParseInt(e.Timestamp, 10, 64)
	k.add(err != nil || time.Unix(n, 0).Year() > 9999, at+"/timestamp", FieldInvalidFormat)
	k.text(at+"/description", e.Description, maxDescription)
}
