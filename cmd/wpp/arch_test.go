package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wppmarketing/developers/"

// rule is what one room may import.
type rule struct {
	room     string
	mayOwn   []string // rooms of this module
	mayAlone []string // reserved libraries
}

// useCases are the rooms of what the product does. They do not import each other.
var useCases = []string{
	"portal/accounts", "portal/audit", "portal/channels", "portal/contacts", "portal/events", "portal/mail", "portal/media", "portal/messaging", "portal/support", "portal/templates", "portal/tokens",
	"portal/webhooks",
}

// rules says what a room may import of this module, and which reserved library.
var rules = []rule{
	{"cmd/bench", []string{"portal", "portal/store", "portal/store/pgserver", "portal/store/storeseed", "portal/tokens", "web"}, nil},
	{"cmd/wpp", []string{"portal", "web", "apidocs", "static", "views"}, []string{"github.com/prometheus", "go.opentelemetry.io"}},
	{"web/api", append([]string{"portal", "portal/store", "portal/limits", "portal/phone", "apidocs", "web/attachment"}, useCases...), nil},
	{"web/dashboard", append([]string{"portal", "portal/store", "portal/phone", "portal/whatsapp/simulator", "web/session", "views", "views/ui", "static", "apidocs", "web/attachment"}, useCases...), nil},
	{"web/attachment", []string{"portal"}, nil},
	{"web/session", []string{"portal", "portal/store"}, nil},
	{"web", []string{"portal", "portal/phone", "portal/store", "portal/channels", "portal/contacts", "portal/messaging", "web/dashboard", "web/session", "apidocs", "static"}, []string{"github.com/prometheus", "go.opentelemetry.io"}},
	{"views", []string{"views/ui", "static", "portal", "portal/phone"}, nil},
	{"views/ui", []string{"static", "portal", "portal/phone"}, nil},
	{"views/ui/uitest", []string{"views/ui", "portal"}, nil},
	{"static", nil, nil},
	{"apidocs", []string{"portal", "static"}, nil},
	{"portal/lanes", nil, nil},
	{"portal/store", []string{"portal", "portal/lanes", "portal/phone", "portal/whatsapp", "portal/whatsapp/simulator"}, []string{"github.com/mattn/go-sqlite3", "github.com/jackc/pgx", "database/sql", "github.com/pressly/goose"}},
	{"portal/store/pgserver", nil, nil},
	{"portal/store/storeseed", []string{"portal", "portal/store"}, nil},
	{"portal/store/storetest", []string{"portal", "portal/store", "portal/store/pgserver", "portal/phone"}, []string{"github.com/jackc/pgx", "database/sql"}},
	{"portal/whatsapp", []string{"portal", "portal/phone"}, nil},
	{"portal/whatsapp/simulator", []string{"portal", "portal/lanes", "portal/phone", "portal/whatsapp"}, nil},
	{"portal/dial", []string{"portal"}, nil},
	{"portal/phone", []string{"portal"}, []string{"github.com/nyaruka/phonenumbers"}},
	{"portal/limits", []string{"portal"}, []string{"github.com/redis/go-redis", "github.com/throttled/throttled"}},
	{"portal/limits/limitstest", nil, nil},
	{"portal/chores", []string{"portal", "portal/store", "portal/worker"}, nil},
	{"portal/worker", []string{"portal", "portal/store"}, nil},
	{"portal/mail", []string{"portal", "portal/store"}, []string{"github.com/wneessen/go-mail"}},
	{"portal/media", []string{"portal", "portal/store", "portal/whatsapp", "portal/whatsapp/simulator"}, nil},
	{"portal/messaging", []string{"portal", "portal/lanes", "portal/store", "portal/phone", "portal/whatsapp"}, nil},
	{"portal/templates", []string{"portal", "portal/store", "portal/whatsapp"}, nil},
	{"portal/webhooks", []string{"portal", "portal/dial", "portal/lanes", "portal/store"}, []string{"github.com/standard-webhooks"}},
	{"portal/accounts", []string{"portal", "portal/store", "portal/limits", "portal/phone"}, nil},
	{"portal/tokens", []string{"portal", "portal/store"}, []string{"github.com/maypok86/otter"}},
	{"portal/channels", []string{"portal", "portal/store", "portal/phone", "portal/whatsapp"}, nil},
	{"portal/contacts", []string{"portal", "portal/store", "portal/phone"}, nil},
	{"portal/events", []string{"portal", "portal/store", "portal/phone"}, nil},
	{"portal/support", []string{"portal", "portal/store", "portal/phone"}, nil},
	{"portal/audit", []string{"portal", "portal/store", "portal/phone"}, nil},
	{"portal", nil, nil},
}

var reserved = []string{
	"github.com/mattn/go-sqlite3", "github.com/jackc/pgx", "database/sql", "github.com/pressly/goose",
	"github.com/nyaruka/phonenumbers", "github.com/redis/go-redis", "github.com/throttled/throttled",
	"github.com/maypok86/otter", "github.com/wneessen/go-mail", "github.com/standard-webhooks", "github.com/prometheus", "go.opentelemetry.io",
}

type listed struct {
	ImportPath string
	Imports    []string
}

// TestImportRule holds every room to what it may import (the house's plan).
func TestImportRule(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		checkRoom(t, p)
	}
}

func checkRoom(t *testing.T, p listed) {
	t.Helper()
	room := strings.TrimPrefix(p.ImportPath, module)
	i := slices.IndexFunc(rules, func(r rule) bool {
		return r.room == room
	})
	if i < 0 {
		t.Errorf("%s has no row in the import rule", room)
		return
	}
	for _, imp := range p.Imports {
		if own, ok := strings.CutPrefix(imp, module); ok {
			allowed := slices.ContainsFunc(rules[i].mayOwn, func(m string) bool {
				return own == m || rules[i].room == "cmd/wpp" && strings.HasPrefix(own, m+"/")
			})
			if !allowed {
				t.Errorf("%s must not import %s", room, own)
			}
			continue
		}
		if room == "portal" && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
			t.Errorf("portal imports %s: the standard library only", imp)
		}
		for _, lib := range reserved {
			if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !slices.Contains(rules[i].mayAlone, lib) {
				t.Errorf("%s must not import %s", room, imp)
			}
		}
	}
}
