package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// handset is a person of the test environment and the number they write to.
type handset struct {
	channel  portal.Channel
	channels []portal.Channel // all that the simulator answers for
	phone    simulator.Phone
	number   string // E.164
	contact  *portal.Contact
	keys     []ui.Pair
	shown    string
}

var errNoSimulator = portal.Refuse(portal.CodeNoChannel)

// journal is where the simulator keeps what the page shows.
func (d *Dashboard) journal() store.SimulatorJournal { return store.SimulatorJournal{Store: d.Store} }

// simulator shows the phone page; in live, why there is none.
func (d *Dashboard) simulator(w http.ResponseWriter, r *http.Request, p *Person) error {
	if p.Environment != portal.Test {
		return d.page(w, r, http.StatusOK, views.SimulatorLive())
	}
	return d.showSimulator(w, r, p, portal.Words{})
}

// showSimulator draws the page; problem is why a form was refused, or empty.
func (d *Dashboard) showSimulator(w http.ResponseWriter, r *http.Request, p *Person, problem portal.Words) error {
	ctx := r.Context()
	who, err := d.handset(r, p)
	if portal.CodeOf(err) == portal.CodeNoChannel {
		return d.page(w, r, http.StatusOK, views.SimulatorNoNumber())
	}
	if portal.CodeOf(err) == portal.CodeInvalidNumber && problem.EN == "" {
		problem = badNumber
		r.Form.Del("number")
		who, err = d.handset(r, p)
	}
	if err != nil {
		return err
	}
	props, err := d.simulatorProps(ctx, p, who)
	if err != nil {
		return err
	}
	props.Problem = problem
	status := http.StatusOK
	if problem.EN != "" {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, at(r, "/simulator"), status, views.Simulator(props))
}

var badNumber = portal.Words{EN: "This is not a phone number: write it with country and area code.", PT: "Isto não é um número de telefone: escreva com país e DDD."}

// handset returns whose phone a request is about: a number that was typed, a
// contact, or the account's first tester.
func (d *Dashboard) handset(r *http.Request, p *Person) (who handset, err error) {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return who, portal.Refuse(portal.CodeValidationFailed)
	}
	all, err := d.Store.Reader(ctx).Channels(p.Tenant())
	if err != nil {
		return who, err
	}
	for _, c := range all {
		if c.Provider != portal.ProviderSimulator {
			continue
		}
		who.channels = append(who.channels, c)
		if asked := r.Form.Get("channel"); c.ID == asked || who.channel.ID == "" || asked == "" && c.Default {
			who.channel = c
		}
	}
	if who.channel.ID == "" {
		return who, errNoSimulator
	}
	if who.phone, err = d.journal().PhoneOf(ctx, who.channel.ID); err != nil {
		return who, err
	}
	if err := d.whose(ctx, p, r, &who); err != nil {
		return who, err
	}
	if len(who.channels) > 1 {
		who.keys = append(who.keys, ui.Pair{Name: "channel", Value: who.channel.ID})
	}
	return who, nil
}

// whose fills in the person of a request.
func (d *Dashboard) whose(ctx context.Context, p *Person, r *http.Request, who *handset) error {
	if id := r.Form.Get("contact"); id != "" {
		c, err := d.Contacts.Get(ctx, p.Tenant(), id)
		if err != nil {
			return err
		}
		if c.Phone == "" {
			return portal.Refuse(portal.CodeNotFound)
		}
		who.number, who.contact, who.shown = c.Phone, &c, p.sight().number(c.Phone)
		who.keys = []ui.Pair{{Name: "contact", Value: c.ID}}
		return nil
	}
	typed := r.Form.Get("number")
	if typed == "" {
		typed = p.tester()
	}
	number, err := phone.Parse(phone.FromQuery(typed), p.Account.Country)
	if err != nil {
		return err
	}
	who.number, who.shown = number.E164, phone.Format(number.E164)
	who.keys = []ui.Pair{{Name: "number", Value: number.E164}}
	c, err := d.Contacts.Get(ctx, p.Tenant(), "phone:"+number.E164)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	who.contact = &c
	return err
}

func (d *Dashboard) simulatorProps(ctx context.Context, p *Person, who handset) (props views.SimulatorProps, err error) {
	s := who.phone.Settings
	props = views.SimulatorProps{
		Ahead: time.Duration(s.Ahead), Now: d.Store.Now(), Types: messageTypes,
		Out:   who.channel.Status == portal.ChannelLoggedOut,
		Codes: views.CodeChoices(ctx, simulator.Codes(), simulator.Title),
	}
	if props.Phone, err = d.phoneProps(ctx, p, who); err != nil {
		return props, err
	}
	for name, on := range switches(&s.Chaos) {
		props.Chaos = append(props.Chaos, views.ChaosSwitch{Name: name, On: *on})
	}
	props.Chaos = append(props.Chaos, views.ChaosSwitch{Name: "delay", On: s.Chaos.Delay > 0})
	usage := d.Simulator.Usage(who.phone.ID)
	props.Limits = views.LimitsProps{
		On: s.Limits != simulator.Limits{}, Second: usage.Second, PerSecond: s.Limits.Throughput, People: usage.Portfolio, Portfolio: s.Limits.Portfolio,
	}
	for _, rule := range s.Rules {
		props.Rules = append(props.Rules, d.phoneRule(ctx, rule, who))
	}
	person, err := d.journal().Person(ctx, who.phone, who.number)
	if err != nil {
		return props, err
	}
	props.Person = views.PersonSwitches{
		Absent: person.Absent, Unread: person.Unread, Stopped: person.Stopped, Ninth: who.ninth(),
		WithoutNinth: person.WAID != "", Fixed: simulator.Magic(who.number),
	}
	if props.Owed, props.Next, err = d.journal().Owed(ctx, who.phone); err != nil {
		return props, err
	}
	props.Calls, err = d.phoneCalls(ctx, who)
	return props, err
}

// messageTypes are those that a rule may be about.
var messageTypes = []string{
	portal.TypeText, portal.TypeTemplate, portal.TypeInteractive, "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction",
}

// switches are the switches of the page that are on or off, by name.
func switches(c *simulator.Chaos) map[string]*bool {
	return map[string]*bool{
		"disorder": &c.Disorder, "drop": &c.Drop, "duplicates": &c.Duplicates, "logged_out": &c.LoggedOut,
		"never_delivered": &c.NeverDelivered, "not_found": &c.NotFound, "slow": &c.Slow, "unread": &c.Unread, "window_closed": &c.WindowClosed,
	}
}

// withoutNinth is how WhatsApp writes an old Brazilian account, "" when there is only one form.
func withoutNinth(e164 string) string {
	n, err := phone.Parse(e164, "")
	if err != nil || len(n.Candidates) < 2 {
		return ""
	}
	return phone.Digits(n.Candidates[1])
}

func (d *Dashboard) phoneProps(ctx context.Context, p *Person, who handset) (props views.PhoneProps, err error) {
	props = views.PhoneProps{Business: p.Account.Name, Number: who.shown, Keys: who.keys, Now: d.Store.Now()}
	props.Window.Always = p.alwaysOpen(who.number)
	if c := who.contact; c != nil {
		props.OptedOut = c.OptIn.Status == portal.OptedOut
		for _, w := range c.Windows {
			if w.ChannelID == who.channel.ID {
				props.Window.Open, props.Window.Until, _ = w.State(props.Now)
			}
		}
	}
	if props.Thread, err = d.phoneThread(ctx, p, who); err != nil {
		return props, err
	}
	var latest time.Time
	for _, row := range slices.Backward(props.Thread) {
		if !row.Mine && row.Failed == "" {
			props.Last, latest = row.ID, row.At
			break
		}
	}
	person, err := d.journal().Person(ctx, who.phone, who.number)
	if err != nil {
		return props, err
	}
	props.Typing = person.Typing(who.phone, props.Now, latest)
	props.Choices, err = d.phoneChoices(ctx, p, who)
	for _, c := range who.channels {
		props.Channels = append(props.Channels, views.PhoneChoice{
			Label: c.Name, Note: phone.Format(c.Phone), Icon: "phone", Current: c.ID == who.channel.ID,
			Keys: []ui.Pair{who.keys[0], {Name: "channel", Value: c.ID}},
		})
	}
	return props, err
}

// fixedNumbers are the numbers of the simulator that show something on a phone.
var fixedNumbers = []struct {
	number string
	words  portal.Words
}{
	{"+5511900000001", portal.Words{EN: "never reads", PT: "nunca lê"}},
	{"+5511900000004", portal.Words{EN: "no WhatsApp", PT: "sem WhatsApp"}},
	{"+5511900000008", portal.Words{EN: "twice, out of order", PT: "em dobro, fora de ordem"}},
	{"+5511900000014", portal.Words{EN: "opts out", PT: "sai da lista"}},
	{"+5511900000017", portal.Words{EN: "answers", PT: "responde"}},
}

// recentPeople is how many of the latest contacts are offered.
const recentPeople = 6

func (d *Dashboard) phoneChoices(ctx context.Context, p *Person, who handset) (list []views.PhoneChoice, err error) {
	offer := func(c views.PhoneChoice, number string) {
		c.Current = number == who.number
		if len(who.channels) > 1 {
			c.Keys = append(c.Keys, ui.Pair{Name: "channel", Value: who.channel.ID})
		}
		list = append(list, c)
	}
	for _, number := range p.Account.Testers {
		offer(views.PhoneChoice{Label: phone.Format(number), Icon: "user", Note: ui.L(ctx, "tester", "teste"), Keys: []ui.Pair{{Name: "number", Value: number}}}, number)
	}
	recent, _, err := d.Contacts.List(ctx, p.Tenant(), portal.ContactFilter{}, portal.Page{Limit: recentPeople})
	if err != nil {
		return nil, err
	}
	for _, c := range recent {
		if c.Phone != "" && !slices.Contains(p.Account.Testers, c.Phone) && !simulator.Magic(c.Phone) {
			offer(views.PhoneChoice{Label: p.sight().number(c.Phone), Note: p.sight().name(c.Name), Icon: "user", Keys: []ui.Pair{{Name: "contact", Value: c.ID}}}, c.Phone)
		}
	}
	for _, m := range fixedNumbers {
		offer(views.PhoneChoice{Label: "…" + m.number[len(m.number)-4:], Note: ui.W(ctx, m.words), Icon: "flask", Keys: []ui.Pair{{Name: "number", Value: m.number}}}, m.number)
	}
	return list, nil
}

// phoneRule writes a rule as a sentence.
func (d *Dashboard) phoneRule(ctx context.Context, rule simulator.Rule, who handset) views.PhoneRule {
	row := views.PhoneRule{ID: rule.ID, Seen: d.Simulator.Seen(rule.ID), Target: ui.L(ctx, "all messages", "todas as mensagens"), Trigger: ui.L(ctx, "always", "sempre")}
	switch {
	case rule.Target.Person == who.number:
		row.Target = ui.L(ctx, "this person", "esta pessoa")
	case rule.Target.Person != "":
		row.Target = phone.Mask(rule.Target.Person)
	case rule.Target.Type != "":
		row.Target = ui.L(ctx, "type ", "tipo ") + rule.Target.Type
	}
	switch {
	case rule.Trigger.Next > 0:
		row.Trigger = fmt.Sprintf(ui.L(ctx, "the next %d", "as próximas %d"), rule.Trigger.Next)
	case rule.Trigger.Every > 0:
		row.Trigger = fmt.Sprintf(ui.L(ctx, "every %d", "a cada %d"), rule.Trigger.Every)
	}
	row.Effect = ui.W(ctx, effectWords(rule.Effect))
	return row
}

func effectWords(e simulator.Effect) portal.Words {
	for _, known := range views.RuleEffects {
		if effects[known.Value] == e {
			return known.Words
		}
	}
	if e.Code == 0 {
		return portal.Words{EN: "something else", PT: "outra coisa"}
	}
	name := fmt.Sprintf("%d %s", e.Code, simulator.Title(e.Code))
	if e.ByStatus {
		return portal.Words{EN: name + ", by status", PT: name + ", por status"}
	}
	return portal.Words{EN: name, PT: name}
}

// shownCalls is how many callbacks the page lists, of the latest of the channel.
const (
	shownCalls  = 12
	latestCalls = 200
)

// phoneCalls are the callbacks about the person, and those about nobody.
func (d *Dashboard) phoneCalls(ctx context.Context, who handset) (list []views.PhoneCall, err error) {
	all, err := d.journal().Deliveries(ctx, who.phone, latestCalls)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		name, personal := callName(c.Body)
		if personal && !bytes.Contains(c.Body, []byte(lastDigits(who.number))) || len(list) == shownCalls {
			continue
		}
		list = append(list, views.PhoneCall{ID: c.ID, Name: name, At: c.At, Status: c.Status, Took: c.Took, Body: who.hide(c.Body)})
	}
	return list, nil
}

// ninth is the account without the ninth digit, masked where the number is.
func (who handset) ninth() string {
	digits := withoutNinth(who.number)
	if digits == "" || who.shown == phone.Format(who.number) {
		return digits
	}
	return phone.Mask("+" + digits)
}

// lastDigits are the same in every form of a number.
func lastDigits(e164 string) string { return e164[max(0, len(e164)-8):] }

var wamids = regexp.MustCompile(`wamid\.[0-9A-Za-z+/=]+`)

// hide masks the number of a person who was found by name, not by number.
func (who handset) hide(body []byte) []byte {
	if who.keys[0].Name != "contact" {
		return body
	}
	body = wamids.ReplaceAll(body, []byte("wamid."+masked))
	return bytes.ReplaceAll(body, []byte(lastDigits(who.number)), []byte(masked))
}

// callName says in two words what a callback is about, and whether it is about a person.
func callName(body []byte) (name string, personal bool) {
	var c struct {
		Entry []struct {
			Changes []struct {
				Field string `json:"field"`
				Value struct {
					Statuses []struct {
						Status string `json:"status"`
					} `json:"statuses"`
					Messages []struct {
						Type string `json:"type"`
					} `json:"messages"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	if json.Unmarshal(body, &c) != nil || len(c.Entry) == 0 || len(c.Entry[0].Changes) == 0 {
		return "?", true
	}
	change := c.Entry[0].Changes[0]
	switch v := change.Value; {
	case len(v.Statuses) > 0:
		return "statuses · " + v.Statuses[0].Status, true
	case len(v.Messages) > 0:
		return "messages · " + v.Messages[0].Type, true
	}
	return change.Field, false
}
