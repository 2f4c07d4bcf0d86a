package portal

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func TestConsentApply(t *testing.T) {
	t.Parallel()
	before, later := noon.Add(-time.Hour), noon.Add(time.Hour)
	out := Consent{Status: OptedOut, Marketing: OptedOut, Source: "crm", At: &noon}
	byPerson := Consent{Status: OptedOut, Marketing: OptedOut, Source: ConsentByPerson, At: &noon}
	in := Consent{Status: OptedIn, Marketing: OptedIn, Source: "checkout", At: &noon, Evidence: "v3"}
	onlyMarketing := Consent{Status: OptedIn, Marketing: OptedOut, Source: ConsentByPerson, At: &noon}

	for name, c := range map[string]struct {
		was  Consent
		ch   ConsentChange
		want Consent
		kept bool
	}{
		"the first word": {
			Consent{},
			ConsentChange{Status: ptr(OptedIn), Source: ptr("checkout"), At: &noon, Evidence: ptr("v3")},
			Consent{OptedIn, OptInUnknown, "checkout", &noon, "v3"},
			false,
		},
		"without a time it is now": {Consent{}, ConsentChange{Status: ptr(OptedIn)}, Consent{OptedIn, OptInUnknown, "", &later, ""}, false},
		"nothing said":             {in, ConsentChange{}, in, false},
		"the same again":           {in, ConsentChange{Status: ptr(OptedIn)}, in, false},
		"an opt-out covers marketing": {
			in,
			ConsentChange{Status: ptr(OptedOut), At: &later},
			Consent{OptedOut, OptedOut, "checkout", &later, ""},
			false,
		},
		"marketing is never wider": {
			Consent{},
			ConsentChange{Marketing: ptr(OptedIn), At: &noon},
			Consent{OptInUnknown, OptInUnknown, "", nil, ""}.at(&noon), false,
		},
		"unknown status narrows marketing": {
			in,
			ConsentChange{Status: ptr(OptInUnknown), At: &later},
			Consent{OptInUnknown, OptInUnknown, "checkout", &later, ""},
			false,
		},
		"older news are ignored":     {in, ConsentChange{Status: ptr(OptedOut), At: &before}, in, false},
		"no time does not lift":      {out, ConsentChange{Status: ptr(OptedIn)}, out, true},
		"older does not lift":        {out, ConsentChange{Status: ptr(OptedIn), At: &before}, out, true},
		"unknown lifts as well":      {out, ConsentChange{Status: ptr(OptInUnknown)}, out, true},
		"newer lifts":                {out, ConsentChange{Status: ptr(OptedIn), At: &later}, Consent{OptedIn, OptedOut, "crm", &later, ""}, false},
		"the person's needs proof":   {byPerson, ConsentChange{Status: ptr(OptedIn), At: &later}, byPerson, true},
		"empty proof is none":        {byPerson, ConsentChange{Status: ptr(OptedIn), At: &later, Evidence: ptr("")}, byPerson, true},
		"proof without a newer time": {byPerson, ConsentChange{Status: ptr(OptedIn), Evidence: ptr("call")}, byPerson, true},
		"proof and a newer time": {
			byPerson,
			ConsentChange{Status: ptr(OptedIn), Marketing: ptr(OptedIn), At: &later, Evidence: ptr("call")},
			Consent{OptedIn, OptedIn, "", &later, "call"},
			false,
		},
		"a repeat does not hide who said it": {
			byPerson,
			ConsentChange{Status: ptr(OptedOut), Source: ptr("crm"), At: &later},
			Consent{OptedOut, OptedOut, ConsentByPerson, &later, ""},
			false,
		},
		"nor does the other half": {
			onlyMarketing,
			ConsentChange{Status: ptr(OptInUnknown), Source: ptr("crm"), At: &later},
			Consent{OptInUnknown, OptedOut, ConsentByPerson, &later, ""},
			false,
		},
		"marketing alone": {
			in,
			ConsentChange{Marketing: ptr(OptedOut), Source: ptr(ConsentByPerson), At: &later},
			Consent{OptedIn, OptedOut, ConsentByPerson, &later, ""},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, kept := c.was.Apply(c.ch, later)
			if kept != c.kept || !sameConsent(got, c.want) {
				t.Errorf("got %+v kept %v, want %+v kept %v", got, kept, c.want, c.kept)
			}
		})
	}
}

func (c Consent) at(at *time.Time) Consent {
	c.At = at
	return c
}

func sameConsent(a, b Consent) bool {
	sameAt := a.At == nil && b.At == nil || a.At != nil && b.At != nil && a.At.Equal(*b.At)
	a.At, b.At = nil, nil
	return sameAt && a == b
}

// FuzzConsentApply runs a story of changes and checks what must hold after each.
func FuzzConsentApply(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		var c Consent
		for minute := range 40 {
			now := noon.Add(time.Duration(minute) * time.Minute)
			ch := randomChange(r, now)
			after, kept := c.Apply(ch, now)
			checkConsent(t, step{c, ch, after, kept})
			c = after
		}
	})
}

type step struct {
	was   Consent
	ch    ConsentChange
	after Consent
	kept  bool
}

func checkConsent(t *testing.T, s step) {
	t.Helper()
	rank := map[string]int{OptedOut: 0, OptInUnknown: 1, OptedIn: 2}
	if rank[s.after.Marketing] > rank[s.after.Status] {
		t.Fatalf("marketing is wider than status: %+v", s)
	}
	was := s.was.normal()
	if s.kept && !sameConsent(s.after, was) {
		t.Fatalf("kept, yet changed: %+v", s)
	}
	lifted := was.Status == OptedOut && s.after.Status != OptedOut || was.Marketing == OptedOut && s.after.Marketing != OptedOut
	older := s.ch.At != nil && was.At != nil && s.ch.At.Before(*was.At)
	if lifted && (s.ch.At == nil || older) {
		t.Fatalf("lifted without a newer time: %+v", s)
	}
	if lifted && was.Source == ConsentByPerson && (s.ch.Evidence == nil || *s.ch.Evidence == "") {
		t.Fatalf("the person's word lifted without proof: %+v", s)
	}
	if older && !sameConsent(s.after, was) {
		t.Fatalf("older news changed something: %+v", s)
	}
	if again, kept := s.after.Apply(ConsentChange{}, noon); kept || !sameConsent(again, s.after) {
		t.Fatalf("saying nothing changed something: %+v", s)
	}
}

func randomChange(r *rand.Rand, now time.Time) (ch ConsentChange) {
	states := []string{OptedIn, OptedOut, OptInUnknown}
	if r.IntN(3) > 0 {
		ch.Status = &states[r.IntN(3)]
	}
	if r.IntN(2) > 0 {
		ch.Marketing = &states[r.IntN(3)]
	}
	if r.IntN(2) > 0 {
		ch.Source = ptr([]string{"crm", "", ConsentByPerson}[r.IntN(3)])
	}
	if r.IntN(2) > 0 {
		ch.At = ptr(now.Add(time.Duration(r.IntN(7)-3) * time.Minute))
	}
	if r.IntN(2) > 0 {
		ch.Evidence = ptr([]string{"", "proof"}[r.IntN(2)])
	}
	return ch
}
