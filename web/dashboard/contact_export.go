package dashboard

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// exportContact sends everything that is kept about a person (LGPD, right of
// access) as JSON, in the shapes of the API. Who asked is in the audit trail
// before the first byte is sent.
func (d *Dashboard) exportContact(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	c, err := d.Contacts.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "contact.exported", Target: c.ID, RequestID: portal.RequestID(ctx)})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.ID+`.json"`)
	begun := &began{Writer: w}
	e := &personExport{Dashboard: d, r: r, p: p, id: c.ID, rc: http.NewResponseController(w), out: bufio.NewWriterSize(begun, 32<<10)}
	if err := e.write(c); err != nil {
		if !begun.yes {
			w.Header().Del("Content-Disposition")
			return err
		}
		d.Logger.Warn("export ended early", "request_id", portal.RequestID(ctx), "error", err)
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return nil
}

// personExport writes one person's data piece by piece.
type personExport struct {
	*Dashboard
	r   *http.Request
	p   *Person
	id  string
	rc  *http.ResponseController
	out *bufio.Writer
}

func (e *personExport) write(c portal.Contact) error {
	contact, err := e.Wire.ContactAnswer(c)
	if err != nil {
		return err
	}
	e.text(`{"exported_at":"` + portal.FormatTime(e.Store.Now()) + `","contact":`)
	e.text(string(contact))
	for _, part := range []struct {
		name  string
		write func(add func([]byte, error) error) error
	}{
		{"consent_history", e.consents}, {"messages", e.messages}, {"handoffs", e.handoffs}, {"events", e.events}, {"media", e.media},
	} {
		e.text(`,"` + part.name + `":[`)
		first := true
		err := part.write(func(row []byte, err error) error {
			if err != nil {
				return err
			}
			if !first {
				e.text(",\n")
			}
			first = false
			_ = e.rc.SetWriteDeadline(time.Now().Add(exportTime))
			_, err = e.out.Write(row)
			return err
		})
		if err != nil {
			return err
		}
		e.text("]")
	}
	e.text("}\n")
	return e.out.Flush()
}

// text writes to the buffer, which tells a failure when it is flushed.
func (e *personExport) text(s string) { _, _ = io.WriteString(e.out, s) }

func (e *personExport) consents(add func([]byte, error) error) error {
	list, err := e.Store.Reader(e.r.Context()).ConsentHistory(e.p.Tenant(), e.id, 10_000)
	for _, h := range list {
		if err := add(json.Marshal(map[string]any{
			"at": portal.FormatTime(h.At), "status": h.Consent.Status, "marketing": h.Consent.Marketing, "source": h.Consent.Source,
			"given_at": optionalTime(h.Consent.At), "evidence": h.Consent.Evidence, "by": h.By.Name,
		})); err != nil {
			return err
		}
	}
	return err
}

func (e *personExport) messages(add func([]byte, error) error) error {
	for after := ""; ; {
		list, next, err := e.Messaging.List(e.r.Context(), e.p.Tenant(), portal.MessageFilter{ContactID: e.id}, portal.Page{Limit: portal.MaxLimit, After: after})
		if err != nil {
			return err
		}
		for _, m := range list {
			if err := add(e.Wire.MessageAnswer(m, portal.History{}, e.p.Account.Language)); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (e *personExport) handoffs(add func([]byte, error) error) error {
	for after := ""; ; {
		list, next, err := e.Support.List(e.r.Context(), e.p.Tenant(), store.HandoffFilter{ContactID: e.id}, portal.Page{Limit: portal.MaxLimit, After: after})
		if err != nil {
			return err
		}
		for _, h := range list {
			if err := add(e.Wire.HandoffAnswer(h)); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// events are what stores reported of the person, each with what automations made of it.
func (e *personExport) events(add func([]byte, error) error) error {
	ctx := e.r.Context()
	for after := ""; ; {
		list, next, err := e.Events.List(ctx, e.p.Tenant(), portal.EventFilter{ContactID: e.id}, portal.Page{Limit: portal.MaxLimit, After: after})
		if err != nil {
			return err
		}
		ids := make([]string, len(list))
		for i, v := range list {
			ids[i] = v.ID
		}
		runs, err := e.Events.RunsOf(ctx, e.p.Tenant(), ids)
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := add(e.Wire.EventAnswer(v, runs[v.ID], e.p.Account.Language)); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (e *personExport) media(add func([]byte, error) error) error {
	list, err := e.Store.Reader(e.r.Context()).MediaOfContact(e.p.Tenant(), e.id, e.Store.Now())
	for _, m := range list {
		if err := add(json.Marshal(map[string]any{"id": m.ID, "direction": m.Direction, "type": m.Type, "bytes": m.Size, "filename": m.Filename, "created_at": portal.FormatTime(m.CreatedAt)})); err != nil {
			return err
		}
	}
	return err
}

func optionalTime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return portal.FormatTime(*t)
}
