package events

import (
	"context"
	"slices"

	"github.com/wppmarketing/developers/portal"
)

// Preset is a ready-made automation and the template that it wants.
type Preset struct {
	Key   string
	Name  portal.Words
	Text  portal.Words // what it does, in a sentence
	Rule  portal.Rule
	Wants TemplateWish
}

// TemplateWish is the template of a preset: one text for each language, with
// named parameters.
type TemplateWish struct {
	Name     string
	Category string
	Bodies   []Body
	Examples map[string]string // by parameter
}

// Body is the text of a template in a language of WhatsApp.
type Body struct{ Language, Text string }

const (
	whoParameter   = "{{customer.first_name}}"
	orderParameter = "{{order_id}}"
)

// whileUnpaid are the events after which nobody waits for a payment any more.
var whileUnpaid = []string{portal.PaymentApproved, portal.PaymentRefused, portal.OrderCanceled}

// Presets are in the order that pages offer them.
var Presets = []Preset{
	{
		Key:  "cart_recovery",
		Name: portal.Words{EN: "Cart recovery", PT: "Recuperação de carrinho"},
		Text: portal.Words{EN: "Reminds of an abandoned cart after 30 minutes, unless the order comes.", PT: "Lembra do carrinho abandonado após 30 minutos, a menos que o pedido chegue."},
		Rule: portal.Rule{
			Trigger: portal.CartAbandoned, DelaySeconds: 30 * 60, CancelOn: []string{portal.OrderCreated}, CancelReply: true, CapMost: 1, CapHours: 24,
			Template:   "cart_reminder",
			Parameters: map[string]string{"name": whoParameter, "items": "{{items.names}}", "total": "{{total}}", "link": "{{links.checkout}}"},
		},
		Wants: TemplateWish{"cart_reminder", portal.CategoryMarketing, []Body{
			{"pt_BR", "Olá {{name}}, você deixou no carrinho: {{items}}. O total é {{total}}. Para concluir a compra, acesse {{link}} quando quiser."},
			{"en_US", "Hello {{name}}, you left this in your cart: {{items}}. The total is {{total}}. To finish your order, open {{link}} at any time."},
		}, map[string]string{"name": "Ana", "items": "Camiseta", "total": "R$ 199,90", "link": "https://loja.example.com/c/77"}},
	},
	{
		Key:  "order_received",
		Name: portal.Words{EN: "Order received", PT: "Pedido recebido"},
		Text: portal.Words{EN: "Confirms an order at once.", PT: "Confirma o pedido na hora."},
		Rule: portal.Rule{
			Trigger: portal.OrderCreated, AlwaysSend: true, Template: "order_received",
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter, "total": "{{total}}"},
		},
		Wants: TemplateWish{"order_received", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, recebemos o seu pedido {{order}}, no valor de {{total}}. Avisaremos você a cada novidade."},
			{"en_US", "Hello {{name}}, we received your order {{order}}, {{total}} in all. We will tell you about every step."},
		}, map[string]string{"name": "Ana", "order": "1001", "total": "R$ 199,90"}},
	},
	{
		Key:  "pix_waiting",
		Name: portal.Words{EN: "PIX waiting", PT: "PIX aguardando"},
		Text: portal.Words{EN: "Sends the PIX code again after 5 minutes, unless it was paid.", PT: "Reenvia o código PIX após 5 minutos, a menos que tenha sido pago."},
		Rule: portal.Rule{
			Trigger: portal.PaymentPending, DelaySeconds: 5 * 60, CancelOn: whileUnpaid, AlwaysSend: true, Template: "pix_waiting",
			Conditions: []portal.Condition{{Field: "payment.method", Operator: portal.OperatorIs, Value: "pix"}, {Field: "payment.pix_code", Operator: portal.OperatorPresent}},
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter, "code": "{{payment.pix_code}}"},
		},
		Wants: TemplateWish{"pix_waiting", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o pedido {{order}} espera o seu PIX. Copie este código e pague no app do seu banco: {{code}} Assim que o pagamento entrar, avisamos você."},
			{"en_US", "Hello {{name}}, the order {{order}} waits for your PIX. Copy this code and pay in the app of your bank: {{code}} We will tell you as soon as the payment comes in."},
		}, map[string]string{"name": "Ana", "order": "1001", "code": "00020101021226580014BR.GOV.BCB.PIX"}},
	},
	{
		Key:  "boleto_waiting",
		Name: portal.Words{EN: "Boleto waiting", PT: "Boleto aguardando"},
		Text: portal.Words{EN: "Sends the line of the boleto after an hour, unless it was paid.", PT: "Envia a linha digitável do boleto após uma hora, a menos que tenha sido pago."},
		Rule: portal.Rule{
			Trigger: portal.PaymentPending, DelaySeconds: 60 * 60, CancelOn: whileUnpaid, Template: "boleto_waiting",
			Conditions: []portal.Condition{{Field: "payment.method", Operator: portal.OperatorIs, Value: "boleto"}, {Field: "payment.boleto_line", Operator: portal.OperatorPresent}},
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter, "line": "{{payment.boleto_line}}"},
		},
		Wants: TemplateWish{"boleto_waiting", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o boleto do pedido {{order}} está pronto. Linha digitável: {{line}} O pagamento leva até dois dias úteis para ser confirmado."},
			{"en_US", "Hello {{name}}, the boleto of your order {{order}} is ready. Its line: {{line}} A payment takes up to two working days to be confirmed."},
		}, map[string]string{"name": "Ana", "order": "1001", "line": "34191790010104351004791020150008291070026000"}},
	},
	{
		Key:  "payment_approved",
		Name: portal.Words{EN: "Payment approved", PT: "Pagamento aprovado"},
		Text: portal.Words{EN: "Confirms a payment at once.", PT: "Confirma o pagamento na hora."},
		Rule: portal.Rule{
			Trigger: portal.PaymentApproved, AlwaysSend: true, Template: "payment_approved",
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter},
		},
		Wants: TemplateWish{"payment_approved", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o pagamento do pedido {{order}} foi aprovado. Já estamos preparando tudo."},
			{"en_US", "Hello {{name}}, the payment of your order {{order}} was approved. We are getting everything ready."},
		}, map[string]string{"name": "Ana", "order": "1001"}},
	},
	{
		Key:  "payment_refused",
		Name: portal.Words{EN: "Payment refused", PT: "Pagamento recusado"},
		Text: portal.Words{EN: "Tells after 10 minutes that a payment was refused, unless another one came in.", PT: "Avisa após 10 minutos que o pagamento foi recusado, a menos que outro tenha entrado."},
		Rule: portal.Rule{
			Trigger: portal.PaymentRefused, DelaySeconds: 10 * 60, Template: "payment_refused",
			CancelOn:   []string{portal.PaymentApproved, portal.PaymentPending, portal.OrderCanceled},
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter},
		},
		Wants: TemplateWish{"payment_refused", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o pagamento do pedido {{order}} não foi aprovado. Responda esta mensagem se quiser ajuda para tentar de novo."},
			{"en_US", "Hello {{name}}, the payment of your order {{order}} was not approved. Answer this message if you want help to try again."},
		}, map[string]string{"name": "Ana", "order": "1001"}},
	},
	{
		Key:  "shipment",
		Name: portal.Words{EN: "Shipment", PT: "Entrega"},
		Text: portal.Words{EN: "Tells each step of the delivery.", PT: "Avisa cada etapa da entrega."},
		Rule: portal.Rule{
			Trigger: portal.ShipmentUpdated, Template: "order_update",
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter, "status": "{{shipment.status}}"},
		},
		Wants: TemplateWish{"order_update", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o pedido {{order}} está {{status}}."},
			{"en_US", "Hello {{name}}, the order {{order}} is {{status}}."},
		}, map[string]string{"name": "Ana", "order": "1001", "status": "postado"}},
	},
	{
		Key:  "order_canceled",
		Name: portal.Words{EN: "Order canceled", PT: "Pedido cancelado"},
		Text: portal.Words{EN: "Tells that an order was canceled.", PT: "Avisa que o pedido foi cancelado."},
		Rule: portal.Rule{
			Trigger: portal.OrderCanceled, Template: "order_canceled",
			Parameters: map[string]string{"name": whoParameter, "order": orderParameter},
		},
		Wants: TemplateWish{"order_canceled", portal.CategoryUtility, []Body{
			{"pt_BR", "Olá {{name}}, o pedido {{order}} foi cancelado. Responda esta mensagem se tiver alguma dúvida."},
			{"en_US", "Hello {{name}}, the order {{order}} was canceled. Answer this message if you have a question."},
		}, map[string]string{"name": "Ana", "order": "1001"}},
	},
	{
		Key:  "welcome",
		Name: portal.Words{EN: "Welcome", PT: "Boas-vindas"},
		Text: portal.Words{EN: "Greets a new customer after 5 minutes, once.", PT: "Dá as boas-vindas ao novo cliente após 5 minutos, uma vez."},
		Rule: portal.Rule{
			Trigger: portal.CustomerCreated, DelaySeconds: 5 * 60, CancelReply: true, CapMost: 1, CapHours: maxCapHours, Template: "welcome",
			Parameters: map[string]string{"name": whoParameter},
		},
		Wants: TemplateWish{"welcome", portal.CategoryMarketing, []Body{
			{"pt_BR", "Olá {{name}}, que bom ter você com a gente! Responda esta mensagem quando precisar de algo."},
			{"en_US", "Hello {{name}}, it is good to have you with us! Answer this message whenever you need something."},
		}, map[string]string{"name": "Ana"}},
	},
}

// PresetOf returns the preset of a key; false when there is none.
func PresetOf(key string) (Preset, bool) {
	i := slices.IndexFunc(Presets, func(p Preset) bool { return p.Key == key })
	if i < 0 {
		return Preset{}, false
	}
	return Presets[i], true
}

// draft is a language of the template as WhatsApp reviews it.
func (w TemplateWish) draft(b Body) portal.TemplateDraft {
	example := &portal.TemplateExample{}
	for _, path := range parametersIn(b.Text) {
		example.BodyTextNamed = append(example.BodyTextNamed, portal.NamedExample{Name: path, Example: w.Examples[path]})
	}
	return portal.TemplateDraft{
		Name: w.Name, Language: b.Language, Category: w.Category, ParameterFormat: portal.ParametersNamed,
		Components: []portal.TemplateComponent{{Type: portal.ComponentBody, Text: b.Text, Example: example}},
	}
}

func parametersIn(body string) []string {
	names, _ := holesOf(body)
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// Create asks WhatsApp for a template, as PUT /v1/templates does.
type Create func(ctx context.Context, c portal.Caller, d portal.TemplateDraft) (portal.Template, error)

// TemplateStatus is how a language of a preset's template stands at WhatsApp.
type TemplateStatus struct {
	Language string
	Status   string // "" = the account has none
}

// TemplatesOf tells how the template of a preset stands, language by language.
func (s *Service) TemplatesOf(ctx context.Context, t portal.Tenant, key string) (list []TemplateStatus, err error) {
	defer portal.Wrap(&err, "TemplatesOf(%s)", key)
	p, ok := PresetOf(key)
	if !ok {
		return nil, portal.Refuse(portal.CodeNotFound)
	}
	has, err := templatesNamed(s.store.Reader(ctx), t, p.Wants.Name)
	for _, b := range p.Wants.Bodies {
		status := TemplateStatus{Language: b.Language}
		for _, t := range has {
			if t.Language == b.Language {
				status.Status = t.Status
			}
		}
		list = append(list, status)
	}
	return list, err
}

// CreateTemplates asks WhatsApp for the languages of a preset's template that
// the account has not. It refuses as creating any template does.
func (s *Service) CreateTemplates(ctx context.Context, c portal.Caller, key string) (err error) {
	defer portal.Wrap(&err, "CreateTemplates(%s)", key)
	states, err := s.TemplatesOf(ctx, c.Tenant, key)
	if err != nil || s.create == nil {
		return err
	}
	p, _ := PresetOf(key)
	for i, state := range states {
		if state.Status != "" {
			continue
		}
		_, err := s.create(ctx, c, p.Wants.draft(p.Wants.Bodies[i]))
		if err != nil && portal.CodeOf(err) != portal.CodeTemplateExists {
			return err
		}
	}
	return nil
}
