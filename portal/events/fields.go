package events

import "github.com/wppmarketing/developers/portal"

var (
	withItems    = []string{portal.CartCreated, portal.CartAbandoned, portal.OrderCreated, portal.PaymentApproved, portal.PaymentPending, portal.PaymentRefused, portal.OrderCanceled}
	withCart     = []string{portal.CartCreated, portal.CartAbandoned, portal.OrderCreated}
	withOrder    = []string{portal.OrderCreated, portal.OrderCanceled, portal.PaymentApproved, portal.PaymentPending, portal.PaymentRefused, portal.PaymentRefunded, portal.ShipmentUpdated}
	withPayment  = []string{portal.OrderCreated, portal.PaymentApproved, portal.PaymentPending, portal.PaymentRefused, portal.PaymentRefunded}
	withShipment = []string{portal.ShipmentUpdated}
	withReason   = []string{portal.OrderCanceled, portal.PaymentRefused, portal.PaymentRefunded}
)

var methods = []Choice{
	{"pix", portal.Words{EN: "PIX", PT: "PIX"}},
	{"boleto", portal.Words{EN: "boleto", PT: "boleto"}},
	{"card", portal.Words{EN: "card", PT: "cartão"}},
	{"wallet", portal.Words{EN: "wallet", PT: "carteira digital"}},
	{"other", portal.Words{EN: "another method", PT: "outro meio"}},
}

var paymentStates = []Choice{
	{"pending", portal.Words{EN: "pending", PT: "pendente"}},
	{"approved", portal.Words{EN: "approved", PT: "aprovado"}},
	{"refused", portal.Words{EN: "refused", PT: "recusado"}},
	{"refunded", portal.Words{EN: "refunded", PT: "estornado"}},
}

var shipmentStates = []Choice{
	{"posted", portal.Words{EN: "posted", PT: "postado"}},
	{"in_transit", portal.Words{EN: "in transit", PT: "em trânsito"}},
	{"out_for_delivery", portal.Words{EN: "out for delivery", PT: "saiu para entrega"}},
	{"ready_for_pickup", portal.Words{EN: "ready for pickup", PT: "pronto para retirada"}},
	{"delivered", portal.Words{EN: "delivered", PT: "entregue"}},
	{"failed_attempt", portal.Words{EN: "delivery attempt failed", PT: "tentativa de entrega sem sucesso"}},
	{"returned", portal.Words{EN: "returned", PT: "devolvido"}},
}

// fields are all of them, in the order the editor offers them.
var fields = []Field{
	{"customer.name", KindText, portal.Words{EN: "Customer's name", PT: "Nome do cliente"}, nil, nil, facts.name},
	{"customer.first_name", KindText, portal.Words{EN: "Customer's first name", PT: "Primeiro nome do cliente"}, nil, nil, facts.firstName},
	{"order_id", KindText, portal.Words{EN: "Order", PT: "Pedido"}, nil, withOrder, func(f facts) value { return textValue(f.data.OrderID) }},
	{"cart_id", KindText, portal.Words{EN: "Cart", PT: "Carrinho"}, nil, withCart, func(f facts) value { return textValue(f.data.CartID) }},
	{"status", KindText, portal.Words{EN: "Status, in your words", PT: "Status, nas suas palavras"}, nil, withOrder, func(f facts) value { return textValue(f.data.Status) }},
	{"total", KindMoney, portal.Words{EN: "Total", PT: "Total"}, nil, withItems, func(f facts) value { return moneyValue(f.data.Total) }},
	{"subtotal", KindMoney, portal.Words{EN: "Subtotal", PT: "Subtotal"}, nil, withItems, func(f facts) value { return moneyValue(f.data.Subtotal) }},
	{"discount", KindMoney, portal.Words{EN: "Discount", PT: "Desconto"}, nil, withItems, func(f facts) value { return moneyValue(f.data.Discount) }},
	{"shipping_cost", KindMoney, portal.Words{EN: "Shipping cost", PT: "Frete"}, nil, withItems, func(f facts) value { return moneyValue(f.data.ShippingCost) }},
	{"items.count", KindNumber, portal.Words{EN: "Number of pieces", PT: "Quantidade de peças"}, nil, withItems, facts.pieces},
	{"items.names", KindList, portal.Words{EN: "Names of the items", PT: "Nomes dos itens"}, nil, withItems, func(f facts) value { return listValue(f.itemNames()) }},
	{"items.skus", KindList, portal.Words{EN: "Codes of the items (SKU)", PT: "Códigos dos itens (SKU)"}, nil, withItems, func(f facts) value { return listValue(f.skus()) }},
	{"payment.method", KindChoice, portal.Words{EN: "Payment method", PT: "Meio de pagamento"}, methods, withPayment, func(f facts) value { return textValue(f.payment().Method) }},
	{"payment.status", KindChoice, portal.Words{EN: "Payment status", PT: "Situação do pagamento"}, paymentStates, withPayment, func(f facts) value { return textValue(f.payment().Status) }},
	{"payment.installments", KindNumber, portal.Words{EN: "Installments", PT: "Parcelas"}, nil, withPayment, facts.installments},
	{"payment.expires_at", KindTime, portal.Words{EN: "Payment is due", PT: "Vencimento do pagamento"}, nil, withPayment, func(f facts) value { return timeValue(f.payment().ExpiresAt) }},
	{"payment.pix_code", KindText, portal.Words{EN: "PIX code", PT: "Código PIX"}, nil, withPayment, func(f facts) value { return textValue(f.payment().PixCode) }},
	{"payment.boleto_line", KindText, portal.Words{EN: "Boleto line", PT: "Linha digitável do boleto"}, nil, withPayment, func(f facts) value { return textValue(f.payment().BoletoLine) }},
	{"payment.url", KindText, portal.Words{EN: "Payment page", PT: "Página de pagamento"}, nil, withPayment, func(f facts) value { return textValue(f.payment().URL) }},
	{"shipment.status", KindChoice, portal.Words{EN: "Shipment status", PT: "Situação da entrega"}, shipmentStates, withShipment, func(f facts) value { return textValue(f.shipment().Status) }},
	{"shipment.carrier", KindText, portal.Words{EN: "Carrier", PT: "Transportadora"}, nil, withShipment, func(f facts) value { return textValue(f.shipment().Carrier) }},
	{"shipment.tracking_code", KindText, portal.Words{EN: "Tracking code", PT: "Código de rastreio"}, nil, withShipment, func(f facts) value { return textValue(f.shipment().TrackingCode) }},
	{"shipment.tracking_url", KindText, portal.Words{EN: "Tracking page", PT: "Página de rastreio"}, nil, withShipment, func(f facts) value { return textValue(f.shipment().TrackingURL) }},
	{"shipment.estimated_at", KindDate, portal.Words{EN: "Estimated delivery", PT: "Previsão de entrega"}, nil, withShipment, func(f facts) value { return timeValue(f.shipment().EstimatedAt) }},
	{"links.order", KindText, portal.Words{EN: "Link to the order", PT: "Link do pedido"}, nil, withOrder, func(f facts) value { return textValue(f.links().Order) }},
	{"links.cart", KindText, portal.Words{EN: "Link to the cart", PT: "Link do carrinho"}, nil, withCart, func(f facts) value { return textValue(f.links().Cart) }},
	{"links.checkout", KindText, portal.Words{EN: "Link to the checkout", PT: "Link para finalizar a compra"}, nil, withCart, func(f facts) value { return textValue(f.links().Checkout) }},
	{"links.invoice", KindText, portal.Words{EN: "Link to the invoice", PT: "Link da nota fiscal"}, nil, withOrder, func(f facts) value { return textValue(f.links().Invoice) }},
	{"reason", KindText, portal.Words{EN: "Reason", PT: "Motivo"}, nil, withReason, func(f facts) value { return textValue(f.data.Reason) }},
	{"occurred_at", KindTime, portal.Words{EN: "When it happened", PT: "Quando aconteceu"}, nil, nil, func(f facts) value { return timeValue(&f.event.OccurredAt) }},
	{"customer.external_id", KindText, portal.Words{EN: "Your id of the customer", PT: "Seu código do cliente"}, nil, nil, func(f facts) value { return firstText(f.customer.ExternalID, &f.contact.ExternalID) }},
	{"customer.email", KindText, portal.Words{EN: "Customer's e-mail", PT: "E-mail do cliente"}, nil, nil, func(f facts) value { return firstText(f.customer.Email, &f.contact.Email) }},
	{"customer.country", KindText, portal.Words{EN: "Customer's country (BR, PT …)", PT: "País do cliente (BR, PT …)"}, nil, nil, func(f facts) value { return firstText(f.customer.Country, &f.contact.Country) }},
	{"contact.language", KindText, portal.Words{EN: "Contact's language (pt_BR …)", PT: "Idioma do contato (pt_BR …)"}, nil, nil, func(f facts) value { return textValue(&f.contact.Language) }},
	{"contact.tags", KindList, portal.Words{EN: "Contact's tags", PT: "Etiquetas do contato"}, nil, nil, func(f facts) value { return listValue(f.contact.Tags) }},
}
