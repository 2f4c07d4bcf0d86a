package dashboard

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// shown is the message as its bubble shows it: what is said, which file it
// carries, and what can be tapped under it.
func (t texts) shown(ctx context.Context, m portal.Message, known files) (v views.Preview) {
	v.Lines, v.File = t.lines(m), known.of(ctx, m)
	switch {
	case m.Type == portal.TypeTemplate:
		sent := templateOf(m)
		v.Taps = tapsOf(t[sent.Name+"\n"+sent.Language.Code])
	case m.Type == portal.TypeInteractive:
		v.Taps = tapsIn(m)
		v.Lines = slices.DeleteFunc(v.Lines, func(line string) bool {
			return slices.ContainsFunc(v.Taps, func(tap string) bool { return line == "· "+tap || line == tap })
		})
	case m.Type == portal.TypeDocument && v.File != nil:
		v.Lines = slices.DeleteFunc(v.Lines, func(line string) bool { return line == v.File.Name })
	}
	return v
}

// tapsOf are the labels of a template's buttons.
func tapsOf(tpl portal.Template) (labels []string) {
	var parts []struct {
		Buttons []struct {
			Text string `json:"text"`
		} `json:"buttons"`
	}
	_ = json.Unmarshal(tpl.Components, &parts) // an unknown template has none
	for _, part := range parts {
		for _, b := range part.Buttons {
			labels = append(labels, b.Text)
		}
	}
	return labels
}

// tapsIn are the labels of what can be tapped in an interactive message.
func tapsIn(m portal.Message) (labels []string) {
	var in portal.Interactive
	if json.Unmarshal(m.Content, &in) != nil {
		return nil
	}
	for _, b := range in.Action.Buttons {
		labels = append(labels, b.Reply.Title)
	}
	if in.Action.Button != "" {
		labels = append(labels, in.Action.Button)
	}
	if p := in.Action.Parameters; p != nil && p.DisplayText != "" {
		labels = append(labels, p.DisplayText)
	}
	return labels
}

// originOf says how a message of a person came: forwarded, or from an ad.
func originOf(ctx context.Context, m portal.Message) string {
	var from struct {
		Forwarded bool `json:"forwarded"`
		Often     bool `json:"frequently_forwarded"`
		Referral  *struct {
			Headline string `json:"headline"`
		} `json:"referral"`
	}
	if m.Direction != portal.Inbound || json.Unmarshal(m.Content, &from) != nil {
		return ""
	}
	switch {
	case from.Referral != nil:
		return ui.L(ctx, "an ad: ", "um anúncio: ") + from.Referral.Headline
	case from.Often:
		return ui.L(ctx, "forwarded many times", "encaminhada muitas vezes")
	case from.Forwarded:
		return ui.L(ctx, "forwarded", "encaminhada")
	}
	return ""
}
