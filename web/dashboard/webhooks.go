package dashboard

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// deliveriesList names the list of deliveries in its cursors.
const deliveriesList = "webhook-deliveries"

// webhookList shows the endpoints of the environment.
func (d *Dashboard) webhookList(w http.ResponseWriter, r *http.Request, p *Person) error {
	list, _, err := d.Webhooks.List(r.Context(), p.Tenant(), portal.Page{Limit: webhooks.MaxEndpoints})
	if err != nil {
		return err
	}
	props := views.WebhooksProps{Now: d.Store.Now(), Full: len(list) >= webhooks.MaxEndpoints}
	for _, e := range list {
		row, err := d.webhookRow(r.Context(), e)
		if err != nil {
			return err
		}
		props.Rows = append(props.Rows, row)
	}
	return d.page(w, r, http.StatusOK, views.Webhooks(props))
}

func (d *Dashboard) webhookRow(ctx context.Context, e portal.WebhookEndpoint) (row views.WebhookRow, err error) {
	f, err := d.Webhooks.Figures(ctx, e)
	if err != nil {
		return row, err
	}
	row = views.WebhookRow{Endpoint: e, Pending: f.Pending, SuccessRate: f.SuccessRate}
	if row.P95, err = d.Webhooks.P95(ctx, e); err != nil {
		return row, err
	}
	if e.FailingSince != nil {
		if row.Recent, err = d.Webhooks.Recent(ctx, e); err != nil {
			return row, err
		}
	}
	row.Hours, err = d.Webhooks.Hours(ctx, e)
	return row, err
}

// eventCatalog shows the types of events.
func (d *Dashboard) eventCatalog(w http.ResponseWriter, r *http.Request, _ *Person) error {
	props := views.EventCatalogProps{Examples: map[string][]byte{}, Fields: map[string][]views.EventFieldRow{}}
	for _, t := range portal.EventTypes {
		example, err := d.Wire.EventExample(t)
		if err != nil {
			return err
		}
		props.Examples[t.Name] = example
		if props.Fields[t.Resource] == nil {
			for _, f := range d.Wire.ResourceFields(t.Resource, ui.From(r.Context()).Lang) {
				props.Fields[t.Resource] = append(props.Fields[t.Resource], views.EventFieldRow{Name: f.Name, Type: f.Type, Text: f.Text})
			}
		}
	}
	return d.page(w, r, http.StatusOK, views.EventCatalog(props))
}

// webhook shows one endpoint.
func (d *Dashboard) webhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showWebhook(w, r, p, views.WebhookProps{})
}

// showWebhook writes the page of an endpoint, with what a form made or was refused.
func (d *Dashboard) showWebhook(w http.ResponseWriter, r *http.Request, p *Person, props views.WebhookProps) error {
	ctx := r.Context()
	e, err := d.Webhooks.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	props.Now, props.Max, props.Filter = d.Store.Now(), d.Webhooks.MaxAttempts(), deliveryQuery(r)
	if props.Row, err = d.webhookRow(ctx, e); err != nil {
		return err
	}
	d.drawHours(ctx, &props)
	if props.Replays, err = d.Webhooks.Replays(ctx, p.Tenant(), e.ID); err != nil {
		return err
	}
	if err := d.deliveryRows(ctx, p, &props); err != nil {
		return err
	}
	for _, l := range apidocs.Languages {
		props.Verify = append(props.Verify, views.VerifySample{ID: l.ID, Name: l.Name, Text: apidocs.Sample("verify", l, d.BaseURL)})
	}
	status := http.StatusOK
	if props.Problem != (portal.Words{}) {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, r, status, views.Webhook(props))
}

func deliveryQuery(r *http.Request) (q views.DeliveryQuery) {
	v := r.URL.Query()
	q = views.DeliveryQuery{Status: v.Get("status"), Type: v.Get("type"), Q: v.Get("q"), Before: v.Get("before")}
	if !slices.Contains(views.DeliveryFilters, q.Status) {
		q.Status = ""
	}
	if !portal.WantsEvent([]string{"message.*", "channel.*", "contact.*", "template.*", "conversation.*", "token.*", "endpoint.*"}, q.Type) {
		q.Type = ""
	}
	return q
}

// deliveryRows reads the deliveries that the filter lets through. A search is
// for the id of an event, or of what events are about.
func (d *Dashboard) deliveryRows(ctx context.Context, p *Person, props *views.WebhookProps) error {
	after, err := portal.ParseCursor(deliveriesList, props.Filter.Before)
	if err != nil {
		return err
	}
	f := portal.DeliveryFilter{EndpointID: props.Row.Endpoint.ID, Type: props.Filter.Type, Status: props.Filter.Status}
	if f.Status == views.DeliveryFailed {
		f.Status, f.Failed = "", true
	}
	if portal.IsID(portal.PrefixWebhookEvent, props.Filter.Q) {
		f.EventID = props.Filter.Q
	} else {
		f.Subject = props.Filter.Q
	}
	list, next, err := d.Webhooks.Deliveries(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: after})
	if err != nil {
		return err
	}
	latest, err := d.Webhooks.Latest(ctx, list)
	if err != nil {
		return err
	}
	for _, dlv := range list {
		props.Rows = append(props.Rows, views.DeliveryRow{Delivery: dlv, Last: latest[dlv.ID]})
	}
	if next != "" {
		props.Older = portal.Cursor(deliveriesList, next)
	}
	return nil
}

// drawHours draws the attempts of 24 hours.
func (d *Dashboard) drawHours(ctx context.Context, props *views.WebhookProps) {
	start := props.Now.Truncate(time.Hour).Add(-23 * time.Hour)
	bars := make([]ui.Bar, 24)
	for i := range bars {
		bars[i].Parts = []ui.Part{{Kind: "ok"}, {Kind: "err"}}
	}
	for _, h := range props.Row.Hours {
		if i := int(h.At.Sub(start) / time.Hour); i >= 0 && i < len(bars) {
			bars[i].Parts[0].Value, bars[i].Parts[1].Value = float64(h.Succeeded), float64(h.Failed)
			props.OK, props.Fail = props.OK+h.Succeeded, props.Fail+h.Failed
		}
	}
	props.Hours = ui.BarsProps{
		Bars: bars, Partial: true,
		Label: ui.L(ctx, "Attempts an hour over 24 hours: ", "Tentativas por hora em 24 horas: ") +
			ui.Num(ctx, props.OK) + ui.L(ctx, " delivered, ", " entregues, ") + ui.Num(ctx, props.Fail) + ui.L(ctx, " failed.", " falharam."),
	}
	for _, i := range []int{0, 6, 12, 18} {
		props.Hours.Times = append(props.Hours.Times, ui.Clock(ctx, start.Add(time.Duration(i)*time.Hour))[:5])
	}
	props.Hours.Times = append(props.Hours.Times, ui.L(ctx, "now", "agora"))
}

// webhookDelivery shows one delivery beside the list.
func (d *Dashboard) webhookDelivery(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	told, err := d.Webhooks.Delivery(ctx, p.Tenant(), r.PathValue("id"), r.PathValue("delivery"))
	if err != nil {
		return err
	}
	opened := views.DeliveryOpen{Delivery: told.Delivery}
	body := ""
	if e, err := d.Webhooks.Event(ctx, p.Tenant(), told.EventID); err == nil {
		opened.Sequence = e.Sequence
		body = d.sentBody(p, e)
	}
	for _, a := range slices.Backward(told.List) {
		opened.Attempts = append(opened.Attempts, views.AttemptProps{Attempt: a, Body: body, Max: d.Webhooks.MaxAttempts()})
	}
	if portal.IsID(portal.PrefixMessage, told.Subject) {
		if m, err := d.Store.Reader(ctx).Message(p.Tenant(), told.Subject); err == nil {
			opened.RequestID = m.RequestID
		}
	}
	return d.showWebhook(w, r, p, views.WebhookProps{Opened: &opened})
}

// sentBody is what was sent of an event, masked as in the request log; nothing
// for who sees contents withheld.
func (d *Dashboard) sentBody(p *Person, e portal.WebhookEvent) string {
	raw, err := webhooks.Body(e)
	if err != nil || p.sight().withheld {
		return ""
	}
	return audit.Mask("application/json", raw)
}

// webhookDone answers a form about an endpoint: with a notice, or with the page and why nothing was done.
func (d *Dashboard) webhookDone(w http.ResponseWriter, r *http.Request, p *Person, done portal.Words, err error) error {
	path := "/webhooks/" + r.PathValue("id")
	if refused := refusalWords(err); refused != (portal.Words{}) {
		return d.showWebhook(w, at(r, path), p, views.WebhookProps{Problem: refused})
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, path, done)
}

// turnWebhook switches an endpoint on or off.
func (d *Dashboard) turnWebhook(status string, done portal.Words) handler {
	return func(w http.ResponseWriter, r *http.Request, p *Person) error {
		err := d.Store.Tx(r.Context(), func(tx *store.Tx) error {
			_, err := d.Webhooks.ChangeTx(tx, p.caller(r.Context()), r.PathValue("id"), webhooks.Change{Status: &status})
			return err
		})
		return d.webhookDone(w, r, p, done, err)
	}
}

// testWebhook sends the test event and shows what came of it.
func (d *Dashboard) testWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	id := r.PathValue("id")
	told, err := d.Webhooks.Test(r.Context(), p.caller(r.Context()), id)
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/webhooks/"+id+"/deliveries/"+told.ID)
}

// resendDelivery sends an event once more.
func (d *Dashboard) resendDelivery(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Store.Tx(r.Context(), func(tx *store.Tx) error {
		_, err := d.Webhooks.ResendTx(tx, p.caller(r.Context()), r.PathValue("id"), r.PathValue("delivery"))
		return err
	})
	return d.webhookDone(w, r, p, portal.Words{EN: "Sent again", PT: "Reenviado"}, err)
}

// replayWebhook repeats a range of events, or everything since a moment.
func (d *Dashboard) replayWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	ask, ok := readReplay(r, p.Zone)
	if !ok {
		return d.webhookDone(w, r, p, portal.Words{}, portal.Refuse(portal.CodeValidationFailed))
	}
	err := d.Store.Tx(r.Context(), func(tx *store.Tx) error {
		_, err := d.Webhooks.ReplayTx(tx, p.caller(r.Context()), ask)
		return err
	})
	return d.webhookDone(w, r, p, portal.Words{EN: "Replay started", PT: "Repetição iniciada"}, err)
}

// readReplay reads what to repeat; ok is false when a time cannot be read.
func readReplay(r *http.Request, zone *time.Location) (a webhooks.Ask, ok bool) {
	v := posted(r)
	a = webhooks.Ask{EndpointID: r.PathValue("id"), FailedOnly: v.Get("failed_only") != ""}
	if t := v.Get("type"); t != "" {
		a.Types = []string{t}
	}
	var err error
	if since := v.Get("since"); since != "" {
		a.From, err = time.Parse(time.RFC3339, since)
		return a, err == nil
	}
	if a.From, err = time.ParseInLocation(formTime, v.Get("from"), zone); err != nil {
		return a, false
	}
	if v.Get("to") == "" {
		return a, true
	}
	to, err := time.ParseInLocation(formTime, v.Get("to"), zone)
	a.To = &to
	return a, err == nil
}

// formTime is what a browser sends of a datetime-local field.
const formTime = "2006-01-02T15:04"

// deleteWebhook removes an endpoint whose name was typed.
func (d *Dashboard) deleteWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	e, err := d.Webhooks.Get(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	if r.PostFormValue("confirm") != views.WebhookName(e) {
		return d.showWebhook(w, at(r, "/webhooks/"+id), p, views.WebhookProps{Problem: portal.Words{
			EN: "The name you typed is not that of the endpoint. It was not deleted.",
			PT: "O nome digitado não é o do endpoint. Ele não foi excluído.",
		}})
	}
	err = d.Store.Tx(ctx, func(tx *store.Tx) error { return d.Webhooks.DeleteTx(tx, p.caller(ctx), id) })
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/webhooks", portal.Words{EN: "Endpoint deleted", PT: "Endpoint excluído"})
}
