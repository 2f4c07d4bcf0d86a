package messaging

import (
	"crypto/rand"
	"encoding/json"
	"math/big"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Provision gives a new account what it needs to send: a simulated number as
// the default channel of test, and of live while that is simulated too, and the
// two templates that every account starts with.
func (s *Service) Provision(tx *store.Tx, a portal.Account) (err error) {
	defer portal.Wrap(&err, "Provision(%s)", a.ID)
	for _, env := range []portal.Environment{portal.Test, portal.Live} {
		t := portal.Tenant{AccountID: a.ID, Environment: env}
		if s.Provider(env) == portal.ProviderSimulator {
			if err := s.addSimulatedChannel(tx, t); err != nil {
				return err
			}
		}
		for _, seed := range seeds {
			if err := tx.InsertTemplate(seed.template(tx, t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// simulatedNumbers are the numbers that simulated channels show; nobody has them.
var simulatedNumbers = map[portal.Environment]string{
	portal.Test: "+551140028922",
	portal.Live: "+551140028933",
}

func (s *Service) addSimulatedChannel(tx *store.Tx, t portal.Tenant) error {
	c, secrets := portal.NewSimulatedChannel(t, "Simulator", simulatedNumbers[t.Environment], tx.Now())
	c.Default = true
	sealed, err := s.store.SealChannel(c.ID, secrets)
	if err != nil {
		return err
	}
	return tx.InsertChannel(c, sealed)
}

// metaID returns fifteen random digits, as Meta's ids look.
func metaID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n.Add(n, big.NewInt(100_000_000_000_000)).String()
}

// seed is a template that every account has from the start.
type seed struct {
	name, language, body string
	parameters           []portal.TemplateParameter
}

var orderParameters = []portal.TemplateParameter{
	{Component: "body", Name: "name", Type: "text", Example: "Cliente"},
	{Component: "body", Name: "order", Type: "text", Example: "1001"},
	{Component: "body", Name: "status", Type: "text", Example: "enviado"},
}

var seeds = []seed{
	{"hello_world", "pt_BR", "Olá! Esta é uma mensagem de teste.", nil},
	{"hello_world", "en_US", "Hello! This is a test message.", nil},
	{"order_update", "pt_BR", "Olá {{name}}, o pedido {{order}} está {{status}}.", orderParameters},
	{"order_update", "en_US", "Hello {{name}}, order {{order}} is {{status}}.", orderParameters},
}

func (s seed) template(tx *store.Tx, t portal.Tenant) portal.Template {
	now := tx.Now()
	components, err := json.Marshal([]map[string]string{{"type": "BODY", "text": s.body}})
	if err != nil {
		panic(err) // strings always encode
	}
	return portal.Template{
		ID: portal.NewID(portal.PrefixTemplate), AccountID: t.AccountID, Environment: t.Environment, Name: s.name,
		Language: s.language, Category: "utility", Status: portal.TemplateApproved, ParameterFormat: named,
		Parameters: s.parameters, Components: components, Quality: "unknown", ProviderID: metaID(),
		SyncedAt: &now, CreatedAt: now, UpdatedAt: now,
	}
}
