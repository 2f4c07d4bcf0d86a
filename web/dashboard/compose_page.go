package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// composition is a form of a new message on its way to an answer.
type composition struct {
	props views.ComposeProps
	body  []byte       // of the call of the API
	file  portal.Media // that came with the form; without an id if none did
	draft messaging.Draft
	err   error // why there is no draft, or it would not be sent
}

// composePage shows the form, empty or filled in by its query: to, type,
// template, reply, or again, the id of a message to send once more.
func (d *Dashboard) composePage(w http.ResponseWriter, r *http.Request, p *Person) error {
	q := r.URL.Query()
	form := url.Values{"type": {portal.TypeTemplate}}
	incomplete := false
	if id := q.Get("again"); portal.IsID(portal.PrefixMessage, id) {
		m, _, err := d.Messaging.Get(r.Context(), p.Tenant(), id)
		if err != nil {
			return err
		}
		form, incomplete = formAgain(m)
		form.Set("again", id)
	}
	for query, field := range map[string]string{"to": "to", "type": "type", "template": "template", "reply": "reply_to"} {
		if v := q.Get(query); v != "" {
			form.Set(field, v)
		}
	}
	c, err := d.compose(r.Context(), p, form)
	if err != nil {
		return err
	}
	c.props.Incomplete = incomplete
	c.props.Verdict.Problems = nil // nobody has filled in anything yet
	c.props.Verdict.Asked = c.props.Verdict.Asked && c.err == nil
	return d.page(w, r, http.StatusOK, views.Compose(c.props))
}

// checkMessage says whether the form would be sent, as a page or, to scripts, in parts.
func (d *Dashboard) checkMessage(w http.ResponseWriter, r *http.Request, p *Person) error {
	c, err := d.sentForm(r, p)
	if err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.ComposeParts(c.props))
	}
	return d.page(w, at(r, "/messages/new"), http.StatusOK, views.Compose(c.props))
}

// isFragment reports whether a script asks for a part of the page.
func isFragment(r *http.Request) bool { return r.Header.Get("Wpp-Fragment") != "" }

// sendMessage sends the form. The same form sent twice is one message.
func (d *Dashboard) sendMessage(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	c, err := d.sentForm(r, p)
	if err != nil {
		return err
	}
	code, err := d.barred(ctx, p)
	if err != nil {
		return err
	}
	id := ""
	switch {
	case code != "":
		err = portal.Refuse(code)
	case len(c.props.Verdict.Problems) == 0:
		id, err = d.once(ctx, p, once{c.props.Nonce, c.what(), func(tx *store.Tx) (portal.Message, error) {
			return d.Messaging.AcceptTx(tx, p.sender(ctx), "", c.draft)
		}})
	}
	if c.props.Refused = refusedCode(err); c.props.Refused == "" && err != nil {
		return err
	}
	if id == "" {
		c.props.Marked = markedBy(ctx, c.props.Form.Get("type"), err)
		return d.page(w, at(r, "/messages/new"), http.StatusUnprocessableEntity, views.Compose(c.props))
	}
	return d.redirect(w, r, "/messages/"+id)
}

// sentForm reads the form that was sent, and keeps the file that came with it.
func (d *Dashboard) sentForm(r *http.Request, p *Person) (c composition, err error) {
	ctx, form := r.Context(), posted(r)
	file, refused := d.attach(r, p, form)
	code := refusedCode(refused)
	if refused != nil && code == "" {
		return c, refused
	}
	if c, err = d.compose(ctx, p, form); err != nil {
		return c, err
	}
	c.file, c.props.Uploaded = file, file.ID != ""
	if code != "" {
		c.props.Verdict.Problems = fileProblems(ctx, refused)
	}
	return c, nil
}

// fileProblems says what is wrong with a file, at its field.
func fileProblems(ctx context.Context, refused error) []ui.Problem {
	text := ""
	for _, f := range portal.FieldsOf(refused) {
		text = ui.W(ctx, f.Detail)
	}
	if text == "" {
		entry, _ := portal.EntryOf(portal.CodeOf(refused))
		text = ui.W(ctx, entry.Detail)
	}
	return []ui.Problem{{ID: "upload", Text: ui.L(ctx, "File: ", "Arquivo: ") + text}}
}

// what is the form as a repeat of it has it too: by content of its file, which
// has another id each time it is uploaded.
func (c composition) what() []byte {
	if c.file.ID == "" {
		return c.body
	}
	return bytes.ReplaceAll(c.body, []byte(c.file.ID), []byte(contentPrint(c.file)))
}

// refusedCode is the code of a refusal that a person can do something about,
// "" for any other outcome.
func refusedCode(err error) portal.Code {
	var refused *portal.Error
	if !errors.As(err, &refused) {
		return ""
	}
	switch refused.Code {
	case portal.CodeInternal, portal.CodeOverloaded, portal.CodeStorageUnavailable, portal.CodeNotFound:
		return ""
	}
	return refused.Code
}

// sender is the person as the caller of a send: no call of the API made it, so
// there is no entry of the request log to link to.
func (p *Person) sender(ctx context.Context) portal.Caller {
	c := p.caller(ctx)
	c.RequestID = ""
	return c
}

// firstTemplate is where a list of templates starts: at the first approved one
// in the language, else at the first approved one, else at the first.
func firstTemplate(all []portal.Template, lang string) int {
	approved := func(t portal.Template) bool { return t.Status == portal.TemplateApproved }
	mine := func(t portal.Template) bool { return approved(t) && language(t.Language) == language(lang) }
	if i := slices.IndexFunc(all, mine); i >= 0 {
		return i
	}
	return max(0, slices.IndexFunc(all, approved))
}

// language is the language of a locale such as pt_BR or pt-BR.
func language(locale string) string {
	lang, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	return strings.ToLower(lang)
}

// compose reads a form and finds out all that its page shows.
func (d *Dashboard) compose(ctx context.Context, p *Person, form url.Values) (c composition, err error) {
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return c, err
	}
	if c.props, err = d.composeProps(ctx, p, form, known.sorted()); err != nil {
		return c, err
	}
	to, err := d.recipient(ctx, p, &c.props)
	if err != nil {
		return c, err
	}
	written := composer{form: form, to: to, known: known, now: d.Store.Now(), zone: p.Zone}
	body, raw := written.body()
	c.body = body
	if raw == nil {
		c.draft, c.err = d.Wire.MessageDraft(body)
	} else {
		c.err = portal.Refuse(portal.CodeMalformedJSON)
	}
	shown := drafted(c.draft)
	if c.err != nil {
		shown = written.message()
	}
	if err := d.judge(ctx, p, &c); err != nil {
		return c, err
	}
	held, err := d.files(ctx, p, shown)
	if err != nil {
		return c, err
	}
	c.props.Preview = known.bubble(ctx, shown, held)
	c.props.Calls = d.calls(body, form.Get("reference"))
	return c, nil
}

// composeProps are what the page shows whatever the form says; what the form does
// not say is chosen here.
func (d *Dashboard) composeProps(ctx context.Context, p *Person, form url.Values, templates []portal.Template) (props views.ComposeProps, err error) {
	props = views.ComposeProps{
		Form: form, Nonce: form.Get("nonce"), Again: form.Get("again"), Templates: templates, Suggestions: p.suggestions(),
		Live: p.Environment == portal.Live, Reaches: d.Messaging.Provider(p.Environment) == portal.ProviderCloud,
	}
	if code, err := d.barred(ctx, p); err != nil {
		return props, err
	} else if code != "" {
		props.Refused = code
	}
	if props.Nonce == "" {
		props.Nonce = newNonce()
	}
	if !views.ComposeKind(form.Get("type")) {
		form.Set("type", portal.TypeTemplate)
	}
	if form.Get("template") == "" && len(props.Templates) > 0 {
		t := props.Templates[firstTemplate(props.Templates, ui.From(ctx).Lang)]
		form.Set("template", t.Name+"/"+t.Language)
	}
	if props.Channels, err = d.Store.Reader(ctx).Channels(p.Tenant()); err != nil {
		return props, err
	}
	for i := range props.Channels {
		props.Channels[i].Phone = phone.Format(props.Channels[i].Phone)
	}
	return props, nil
}

// barred says why nobody of the account may send, as the gate of the API does; "" when they may.
func (d *Dashboard) barred(ctx context.Context, p *Person) (portal.Code, error) {
	if p.Account.Status == portal.AccountSuspended {
		return portal.CodeAccountSuspended, nil
	}
	active, err := d.Store.Reader(ctx).ActiveModules(p.Account.ID)
	if err != nil || slices.Contains(active, portal.ModuleMessages) {
		return "", err
	}
	return portal.CodeModuleInactive, nil
}

// maxFound is how many contacts are offered for what was typed.
const maxFound = 6

// recipient returns how the call names the person: by number or id as typed,
// or by the contact chosen among those that what was typed finds.
func (d *Dashboard) recipient(ctx context.Context, p *Person, props *views.ComposeProps) (string, error) {
	typed := strings.TrimSpace(props.Form.Get("to"))
	if n, err := phone.Parse(typed, p.Account.Country); err == nil {
		return n.E164, nil
	}
	switch {
	case typed == "" || strings.HasPrefix(typed, "ext:"):
		return typed, nil
	case portal.IsID(portal.PrefixContact, typed):
		c, err := d.Contacts.Get(ctx, p.Tenant(), typed)
		if err == nil {
			props.Found = []views.Recipient{p.recipient(ctx, c, true)}
		} else if portal.CodeOf(err) != portal.CodeNotFound {
			return "", err
		}
		return typed, nil
	}
	props.Searched = true
	list, _, err := d.Contacts.List(ctx, p.Tenant(), portal.ContactFilter{Search: typed}, portal.Page{Limit: maxFound})
	if err != nil {
		return "", err
	}
	to := typed
	for _, c := range list {
		chosen := c.ID == props.Form.Get("contact") || len(list) == 1
		if chosen {
			to = c.ID
		}
		props.Found = append(props.Found, p.recipient(ctx, c, chosen))
	}
	return to, nil
}

// recipient is a contact as the form offers it.
func (p *Person) recipient(ctx context.Context, c portal.Contact, chosen bool) views.Recipient {
	s := p.sight()
	r := views.Recipient{ID: c.ID, Name: s.name(c.Name), Number: s.number(c.Phone), Chosen: chosen}
	if r.Name == "" {
		r.Name = ui.L(ctx, "without a name", "sem nome")
	}
	if r.Number == "" {
		r.Number = ui.L(ctx, "hidden number", "número oculto")
	}
	return r
}

// suggestions are numbers that are offered while typing: in test, those that always answer.
func (p *Person) suggestions() []string {
	if p.Environment != portal.Test {
		return nil
	}
	return append(slices.Clone(p.Account.Testers), sampleNumber, "+5511900000004", "+5511900000011")
}

// drafted is the draft as a message, so that it is shown as one.
func drafted(d messaging.Draft) portal.Message {
	m := portal.Message{Direction: portal.Outbound, Type: d.Type}
	if d.Template != nil && d.Type == portal.TypeTemplate {
		t := filledTemplate{Name: d.Template.Name, Parameters: d.Template.Parameters}
		t.Language.Code = d.Template.Language
		_ = json.Unmarshal(d.Template.Components, &t.Components) // absent with parameters
		m.Content, _ = json.Marshal(t)
		return m
	}
	m.Content, _ = d.Content.JSON(d.Type)
	return m
}

// calls are the message as programs send it. The token is never in them.
func (d *Dashboard) calls(body []byte, reference string) (list []views.Call) {
	key := strings.TrimSpace(reference)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\$", r) }) {
		key = "your-own-unique-key"
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") != nil {
		return nil
	}
	for _, l := range apidocs.Languages {
		list = append(list, views.Call{ID: l.ID, Name: l.Name, Code: apidocs.SendCall(l, d.BaseURL, key, pretty.String())})
	}
	return list
}
