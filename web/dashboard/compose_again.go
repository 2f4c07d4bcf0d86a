package dashboard

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// formAgain fills the form in with a message that was sent before, to the same
// person. What has no fields of its own is filled in as the body of the call;
// incomplete is true when the content is not kept any more.
func formAgain(m portal.Message) (form url.Values, incomplete bool) {
	form = url.Values{
		"to": {m.ContactID}, "type": {m.Type}, "reference": {m.Reference}, "from": {m.ChannelID}, "reply_to": {m.ContextMessageID},
	}
	if m.Direction == portal.Inbound {
		return url.Values{"to": {m.ContactID}, "type": {portal.TypeText}, "reply_to": {m.ID}, "from": {m.ChannelID}}, false
	}
	if m.Content == nil {
		return form, true
	}
	wrapped, _ := json.Marshal(map[string]json.RawMessage{m.Type: m.Content}) // what is kept is JSON
	var c portal.Content
	if m.Type != portal.TypeTemplate && json.Unmarshal(wrapped, &c) != nil {
		return form, true
	}
	switch {
	case m.Type == portal.TypeTemplate:
		return templateForm(form, m), false
	case contentForm(form, c):
		return form, false
	}
	return jsonForm(m), false
}

// contentForm fills in the fields of a content; false for one that no form has.
func contentForm(form url.Values, c portal.Content) bool {
	set := func(pairs ...string) {
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
	}
	file := func(f portal.File) { set("media", f.ID+f.Link) }
	switch {
	case c.Text != nil:
		set("text", c.Text.Body)
		if c.Text.PreviewURL {
			set("preview", "on")
		}
	case c.Image != nil:
		file(c.Image.File)
		set("caption", c.Image.Caption)
	case c.Video != nil:
		file(c.Video.File)
		set("caption", c.Video.Caption)
	case c.Audio != nil:
		file(*c.Audio)
	case c.Sticker != nil:
		file(*c.Sticker)
	case c.Document != nil:
		file(c.Document.File)
		set("caption", c.Document.Caption, "filename", c.Document.Filename)
	case c.Location != nil:
		set("latitude", fmt.Sprint(c.Location.Latitude), "longitude", fmt.Sprint(c.Location.Longitude), "place", c.Location.Name, "address", c.Location.Address)
	case c.Reaction != nil:
		set("react_to", c.Reaction.MessageID, "emoji", c.Reaction.Emoji)
	default:
		return c.Interactive != nil && interactiveForm(form, *c.Interactive)
	}
	return true
}

func templateForm(form url.Values, m portal.Message) url.Values {
	sent := templateOf(m)
	form.Set("template", sent.Name+"/"+sent.Language.Code)
	for name, value := range sent.Parameters {
		form.Set("p."+name, value)
	}
	for _, part := range []string{"header", "body"} {
		pairs := sent.values(part)
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set("p."+strings.Trim(pairs[i], "{}"), pairs[i+1])
		}
	}
	return form
}

// interactiveForm fills the fields of buttons, a list or a link in; false when
// the form has no field for some of it.
func interactiveForm(form url.Values, in portal.Interactive) bool {
	if in.Header != nil && in.Header.Type != portal.TypeText {
		return false
	}
	form.Set("say", in.Body.Text)
	if in.Header != nil {
		form.Set("header", in.Header.Text)
	}
	if in.Footer != nil {
		form.Set("footer", in.Footer.Text)
	}
	switch in.Type {
	case portal.InteractiveButtons:
		form.Set("type", views.KindButtons)
		for i, b := range in.Action.Buttons {
			form.Set(fmt.Sprintf("button%d", i+1), b.Reply.Title)
		}
	case portal.InteractiveList:
		if len(in.Action.Sections) != 1 || in.Action.Sections[0].Title != "" {
			return false
		}
		var rows []string
		for _, r := range in.Action.Sections[0].Rows {
			rows = append(rows, strings.TrimSuffix(r.Title+" | "+r.Description, " | "))
		}
		form.Set("type", views.KindList)
		form.Set("list_button", in.Action.Button)
		form.Set("list_rows", strings.Join(rows, "\n"))
	case portal.InteractiveLink:
		form.Set("type", views.KindLink)
		form.Set("link_label", in.Action.Parameters.DisplayText)
		form.Set("link_url", in.Action.Parameters.URL)
	default:
		return false
	}
	return true
}

// jsonForm is the form with the whole body of the call.
func jsonForm(m portal.Message) url.Values {
	body := map[string]any{"to": m.ContactID, "type": m.Type, m.Type: m.Content}
	if m.Reference != "" {
		body["reference"] = m.Reference
	}
	raw, _ := plainJSON(body, "  ") // it is made of JSON
	return url.Values{"to": {m.ContactID}, "type": {views.KindJSON}, views.KindJSON: {string(raw)}}
}
