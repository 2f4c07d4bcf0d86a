package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
)

// channelEvents is how many events one page of a number shows.
const channelEvents = 20

// channel shows one number.
func (d *Dashboard) channel(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showChannel(w, r, p, views.ChannelProps{})
}

// showChannel writes the page of a number, with what of a form was refused.
func (d *Dashboard) showChannel(w http.ResponseWriter, r *http.Request, p *Person, props views.ChannelProps) error {
	ctx, id := r.Context(), r.PathValue("id")
	state, err := d.Channels.Get(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	props.ChannelRow, props.Now = channelRow(state), d.Store.Now()
	if props.NewName == "" {
		props.NewName = state.Name
	}
	if props.Callback, err = d.callbackOf(r, p, state); err != nil {
		return err
	}
	if props.Paused, err = d.Store.Reader(ctx).PausedTemplates(p.Tenant()); err != nil {
		return err
	}
	if props.Rests, err = d.rests(ctx, state.Channel); err != nil {
		return err
	}
	events, next, err := d.Channels.Events(ctx, p.Tenant(), id, portal.Page{Limit: channelEvents, After: r.URL.Query().Get("before")})
	if err != nil {
		return err
	}
	props.Older = next
	for _, e := range events {
		props.Events = append(props.Events, momentOf(e))
		if unheard(state.Channel, e) && props.RefusedAt == nil {
			props.RefusedAt = &e.At
		}
	}
	status := http.StatusOK
	if props.Trouble != nil || len(props.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, r, status, views.Channel(props))
}

// unheard reports whether the event is a call that was refused for its
// signature, with none since then that was not, nor another app secret.
func unheard(c portal.Channel, e portal.ChannelEvent) bool {
	if e.Kind != portal.ChannelUnsigned || c.SecretChangedAt != nil && c.SecretChangedAt.After(e.At) {
		return false
	}
	return c.CallbackAt == nil || c.CallbackAt.Before(e.At.Truncate(time.Minute))
}

// rests returns what WhatsApp wants nothing of through the number for a while.
func (d *Dashboard) rests(ctx context.Context, c portal.Channel) (list []views.RestProps, err error) {
	whole, marketing, err := d.Store.Reader(ctx).ChannelPace(c.Tenant(), c.ID)
	for _, rest := range []struct {
		store.Pace
		why portal.Words
	}{
		{whole, portal.Words{EN: "WhatsApp slows the number down.", PT: "O WhatsApp desacelera o número."}},
		{marketing, portal.Words{EN: "Marketing through this number rests; everything else goes on.", PT: "O marketing por este número descansa; o resto continua."}},
	} {
		if rest.Held(d.Store.Now()) {
			list = append(list, views.RestProps{Until: rest.HeldUntil, Code: rest.Reason, Why: rest.why})
		}
	}
	return list, err
}

// callbackOf says how far WhatsApp knows where to call. Who may change the
// number sees the verify token.
func (d *Dashboard) callbackOf(r *http.Request, p *Person, state channels.State) (c views.CallbackProps, err error) {
	c = views.CallbackProps{
		ChannelID: state.ID, URL: d.BaseURL + "/hooks/whatsapp/" + state.ID,
		VerifiedAt: state.VerifiedAt, LastAt: state.CallbackAt, Reachable: reachable(d.BaseURL),
	}
	if p.May(portal.WriteChannels) {
		c.VerifyToken, err = d.Channels.VerifyToken(r.Context(), state.Channel)
	}
	return c, err
}

// reachable reports whether WhatsApp could call an address below the base URL.
func reachable(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && !strings.HasPrefix(host, "127.")
}

// channelCallback is the part of the page that follows the set-up of the callback.
func (d *Dashboard) channelCallback(w http.ResponseWriter, r *http.Request, p *Person) error {
	state, err := d.Channels.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	props, err := d.callbackOf(r, p, state)
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.CallbackLive(props))
}

// changed answers a form about a number: with the page and what was refused,
// or with the page and a notice.
func (d *Dashboard) changed(w http.ResponseWriter, r *http.Request, p *Person, done portal.Words, err error) error {
	path := "/channels/" + r.PathValue("id")
	errs, trouble := channelRefused(err)
	switch {
	case len(errs) > 0 || trouble != nil:
		return d.showChannel(w, at(r, path), p, views.ChannelProps{Errors: errs, Trouble: trouble, NewName: r.PostFormValue("name")})
	case portal.CodeOf(err) == portal.CodePreconditionFailed:
		return d.redirect(w, r, path) // somebody was faster
	case err != nil:
		return err
	}
	return d.flashTo(w, r, path, done)
}

// renameChannel gives a number another name.
func (d *Dashboard) renameChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.Rename(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("name"))
	return d.changed(w, r, p, savedWords, err)
}

// defaultChannel makes a number the one of messages that name none.
func (d *Dashboard) defaultChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.MakeDefault(r.Context(), p.changes(r), r.PathValue("id"))
	return d.changed(w, r, p, portal.Words{EN: "This is the default channel now", PT: "Este é o canal padrão agora"}, err)
}

// pauseChannel keeps a number from sending.
func (d *Dashboard) pauseChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.Pause(r.Context(), p.changes(r), r.PathValue("id"))
	return d.changed(w, r, p, portal.Words{EN: "Number paused", PT: "Número pausado"}, err)
}

// resumeChannel lets a paused number send again.
func (d *Dashboard) resumeChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.Resume(r.Context(), p.changes(r), r.PathValue("id"))
	return d.changed(w, r, p, portal.Words{EN: "Number resumed", PT: "Número retomado"}, err)
}

// checkChannel asks WhatsApp about a number again.
func (d *Dashboard) checkChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.CheckAgain(r.Context(), p.changes(r), r.PathValue("id"))
	return d.changed(w, r, p, portal.Words{EN: "Checked with WhatsApp", PT: "Verificado com o WhatsApp"}, err)
}

// loginChannel brings a simulated number back, in test.
func (d *Dashboard) loginChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	if p.Environment != portal.Test {
		return portal.Refuse(portal.CodeNotFound)
	}
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := d.Messaging.LogInTx(tx, p.caller(ctx), id); err != nil {
			return err
		}
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "channel.logged_in", Target: id, RequestID: portal.RequestID(ctx)})
	})
	return d.changed(w, r, p, portal.Words{EN: "Number connected", PT: "Número conectado"}, err)
}

var notRemoved = portal.Words{
	EN: "The confirmation is not the name of the number. Nothing was removed.",
	PT: "A confirmação não é o nome do número. Nada foi removido.",
}

// removeChannel takes a number away whose name was typed.
func (d *Dashboard) removeChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	id := r.PathValue("id")
	state, err := d.Channels.Get(r.Context(), p.Tenant(), id)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != state.Name {
		return d.flashTo(w, r, "/channels/"+id, notRemoved)
	}
	if err := d.Channels.Remove(r.Context(), p.changes(r), id); err != nil {
		return err
	}
	return d.flashTo(w, r, "/channels", portal.Words{EN: "Number removed", PT: "Número removido"})
}

// replaceToken gives a number another access token.
func (d *Dashboard) replaceToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.ReplaceToken(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("token"))
	return d.changed(w, r, p, portal.Words{EN: "Token replaced", PT: "Token trocado"}, err)
}

// replaceSecret gives a number another app secret.
func (d *Dashboard) replaceSecret(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.ReplaceSecret(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("app_secret"))
	return d.changed(w, r, p, portal.Words{EN: "App secret replaced", PT: "Segredo do aplicativo trocado"}, err)
}

// resetCallback makes a new verify token.
func (d *Dashboard) resetCallback(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.ResetCallback(r.Context(), p.changes(r), r.PathValue("id"))
	return d.changed(w, r, p, portal.Words{EN: "New verify token made", PT: "Novo token de verificação criado"}, err)
}

// registerChannel has WhatsApp let the number send.
func (d *Dashboard) registerChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.Register(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("pin"))
	return d.changed(w, r, p, portal.Words{EN: "Number registered", PT: "Número registrado"}, err)
}

// requestCode has WhatsApp send a code to the number.
func (d *Dashboard) requestCode(w http.ResponseWriter, r *http.Request, p *Person) error {
	language := "en_US"
	if p.Account.Language == portal.LangPT {
		language = "pt_BR"
	}
	err := d.Channels.RequestCode(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("method"), language)
	return d.changed(w, r, p, portal.Words{EN: "Code sent to the number", PT: "Código enviado ao número"}, err)
}

// verifyCode gives WhatsApp the code that the number received.
func (d *Dashboard) verifyCode(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Channels.VerifyCode(r.Context(), p.changes(r), r.PathValue("id"), r.PostFormValue("code"))
	return d.changed(w, r, p, portal.Words{EN: "Code accepted. Now register the number.", PT: "Código aceito. Agora registre o número."}, err)
}
