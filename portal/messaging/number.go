package messaging

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// NumberReport is what is known about a number before anything is sent to it.
type NumberReport struct {
	E164       string
	Kind       string
	Country    string
	Candidates []string
	WAID       string // "" = not learnt yet
	OnWhatsApp *bool  // nil = nobody knows before sending
	Confidence string // high, medium, low
	Evidence   []Evidence
}

// Evidence is one reason for what a NumberReport says.
type Evidence struct {
	Source string // static, history (people's messages and ours), provider (WhatsApp's own word)
	At     *time.Time
	Detail portal.Words
}

// Resolve reads a number as its owner wrote it, in the given country (ISO code;
// "" = the account's is the caller's to fill in), and reports what the account's
// own history knows about it. It asks nobody else. invalid_number otherwise.
func (s *Service) Resolve(ctx context.Context, t portal.Tenant, country, number string) (n NumberReport, err error) {
	defer portal.Wrap(&err, "Resolve")
	parsed, err := phone.Parse(number, country)
	if err != nil {
		return n, portal.Refuse(portal.CodeInvalidNumber, portal.FieldError{Pointer: "/number", Code: portal.FieldInvalidFormat})
	}
	return s.report(s.store.Reader(ctx), t, parsed)
}

func (s *Service) report(r store.Reader, t portal.Tenant, n phone.Number) (NumberReport, error) {
	report := NumberReport{
		E164: n.E164, Kind: n.Kind, Country: n.Country, Candidates: n.Candidates, Confidence: "low",
		Evidence: []Evidence{{Source: "static", Detail: kindWords(n.Kind)}},
	}
	contact, err := r.ContactByPhone(t, n.Candidates)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return report, nil
	}
	if err != nil {
		return report, err
	}
	status, at, err := r.LastEvidence(t, contact.ID)
	unheard := portal.CodeOf(err) == portal.CodeNotFound
	if err != nil && !unheard {
		return report, err
	}
	found := status != portal.StatusNumberNotFound
	// WhatsApp also writes an id for a number that it then does not find.
	if report.WAID = contact.WAID; report.WAID != "" && found {
		report.Confidence = "medium"
		report.Evidence = append(report.Evidence, Evidence{Source: "provider", Detail: knownWords(phone.Digits(n.E164) != report.WAID)})
	}
	if unheard {
		return report, nil
	}
	report.OnWhatsApp = &found
	source := "history"
	if report.Confidence = "high"; !found {
		report.Confidence = "medium" // a blocked sender or an old app looks the same
		source = "provider"
	}
	report.Evidence = append(report.Evidence, Evidence{Source: source, At: &at, Detail: historyWords(status)})
	return report, nil
}

func kindWords(kind string) portal.Words {
	switch kind {
	case phone.Mobile:
		return portal.Words{EN: "A valid mobile number.", PT: "Um número de celular válido."}
	case phone.Landline:
		return portal.Words{EN: "A valid landline; few use WhatsApp.", PT: "Um telefone fixo válido; poucos usam WhatsApp."}
	}
	return portal.Words{EN: "A valid number.", PT: "Um número válido."}
}

func knownWords(otherwise bool) portal.Words {
	if otherwise {
		return portal.Words{EN: "WhatsApp knows this number in another spelling, which wa_id shows.", PT: "O WhatsApp conhece este número em outra grafia, mostrada em wa_id."}
	}
	return portal.Words{EN: "WhatsApp knows this number in this spelling.", PT: "O WhatsApp conhece este número nesta grafia."}
}

func historyWords(status portal.Status) portal.Words {
	switch status {
	case portal.StatusReceived:
		return portal.Words{EN: "The person wrote from this number.", PT: "A pessoa escreveu deste número."}
	case portal.StatusNumberNotFound:
		return portal.Words{EN: "WhatsApp did not find the number.", PT: "O WhatsApp não encontrou o número."}
	}
	return portal.Words{EN: "A message was delivered to this number.", PT: "Uma mensagem foi entregue neste número."}
}
