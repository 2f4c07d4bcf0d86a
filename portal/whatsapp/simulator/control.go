package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// control is one thing a test may arrange. rest is what follows the number in the path.
type control struct {
	method, path string // "{}" stands for one segment
	do           func(s *Simulator, r *http.Request, ph Phone, rest []string) (any, error)
}

// controls are served below /simulator/{phone-number-id}, to the bearer of the
// number's token, even while Meta's own addresses refuse it.
var controls = []control{
	{http.MethodDelete, "", (*Simulator).reset},
	{http.MethodGet, "", (*Simulator).overview},
	{http.MethodPatch, "", (*Simulator).patch},
	{http.MethodGet, "callbacks", (*Simulator).listCallbacks},
	{http.MethodPost, "callbacks/{}", (*Simulator).redeliver},
	{http.MethodPost, "clock", (*Simulator).clock},
	{http.MethodPost, "inbound", (*Simulator).compose},
	{http.MethodPost, "login", (*Simulator).login},
	{http.MethodGet, "messages", (*Simulator).listTaken},
	{http.MethodPost, "messages/{}/status", (*Simulator).status},
	{http.MethodGet, "people", (*Simulator).listPeople},
	{http.MethodPatch, "people/{}", (*Simulator).patchPerson},
	{http.MethodDelete, "rules", (*Simulator).dropRules},
	{http.MethodPost, "rules", (*Simulator).addRule},
	{http.MethodDelete, "rules/{}", (*Simulator).dropRule},
	{http.MethodGet, "state", (*Simulator).export},
	{http.MethodPut, "state", (*Simulator).restore},
}

// controlled answers a request below /simulator.
func (s *Simulator) controlled(r *http.Request, path []string) (any, error) {
	if len(path) < 1 {
		return nil, errUnknownPath
	}
	ph, err := s.journal.Phone(r.Context(), path[0])
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil, noObject(r.Method)
	}
	if err != nil {
		return nil, err
	}
	if err := s.admit(Phone{Token: ph.Token}, bearer(r)); err != nil {
		return nil, err
	}
	for _, c := range controls {
		if rest, ok := match(c, r.Method, path[1:]); ok {
			return c.do(s, r, ph, rest)
		}
	}
	return nil, errUnknownPath
}

// match returns the segments that stand where the control has {}.
func match(c control, method string, path []string) (rest []string, ok bool) {
	var want []string
	if c.path != "" {
		want = strings.Split(c.path, "/")
	}
	if method != c.method || len(want) != len(path) {
		return nil, false
	}
	for i, segment := range want {
		switch {
		case segment == "{}":
			rest = append(rest, path[i])
		case segment != path[i]:
			return nil, false
		}
	}
	return rest, true
}

// readInto reads a JSON body into v, whose fields are all there are.
func readInto(r *http.Request, v any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return invalid("The body is not what is expected here: " + strings.TrimPrefix(err.Error(), "json: ") + ".")
	}
	return nil
}

func (s *Simulator) overview(r *http.Request, ph Phone, _ []string) (any, error) {
	owed, next, err := s.journal.Owed(r.Context(), ph)
	if err != nil {
		return nil, err
	}
	ph, err = s.journal.Phone(r.Context(), ph.ID)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	for _, rule := range ph.Settings.Rules {
		seen[rule.ID] = s.Seen(rule.ID)
	}
	answer := map[string]any{
		"phone_number_id": ph.ID, "display_phone_number": phone.Format(ph.Number), "waba_id": ph.WABA,
		"settings": ph.Settings, "usage": s.Usage(ph.ID), "rules_seen": seen, "callbacks_owed": owed,
	}
	if !next.IsZero() {
		answer["next_callback_at"] = next.UTC()
	}
	return answer, nil
}

func (s *Simulator) patch(r *http.Request, ph Phone, _ []string) (any, error) {
	var body json.RawMessage
	if err := readInto(r, &body); err != nil {
		return nil, err
	}
	err := s.journal.Configure(r.Context(), ph.ID, func(c *Settings) error {
		rules := c.Rules
		c.Rules = nil // a list is replaced, not merged into
		r.Body = io.NopCloser(bytes.NewReader(body))
		err := readInto(r, c)
		if c.Rules == nil {
			c.Rules = rules
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.overview(r, ph, nil)
}

func (s *Simulator) reset(r *http.Request, ph Phone, _ []string) (any, error) {
	s.memory.forget(ph)
	s.kept.forget(ph.ID)
	err := s.journal.Configure(r.Context(), ph.ID, func(c *Settings) error {
		*c = Settings{Callback: c.Callback, People: c.People}
		return nil
	})
	return success, err
}

func (s *Simulator) addRule(r *http.Request, ph Phone, _ []string) (any, error) {
	var rule Rule
	if err := readInto(r, &rule); err != nil {
		return nil, err
	}
	rule.ID = portal.NewID(prefixRule)
	err := s.journal.Configure(r.Context(), ph.ID, func(c *Settings) error { c.Rules = append(c.Rules, rule); return nil })
	return rule, err
}

func (s *Simulator) dropRules(r *http.Request, ph Phone, _ []string) (any, error) {
	return s.configure(r, ph, func(c *Settings) error { c.Rules = nil; return nil })
}

func (s *Simulator) dropRule(r *http.Request, ph Phone, rest []string) (any, error) {
	return s.configure(r, ph, func(c *Settings) error {
		if !c.Drop(rest[0]) {
			return noObject(r.Method)
		}
		return nil
	})
}

func (s *Simulator) compose(r *http.Request, ph Phone, _ []string) (any, error) {
	var in Written
	if err := readInto(r, &in); err != nil {
		return nil, err
	}
	wamid, err := s.Write(r.Context(), ph, in)
	return map[string]string{"id": wamid}, err
}

func (s *Simulator) clock(r *http.Request, ph Phone, _ []string) (any, error) {
	var in struct {
		Advance Seconds `json:"advance"`
	}
	if err := readInto(r, &in); err != nil {
		return nil, err
	}
	if err := s.Pass(r.Context(), ph, time.Duration(in.Advance)); err != nil {
		return nil, err
	}
	return s.overview(r, ph, nil)
}

func (s *Simulator) login(_ *http.Request, ph Phone, _ []string) (any, error) {
	s.LogIn(ph.ID)
	return success, nil
}

func (s *Simulator) listTaken(_ *http.Request, ph Phone, _ []string) (any, error) {
	return map[string]any{"data": s.kept.of(ph.ID)}, nil
}

// status makes one status of a message that was taken, now.
func (s *Simulator) status(r *http.Request, ph Phone, rest []string) (any, error) {
	var in struct {
		Status string `json:"status"`
		Code   int    `json:"code"`
	}
	if err := readInto(r, &in); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"sent", "delivered", "read", "played", "failed"}, in.Status) || in.Status == "failed" && Title(in.Code) == "" {
		return nil, badValue("Param status must be sent, delivered, read, played, or failed with a code of Meta's.")
	}
	for _, m := range s.kept.of(ph.ID) {
		if m.ID == rest[0] {
			now := s.now()
			st := step{status: in.Status, code: in.Code}
			return success, s.tell(r.Context(), ph, news{now, "messages", statusValue(m.ID, m.sending, st, now)})
		}
	}
	return nil, noObject(r.Method)
}

func (s *Simulator) listCallbacks(r *http.Request, ph Phone, _ []string) (any, error) {
	all, err := s.journal.Deliveries(r.Context(), ph, maxDeliveries)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, d := range all {
		list = append(list, map[string]any{
			"id": d.ID, "callback_id": d.Callback, "at": d.At.UTC(), "took": Seconds(d.Took), "status": d.Status, "body": json.RawMessage(d.Body),
		})
	}
	return map[string]any{"data": list}, nil
}

func (s *Simulator) redeliver(r *http.Request, ph Phone, rest []string) (any, error) {
	return success, s.Redeliver(r.Context(), ph, rest[0])
}

func (s *Simulator) listPeople(r *http.Request, ph Phone, _ []string) (any, error) {
	people, err := s.journal.People(r.Context(), ph, maxPeople)
	return map[string]any{"data": people}, err
}

func (s *Simulator) patchPerson(r *http.Request, ph Phone, rest []string) (any, error) {
	key := rest[0]
	if !userID.MatchString(key) {
		number, err := phone.Parse("+"+strings.TrimPrefix(key, "+"), "")
		if err != nil {
			return nil, badValue("The address names no phone number.")
		}
		key = number.E164
	}
	person, err := s.journal.Person(r.Context(), ph, key)
	if err != nil {
		return nil, err
	}
	if err := readInto(r, &person); err != nil {
		return nil, err
	}
	return person, s.SetPerson(r.Context(), ph, key, func(p *Person) { *p = person })
}

// state is what export gives and restore takes.
type state struct {
	Settings Settings `json:"settings"`
	People   []Person `json:"people"`
}

// maxPeople is how many people a state holds.
const maxPeople = 1000

func (s *Simulator) export(r *http.Request, ph Phone, _ []string) (any, error) {
	people, err := s.journal.People(r.Context(), ph, maxPeople)
	return state{ph.Settings, people}, err
}

func (s *Simulator) restore(r *http.Request, ph Phone, _ []string) (any, error) {
	var in state
	if err := readInto(r, &in); err != nil {
		return nil, err
	}
	for _, p := range in.People {
		if p.Key == "" {
			return nil, badValue("Every person needs a key.")
		}
		if err := s.journal.SetPerson(r.Context(), ph, p.Key, func(known *Person) { *known = p }); err != nil {
			return nil, err
		}
	}
	return s.configure(r, ph, func(c *Settings) error { *c = in.Settings; return nil })
}

// asFault turns a refusal of ours into Meta's shape, nil when it is none.
func asFault(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	refusal, ok := errors.AsType[*portal.Error](err)
	if !ok || refusal.Cause != nil {
		return nil //nolint:nilerr // nil means that it is not one of ours
	}
	details := string(refusal.Code)
	for _, f := range refusal.Fields {
		details += " " + f.Pointer
	}
	return &fault{status: http.StatusBadRequest, code: 100, title: "Invalid parameter", details: details}
}
