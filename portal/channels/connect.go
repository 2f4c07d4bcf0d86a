package channels

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Draft is a real number to connect.
type Draft struct {
	Name          string // "" = the one that WhatsApp shows
	PhoneNumberID string
	WABA          string
	Token         string
	AppSecret     string
	PIN           string // six digits to register the number with; "" = it is registered already
}

var (
	metaIDForm = regexp.MustCompile(`^[0-9]{5,20}$`)
	tokenForm  = regexp.MustCompile(`^[!-~]{20,1000}$`)
	secretForm = regexp.MustCompile(`^[!-~]{16,128}$`)
	pinForm    = regexp.MustCompile(`^[0-9]{6}$`)
	codeForm   = regexp.MustCompile(`^[0-9]{3,8}$`)
)

const maxName = 60

// clean trims what people paste and returns what does not fit.
func (d *Draft) clean() (fields []portal.FieldError) {
	for _, f := range []struct {
		pointer  string
		value    *string
		form     *regexp.Regexp
		optional bool
	}{
		{"/phone_number_id", &d.PhoneNumberID, metaIDForm, false},
		{"/waba_id", &d.WABA, metaIDForm, false},
		{"/token", &d.Token, tokenForm, false},
		{"/app_secret", &d.AppSecret, secretForm, false},
		{"/pin", &d.PIN, pinForm, true},
	} {
		*f.value = strings.TrimSpace(*f.value)
		fields = append(fields, fits(f.pointer, *f.value, f.form, f.optional)...)
	}
	if d.Name = strings.TrimSpace(d.Name); utf8.RuneCountInString(d.Name) > maxName {
		fields = append(fields, portal.FieldError{Pointer: "/name", Code: portal.FieldTooLong})
	}
	return fields
}

// fits returns what is wrong with a value, if something is.
func fits(pointer, value string, form *regexp.Regexp, optional bool) []portal.FieldError {
	switch {
	case value == "" && optional, form.MatchString(value):
		return nil
	case value == "":
		return []portal.FieldError{{Pointer: pointer, Code: portal.FieldRequired}}
	}
	return []portal.FieldError{{Pointer: pointer, Code: portal.FieldInvalidFormat}}
}

// Connect asks WhatsApp about a real number, has it call back about it, and
// stores it. What WhatsApp refuses is a *TroubleError, and then nothing is stored.
// Only where Meta is the provider; environment_mismatch elsewhere.
func (s *Service) Connect(ctx context.Context, by By, d Draft) (c portal.Channel, err error) {
	defer portal.Wrap(&err, "Connect")
	if s.Provider(by.Environment) != portal.ProviderCloud {
		return c, portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	if fields := d.clean(); len(fields) > 0 {
		return c, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	number, err := s.introduce(ctx, d)
	if err != nil {
		return c, err
	}
	now := s.store.Now()
	c = portal.Channel{
		ID: portal.NewID(portal.PrefixChannel), AccountID: by.AccountID, Environment: by.Environment,
		Name: nameOf(cmp.Or(d.Name, number.VerifiedName, "WhatsApp")), Provider: portal.ProviderCloud,
		PhoneNumberID: d.PhoneNumberID, WABA: d.WABA, TokenChangedAt: &now, SecretChangedAt: &now, CheckedAt: &now, CreatedAt: now, UpdatedAt: now,
	}
	learn(&c, number)
	c.Status, c.StatusReason = statusOf(number)
	if d.PIN != "" && c.Status == portal.ChannelConnecting {
		c.Status, c.StatusReason = portal.ChannelConnected, ""
	}
	client := s.clients[portal.ProviderCloud]
	c.TokenExpiresAt, _ = client.TokenExpiry(ctx, whatsapp.Channel{PhoneNumberID: d.PhoneNumberID, Token: d.Token}) // good to know, no more
	secrets := portal.ChannelSecrets{Token: d.Token, AppSecret: []byte(d.AppSecret), VerifyToken: rand.Text()}
	return s.insert(ctx, by, c, secrets)
}

// introduce goes through what WhatsApp must agree to before a number is ours.
func (s *Service) introduce(ctx context.Context, d Draft) (whatsapp.Number, error) {
	client, ch := s.clients[portal.ProviderCloud], whatsapp.Channel{PhoneNumberID: d.PhoneNumberID, Token: d.Token}
	number, out := client.Number(ctx, ch)
	if out.Kind != whatsapp.Accepted {
		return number, s.trouble(ctx, StepCheck, out)
	}
	if out := client.Subscribe(ctx, ch, d.WABA); out.Kind != whatsapp.Accepted {
		return number, s.trouble(ctx, StepSubscribe, out)
	}
	if d.PIN == "" {
		return number, nil
	}
	if out := client.Register(ctx, ch, d.PIN); out.Kind != whatsapp.Accepted {
		return number, s.trouble(ctx, StepRegister, out)
	}
	return number, nil
}

// insert stores a channel. The first one becomes the default, and so does the
// first real one beside simulated ones.
func (s *Service) insert(ctx context.Context, by By, c portal.Channel, secrets portal.ChannelSecrets) (portal.Channel, error) {
	sealed, err := s.store.SealChannel(c.ID, secrets)
	if err != nil {
		return c, err
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.LockAccount(by.AccountID); err != nil {
			return err
		}
		others, err := tx.Channels(by.Tenant)
		if err != nil {
			return err
		}
		if len(others) >= MaxChannels {
			return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/phone_number_id", Code: portal.FieldTooMany})
		}
		if err := tx.InsertChannel(c, sealed); err != nil {
			return err
		}
		if c.Default = leads(c, others); c.Default {
			if err := tx.MakeDefault(by.Tenant, c.ID); err != nil {
				return err
			}
		}
		if err := tx.InsertChannelEvent(c, c.Status, map[string]any{"reason": c.StatusReason}); err != nil {
			return err
		}
		return by.audit(tx, "channel.created", c.ID, map[string]any{"provider": c.Provider, "default": c.Default})
	})
	if err == nil {
		s.log.InfoContext(ctx, "channel created", "channel", c.ID, "provider", c.Provider)
		s.added(ctx, c)
	}
	return c, err
}

func leads(c portal.Channel, others []portal.Channel) bool {
	for _, o := range others {
		if o.Default && (o.Provider == portal.ProviderCloud || c.Provider == portal.ProviderSimulator) {
			return false
		}
	}
	return true
}

// Simulate adds a number of the simulator. Only where the simulator answers;
// environment_mismatch elsewhere.
func (s *Service) Simulate(ctx context.Context, by By, name string) (c portal.Channel, err error) {
	defer portal.Wrap(&err, "Simulate")
	if s.Provider(by.Environment) != portal.ProviderSimulator {
		return c, portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	if name = strings.TrimSpace(name); utf8.RuneCountInString(name) > maxName {
		return c, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/name", Code: portal.FieldTooLong})
	}
	others, err := s.store.Reader(ctx).Channels(by.Tenant)
	if err != nil {
		return c, err
	}
	number := freeNumber(others)
	if name == "" {
		name = "Simulator " + number[len(number)-4:]
	}
	c, secrets := portal.NewSimulatedChannel(by.Tenant, name, number, s.store.Now())
	return s.insert(ctx, by, c, secrets)
}

// freeNumber returns a number that no channel has and nobody else either.
func freeNumber(others []portal.Channel) string {
	taken := map[string]bool{}
	for _, c := range others {
		taken[c.Phone] = true
	}
	n := 8901
	for taken[fmt.Sprintf("+55114002%04d", n)] {
		n++
	}
	return fmt.Sprintf("+55114002%04d", n)
}

// learn takes what WhatsApp says of a number into its channel.
func learn(c *portal.Channel, n whatsapp.Number) {
	if e164 := phoneOf(n.Phone); e164 != "" {
		c.Phone = e164
	}
	c.VerifiedName, c.NameStatus, c.Quality = cmp.Or(n.VerifiedName, c.VerifiedName), cmp.Or(n.NameStatus, c.NameStatus), n.Quality
	if n.PeopleLimit != nil {
		c.PeopleLimit = n.PeopleLimit
	}
	if n.Throughput != nil {
		c.Throughput = n.Throughput
	}
}

// phoneOf reads the number as WhatsApp shows it. Meta's test numbers are valid
// in no country and are taken as they are.
func phoneOf(shown string) string {
	n, err := phone.Parse("+"+strings.TrimPrefix(strings.TrimSpace(shown), "+"), "")
	if err == nil {
		return n.E164
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, shown)
	if digits == "" {
		return ""
	}
	return "+" + digits
}

// statusOf says what WhatsApp's view of a number makes of its channel.
func statusOf(n whatsapp.Number) (status, reason string) {
	switch {
	case n.Status == "banned":
		return portal.ChannelBlocked, portal.ReasonPolicy
	case !n.Sends():
		return portal.ChannelConnecting, portal.ReasonNotRegistered
	}
	return portal.ChannelConnected, ""
}

// nameOf cuts a name that WhatsApp gave to what we keep.
func nameOf(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), maxName)])
}

// Register has WhatsApp let the number send, with the PIN of its two-step
// verification. What WhatsApp refuses is a *TroubleError.
func (s *Service) Register(ctx context.Context, by By, id, pin string) (err error) {
	defer portal.Wrap(&err, "Register(%s)", id)
	pin = strings.TrimSpace(pin)
	if fields := fits("/pin", pin, pinForm, false); fields != nil {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	err = s.ask(ctx, by, id, StepRegister, func(client *whatsapp.Client, ch whatsapp.Channel) whatsapp.Outcome {
		return client.Register(ctx, ch, pin)
	})
	if err != nil {
		return err
	}
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		return "channel.registered", nil, s.connect(tx, c)
	})
}

// RequestCode has WhatsApp send a code to the number, by "SMS" or "VOICE", in
// the language given: the proof that the number is the account's.
func (s *Service) RequestCode(ctx context.Context, by By, id, method, language string) (err error) {
	defer portal.Wrap(&err, "RequestCode(%s)", id)
	if method != "SMS" && method != "VOICE" {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/method", Code: portal.FieldInvalidValue})
	}
	return s.ask(ctx, by, id, StepCode, func(client *whatsapp.Client, ch whatsapp.Channel) whatsapp.Outcome {
		return client.RequestCode(ctx, ch, method, language)
	})
}

// VerifyCode gives WhatsApp the code that the number received. It is then ready to be registered.
func (s *Service) VerifyCode(ctx context.Context, by By, id, code string) (err error) {
	defer portal.Wrap(&err, "VerifyCode(%s)", id)
	code = strings.ReplaceAll(strings.TrimSpace(code), "-", "")
	if fields := fits("/code", code, codeForm, false); fields != nil {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	return s.ask(ctx, by, id, StepCode, func(client *whatsapp.Client, ch whatsapp.Channel) whatsapp.Outcome {
		return client.VerifyCode(ctx, ch, code)
	})
}

// ask makes one call to WhatsApp for a channel.
func (s *Service) ask(ctx context.Context, by By, id string, step Step, call func(*whatsapp.Client, whatsapp.Channel) whatsapp.Outcome) error {
	state, err := s.Get(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	client, ch, err := s.credentials(ctx, state.Channel)
	if err != nil {
		return err
	}
	if out := call(client, ch); out.Kind != whatsapp.Accepted {
		return s.trouble(ctx, step, out)
	}
	return nil
}

// detailsOf is what an audit row says beside what happened.
func detailsOf(env portal.Environment, more map[string]any) json.RawMessage {
	all := map[string]any{"environment": string(env)}
	maps.Copy(all, more)
	raw, err := json.Marshal(all)
	if err != nil {
		return nil // texts and numbers always encode
	}
	return raw
}
