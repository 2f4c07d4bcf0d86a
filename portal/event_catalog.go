package portal

import "slices"

// CommerceType is a kind of commercial event.
type CommerceType struct {
	Name  string
	Needs []string // parts of data that it must have
	Title Words
	Text  Words
}

// CommerceTypes is the catalogue, in the order that pages show it.
var CommerceTypes = []CommerceType{
	{CartCreated, cartNeeds, Words{"Cart created", "Carrinho criado"}, Words{"A customer began a cart.", "Um cliente começou um carrinho."}},
	{CartAbandoned, cartNeeds, Words{"Cart abandoned", "Carrinho abandonado"}, Words{"A customer left a cart without buying.", "Um cliente deixou um carrinho sem comprar."}},
	{OrderCreated, []string{"order_id", "total"}, Words{"Order created", "Pedido criado"}, Words{"A customer placed an order. While it waits for PIX or boleto, its payment carries the code.", "Um cliente fez um pedido. Enquanto espera PIX ou boleto, o pagamento traz o código."}},
	{OrderCanceled, []string{"order_id"}, Words{"Order canceled", "Pedido cancelado"}, Words{"An order was canceled.", "Um pedido foi cancelado."}},
	{PaymentApproved, paymentNeeds, Words{"Payment approved", "Pagamento aprovado"}, Words{"A payment came in.", "Um pagamento entrou."}},
	{PaymentPending, paymentNeeds, Words{"Payment pending", "Pagamento pendente"}, Words{"An order waits for its PIX, boleto or card.", "Um pedido espera o PIX, o boleto ou o cartão."}},
	{PaymentRefused, paymentNeeds, Words{"Payment refused", "Pagamento recusado"}, Words{"A payment was refused.", "Um pagamento foi recusado."}},
	{PaymentRefunded, paymentNeeds, Words{"Payment refunded", "Pagamento estornado"}, Words{"A payment was given back.", "Um pagamento foi devolvido."}},
	{ShipmentUpdated, []string{"order_id", "shipment"}, Words{"Shipment updated", "Envio atualizado"}, Words{"A parcel was posted, moved or arrived.", "Um pacote foi postado, andou ou chegou."}},
	{CustomerCreated, nil, Words{"Customer created", "Cliente cadastrado"}, Words{"A customer signed up.", "Um cliente se cadastrou."}},
}

var (
	cartNeeds    = []string{"cart_id", "items", "total", "links.checkout"}
	paymentNeeds = []string{"order_id", "payment"}
)

// CommerceTypeOf returns the kind of that name; false when there is none.
func CommerceTypeOf(name string) (CommerceType, bool) {
	i := slices.IndexFunc(CommerceTypes, func(t CommerceType) bool { return t.Name == name })
	if i < 0 {
		return CommerceType{}, false
	}
	return CommerceTypes[i], true
}
