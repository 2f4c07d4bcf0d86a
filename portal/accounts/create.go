package accounts

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// NewAccount is what an account and its owner are made from.
type NewAccount struct {
	Name       string // of the company
	Email      string // of the owner
	Password   string
	PersonName string // "" = the e-mail's part before the @
	Plan       portal.Plan
	Tester     string // a phone whose window is open in the test environment, or ""
	Language   string // "" = Portuguese
	Timezone   string // IANA; "" = that of the tester's phone, else São Paulo's
	Country    string // ISO 3166-1 alpha-2; "" = BR
}

const (
	maxName  = 120
	maxEmail = 254

	defaultCountry  = "BR"
	defaultTimezone = "America/Sao_Paulo"
)

// Create makes an account and its owner. A person who exists already becomes
// the owner if the password is theirs; otherwise /email is a conflict.
func (s *Service) Create(ctx context.Context, actor portal.Actor, n NewAccount) (a portal.Account, u portal.User, err error) {
	defer portal.Wrap(&err, "Create")
	a, u, err = s.prepare(ctx, n)
	if err != nil {
		return portal.Account{}, portal.User{}, err
	}
	existing, err := s.store.Reader(ctx).UserByEmail(u.Email)
	switch {
	case err == nil:
		if err := s.verify(ctx, existing.PasswordHash, n.Password); err != nil {
			return portal.Account{}, portal.User{}, conflict(err)
		}
		u = existing
	case !errors.Is(err, errNotFound):
		return portal.Account{}, portal.User{}, err
	}
	known := err == nil
	err = s.store.Tx(ctx, func(tx *store.Tx) error { return s.insert(tx, actor, newcomers{a, u, known}) })
	if store.IsConflict(err) {
		err = taken()
	}
	if err != nil {
		return portal.Account{}, portal.User{}, err
	}
	return a, u, nil
}

func conflict(err error) error {
	if errors.Is(err, ErrCredentials) {
		return taken()
	}
	return err
}

func taken() error { return refuseField("/email", portal.FieldConflict) }

// newcomers are the rows that Create and Setup write.
type newcomers struct {
	account portal.Account
	owner   portal.User
	known   bool // the owner exists already
}

func (s *Service) insert(tx *store.Tx, actor portal.Actor, n newcomers) error {
	if err := tx.InsertAccount(n.account); err != nil {
		return err
	}
	if !n.known {
		if err := tx.InsertUser(n.owner); err != nil {
			return err
		}
		// The set-up link is for a portal without people.
		if err := tx.DropSetupLinks(); err != nil {
			return err
		}
	}
	if err := tx.InsertMembership(portal.Membership{
		AccountID: n.account.ID, UserID: n.owner.ID, Role: portal.RoleOwner, CreatedAt: tx.Now(),
	}); err != nil {
		return err
	}
	row := portal.Audit{
		AccountID: n.account.ID, Actor: actor, Action: "account.created", Target: n.account.ID,
		Details: details(map[string]any{"plan": n.account.Plan, "owner": n.owner.ID}),
	}
	if err := tx.Audit(row); err != nil {
		return err
	}
	if !n.known {
		row.Action, row.Target, row.Details = "user.created", n.owner.ID, nil
		if err := tx.Audit(row); err != nil {
			return err
		}
	}
	return s.provision(tx, n.account)
}

// prepare checks what was given and returns the rows to be, with the password hashed.
func (s *Service) prepare(ctx context.Context, n NewAccount) (a portal.Account, u portal.User, err error) {
	now := s.store.Now()
	a, fields := n.account()
	a.CreatedAt, a.UpdatedAt = now, now
	u = portal.User{ID: portal.NewID(portal.PrefixUser), Name: n.PersonName, CreatedAt: now, UpdatedAt: now}
	var ok bool
	if u.Email, ok = cleanEmail(n.Email); !ok {
		fields = append(fields, portal.FieldError{Pointer: "/email", Code: portal.FieldInvalidFormat})
	}
	fields = append(fields, checkPassword("/password", n.Password)...)
	if u.Name == "" {
		u.Name, _, _ = strings.Cut(u.Email, "@")
	} else if u.Name, ok = cleanName(u.Name); !ok {
		fields = append(fields, portal.FieldError{Pointer: "/person_name", Code: nameProblem(u.Name)})
	}
	if len(fields) > 0 {
		return a, u, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	u.PasswordHash, err = s.hash(ctx, n.Password)
	return a, u, err
}

// account returns the account to be, with the defaults filled in, and what is wrong with it.
func (n NewAccount) account() (a portal.Account, fields []portal.FieldError) {
	a = portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Status: portal.AccountActive, Plan: n.Plan,
		Name: n.Name, Language: n.Language, Timezone: n.Timezone, Country: n.Country,
	}
	if a.Plan == "" {
		a.Plan = portal.PlanStandard
	}
	if a.Language == "" {
		a.Language = portal.LangPT
	}
	if a.Country == "" {
		a.Country = defaultCountry
	}
	if n.Tester != "" {
		number, err := phone.Parse(n.Tester, a.Country)
		if err != nil {
			fields = append(fields, portal.FieldError{Pointer: "/tester", Code: portal.FieldInvalidFormat})
		} else {
			a.Testers = []string{number.E164}
			if a.Timezone == "" {
				a.Timezone = number.Zone
			}
		}
	}
	if a.Timezone == "" {
		a.Timezone = defaultTimezone
	}
	return a, append(fields, checkAccount(&a)...)
}

// checkAccount tidies the account and returns what is wrong with it.
func checkAccount(a *portal.Account) (fields []portal.FieldError) {
	refuse := func(pointer, code string) {
		fields = append(fields, portal.FieldError{Pointer: pointer, Code: code})
	}
	var ok bool
	if a.Name, ok = cleanName(a.Name); !ok {
		refuse("/name", nameProblem(a.Name))
	}
	if a.Plan != portal.PlanStandard && a.Plan != portal.PlanUnlimited {
		refuse("/plan", portal.FieldInvalidValue)
	}
	if a.Language != portal.LangEN && a.Language != portal.LangPT {
		refuse("/language", portal.FieldInvalidValue)
	}
	// LoadLocation takes "" and "Local" too, which are not zones.
	if _, err := time.LoadLocation(a.Timezone); err != nil || a.Timezone == "" || a.Timezone == "Local" {
		refuse("/timezone", portal.FieldInvalidValue)
	}
	if region, err := language.ParseRegion(a.Country); err != nil || !region.IsCountry() || region.String() != a.Country {
		refuse("/country", portal.FieldInvalidValue)
	}
	return fields
}

// cleanName trims a name for display; ok is false when it is empty, too long or has control characters.
func cleanName(s string) (name string, ok bool) {
	name = strings.TrimSpace(s)
	return name, name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

func nameProblem(name string) string {
	switch {
	case name == "":
		return portal.FieldRequired
	case utf8.RuneCountInString(name) > maxName:
		return portal.FieldTooLong
	}
	return portal.FieldInvalidFormat
}

// cleanEmail returns the address in lower case; ok is false for anything but a bare address.
func cleanEmail(s string) (email string, ok bool) {
	email = strings.ToLower(strings.TrimSpace(s))
	parsed, err := mail.ParseAddress(email)
	return email, err == nil && parsed.Address == email && len(email) <= maxEmail &&
		utf8.ValidString(email) && !strings.ContainsFunc(email, unicode.IsControl)
}

func refuseField(pointer, code string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
}
