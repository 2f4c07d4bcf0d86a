package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// CatalogueEntry is one error code in both languages.
type CatalogueEntry struct {
	Code      string    `json:"code" doc:"Never translated; new codes may appear."`
	Status    *int      `json:"status" doc:"HTTP status; null for codes that appear only in a message's error."`
	Retryable bool      `json:"retryable" doc:"Whether the same request, unchanged, may succeed later."`
	Title     Bilingual `json:"title" doc:"The code in words."`
	Detail    Bilingual `json:"detail" doc:"What happened."`
	Action    Bilingual `json:"action" doc:"What to do about it."`
	URL       string    `json:"url" format:"uri" doc:"Address of the explanation of this code."`

	ProviderCodes []ProviderCode `json:"provider_codes" doc:"Codes of WhatsApp that end a message with this one; they stand in error.provider."`
}

// ProviderCode is a code of WhatsApp, or a range of them, as it is acted on here.
type ProviderCode struct {
	From    int       `json:"from" doc:"WhatsApp's code." example:"131026"`
	To      int       `json:"to" doc:"The last of the range; the same as from for a single code." example:"131026"`
	Meaning Bilingual `json:"meaning" doc:"What WhatsApp says by it."`
	Action  Bilingual `json:"action" doc:"What to do about it."`
}

// Bilingual is a text in both languages.
type Bilingual struct {
	EN string `json:"en"`
	PT string `json:"pt-BR"`
}

func (a *API) registerErrors(h huma.API) {
	mount(h, "listErrors", a.listErrors)
	mount(h, "getError", a.getError)
}

func (a *API) listErrors(_ context.Context, c *call, in *PageQuery) (reply, error) {
	page, err := in.page("errors")
	if err != nil {
		return reply{}, err
	}
	rows, next := cut(portal.Catalogue, page, func(e portal.Entry) string { return string(e.Code) })
	rep := listed(c, "errors", next, each(rows, a.entryOf))
	rep.tag = true
	return rep, nil
}

func (a *API) getError(_ context.Context, _ *call, in *struct {
	Code string `path:"code" maxLength:"64" doc:"The code." example:"window_closed"`
},
) (reply, error) {
	e, ok := portal.EntryOf(portal.Code(in.Code))
	if !ok {
		return reply{}, portal.Refuse(portal.CodeNotFound)
	}
	return reply{body: a.entryOf(e), tag: true}, nil
}

func (a *API) entryOf(e portal.Entry) CatalogueEntry {
	both := func(w portal.Words) Bilingual { return Bilingual{EN: w.EN, PT: w.PT} }
	w := CatalogueEntry{
		Code: string(e.Code), Retryable: e.Retryable, Title: both(e.Title), Detail: both(e.Detail), Action: both(e.Action),
		URL: a.BaseURL + "/docs/errors#" + string(e.Code),
	}
	w.ProviderCodes = each(portal.ProviderCodesOf(e.Code), func(c portal.ProviderCode) ProviderCode {
		return ProviderCode{From: c.From, To: c.To, Meaning: both(c.Meaning), Action: both(c.Fix())}
	})
	if e.Status != 0 {
		w.Status = &e.Status
	}
	return w
}
