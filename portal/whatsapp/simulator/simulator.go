// Package simulator is the WhatsApp Cloud API as an http.Handler, so that the
// rest of the program sends and listens as it would with Meta: the same
// addresses, checks, errors, message ids and signed callbacks. It runs inside
// the process by default, and over the network for other people's tests.
//
// It keeps nothing itself: its phones and the callbacks it owes live in a
// Journal, so a killed process loses no status.
//
// What it does wrong on purpose is in the Settings of a phone: chaos, rules and
// limits. They leave the numbers that always behave the same alone.
//
// Known weakness: it does not remember messages, so a read receipt for any
// well-formed id succeeds, and Flows and the catalogue are not there. What magic
// numbers, rules and limits count is lost with the process, and each node of
// several counts for itself. Time that was let pass does not change the
// timestamps inside callbacks that were owed already. A limit of the portfolio
// is counted per number.
package simulator

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Phone is one simulated WhatsApp number.
type Phone struct {
	ID        string // phone-number-id
	WABA      string
	Number    string // E.164
	Token     string
	AppSecret []byte
	ChannelID string

	VerifyToken string // of the handshake with a callback address
	Settings    Settings
}

// String leaves the secrets out.
func (p Phone) String() string { return p.ID }

// LogValue leaves the secrets out.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.ID) }

// Options of a Simulator.
type Options struct {
	Journal Journal          // a TemplateStore too, or templates live in the process
	Now     func() time.Time // default time.Now
	Receive http.Handler     // takes the callbacks at POST /hooks/whatsapp/{channel_id}
	Media   Shelf            // default: in memory
	Logger  *slog.Logger     // default: none

	// For other people's tests, over the network:
	Callback string            // where callbacks go; "" = to Receive, else to nobody
	Outward  http.RoundTripper // calls the addresses; nil = no address is called
	Control  bool              // serve /simulator/…, with which a test arranges things
	Keep     int               // how many messages Control remembers
}

// Simulator answers as the Cloud API. It is safe for concurrent use.
type Simulator struct {
	journal Journal
	now     func() time.Time
	receive http.Handler
	log     *slog.Logger
	media   Shelf
	memory  memory

	callback string
	outward  http.RoundTripper
	control  bool
	kept     outbox

	templates TemplateStore
}

// New returns a simulator.
func New(o Options) *Simulator {
	s := &Simulator{
		journal: o.Journal, now: o.Now, receive: o.Receive, log: o.Logger, media: o.Media,
		callback: o.Callback, outward: o.Outward, control: o.Control, kept: outbox{limit: o.Keep},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.templates = &memoryTemplates{journal: o.Journal}
	if kept, ok := o.Journal.(TemplateStore); ok {
		s.templates = kept
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.media == nil {
		s.media = newMemoryShelf()
	}
	return s
}

// latestVersion is what Meta reports when the path names no version.
const latestVersion = "v23.0"

var versionSegment = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)

// ServeHTTP answers one call, under any version prefix or none.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	version := latestVersion
	if versionSegment.MatchString(path[0]) {
		version, path = path[0], path[1:]
	}
	trace := newTrace()
	w.Header().Set("Facebook-Api-Version", version)
	w.Header().Set("X-Fb-Trace-Id", trace)
	w.Header().Set("X-Fb-Request-Id", trace)
	w.Header().Set("X-Fb-Rev", "1")
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")

	answer, err := s.answer(w, r, path)
	if _, done := answer.(served); done && err == nil {
		return
	}
	status := http.StatusOK
	if err != nil {
		f := asFault(err)
		if f == nil {
			s.log.ErrorContext(r.Context(), "simulator failed", "error", err)
			f = errTemporary
		}
		status, answer = f.status, f.body(trace)
		if f.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retryAfter.Seconds()))))
		}
	}
	w.WriteHeader(status)
	// An error here means that the caller is gone.
	_ = json.NewEncoder(w).Encode(answer)
}

// served is the answer of a route that has written it itself.
type served struct{}

// answer is the route table.
func (s *Simulator) answer(w http.ResponseWriter, r *http.Request, path []string) (any, error) {
	switch {
	case s.control && path[0] == "simulator":
		return s.controlled(r, path[1:])
	case len(path) == 2 && path[1] == "messages" && r.Method == http.MethodPost:
		ph, err := s.authorize(r, path[0])
		if err != nil {
			return nil, err
		}
		w.Header().Set("X-Business-Use-Case-Usage", usage(ph))
		return s.messages(r, ph)
	case len(path) == 2 && path[0] == filesPath[0] && path[1] == filesPath[1] && r.Method == http.MethodGet:
		return served{}, s.serveFile(w, r)
	case len(path) == 2 && path[1] == "uploads" && r.Method == http.MethodPost:
		return s.beginSample(r)
	case len(path) == 1 && strings.HasPrefix(path[0], samplePath):
		return s.takeSample(r, path[0])
	case len(path) == 1 && path[0] != "" && r.Method == http.MethodDelete:
		return s.deleteMedia(r, path[0])
	case len(path) == 1 && digits.MatchString(path[0]) && r.Method != http.MethodDelete && s.isTemplate(r.Context(), path[0]):
		return s.templateNode(r, path[0])
	case len(path) == 1 && path[0] != "" && r.Method == http.MethodGet:
		ph, err := s.authorize(r, path[0])
		if isNoObject(err) {
			return s.describeMedia(r, path[0])
		}
		if err != nil {
			return nil, err
		}
		return describe(ph, r.URL.Query().Get("fields"))
	case len(path) == 2 && numberEdges[r.Method+" "+path[1]] != nil:
		ph, err := s.authorize(r, path[0])
		if err != nil {
			return nil, err
		}
		return numberEdges[r.Method+" "+path[1]](s, r, ph)
	case len(path) == 2 && businessEdges[r.Method+" "+path[1]] != nil:
		ph, err := s.authorizeBusiness(r, path[0])
		if err != nil {
			return nil, err
		}
		return businessEdges[r.Method+" "+path[1]](s, r, ph)
	default:
		return nil, errUnknownPath
	}
}

// authorize finds the phone and checks that the bearer may speak for it.
func (s *Simulator) authorize(r *http.Request, id string) (Phone, error) {
	token := bearer(r)
	if token == "" {
		return Phone{}, errNoToken
	}
	ph, err := s.journal.Phone(r.Context(), id)
	if errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
		return Phone{}, noObject(r.Method)
	}
	if err != nil {
		return Phone{}, fmt.Errorf("phone: %w", err)
	}
	if err := s.admit(ph, token); err != nil {
		return Phone{}, err
	}
	return ph, nil
}

// bearer returns the token of a request, "" when there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return ""
	}
	return token
}

// authorizeBusiness finds the phone of the business account that the bearer
// speaks for: here a token is that of one number.
func (s *Simulator) authorizeBusiness(r *http.Request, waba string) (Phone, error) {
	token := bearer(r)
	if token == "" {
		return Phone{}, errNoToken
	}
	all, err := s.journal.Phones(r.Context(), waba)
	if err != nil {
		return Phone{}, fmt.Errorf("phones: %w", err)
	}
	if len(all) == 0 {
		return Phone{}, noObject(r.Method)
	}
	refusal := error(errBadToken)
	for _, ph := range all {
		if refusal = s.admit(ph, token); refusal == nil {
			return ph, nil
		}
	}
	return Phone{}, refusal
}

// admit refuses a token that is not the phone's, or not now.
func (s *Simulator) admit(ph Phone, token string) error {
	switch chaos := ph.Settings.Chaos; {
	case subtle.ConstantTimeCompare([]byte(token), []byte(ph.Token)) != 1:
		return errBadToken
	case chaos.TokenExpired:
		return errExpired
	case chaos.LoggedOut, s.memory.isLoggedOut(ph.ID, s.now()):
		return errBadToken
	}
	return nil
}

// LogIn ends at once whatever logged a phone out.
func (s *Simulator) LogIn(phoneNumberID string) {
	s.memory.logIn(phoneNumberID)
	ctx, cancel := context.WithTimeout(context.Background(), receiveTimeout)
	defer cancel()
	ph, err := s.journal.Phone(ctx, phoneNumberID)
	if err == nil && ph.Settings.Chaos.out() {
		err = s.Configure(ctx, phoneNumberID, func(c *Settings) error {
			c.Chaos.LoggedOut, c.Chaos.TokenExpired = false, false
			return nil
		})
	}
	if err != nil {
		s.log.ErrorContext(ctx, "the simulated number could not be logged in", "phone", phoneNumberID, "error", err)
	}
}

// SetPerson changes what a phone knows of a person: E.164, or the id of a
// person whose number is hidden.
func (s *Simulator) SetPerson(ctx context.Context, ph Phone, key string, change func(*Person)) (err error) {
	defer portal.Wrap(&err, "SetPerson(%s)", ph.ID)
	special := false
	if err := s.journal.SetPerson(ctx, ph, key, func(p *Person) { change(p); special = p.special() }); err != nil {
		return err
	}
	if !special || ph.Settings.People {
		return nil
	}
	return s.journal.Configure(ctx, ph.ID, func(c *Settings) error { c.People = true; return nil })
}

// Configure changes the settings of a phone; not_found when there is none of
// that id, validation_failed when they make no sense.
func (s *Simulator) Configure(ctx context.Context, phoneNumberID string, change func(*Settings) error) (err error) {
	defer portal.Wrap(&err, "Configure(%s)", phoneNumberID)
	return s.journal.Configure(ctx, phoneNumberID, change)
}

// Pass has time pass for a phone: what it owes comes so much sooner, and what
// people wrote, what was counted and what logs it out is so much older. Time
// only goes forward, and the world's clock does not move.
func (s *Simulator) Pass(ctx context.Context, ph Phone, d time.Duration) (err error) {
	defer portal.Wrap(&err, "Pass(%s)", ph.ID)
	if d <= 0 || d > maxSeconds*time.Second {
		return portal.Refuse(portal.CodeValidationFailed)
	}
	if err := s.journal.Pass(ctx, ph, d); err != nil {
		return err
	}
	s.memory.pass(ph.ID, d)
	return s.journal.Configure(ctx, ph.ID, func(c *Settings) error { c.Ahead += Seconds(d); return nil })
}

// usage is Meta's header about management calls; nothing is ever used up here.
func usage(ph Phone) string {
	header, err := json.Marshal(map[string]any{cmp.Or(ph.WABA, "0"): []map[string]any{{
		"type": "whatsapp", "call_count": 1, "total_cputime": 1, "total_time": 1, "estimated_time_to_regain_access": 0,
	}}})
	if err != nil {
		return "{}"
	}
	return string(header)
}
