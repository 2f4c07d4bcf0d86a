package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/wppmarketing/developers/portal"
)

// errNoKey: there is no secret key, and no database that needs one.
var errNoKey = errors.New("no server has run on this data folder")

// commandLockWait is how long a command waits for SQLite's lock.
const commandLockWait = 30 * time.Second

// Settings are read from flags, then from the environment (WPP_ and the flag's
// name in capitals), secrets also from the file named by NAME_FILE.
type Settings struct {
	Addr              string         `setting:"" default:"127.0.0.1:8080" help:"Address to listen on."`
	Data              string         `setting:"" default:"./data" help:"Data folder." type:"path"`
	DatabaseURL       string         `setting:"" secret:"" name:"database-url" help:"PostgreSQL; empty means SQLite in the data folder."`
	RedisURL          string         `setting:"" secret:"" name:"redis-url" help:"Redis or Valkey, for limits shared by all nodes; empty means that each node counts for itself."`
	BaseURL           string         `setting:"" name:"base-url" help:"How browsers and clients reach this server. Default: http:// and the address."`
	SecretKey         string         `setting:"" secret:"" name:"secret-key" help:"32 bytes, base64. SQLite: made in the data folder at first start."`
	TrustedProxies    []netip.Prefix `setting:"" name:"trusted-proxies" help:"CIDRs whose X-Forwarded-For is believed."`
	MetricsToken      string         `setting:"" secret:"" name:"metrics-token" help:"Bearer of /metrics; without it only loopback may read it."`
	WhatsApp          string         `setting:"" name:"whatsapp" enum:"simulator,cloud" default:"simulator" help:"Provider of the live environment."`
	GraphURL          string         `setting:"" name:"graph-url" default:"https://graph.facebook.com" help:"WhatsApp Cloud API."`
	GraphVersion      string         `setting:"" name:"graph-version" default:"v23.0" help:"Version of the Cloud API."`
	WebhookAllowCIDRs []netip.Prefix `setting:"" name:"webhook-allow-cidrs" help:"Private ranges that media links and webhook receivers may be in; plain http only there."`
	WebhookSchedule   []string       `setting:"" name:"webhook-schedule" default:"5s,5m,30m,2h,5h,10h,14h,20h,24h" help:"The waits before each retry of a webhook delivery, each ±20 %."`
	SMTPURL           string         `setting:"" secret:"" name:"smtp-url" help:"Mail server for notices, as smtps://user:password@host:465 or smtp://…:587 (STARTTLS); empty means no mail."`
	MailFrom          string         `setting:"" name:"mail-from" help:"Sender of notices, as Loja <avisos@example.com>."`
	Workers           string         `setting:"" enum:"on,off" default:"on" help:"off: this node only answers; sending and periodic work are left to other nodes."`
}

// fromEnvironment resolves the flags tagged setting from WPP_NAME and, when
// tagged secret, from the file in WPP_NAME_FILE.
func fromEnvironment(env func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if !flag.Tag.Has("setting") {
			return nil, nil
		}
		name := environmentName(flag.Name)
		if v, ok := env(name); ok && v != "" {
			return v, nil
		}
		path, ok := env(name + "_FILE")
		if !ok || path == "" || !flag.Tag.Has("secret") {
			return nil, nil
		}
		raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("%s_FILE cannot be read: %w", name, err)
		}
		return strings.TrimSpace(string(raw)), nil
	})
}

func environmentName(flag string) string {
	return "WPP_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// check completes the settings and refuses those that would be unsafe.
func (s *Settings) check() error {
	if _, port, err := net.SplitHostPort(s.Addr); err != nil || !isPort(port) {
		return errors.New("WPP_ADDR must be a host and a port, like 127.0.0.1:8080")
	}
	if s.BaseURL == "" {
		s.BaseURL = "http://" + s.Addr
	}
	s.BaseURL = strings.TrimSuffix(s.BaseURL, "/")
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("WPP_BASE_URL must look like https://developers.example.com")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("WPP_BASE_URL is http and not loopback: tokens would travel in clear. Put a proxy with TLS in front and set WPP_BASE_URL to its https address")
	}
	if err := s.checkMail(); err != nil {
		return err
	}
	if s.DatabaseURL != "" && s.SecretKey == "" {
		return errors.New("WPP_SECRET_KEY is required with PostgreSQL: every node needs the same key. Make one with: openssl rand -base64 32")
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// secretKey returns the 32 bytes from which all other keys are derived: the
// setting, or on SQLite the file secret.key in the data folder, made if create.
func (s *Settings) secretKey(create bool) ([]byte, error) {
	encoded := s.SecretKey
	if encoded == "" {
		raw, err := s.keyFile(create)
		if err != nil {
			return nil, err
		}
		encoded = raw
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || len(key) != 32 {
		return nil, errors.New("the secret key must be 32 bytes in base64. Make one with: openssl rand -base64 32")
	}
	return key, nil
}

func (s *Settings) keyFile(create bool) (string, error) {
	path := filepath.Join(s.Data, secretFile)
	raw, err := os.ReadFile(path) //nolint:gosec // inside the operator's data folder
	if err == nil {
		return string(raw), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the secret key cannot be read: %w", err)
	}
	if _, err := os.Stat(filepath.Join(s.Data, databaseFile)); err == nil {
		return "", fmt.Errorf("%s is missing but the database is there: put the key back, or set WPP_SECRET_KEY", path)
	}
	if !create {
		return "", fmt.Errorf("%w: %s is not there. Name the server's data folder with --data or WPP_DATA; a new one is made by wpp serve", errNoKey, path)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	encoded := base64.StdEncoding.EncodeToString(key)
	if err := writeNew(path, encoded+"\n"); err != nil {
		return "", fmt.Errorf("the secret key cannot be written: %w", err)
	}
	return encoded, nil
}

// writeNew makes a file that its owner alone reads, and returns when the disk
// has it: nothing sealed under a key may outlive the key.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // inside the operator's data folder
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path) // half a key would be taken for a wrong one
	}
	return err
}

// provider returns the provider of the live environment.
func (s *Settings) provider() string {
	if s.WhatsApp == portal.ProviderCloud {
		return portal.ProviderCloud
	}
	return portal.ProviderSimulator
}
