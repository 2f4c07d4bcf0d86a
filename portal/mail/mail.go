// Package mail tells the people of an account by e-mail what they should know
// while nobody looks at the portal: a webhook endpoint that fails, a token that
// ends. Without an SMTP server it does not exist.
//
// A letter is written in the transaction of what it tells (letters.go), one row
// a person, in the person's language. It leaves by a loop of its own (send.go),
// so that a server that is slow or away delays nothing, and a killed process
// loses none. It goes to the address that the person has then, and to nobody
// who left the account. One that breaks the program costs no other its turn and
// is given up: after its retries, or when store.MaxClaims passes did not return.
//
// It must not decide when people are told, and it puts no secret and no phone
// number into a letter.
//
// Known weakness: when the process is killed, or the connection breaks, between
// the server's last word and ours, the letter is sent again, under the same
// Message-ID.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service works with.
type Options struct {
	Store   *store.Store
	URL     string        // of the SMTP server, as ParseServer reads it
	From    string        // an address, or Name <address>
	BaseURL string        // of the portal, for links
	TLS     *tls.Config   // nil = the system's roots
	Timeout time.Duration // of talking to the server; 0 = 8 s
	Logger  *slog.Logger  // nil = discard
}

// talkTimeout bounds talking to the server. A letter under way is finished at
// stop, so it is shorter than the ten seconds within which the program ends.
const talkTimeout = 8 * time.Second

// Service is the use case. It is safe for concurrent use.
type Service struct {
	o      Options
	store  *store.Store
	log    *slog.Logger
	from   *mail.Address
	client *gomail.Client
}

// New returns a service, or an error that says which option is wrong.
func New(o Options) (*Service, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = talkTimeout
	}
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, ErrFrom
	}
	server, err := ParseServer(o.URL)
	if err != nil {
		return nil, err
	}
	client, err := server.client(o)
	if err != nil {
		return nil, ErrServer
	}
	return &Service{o: o, store: o.Store, log: o.Logger, from: from, client: client}, nil
}

// What is wrong with the settings. The text never holds the address, which may
// hold a password.
var (
	ErrServer = errors.New("it must look like smtps://user:password@smtp.example.com:465, or smtp://…:587 for STARTTLS")
	ErrFrom   = errors.New("it must be an address, like Loja <avisos@example.com>")
	ErrClear  = errors.New("tls=off would send the password in clear: leave it out, or the user and password")
)

// Server is an SMTP server.
type Server struct {
	Host     string
	Port     int
	User     string
	Password string
	Implicit bool // TLS from the first byte, as on port 465
	Clear    bool // no TLS at all
}

// LogValue hides the password.
func (s Server) LogValue() slog.Value { return slog.StringValue(s.Host + ":" + strconv.Itoa(s.Port)) }

// ParseServer reads smtps://user:password@host:465 (TLS from the start) or
// smtp://user:password@host:587 (STARTTLS, which the server must offer). On
// loopback smtp needs no TLS, and elsewhere ?tls=off does without, but then
// without a password.
func ParseServer(text string) (s Server, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return s, ErrServer
	}
	s = Server{Host: u.Hostname(), Port: 587, User: u.User.Username(), Implicit: u.Scheme == "smtps"}
	s.Password, _ = u.User.Password()
	if s.Implicit {
		s.Port = 465
	}
	off := u.Query().Get("tls") == "off"
	if !s.Implicit && u.Scheme != "smtp" || u.RawQuery != "" && u.RawQuery != "tls=off" || s.Implicit && off {
		return s, ErrServer
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			return s, ErrServer
		}
	}
	loopback := s.Host == "localhost" || net.ParseIP(s.Host).IsLoopback()
	if off && !loopback && s.User != "" {
		return s, ErrClear
	}
	s.Clear = !s.Implicit && (off || loopback)
	return s, nil
}

func (s Server) client(o Options) (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(o.Timeout), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	switch {
	case s.Implicit:
		opts = append(opts, gomail.WithSSL())
	case s.Clear:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if o.TLS != nil {
		own := o.TLS.Clone()
		own.ServerName = s.Host
		opts = append(opts, gomail.WithTLSConfig(own))
	}
	if s.User != "" {
		way := gomail.SMTPAuthAutoDiscover
		if s.Clear { // the way to a server on this machine is not a network
			way = gomail.SMTPAuthPlainNoEnc
		}
		opts = append(opts, gomail.WithSMTPAuth(way), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, opts...)
}

// Check talks to the server as far as a letter would, without one.
func (s *Service) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	talk, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("the SMTP server was not reached or refused us (%s): check host, port, user and password", codeOf(err))
	}
	return s.client.CloseWithSMTPClient(talk)
}

// Recover gives up the leases of a process that ended without finishing. Call
// it at start, and only when no other process works on the same database.
func (s *Service) Recover(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Recover")
	return s.store.Tx(ctx, (*store.Tx).ReleaseMails)
}
