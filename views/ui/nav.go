package ui

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/wppmarketing/developers/portal"
)

// place is one page of the menu. Its id is what a page names as ShellProps.Nav.
type place struct {
	id, icon string
	name     portal.Words
	path     string
	keys     string            // key chord that opens it, "" for none
	need     portal.Permission // "" means every member
}

// section is a titled part of the menu.
type section struct {
	name   portal.Words
	staff  bool // only for the platform's own people
	places []place
}

// menu is the whole navigation; the palette and the key chords are made from it too.
var menu = []section{
	{places: []place{
		{"overview", "grid", portal.Words{EN: "Overview", PT: "Visão geral"}, "/overview", "g o", ""},
	}},
	{name: portal.Words{EN: "Messaging", PT: "Mensageria"}, places: []place{
		{"messages", "msg", portal.Words{EN: "Messages", PT: "Mensagens"}, "/messages", "g m", portal.ReadMessages},
		{"contacts", "user", portal.Words{EN: "Contacts", PT: "Contatos"}, "/contacts", "", portal.ReadMessages},
		{"channels", "phone", portal.Words{EN: "Channels", PT: "Canais"}, "/channels", "", portal.ReadChannels},
		{"templates", "note", portal.Words{EN: "Templates", PT: "Modelos"}, "/templates", "", portal.ReadMessages},
		{"conversations", "inbox", portal.Words{EN: "Conversations", PT: "Atendimento"}, "/conversations", "g a", portal.ReadConversations},
		{"events", "bolt", portal.Words{EN: "Events", PT: "Eventos"}, "/events", "g e", portal.ReadMessages},
		{"automations", "rot", portal.Words{EN: "Automations", PT: "Automações"}, "/automations", "", portal.ReadTokens},
	}},
	{name: portal.Words{EN: "Developers", PT: "Desenvolvedores"}, places: []place{
		{"tokens", "key", portal.Words{EN: "Tokens", PT: "Tokens"}, "/tokens", "g t", portal.ReadTokens},
		{"logs", "list", portal.Words{EN: "Request logs", PT: "Logs de requisição"}, "/logs", "g l", portal.ReadLogs},
		{"webhooks", "hook", portal.Words{EN: "Webhooks", PT: "Webhooks"}, "/webhooks", "g w", portal.ReadTokens},
		{"reference", "term", portal.Words{EN: "API reference", PT: "Docs"}, "/docs/api/developer", "g d", ""},
		{"docs", "book", portal.Words{EN: "Guides", PT: "Guias"}, "/docs", "", ""},
		{"simulator", "phone", portal.Words{EN: "Simulator", PT: "Simulador"}, "/simulator", "", portal.WriteMessages},
		{"modules", "cube", portal.Words{EN: "Modules", PT: "Módulos"}, "/modules", "", ""},
	}},
	{name: portal.Words{EN: "Account", PT: "Conta"}, places: []place{
		{"security", "shield", portal.Words{EN: "Security", PT: "Segurança"}, "/security", "", ""},
		{"account", "gauge", portal.Words{EN: "Account", PT: "Conta"}, "/account", "", ""},
	}},
	{name: portal.Words{EN: "Administration", PT: "Administração"}, staff: true, places: []place{
		{"accounts", "star", portal.Words{EN: "Accounts", PT: "Contas"}, "/admin/accounts", "", ""},
		{"health", "pulse", portal.Words{EN: "System health", PT: "Saúde do sistema"}, "/admin/health", "", ""},
	}},
}

// quick is the tab bar of small screens, in order.
var quick = []string{"overview", "messages", "conversations", "logs", "tokens"}

// open returns the places of s that the reader may open.
func (s section) open(ctx context.Context) []place {
	f := From(ctx)
	if s.staff && !f.Staff {
		return nil
	}
	var places []place
	for _, p := range s.places {
		if p.need == "" || f.May[p.need] {
			places = append(places, p)
		}
	}
	return places
}

func tabs(ctx context.Context) []place {
	var places []place
	for _, id := range quick {
		for _, s := range menu {
			for _, p := range s.open(ctx) {
				if p.id == id {
					places = append(places, p)
				}
			}
		}
	}
	return places
}

// root is the list page that id belongs to: where a switch of environment or account leads.
func root(id string) string {
	for _, s := range menu {
		for _, p := range s.places {
			if p.id == id {
				return p.path
			}
		}
	}
	return "/overview"
}

// JumpGroup is a titled part of the results of the palette.
type JumpGroup struct {
	Title string
	Items []JumpItem
}

// JumpItem is one result: a page, an action or a found record.
type JumpItem struct {
	Icon, Label string
	Path        string // without scope; Href adds it
	Keys        string // key chord, "g l"
}

// Places returns what the palette shows before anything is typed: the actions
// and pages the reader may open.
func Places(ctx context.Context) []JumpGroup {
	var groups []JumpGroup
	if From(ctx).May[portal.WriteTokens] {
		create := JumpItem{"plus", L(ctx, "Create token", "Criar token"), "/tokens/new", "c t"}
		groups = append(groups, JumpGroup{L(ctx, "Actions", "Ações"), []JumpItem{create}})
	}
	pages := JumpGroup{Title: L(ctx, "Go to", "Ir para")}
	for _, s := range menu {
		for _, p := range s.open(ctx) {
			pages.Items = append(pages.Items, JumpItem{p.icon, W(ctx, p.name), p.path, p.keys})
		}
	}
	return append(groups, pages)
}

// Jump returns what the palette answers to q: the places whose name has all its
// words, accents and case aside, and the look-up of q itself (an id or a phone),
// which GET /jump answers by opening the page.
func Jump(ctx context.Context, q string) []JumpGroup {
	var groups []JumpGroup
	words := strings.Fields(fold(q))
	for _, g := range Places(ctx) {
		items := slices.DeleteFunc(g.Items, func(item JumpItem) bool {
			name := fold(item.Label)
			return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(name, word) })
		})
		if len(items) > 0 {
			groups = append(groups, JumpGroup{g.Title, items})
		}
	}
	if q = strings.TrimSpace(q); q != "" {
		find := JumpItem{Icon: "search", Label: L(ctx, "Look up ", "Procurar ") + q, Path: "/jump?q=" + url.QueryEscape(q)}
		groups = append(groups, JumpGroup{L(ctx, "Search", "Buscar"), []JumpItem{find}})
	}
	return groups
}

// fold returns s in lower case and without accents.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

func tabName(ctx context.Context, p place) string {
	switch p.id {
	case "overview":
		return L(ctx, "Overview", "Início")
	case "conversations":
		return L(ctx, "Inbox", "Atendimento")
	case "logs":
		return "Logs"
	}
	return W(ctx, p.name)
}

func otherLanguage(lang string) string {
	if lang == portal.LangPT {
		return portal.LangEN
	}
	return portal.LangPT
}

func otherTheme(theme string) string {
	if theme == "dark" {
		return "light"
	}
	return "dark"
}

func initial(name string) string {
	for _, r := range name {
		return strings.ToUpper(string(r))
	}
	return "?"
}
