package dashboard

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// texts writes contents as people read them. It knows the account's templates.
type texts map[string]portal.Template

// texts reads the templates of the tenant; those beyond the first hundred are shown by name only.
func (d *Dashboard) texts(ctx context.Context, t portal.Tenant) (texts, error) {
	list, _, err := d.Templates.List(ctx, t, portal.TemplateFilter{}, portal.Page{Limit: portal.MaxLimit})
	if err != nil {
		return nil, err
	}
	known := texts{}
	for _, tpl := range list {
		known[tpl.Name+"\n"+tpl.Language] = tpl
	}
	return known, nil
}

// names returns the names of the templates, each once.
func (t texts) names() []string {
	seen := map[string]bool{}
	for _, tpl := range t {
		seen[tpl.Name] = true
	}
	return sortedKeys(seen)
}

// sentTemplate is how a template stands in a message.
type sentTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Parameters map[string]string `json:"parameters"`
	Components []struct {
		Type       string `json:"type"`
		Parameters []struct {
			Name string `json:"parameter_name"`
			Text string `json:"text"`
		} `json:"parameters"`
	} `json:"components"`
}

func templateOf(m portal.Message) (t sentTemplate) {
	if m.Type == portal.TypeTemplate {
		_ = json.Unmarshal(m.Content, &t) // an erased or withheld content names no template
	}
	return t
}

// lines returns the content as the customer sees it, a paragraph each; none
// when it has no text or its template is not known any more.
func (t texts) lines(m portal.Message) []string {
	if m.Type != portal.TypeTemplate {
		return saidIn(m)
	}
	sent := templateOf(m)
	if tpl, ok := t[sent.Name+"\n"+sent.Language.Code]; ok {
		return sent.fill(tpl)
	}
	return nil
}

func paragraphs(text string) (lines []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// fill returns the texts of the template with their parameters in place.
func (s sentTemplate) fill(tpl portal.Template) (lines []string) {
	var parts []templatePart
	if json.Unmarshal(tpl.Components, &parts) != nil {
		return nil
	}
	for _, part := range parts {
		if text := part.shown(tpl); text != "" {
			lines = append(lines, paragraphs(strings.NewReplacer(s.values(strings.ToLower(part.Type))...).Replace(text))...)
		}
	}
	return lines
}

// values are pairs of placeholder and value for one part of the template.
func (s sentTemplate) values(part string) (pairs []string) {
	for name, value := range s.Parameters {
		if value != "" { // what is not filled in yet is seen as such
			pairs = append(pairs, "{{"+name+"}}", value)
		}
	}
	for _, c := range s.Components {
		if !strings.EqualFold(c.Type, part) {
			continue
		}
		for i, p := range c.Parameters {
			name := p.Name
			if name == "" {
				name = strconv.Itoa(i + 1)
			}
			pairs = append(pairs, "{{"+name+"}}", p.Text)
		}
	}
	return pairs
}

// contentKinds are the words for contents without a text.
var contentKinds = map[string]portal.Words{
	"text":        {EN: "text", PT: "texto"},
	"template":    {EN: "template", PT: "modelo"},
	"image":       {EN: "image", PT: "imagem"},
	"video":       {EN: "video", PT: "vídeo"},
	"audio":       {EN: "audio", PT: "áudio"},
	"document":    {EN: "document", PT: "documento"},
	"sticker":     {EN: "sticker", PT: "figurinha"},
	"location":    {EN: "location", PT: "localização"},
	"contacts":    {EN: "contact card", PT: "cartão de contato"},
	"interactive": {EN: "buttons or a list", PT: "botões ou lista"},
	"button":      {EN: "button pressed", PT: "botão pressionado"},
	"reaction":    {EN: "reaction", PT: "reação"},
	"order":       {EN: "order", PT: "pedido"},
	"system":      {EN: "news about the number", PT: "notícia sobre o número"},
	"unsupported": {EN: "a type that WhatsApp does not hand over", PT: "um tipo que o WhatsApp não entrega"},
}

func contentKind(ctx context.Context, m portal.Message) string {
	if words, ok := contentKinds[m.Type]; ok {
		return ui.W(ctx, words)
	}
	return m.Type
}

// preview is the content in one line.
func (t texts) preview(ctx context.Context, m portal.Message) string {
	if lines := t.lines(m); len(lines) > 0 {
		return strings.Join(lines, " ")
	}
	return contentKind(ctx, m)
}

// sorted returns the templates by name and language.
func (t texts) sorted() (list []portal.Template) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		list = append(list, t[key])
	}
	return list
}
