package messaging

import (
	"regexp"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// userID matches WhatsApp's business-scoped user ids, such as BR.1502576394655843.
var userID = regexp.MustCompile(`^[A-Z]{2}\.`)

func refuseField(pointer, code string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
}

// absent turns "no such row" of what a field names into validation_failed.
func absent(err error, pointer string) error {
	if portal.CodeOf(err) == portal.CodeNotFound {
		return refuseField(pointer, portal.FieldNotFound)
	}
	return err
}

// findFacts asks for all that most messages need at once.
func (e *evaluation) findFacts(tx *store.Tx) (err error) {
	e.ref = e.draft.Template
	if e.draft.Type != portal.TypeTemplate {
		e.ref = e.draft.Fallback
	}
	var q store.SendQuery
	if e.ref != nil {
		q.Template, q.Language = e.ref.Name, e.ref.Language
	}
	switch {
	case userID.MatchString(e.draft.To):
		e.numberCode = portal.CodeUnsupportedForChannel
	case !e.namesContact():
		e.readNumber(e.draft.To)
		q.Phones = e.number.Candidates
	}
	e.facts, err = tx.SendFacts(e.caller.Tenant, q)
	return err
}

// namesContact reports whether the draft names the person by an id, ours or the caller's.
func (e *evaluation) namesContact() bool {
	return strings.HasPrefix(e.draft.To, portal.PrefixContact+"_") || strings.HasPrefix(e.draft.To, "ext:")
}

func (e *evaluation) readNumber(to string) {
	n, err := phone.Parse(to, e.caller.Account.Country)
	magic := magicNumber.MatchString(n.E164) && e.provider == portal.ProviderCloud
	if err != nil || magic {
		e.numberCode = portal.CodeInvalidNumber
		return
	}
	e.number = n
}

func (e *evaluation) findChannel(tx *store.Tx) (err error) {
	if e.draft.From == "" {
		e.channel = e.facts.Channel
		return nil
	}
	e.channel, err = channelNamed(tx, e.caller, e.draft.From, "/from")
	return err
}

// channelNamed returns the channel that a field of a request names: by id, by
// its number, or the default one for "". It is zero when there is no default,
// and validation_failed when what is named does not exist.
func channelNamed(tx *store.Tx, c portal.Caller, name, pointer string) (portal.Channel, error) {
	switch {
	case name == "":
		channel, err := tx.DefaultChannel(c.Tenant)
		if portal.CodeOf(err) == portal.CodeNotFound {
			return portal.Channel{}, nil
		}
		return channel, err
	case strings.HasPrefix(name, portal.PrefixChannel+"_"):
		channel, err := tx.Channel(c.Tenant, name)
		if err == nil && channel.RemovedAt != nil {
			return portal.Channel{}, refuseField(pointer, portal.FieldNotFound)
		}
		return channel, absent(err, pointer)
	}
	n, err := phone.Parse(name, c.Account.Country)
	if err != nil {
		return portal.Channel{}, refuseField(pointer, portal.FieldInvalidFormat)
	}
	channels, err := tx.Channels(c.Tenant)
	if err != nil {
		return portal.Channel{}, err
	}
	for _, channel := range channels {
		if phone.Same(channel.Phone, n.E164) {
			return channel, nil
		}
	}
	return portal.Channel{}, refuseField(pointer, portal.FieldNotFound)
}

func (e *evaluation) findPerson(tx *store.Tx) (err error) {
	switch {
	case e.numberCode != "":
	case e.namesContact():
		if e.contact, err = tx.ContactByRef(e.caller.Tenant, e.draft.To); err != nil {
			return absent(err, "/to")
		}
		if e.contact.Phone == "" {
			e.contact, e.numberCode, e.phoneless = portal.Contact{}, portal.CodeInvalidNumber, true
			return nil
		}
		e.readNumber(e.contact.Phone)
	case e.facts.Contact.ID != "":
		e.contact, e.conversation = e.facts.Contact, e.facts.ConversationID
	default:
		e.contact, e.created, err = tx.NewContact(e.caller.Tenant, e.number, portal.SourceAPI)
	}
	return err
}

// findConversation is for a message that is accepted: it may create the thread.
func (e *evaluation) findConversation(tx *store.Tx) error {
	if e.conversation != "" {
		return nil
	}
	find := tx.Conversation
	if e.created {
		find = tx.NewConversation
	}
	thread, err := find(e.caller.Tenant, e.contact.ID)
	e.conversation = thread.ID
	return err
}

func (e *evaluation) findWindow(tx *store.Tx) (err error) {
	if e.contact.ID == "" || e.channel.ID == "" {
		return nil
	}
	known := e.contact.ID == e.facts.Contact.ID && e.channel.ID == e.facts.Channel.ID
	switch {
	case known:
		e.window = e.facts.Window
	case !e.created && (e.draft.Type != portal.TypeTemplate || e.facts.Limited):
		if e.window, err = tx.Window(e.caller.Tenant, e.contact.ID, e.channel.ID); err != nil {
			return err
		}
	}
	e.window.ChannelID = e.channel.ID
	e.always = AlwaysOpen(e.caller.Environment, e.caller.Account.Testers, e.number.E164)
	e.open = e.always || open(e.window, e.now)
	return nil
}

func (e *evaluation) findContext(tx *store.Tx) error {
	if e.draft.ContextMessageID == "" || e.contact.ID == "" {
		return nil
	}
	m, err := tx.Message(e.caller.Tenant, e.draft.ContextMessageID)
	if err == nil && m.ContactID != e.contact.ID {
		return refuseField("/context/message_id", portal.FieldNotFound)
	}
	return absent(err, "/context/message_id")
}

// findReaction looks for the message that a reaction is put on. WhatsApp must
// know it already.
func (e *evaluation) findReaction(tx *store.Tx) error {
	if e.draft.Type != portal.TypeReaction || e.contact.ID == "" {
		return nil
	}
	const pointer = "/reaction/message_id"
	m, err := tx.Message(e.caller.Tenant, e.draft.Content.Reaction.MessageID)
	if err == nil && (m.ContactID != e.contact.ID || m.ProviderMessageID == "") {
		return refuseField(pointer, portal.FieldNotFound)
	}
	return absent(err, pointer)
}

func (e *evaluation) findDay(tx *store.Tx) (err error) {
	t, limit := e.caller.Tenant, limitOf(e.facts.MessagesPerDay, e.caller.Account.Plan, e.caller.Environment)
	if e.days != nil && limit > 0 {
		if used, far := e.days.farFrom(limit, t, e.now); far {
			e.day = Day{Limit: limit, Used: used}
			return nil
		}
	}
	if e.day, err = countDay(tx.Reader, limit, t, e.now); err == nil && e.days != nil && limit > 0 {
		e.days.counted(e.day.Used, t, e.now)
	}
	return err
}

// findLimits is for WhatsApp's limits towards the person and of the business.
func (e *evaluation) findLimits(tx *store.Tx) (err error) {
	if !e.facts.Limited || e.contact.ID == "" || e.channel.ID == "" {
		return nil
	}
	e.waiting = e.facts.Waiting
	if e.contact.ID != e.facts.Contact.ID && !e.created {
		if e.waiting, err = tx.WaitingFor(e.caller.Tenant, e.contact.ID); err != nil {
			return err
		}
	}
	if e.portfolio.Limit = peopleLimit(e.channel); e.portfolio.Limit == 0 {
		return nil
	}
	if e.begins, err = e.writesFirst(tx); err != nil || !e.begins && e.people != nil {
		return err
	}
	if e.people != nil {
		if used, far := e.people.farFrom(e.portfolio.Limit, e.channel.WABA, e.now); far {
			e.portfolio.Used = used
			return nil
		}
	}
	if e.portfolio, err = countPortfolio(tx.Reader, e.channel, e.now); err == nil && e.people != nil {
		e.people.counted(e.portfolio.Used, e.channel.WABA, e.now)
	}
	return err
}

// writesFirst reports whether the message, sent now, begins a conversation with
// a person who is not counted yet. A later one is counted when it is sent.
func (e *evaluation) writesFirst(tx *store.Tx) (bool, error) {
	if e.open || e.sendsAs() == "free_form" || e.draft.SendAt != nil && e.draft.SendAt.After(e.now) {
		return false, nil
	}
	if e.created {
		return true, nil
	}
	known, err := tx.PersonCounted(e.channel.WABA, e.contact.ID, e.now.Add(-portal.PeopleDay))
	return !known, err
}
