package dashboard

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// judge adds what sending the form would do, by the same path as validateMessage.
func (d *Dashboard) judge(ctx context.Context, p *Person, c *composition) error {
	v := &c.props.Verdict
	v.Asked = strings.TrimSpace(c.props.Form.Get("to")) != "" || c.props.Form.Get("type") == views.KindJSON && len(c.body) > 0
	start := time.Now()
	var verdict messaging.Verdict
	if c.err == nil && v.Asked {
		verdict, c.err = d.Messaging.Validate(ctx, p.caller(ctx), c.draft)
	}
	v.Took = time.Since(start)
	var refused *portal.Error
	switch {
	case !v.Asked:
		if c.err == nil {
			c.err = portal.Refuse(portal.CodeValidationFailed)
		}
		v.Problems = []ui.Problem{views.ComposeProblem(ctx, "", "/to", fieldWords[portal.FieldRequired])}
	case c.err == nil:
		d.verdict(ctx, verdict, v)
	case errors.As(c.err, &refused) && refused.Code != portal.CodeInternal:
		v.Problems = problemsOf(ctx, c.props.Form.Get("type"), refused)
	default:
		return c.err
	}
	return nil
}

// markedBy are the fields that a refusal is about; none for any other outcome.
func markedBy(ctx context.Context, kind string, err error) []ui.Problem {
	var refused *portal.Error
	if !errors.As(err, &refused) || len(refused.Fields) == 0 {
		return nil
	}
	return problemsOf(ctx, kind, refused)
}

// problemsOf names the refused fields as the form does.
func problemsOf(ctx context.Context, kind string, refused *portal.Error) (list []ui.Problem) {
	for _, f := range refused.Fields {
		words := f.Detail
		if words == (portal.Words{}) {
			words = fieldWords[f.Code]
		}
		list = append(list, views.ComposeProblem(ctx, kind, f.Pointer, words))
	}
	if len(list) == 0 {
		entry, _ := portal.EntryOf(refused.Code)
		list = []ui.Problem{{ID: views.KindJSON, Text: ui.W(ctx, entry.Detail)}}
	}
	return list
}

// verdict puts what validateMessage found into words.
func (d *Dashboard) verdict(ctx context.Context, from messaging.Verdict, v *views.Verdict) {
	v.Send, v.SendsAs = from.WouldSend, from.SendsAs
	v.Checks = views.NamedChecks(ctx, from.Checks)
	for _, code := range from.Blocking {
		if entry, ok := portal.EntryOf(code); ok {
			v.Fix = entry.Action
			break
		}
	}
	v.Checks = append(v.Checks, ui.Check{Name: ui.L(ctx, "Price", "Preço"), Result: portal.CheckPass, Reason: priceWords(ctx, from)})
}

func priceWords(ctx context.Context, v messaging.Verdict) string {
	text := ui.L(ctx, "category ", "categoria ") + strings.ToLower(views.CategoryName(ctx, v.Category))
	switch {
	case v.Billable == nil:
		return text + ui.L(ctx, "; WhatsApp says after sending whether it is charged", "; o WhatsApp diz depois do envio se cobra")
	case *v.Billable:
		return text + ui.L(ctx, ", billable", ", cobrável")
	}
	return text + ui.L(ctx, ", free", ", grátis")
}
