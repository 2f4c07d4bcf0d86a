package mail

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// readers are who answers for an account's endpoints and tokens.
var readers = []portal.Role{portal.RoleOwner, portal.RoleDeveloper}

// words is a letter in one language.
type words struct {
	Subject string
	Text    []string // paragraphs
	Button  string
	Link    string
	Foot    string
}

// EndpointTx writes that an endpoint is percent of the way to being disabled
// (100 = it is), and how its newest deliveries fared, to the owners and
// developers of its account.
func (s *Service) EndpointTx(tx *store.Tx, e portal.WebhookEndpoint, percent int, recent portal.RecentDeliveries) (err error) {
	defer portal.Wrap(&err, "Endpoint(%s)", e.ID)
	return s.write(tx, e.AccountID, func(in tongue) words {
		w := failingWords(in, e, percent)
		if recent.Tried > 0 && percent < 100 {
			w.Text = slices.Insert(w.Text, 1, recentWords(in, recent))
		}
		w.Button, w.Link = in.say("Open the endpoint", "Abrir o endpoint"), s.link("/webhooks/"+e.ID, e.Environment)
		return w
	})
}

func failingWords(in tongue, e portal.WebhookEndpoint, percent int) words {
	name, where := hostOf(e.URL), in.environment(e.Environment)
	switch {
	case e.DisabledReason == portal.DisabledGone:
		return words{
			Subject: in.say("Webhook endpoint disabled: ", "Endpoint de webhook desativado: ") + name,
			Text: []string{
				in.say("Your server "+name+" answered 410: it never wants to be called again. So we disabled the endpoint ("+where+").",
					"O seu servidor "+name+" respondeu 410: não quer mais ser chamado. Por isso desativamos o endpoint ("+where+")."),
				in.say("Nothing is lost: events stay for 30 days. If this was a mistake, repair the server, enable the endpoint and recover what it missed.",
					"Nada se perde: os eventos ficam por 30 dias. Se foi um engano, corrija o servidor, ative o endpoint e recupere o que ele perdeu."),
			},
		}
	case percent >= 100:
		return words{
			Subject: in.say("Webhook endpoint disabled: ", "Endpoint de webhook desativado: ") + name,
			Text: []string{
				in.say("Your server "+name+" has failed for five days without a single success, so we disabled the endpoint ("+where+").",
					"O seu servidor "+name+" falhou por cinco dias sem nenhum sucesso. Por isso desativamos o endpoint ("+where+")."),
				in.say("Nothing is lost: events stay for 30 days. Repair the server, enable the endpoint and recover what it missed.",
					"Nada se perde: os eventos ficam por 30 dias. Corrija o servidor, ative o endpoint e recupere o que ele perdeu."),
			},
		}
	}
	ends := ""
	if at := e.DisablesAt(); at != nil {
		ends = in.moment(*at)
	}
	return words{
		Subject: in.say("Webhook endpoint fails: ", "Endpoint de webhook com falhas: ") + name,
		Text: []string{
			in.say("Your server "+name+" has not taken an event since "+in.moment(deref(e.FailingSince))+" ("+where+").",
				"O seu servidor "+name+" não recebe um evento desde "+in.moment(deref(e.FailingSince))+" ("+where+")."),
			in.say("That is "+strconv.Itoa(percent)+" % of the way to being disabled. If it goes on failing, we disable it at "+ends+".",
				"Isso é "+strconv.Itoa(percent)+" % do caminho até ser desativado. Se continuar falhando, nós o desativamos em "+ends+"."),
			in.say("The page of the endpoint shows each attempt with the cause. One success ends the warning.",
				"A página do endpoint mostra cada tentativa com a causa. Um único sucesso encerra o aviso."),
		},
	}
}

// recentWords says how many of the newest deliveries failed, and what was answered last.
func recentWords(in tongue, r portal.RecentDeliveries) string {
	failed, tried := strconv.Itoa(r.Failed), strconv.Itoa(r.Tried)
	text := in.say(failed+" of the last "+tried+" deliveries failed.", failed+" das últimas "+tried+" entregas falharam.")
	if status := strconv.Itoa(r.Last.HTTPStatus); r.Last.HTTPStatus != 0 {
		text += in.say(" The last answer was "+status+".", " A última resposta foi "+status+".")
	}
	return text
}

// TokenTx writes that a token ends soon to the owners and developers of its account.
func (s *Service) TokenTx(tx *store.Tx, t portal.Token) (err error) {
	defer portal.Wrap(&err, "Token(%s)", t.ID)
	return s.write(tx, t.AccountID, func(in tongue) words {
		where := in.environment(t.Environment)
		return words{
			Subject: in.say("Token ends soon: ", "Token perto do fim: ") + t.Name,
			Text: []string{
				in.say("The token “"+t.Name+"” ("+t.Prefix+"…"+t.Last4+", "+where+") ends at "+in.moment(deref(t.ExpiresAt))+". From then on its calls are refused.",
					"O token “"+t.Name+"” ("+t.Prefix+"…"+t.Last4+", "+where+") termina em "+in.moment(deref(t.ExpiresAt))+". Depois disso, as chamadas dele são recusadas."),
				in.say("Rotate it now: the new token and the old one work side by side for as long as you choose.",
					"Rotacione agora: o token novo e o antigo funcionam juntos pelo tempo que você escolher."),
			},
			Button: in.say("Open the token", "Abrir o token"), Link: s.link("/tokens/"+t.ID, t.Environment),
		}
	})
}

// write puts a letter to each reader of the account on its way.
func (s *Service) write(tx *store.Tx, accountID string, say func(tongue) words) error {
	account, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	people, err := tx.Correspondents(accountID, readers)
	if err != nil {
		return err
	}
	for _, p := range people {
		in := tongue{lang: cmp.Or(p.Language, account.Language), zone: account.Timezone}
		w := say(in)
		w.Foot = in.say("You get this because you are an owner or developer of ", "Você recebe isto por ser titular ou desenvolvedor de ") + account.Name + "."
		html, err := w.html()
		if err != nil {
			return err
		}
		err = tx.InsertMail(store.Mail{
			ID: portal.NewID(portal.PrefixMail), AccountID: accountID, UserID: p.UserID, Subject: w.Subject, Plain: w.plain(), HTML: html,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) link(path string, env portal.Environment) string {
	return s.o.BaseURL + path + "?env=" + string(env)
}

// tongue is how a person is spoken to.
type tongue struct{ lang, zone string }

func (t tongue) say(en, pt string) string { return portal.Words{EN: en, PT: pt}.In(t.lang) }

func (t tongue) environment(e portal.Environment) string {
	if e == portal.Live {
		return t.say("live", "ao vivo")
	}
	return t.say("test", "teste")
}

// moment writes a time in the account's zone, which it names.
func (t tongue) moment(at time.Time) string {
	zone, err := time.LoadLocation(t.zone)
	if err != nil {
		zone = time.UTC
	}
	return at.In(zone).Format(t.say("2 Jan 2006 15:04", "02/01/2006 15:04")) + " (" + zone.String() + ")"
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// hostOf is the address without scheme, path and query, which may hold secrets.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return host
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (w words) plain() string {
	return strings.Join(w.Text, "\n\n") + "\n\n" + w.Button + ": " + w.Link + "\n\n-- \n" + w.Foot + "\n"
}

func (w words) html() (string, error) {
	var b strings.Builder
	err := page.Execute(&b, w)
	return b.String(), err
}

var page = template.Must(template.New("letter").Parse(`<!doctype html>
<html><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1a1f24;background:#ffffff">
<h1 style="font-size:18px;margin:0 0 16px">{{.Subject}}</h1>
{{range .Text}}<p style="margin:0 0 12px;max-width:60ch">{{.}}</p>
{{end}}<p style="margin:20px 0"><a href="{{.Link}}" style="display:inline-block;padding:9px 16px;border-radius:6px;background:#0b6b4f;color:#ffffff;text-decoration:none">{{.Button}}</a></p>
<p style="margin:24px 0 0;font-size:13px;color:#5b6670">{{.Foot}}</p>
</body></html>
`))
