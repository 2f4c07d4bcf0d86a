package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// Phone returns the simulated number with this phone-number-id; not_found when no channel of the simulator has it.
func (s SimulatorJournal) Phone(ctx context.Context, phoneNumberID string) (p simulator.Phone, err error) {
	defer portal.Wrap(&err, "Phone(%s)", phoneNumberID)
	return s.phone(ctx, "phone_number_id", phoneNumberID)
}

// PhoneOf returns the simulated number of a channel; not_found when it is no channel of the simulator.
func (s SimulatorJournal) PhoneOf(ctx context.Context, channelID string) (p simulator.Phone, err error) {
	defer portal.Wrap(&err, "PhoneOf(%s)", channelID)
	return s.phone(ctx, "id", channelID)
}

// phone finds a number by one of the unique columns of its channel.
func (s SimulatorJournal) phone(ctx context.Context, column, key string) (p simulator.Phone, err error) {
	list, err := s.phones(ctx, column, key)
	if err == nil && len(list) == 0 {
		err = errNoRow
	}
	if err != nil {
		return p, err
	}
	return list[0], nil
}

// Phones returns the simulated numbers of a business account, oldest first.
func (s SimulatorJournal) Phones(ctx context.Context, waba string) (list []simulator.Phone, err error) {
	defer portal.Wrap(&err, "Phones(%s)", waba)
	return s.phones(ctx, "waba", waba)
}

func (s SimulatorJournal) phones(ctx context.Context, column, key string) (list []simulator.Phone, err error) {
	err = s.Reader(ctx).Rows(`
SELECT /* SimulatorPhone.Phones */ c.id, c.phone, c.phone_number_id, c.waba, c.secrets, COALESCE(p.settings, '')
FROM channels c
LEFT JOIN simulator_phones p ON p.channel_id = c.id
WHERE c.`+column+` = ? AND c.provider = 'simulator'
ORDER BY c.id`, []any{key}, func(scan func(dest ...any) error) error {
		var p simulator.Phone
		var sealed []byte
		var settings string
		if err := scan(&p.ChannelID, &p.Number, &p.ID, &p.WABA, &sealed, &settings); err != nil {
			return err
		}
		var secrets portal.ChannelSecrets
		plain, err := s.Unseal(p.ChannelID, sealed)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &secrets); err != nil {
			return fmt.Errorf("secrets of %s: %w", p.ChannelID, err)
		}
		p.Token, p.AppSecret, p.VerifyToken = secrets.Token, secrets.AppSecret, secrets.VerifyToken
		list = append(list, p)
		return readSettings(settings, &list[len(list)-1].Settings)
	})
	return list, err
}

func readSettings(text string, into *simulator.Settings) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("settings of a simulated number: %w", err)
	}
	return nil
}

// Configure changes the settings of a number; not_found when there is none of
// that id. An error of change is returned and nothing is kept.
func (s SimulatorJournal) Configure(ctx context.Context, phoneNumberID string, change func(*simulator.Settings) error) (err error) {
	defer portal.Wrap(&err, "Configure(%s)", phoneNumberID)
	return s.Tx(ctx, func(tx *Tx) error {
		// The row is written first: whoever comes at the same time waits here.
		n, err := tx.Exec(`
INSERT /* SimulatorPhone.Lock */ INTO simulator_phones (channel_id, settings)
SELECT c.id, ''
FROM channels c
WHERE c.phone_number_id = ? AND c.provider = 'simulator'
ON CONFLICT (channel_id) DO UPDATE SET settings = simulator_phones.settings`, phoneNumberID)
		if err = tx.one(n, err); err != nil {
			return err
		}
		var channelID, text string
		var settings simulator.Settings
		if err := tx.Row(`
SELECT /* SimulatorPhone.Settings */ p.channel_id, p.settings
FROM simulator_phones p
JOIN channels c ON c.id = p.channel_id
WHERE c.phone_number_id = ?`, []any{phoneNumberID}, &channelID, &text); err != nil {
			return err
		}
		if err := readSettings(text, &settings); err != nil {
			return err
		}
		before := settings.Limits
		if err := change(&settings); err != nil {
			return err
		}
		if err := settings.Check(); err != nil {
			return err
		}
		if err := tx.saveSettings(channelID, settings); err != nil || settings.Limits == before {
			return err
		}
		return tx.limitsChanged(channelID, settings.Limits)
	})
}

func (tx *Tx) saveSettings(channelID string, settings simulator.Settings) error {
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* SimulatorPhone.Configure */ simulator_phones
SET settings = ?
WHERE channel_id = ?`, string(raw), channelID)
	return err
}

// Person returns what is known about a person; testers of the account are so in test.
func (s SimulatorJournal) Person(ctx context.Context, ph simulator.Phone, key string) (p simulator.Person, err error) {
	defer portal.Wrap(&err, "Person(%s)", ph.ID)
	var wrote *time.Time
	var facts, testers string
	if err := s.Reader(ctx).Row(`
SELECT /* SimulatorPerson.Person */ p.wrote_at, COALESCE(p.facts, '{}'), CASE WHEN c.environment = 'test' THEN a.testers ELSE '[]' END
FROM channels c
JOIN accounts a ON a.id = c.account_id
LEFT JOIN simulator_people p ON p.channel_id = c.id AND p.person = ?
WHERE c.id = ?`, []any{key, ph.ChannelID}, &wrote, &facts, &testers); err != nil {
		return p, err
	}
	if p, err = readPerson(facts, wrote); err != nil {
		return p, err
	}
	p.Key = key
	known, err := textsOf(testers)
	p.Tester = slices.Contains(known, key)
	return p, err
}

// People returns the people a number knows, the last to write first.
func (s SimulatorJournal) People(ctx context.Context, ph simulator.Phone, limit int) (list []simulator.Person, err error) {
	defer portal.Wrap(&err, "People(%s)", ph.ID)
	list = []simulator.Person{}
	err = s.Reader(ctx).Rows(`
SELECT /* SimulatorPerson.List */ person, wrote_at, facts
FROM simulator_people
WHERE channel_id = ?
ORDER BY COALESCE(wrote_at, 0) DESC, person
LIMIT ?`, []any{ph.ChannelID, limit}, func(scan func(dest ...any) error) error {
		var wrote *time.Time
		var key, facts string
		if err := scan(&key, &wrote, &facts); err != nil {
			return err
		}
		p, err := readPerson(facts, wrote)
		p.Key = key
		list = append(list, p)
		return err
	})
	return list, err
}

func readPerson(facts string, wrote *time.Time) (p simulator.Person, err error) {
	if facts != "{}" {
		if err := json.Unmarshal([]byte(facts), &p); err != nil {
			return p, fmt.Errorf("what is known of a person: %w", err)
		}
	}
	p.WroteAt = time.Time{}
	if wrote != nil {
		p.WroteAt = *wrote
	}
	return p, nil
}

// SetPerson changes what is known about a person.
func (s SimulatorJournal) SetPerson(ctx context.Context, ph simulator.Phone, key string, change func(*simulator.Person)) (err error) {
	defer portal.Wrap(&err, "SetPerson(%s)", ph.ID)
	return s.Tx(ctx, func(tx *Tx) error {
		var wrote *time.Time
		var facts string
		// The row is written first: whoever comes at the same time waits here.
		if _, err := tx.Exec(`
INSERT /* SimulatorPerson.Lock */ INTO simulator_people (channel_id, person, wrote_at, facts)
VALUES (?, ?, NULL, '{}')
ON CONFLICT (channel_id, person) DO UPDATE SET facts = simulator_people.facts`, ph.ChannelID, key); err != nil {
			return err
		}
		if err := tx.Row(`
SELECT /* SimulatorPerson.ToChange */ wrote_at, facts
FROM simulator_people
WHERE channel_id = ? AND person = ?`, []any{ph.ChannelID, key}, &wrote, &facts); err != nil {
			return err
		}
		p, err := readPerson(facts, wrote)
		if err != nil {
			return err
		}
		change(&p)
		wrote = nil
		if !p.WroteAt.IsZero() {
			at := p.WroteAt
			wrote = &at
		}
		p.Key, p.WroteAt, p.Tester = "", time.Time{}, false
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`
UPDATE /* SimulatorPerson.Change */ simulator_people
SET wrote_at = ?, facts = ?
WHERE channel_id = ? AND person = ?`, wrote, string(raw), ph.ChannelID, key)
		return err
	})
}

// SimulatorWrote notes for the simulator that a person (E.164) wrote to one of
// its numbers, by another way than its own.
func (tx *Tx) SimulatorWrote(channelID, e164 string, at time.Time) error {
	_, err := tx.Exec(`
INSERT /* SimulatorPerson.Wrote */ INTO simulator_people (channel_id, person, wrote_at, facts)
VALUES (?, ?, ?, '{}')
ON CONFLICT (channel_id, person) DO UPDATE SET wrote_at = excluded.wrote_at`, channelID, e164, at)
	return err
}

// Pass has time pass for a number: what it owes comes sooner, what people wrote
// to it is older.
func (s SimulatorJournal) Pass(ctx context.Context, ph simulator.Phone, d time.Duration) (err error) {
	defer portal.Wrap(&err, "Pass(%s)", ph.ID)
	return s.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`
UPDATE /* SimulatorCallback.Pass */ simulator_callbacks
SET due_at = due_at - ?
WHERE channel_id = ? AND due_at IS NOT NULL`, d.Microseconds(), ph.ChannelID); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.Notify(TopicSimulator) })
		_, err := tx.Exec(`
UPDATE /* SimulatorPerson.Pass */ simulator_people
SET wrote_at = wrote_at - ?
WHERE channel_id = ? AND wrote_at IS NOT NULL`, d.Microseconds(), ph.ChannelID)
		return err
	})
}
