package simulator

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Template is a template of a business account, in Meta's words.
type Template struct {
	ID              string
	WABA            string
	Name            string
	Language        string
	Category        string // MARKETING, UTILITY, AUTHENTICATION
	Status          string // PENDING, APPROVED, REJECTED, PAUSED, DISABLED
	ParameterFormat string // NAMED, POSITIONAL
	Components      json.RawMessage
	Quality         string // GREEN, YELLOW, RED, UNKNOWN
	Reason          string // why it was rejected, or NONE
	TTL             *int   // seconds
	Plan            []Step // what will happen to it, soonest first
	CreatedAt       time.Time
}

// Step is something that happens to a template. What is "" stays as it is.
type Step struct {
	At       time.Time `json:"at"`
	Status   string    `json:"status,omitempty"`
	Category string    `json:"category,omitempty"`
	Quality  string    `json:"quality,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

// at returns the template as it is at a moment.
func (t Template) at(now time.Time) Template {
	for _, s := range t.Plan {
		if s.At.After(now) {
			break
		}
		for field, value := range map[*string]string{&t.Status: s.Status, &t.Category: s.Category, &t.Quality: s.Quality, &t.Reason: s.Reason} {
			if value != "" {
				*field = value
			}
		}
	}
	return t
}

// TemplateStore keeps the templates of business accounts.
type TemplateStore interface {
	// Templates returns the templates of a business account, oldest first.
	Templates(ctx context.Context, waba string) ([]Template, error)
	// TemplateNamed returns a template by its key; not_found when there is none.
	TemplateNamed(ctx context.Context, waba, name, language string) (Template, error)
	// Template returns a template by its id; not_found when there is none.
	Template(ctx context.Context, id string) (Template, error)
	// SaveTemplate keeps a template, new or changed, and what it will call back
	// with; template_exists when another has its name and language.
	SaveTemplate(ctx context.Context, t Template, callbacks []Callback) error
	// DeleteTemplates forgets templates of a business account.
	DeleteTemplates(ctx context.Context, waba string, ids []string) error
}

// seeds are the templates that every business account has from the start.
var seeds = []Template{
	{Name: "hello_world", Language: "pt_BR", Components: bodyOf("Olá! Esta é uma mensagem de teste.")},
	{Name: "hello_world", Language: "en_US", Components: bodyOf("Hello! This is a test message.")},
	{Name: "order_update", Language: "pt_BR", Components: bodyOf("Olá {{name}}, o pedido {{order}} está {{status}}.", "name", "Cliente", "order", "1001", "status", "enviado")},
	{Name: "order_update", Language: "en_US", Components: bodyOf("Hello {{name}}, order {{order}} is {{status}}.", "name", "Ana", "order", "1001", "status", "shipped")},
}

// bodyOf returns the components of a template that is only a body with named
// parameters: name, example, name, example …
func bodyOf(text string, examples ...string) json.RawMessage {
	body := map[string]any{"type": portal.ComponentBody, "text": text}
	var named []portal.NamedExample
	for i := 0; i+1 < len(examples); i += 2 {
		named = append(named, portal.NamedExample{Name: examples[i], Example: examples[i+1]})
	}
	if named != nil {
		body["example"] = portal.TemplateExample{BodyTextNamed: named}
	}
	raw, err := json.Marshal([]any{body})
	if err != nil {
		panic(err) // texts always encode
	}
	return raw
}

// Seeds returns the templates that a business account has from the start, with
// ids of their own.
func Seeds(waba string, now time.Time) []Template {
	list := slices.Clone(seeds)
	for i := range list {
		t := &list[i]
		t.ID, t.WABA, t.CreatedAt = newTemplateID(), waba, now
		t.Category, t.Status, t.ParameterFormat, t.Quality, t.Reason = "UTILITY", "APPROVED", "NAMED", "UNKNOWN", "NONE"
	}
	return list
}

// memoryTemplates keeps templates in the process, for a journal that does not.
type memoryTemplates struct {
	journal Journal
	mu      sync.Mutex
	byWABA  map[string][]Template
}

// of returns the templates of a business account, seeded when it is new here.
func (m *memoryTemplates) of(waba string) []Template {
	if m.byWABA == nil {
		m.byWABA = map[string][]Template{}
	}
	if _, known := m.byWABA[waba]; !known {
		m.byWABA[waba] = Seeds(waba, time.Unix(1, 0))
	}
	return m.byWABA[waba]
}

// Templates implements TemplateStore.
func (m *memoryTemplates) Templates(_ context.Context, waba string) ([]Template, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.of(waba)), nil
}

// TemplateNamed implements TemplateStore.
func (m *memoryTemplates) TemplateNamed(_ context.Context, waba, name, language string) (Template, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.of(waba) {
		if t.Name == name && t.Language == language {
			return t, nil
		}
	}
	return Template{}, portal.Refuse(portal.CodeNotFound)
}

// Template implements TemplateStore.
func (m *memoryTemplates) Template(_ context.Context, id string) (Template, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, list := range m.byWABA {
		for _, t := range list {
			if t.ID == id {
				return t, nil
			}
		}
	}
	return Template{}, portal.Refuse(portal.CodeNotFound)
}

// SaveTemplate implements TemplateStore.
func (m *memoryTemplates) SaveTemplate(ctx context.Context, t Template, callbacks []Callback) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.of(t.WABA)
	for i, known := range list {
		if known.ID == t.ID {
			list[i] = t
			return m.journal.Schedule(ctx, callbacks)
		}
		if known.Name == t.Name && known.Language == t.Language {
			return portal.Refuse(portal.CodeTemplateExists)
		}
	}
	m.byWABA[t.WABA] = append(list, t)
	return m.journal.Schedule(ctx, callbacks)
}

// DeleteTemplates implements TemplateStore.
func (m *memoryTemplates) DeleteTemplates(_ context.Context, waba string, ids []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byWABA[waba] = slices.DeleteFunc(m.of(waba), func(t Template) bool { return slices.Contains(ids, t.ID) })
	return nil
}
