package webhooks

import (
	"context"
	"encoding/json"
	"maps"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The limits of an endpoint.
const (
	MaxEndpoints   = 20 // of an account in one environment
	MaxHeaders     = 10
	maxHeaderBytes = 1024
	maxURL         = 2048
	maxDescription = 255
	MaxOverlap     = 7 * 24 * time.Hour
)

// Form is what a person says about an endpoint.
type Form struct {
	URL         string
	Description string
	Events      []string
	Headers     map[string]string
}

// Created is an endpoint with the secret that nobody sees again.
type Created struct {
	portal.WebhookEndpoint
	Secret string
}

// CreateTx makes an endpoint. It refuses with validation_failed and a pointer
// to each wrong field.
func (s *Service) CreateTx(tx *store.Tx, c portal.Caller, f Form) (made Created, err error) {
	defer portal.Wrap(&err, "Create")
	if err := s.check(f); err != nil {
		return made, err
	}
	if err := tx.LockAccount(c.AccountID); err != nil { // who counts at the same time waits
		return made, err
	}
	n, err := tx.CountEndpoints(c.Tenant)
	if err != nil {
		return made, err
	}
	if n >= MaxEndpoints {
		return made, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "", Code: portal.FieldTooMany, Detail: tooMany})
	}
	keys := newKeys()
	e := newEndpoint(c, f, keys, tx.Now())
	sealed, err := s.store.SealEndpoint(e.ID, portal.EndpointSecrets{Current: keys, Headers: canonical(f.Headers)})
	if err != nil {
		return made, err
	}
	if err := tx.InsertEndpoint(e, sealed); err != nil {
		return made, err
	}
	return Created{e, secretText(keys)}, note(tx, c, e.ID, "webhook_endpoint.created", map[string]any{"events": e.Events})
}

func newEndpoint(c portal.Caller, f Form, keys portal.SigningKeys, now time.Time) portal.WebhookEndpoint {
	return portal.WebhookEndpoint{
		ID: portal.NewID(portal.PrefixEndpoint), AccountID: c.AccountID, Environment: c.Environment,
		URL: f.URL, Description: f.Description, Events: tidy(f.Events), HeaderNames: names(f.Headers),
		PublicKey: publicKey(keys), Status: portal.EndpointEnabled, Version: PayloadVersion,
		CreatedAt: now, UpdatedAt: now,
	}
}

// Change is what to change of an endpoint; nil fields stay. A header with a nil
// value goes.
type Change struct {
	URL, Description, Status *string
	Events                   []string
	Headers                  map[string]*string
}

// ChangeTx changes an endpoint; not_found, or validation_failed. Switched off,
// what was pending is canceled; switched on, its health starts anew.
func (s *Service) ChangeTx(tx *store.Tx, c portal.Caller, id string, ch Change) (e portal.WebhookEndpoint, err error) {
	defer portal.Wrap(&err, "Change(%s)", id)
	e, secrets, err := tx.EndpointWithSecrets(c.Tenant, id)
	if err != nil {
		return e, err
	}
	if fields := repeated(ch.Headers); len(fields) > 0 {
		return e, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	f := Form{URL: e.URL, Description: e.Description, Events: e.Events, Headers: maps.Clone(secrets.Headers)}
	ch.apply(&f)
	if err := s.check(f); err != nil {
		return e, err
	}
	e.URL, e.Description, e.Events, e.HeaderNames = f.URL, f.Description, tidy(f.Events), names(f.Headers)
	secrets.Headers = canonical(f.Headers)
	if ch.Status != nil && *ch.Status != e.Status {
		if err := s.turn(tx, &e, *ch.Status); err != nil {
			return e, err
		}
	}
	sealed, err := s.store.SealEndpoint(id, secrets)
	if err != nil {
		return e, err
	}
	return s.save(tx, c, e, saved{sealed, "webhook_endpoint.changed", map[string]any{"events": e.Events, "status": e.Status}})
}

func (ch Change) apply(f *Form) {
	if ch.URL != nil {
		f.URL = *ch.URL
	}
	if ch.Description != nil {
		f.Description = *ch.Description
	}
	if ch.Events != nil {
		f.Events = ch.Events
	}
	if f.Headers == nil {
		f.Headers = map[string]string{}
	}
	for name, value := range ch.Headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if value == nil {
			delete(f.Headers, name)
		} else {
			f.Headers[name] = *value
		}
	}
}

// turn switches an endpoint on or off.
func (s *Service) turn(tx *store.Tx, e *portal.WebhookEndpoint, status string) error {
	switch status {
	case portal.EndpointEnabled:
		e.Status, e.DisabledReason, e.FailingSince, e.Warned, e.PausedUntil = status, "", nil, 0, nil
		return nil
	case portal.EndpointDisabled:
		e.Status, e.DisabledReason = status, portal.DisabledManual
		return tx.CancelDeliveries(e.Tenant(), e.ID)
	}
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/status", Code: portal.FieldInvalidValue})
}

// RotateTx gives an endpoint new keys. The old ones sign as well until overlap
// is over (0 to MaxOverlap); not_found, or validation_failed.
func (s *Service) RotateTx(tx *store.Tx, c portal.Caller, id string, overlap time.Duration) (made Created, err error) {
	defer portal.Wrap(&err, "Rotate(%s)", id)
	if overlap < 0 || overlap > MaxOverlap {
		return made, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/overlap", Code: portal.FieldOutOfRange})
	}
	e, secrets, err := tx.EndpointWithSecrets(c.Tenant, id)
	if err != nil {
		return made, err
	}
	old := secrets.Current
	secrets.Current, secrets.Previous, e.PreviousExpiresAt = newKeys(), nil, nil
	if overlap > 0 {
		until := tx.Now().Add(overlap)
		secrets.Previous, e.PreviousExpiresAt = &old, &until
	}
	e.PublicKey = publicKey(secrets.Current)
	sealed, err := s.store.SealEndpoint(id, secrets)
	if err != nil {
		return made, err
	}
	e, err = s.save(tx, c, e, saved{sealed, "webhook_endpoint.secret_rotated", map[string]any{"overlap_seconds": int(overlap.Seconds())}})
	return Created{e, secretText(secrets.Current)}, err
}

// DeleteTx removes an endpoint and cancels what is pending for it; not_found.
func (s *Service) DeleteTx(tx *store.Tx, c portal.Caller, id string) (err error) {
	defer portal.Wrap(&err, "Delete(%s)", id)
	if err := tx.DeleteEndpoint(c.Tenant, id); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.known.drop(id) })
	return note(tx, c, id, "webhook_endpoint.deleted", nil)
}

// saved is how a change is written: the new secrets, and its line in the audit trail.
type saved struct {
	sealed  []byte
	action  string
	details map[string]any
}

func (s *Service) save(tx *store.Tx, c portal.Caller, e portal.WebhookEndpoint, w saved) (portal.WebhookEndpoint, error) {
	e.UpdatedAt = later(tx.Now(), e.UpdatedAt)
	if err := tx.SaveEndpoint(e, w.sealed); err != nil {
		return e, err
	}
	tx.AfterCommit(func() { s.known.drop(e.ID) })
	return e, note(tx, c, e.ID, w.action, w.details)
}

// later is now, or just after a change that was made in the same instant: who
// read that one has another version.
func later(now, last time.Time) time.Time {
	const tick = time.Microsecond // what the store can tell apart
	if now = now.Truncate(tick); now.After(last) {
		return now
	}
	return last.Add(tick)
}

func note(tx *store.Tx, c portal.Caller, id, action string, details map[string]any) error {
	raw, err := json.Marshal(details)
	if err != nil {
		return err
	}
	return tx.Audit(portal.Audit{
		AccountID: c.AccountID, Actor: c.Actor(), Action: action, Target: id, Details: raw, RequestID: c.RequestID,
	})
}

// Get returns an endpoint; not_found.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (portal.WebhookEndpoint, error) {
	return s.store.Reader(ctx).Endpoint(t, id)
}

// List returns a page of endpoints, newest first.
func (s *Service) List(ctx context.Context, t portal.Tenant, p portal.Page) ([]portal.WebhookEndpoint, string, error) {
	return s.store.Reader(ctx).Endpoints(t, p)
}

// Figures are what is counted of an endpoint when it is asked for.
type Figures struct {
	Pending     int
	SuccessRate *float64 // of the last 24 h; nil = no attempt
}

// Figures counts; zero for an endpoint that is not there.
func (s *Service) Figures(ctx context.Context, e portal.WebhookEndpoint) (f Figures, err error) {
	defer portal.Wrap(&err, "Figures(%s)", e.ID)
	n, err := s.store.Reader(ctx).EndpointFigures(e.Tenant(), e.ID, s.store.Now().Add(-24*time.Hour))
	if err != nil {
		return f, err
	}
	f.Pending = n.Pending
	if all := n.Succeeded + n.Failed; all > 0 {
		rate := float64(n.Succeeded) / float64(all)
		f.SuccessRate = &rate
	}
	return f, nil
}

// Hours returns the automatic attempts of the last 24 hours, hour by hour.
func (s *Service) Hours(ctx context.Context, e portal.WebhookEndpoint) ([]portal.EndpointHour, error) {
	return s.store.Reader(ctx).EndpointHours(e.Tenant(), e.ID, s.store.Now().Truncate(time.Hour).Add(-23*time.Hour))
}

// Recent says how the endpoint's newest deliveries fared.
func (s *Service) Recent(ctx context.Context, e portal.WebhookEndpoint) (portal.RecentDeliveries, error) {
	return s.store.Reader(ctx).RecentDeliveries(e.Tenant(), e.ID)
}

// P95 returns the 95th percentile of the successful calls of the last 24 hours,
// counted over the newest 500 deliveries; 0 without any.
func (s *Service) P95(ctx context.Context, e portal.WebhookEndpoint) (d time.Duration, err error) {
	defer portal.Wrap(&err, "P95(%s)", e.ID)
	took, err := s.store.Reader(ctx).EndpointDurations(e.Tenant(), e.ID, s.store.Now().Add(-24*time.Hour))
	if err != nil || len(took) == 0 {
		return 0, err
	}
	return took[(len(took)*95-1)/100], nil
}

var tooMany = portal.Words{
	EN: "An account has at most 20 endpoints in one environment. Delete one you no longer need.",
	PT: "Uma conta tem no máximo 20 endpoints por ambiente. Exclua um que não usa mais.",
}

// check refuses a form with a pointer to each wrong field.
func (s *Service) check(f Form) error {
	var fields []portal.FieldError
	bad := func(pointer, code string) { fields = append(fields, portal.FieldError{Pointer: pointer, Code: code}) }
	switch {
	case f.URL == "":
		bad("/url", portal.FieldRequired)
	case len(f.URL) > maxURL:
		bad("/url", portal.FieldTooLong)
	case !portal.PublicLink(f.URL, s.o.Permitted...), strings.Contains(f.URL, "#"):
		fields = append(fields, portal.FieldError{Pointer: "/url", Code: portal.FieldInvalidValue, Detail: badURL})
	}
	if utf8.RuneCountInString(f.Description) > maxDescription {
		bad("/description", portal.FieldTooLong)
	}
	if len(f.Events) == 0 {
		bad("/events", portal.FieldRequired)
	}
	for i, e := range f.Events {
		if !isPattern(e) {
			bad("/events/"+strconv.Itoa(i), portal.FieldInvalidValue)
		}
	}
	fields = append(fields, checkHeaders(f.Headers)...)
	if len(fields) == 0 {
		return nil
	}
	return portal.Refuse(portal.CodeValidationFailed, fields...)
}

var badURL = portal.Words{
	EN: "The address must be https and public: no private or loopback address, no user name, no fragment.",
	PT: "O endereço deve ser https e público: sem endereço privado ou local, sem usuário, sem fragmento.",
}

// Patterns reads a list of patterns separated by commas; nil for none.
// validation_failed names the parameter types.
func Patterns(list string) (patterns []string, err error) {
	for p := range strings.SplitSeq(list, ",") {
		p = strings.TrimSpace(p)
		if p == "" {
			continue
		}
		if !isPattern(p) {
			return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Parameter: "types", Code: portal.FieldInvalidValue})
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

// isPattern reports whether p is "*", "group.*" of a group, or a type of the catalogue.
func isPattern(p string) bool {
	if p == "*" {
		return true
	}
	group, all := strings.CutSuffix(p, ".*")
	return slices.ContainsFunc(portal.EventTypes, func(t portal.EventType) bool {
		return t.Name == p || all && strings.HasPrefix(t.Name, group+".")
	})
}

// tidy returns the patterns sorted, each once.
func tidy(patterns []string) []string {
	sorted := slices.Sorted(slices.Values(patterns))
	return slices.Compact(sorted)
}
