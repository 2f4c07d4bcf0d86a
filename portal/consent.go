package portal

import "time"

// The states of consent.
const (
	OptedIn      = "opted_in"
	OptedOut     = "opted_out"
	OptInUnknown = "unknown"
)

// ConsentByPerson is the source of a consent that the person gave or took back in WhatsApp.
const ConsentByPerson = "whatsapp"

// Consent says whether a person wants messages. Status covers any message,
// Marketing only marketing and is never wider than Status.
type Consent struct {
	Status    string
	Marketing string
	Source    string
	At        *time.Time
	Evidence  string
}

// ConsentChange is a wish to change consent; nil fields stay.
type ConsentChange struct {
	Status, Marketing *string
	Source            *string
	At                *time.Time
	Evidence          *string
	By                Actor // who asks for the change; zero = the person
}

// ConsentRecord is one change of a person's consent, as it was then.
type ConsentRecord struct {
	At      time.Time // of the change here; Consent.At is when it was given
	Consent Consent
	By      Actor
}

// Apply returns the consent after the change, by the contract's rules: the
// newest At wins; a write without At, or an older one, never lifts an opt-out;
// lifting one that the person made also needs evidence. kept is true when an
// opt-out was to be lifted and was not; the consent is then unchanged.
func (c Consent) Apply(ch ConsentChange, now time.Time) (after Consent, kept bool) {
	c = c.normal()
	older := ch.At != nil && c.At != nil && ch.At.Before(*c.At)
	next := c
	set(&next.Status, ch.Status)
	set(&next.Marketing, ch.Marketing)
	next = next.normal()
	if c.Status == OptedOut && next.Status != OptedOut || c.Marketing == OptedOut && next.Marketing != OptedOut {
		evidence := ch.Evidence != nil && *ch.Evidence != ""
		if ch.At == nil || older || c.Source == ConsentByPerson && !evidence {
			return c, true
		}
	}
	if older {
		return c, false
	}
	return next.reasoned(c, ch, now), false
}

// reasoned gives the consent that follows c its source, time and evidence.
func (c Consent) reasoned(was Consent, ch ConsentChange, now time.Time) Consent {
	if c.Status != was.Status || c.Marketing != was.Marketing {
		c.Evidence, c.At = "", &now // those of was do not speak for this one
		if c.Source == ConsentByPerson {
			c.Source = ""
		}
	}
	set(&c.Source, ch.Source)
	set(&c.Evidence, ch.Evidence)
	if ch.At != nil {
		c.At = ch.At
	}
	stays := c.Status == OptedOut && was.Status == OptedOut || c.Marketing == OptedOut && was.Marketing == OptedOut
	if stays && was.Source == ConsentByPerson {
		c.Source = ConsentByPerson // else a repeat by somebody else would make it easy to lift
	}
	return c
}

// normal fills the zero value and keeps Marketing within Status.
func (c Consent) normal() Consent {
	if c.Status == "" {
		c.Status = OptInUnknown
	}
	if c.Marketing == "" {
		c.Marketing = OptInUnknown
	}
	if c.Status == OptedOut || c.Status == OptInUnknown && c.Marketing == OptedIn {
		c.Marketing = c.Status
	}
	return c
}

func set(dst, src *string) {
	if src != nil {
		*dst = *src
	}
}
