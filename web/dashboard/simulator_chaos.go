package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// simulatorChaos applies the switches of the page, all at once.
func (d *Dashboard) simulatorChaos(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		wasOut := who.phone.Settings.Chaos.LoggedOut
		err := d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error {
			for name, on := range switches(&s.Chaos) {
				*on = r.PostForm.Get(name) != ""
			}
			s.Chaos.Delay, s.Limits = 0, simulator.Limits{}
			if r.PostForm.Get("delay") != "" {
				s.Chaos.Delay = simulator.Seconds(lateStatus)
			}
			if r.PostForm.Get("limits") != "" {
				s.Limits = simulator.UsualLimits
			}
			return nil
		})
		if err == nil && wasOut && r.PostForm.Get("logged_out") == "" {
			return d.logIn(ctx, p, who)
		}
		return err
	})
}

// lateStatus is how late the switch makes statuses.
const lateStatus = 30 * time.Second

// simulatorLogin ends what logged the channel out.
func (d *Dashboard) simulatorLogin(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error { return d.logIn(ctx, p, who) })
}

func (d *Dashboard) logIn(ctx context.Context, p *Person, who handset) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error {
		_, err := d.Messaging.LogInTx(tx, p.caller(ctx), who.channel.ID)
		return err
	})
}

// simulatorPerson changes what is special about the person.
func (d *Dashboard) simulatorPerson(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		return d.Simulator.SetPerson(ctx, who.phone, who.number, func(person *simulator.Person) {
			person.Absent = r.PostForm.Get("absent") != ""
			person.Unread = r.PostForm.Get("unread_person") != ""
			person.Stopped = r.PostForm.Get("stopped") != ""
			person.WAID = ""
			if r.PostForm.Get("ninth") != "" {
				person.WAID = withoutNinth(who.number)
			}
		})
	})
}

// effects are what a rule of the page can do beside answering with a code.
var effects = map[string]simulator.Effect{
	"drop_after":  {Drop: simulator.DropAfter},
	"drop_before": {Drop: simulator.DropBefore},
	"gateway":     {HTTPStatus: http.StatusBadGateway},
	"retry_after": {Code: 130429, HTTPStatus: http.StatusTooManyRequests, RetryAfter: simulator.Seconds(5 * time.Second)},
	"slow":        {Wait: simulator.Seconds(5 * time.Second)},
	"timeout":     {Wait: simulator.Seconds(time.Minute)},
}

// simulatorAddRule adds a rule of errors to the number.
func (d *Dashboard) simulatorAddRule(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		rule, ok := ruleOf(r, who)
		if !ok {
			return errNotWritten
		}
		return d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error { s.Rules = append(s.Rules, rule); return nil })
	})
}

func ruleOf(r *http.Request, who handset) (rule simulator.Rule, ok bool) {
	switch target := r.PostForm.Get("target"); {
	case target == "person":
		rule.Target.Person = who.number
	case strings.HasPrefix(target, "type "):
		rule.Target.Type = strings.TrimPrefix(target, "type ")
	}
	word, number, _ := strings.Cut(r.PostForm.Get("trigger"), " ")
	n, _ := strconv.Atoi(number)
	switch word {
	case "next":
		rule.Trigger.Next = n
	case "every":
		rule.Trigger.Every = n
	}
	effect := r.PostForm.Get("effect")
	if rule.Effect, ok = effects[effect]; ok {
		return rule, true
	}
	code, byStatus := strings.CutPrefix(effect, "status ")
	rule.Effect.ByStatus = byStatus
	var err error
	rule.Effect.Code, err = strconv.Atoi(code)
	return rule, err == nil
}

// simulatorDropRule removes a rule.
func (d *Dashboard) simulatorDropRule(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		return d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error { s.Drop(r.PostForm.Get("rule")); return nil })
	})
}

// simulatorRedeliver has a callback of the log delivered once more.
func (d *Dashboard) simulatorRedeliver(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		err := d.Simulator.Redeliver(ctx, who.phone, r.PostForm.Get("delivery"))
		if portal.CodeOf(err) == portal.CodeNotFound {
			return errForgotten
		}
		if err != nil {
			return err
		}
		return d.settle(ctx)
	})
}
