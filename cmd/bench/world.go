package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/pgserver"
)

const (
	secretVariable = "WPP_SECRET_KEY"
	secretKey      = "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstISE=" // protects nothing: databases that live for minutes
	password       = "benchmark password"
	email          = "owner@bench.example"
	tokenCount     = 1000
)

// dataParent is where data folders are made: a disk on every Linux, unlike /tmp.
const dataParent = "/var/tmp"

func rawKey() []byte {
	key, _ := base64.StdEncoding.DecodeString(secretKey) // a constant
	return key
}

// databases are the PostgreSQL databases of a run.
type databases struct {
	server *pgserver.Server // nil: none is needed, or one was given
	base   string
	made   int
}

// begin finds or starts a server. One started keeps PostgreSQL's own settings:
// it waits for the disk.
func (d *databases) begin() (version string, err error) {
	if d.base = os.Getenv(pgserver.Variable); d.base != "" {
		return "PostgreSQL of " + pgserver.Variable, nil
	}
	if d.server, err = pgserver.Start("max_connections=300"); err != nil {
		return "", err
	}
	d.base = d.server.Address()
	return d.server.Version(), nil
}

// create returns the address of a new database.
func (d *databases) create() (address string, err error) {
	u, err := url.Parse(d.base)
	if err != nil {
		return "", errors.New(pgserver.Variable + " is not a postgres:// address")
	}
	d.made++
	u.Path = fmt.Sprintf("/wpp_bench_%d_%d", os.Getpid(), d.made)
	return u.String(), d.tool("createdb", nameOf(u))
}

// drop removes a database that create made.
func (d *databases) drop(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return d.tool("dropdb", "--force", nameOf(u))
}

func nameOf(u *url.URL) string { return strings.TrimPrefix(u.Path, "/") }

// tool runs one of PostgreSQL's own commands.
func (d *databases) tool(name string, args ...string) error {
	cmd := exec.Command(name, append([]string{"--maintenance-db=" + d.base}, args...)...) //nolint:gosec,noctx // createdb and dropdb
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func (d *databases) close() error {
	if d.server == nil {
		return nil
	}
	return d.server.Stop()
}

// world is a database with an account without limits, and the server on it.
type world struct {
	*bench
	engine  string
	data    string
	url     string // of PostgreSQL
	drop    func() error
	store   *store.Store
	server  *process // nil until serve
	tenant  portal.Tenant
	tokenID string // of the first token
	secrets []string
}

// newWorld makes a fresh database with an account and its tokens.
func (b *bench) newWorld(ctx context.Context, engine string) (*world, error) {
	w, err := b.newStore(ctx, engine)
	if err == nil {
		err = w.account(ctx)
	}
	if err == nil {
		err = w.mint(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// newStore makes a fresh database. The world is to be closed even after an error.
func (b *bench) newStore(ctx context.Context, engine string) (w *world, err error) {
	w = &world{bench: b, engine: engine, drop: func() error { return nil }}
	if w.data, err = os.MkdirTemp(dataParent, "wpp-bench-"); err != nil {
		return w, err
	}
	if engine == "postgres" {
		if w.url, err = b.databases.create(); err != nil {
			return w, err
		}
		w.drop = func() error { return b.databases.drop(w.url) }
	}
	w.store, err = store.Open(ctx, store.Options{DatabaseURL: w.url, DataDir: w.data, SecretKey: rawKey(), Migrate: true})
	return w, err
}

// command runs a command of the program on the world's database.
func (w *world) command(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, w.wpp, args...) //nolint:gosec // the program that the operator names
	cmd.Env, cmd.Stdin = append(environment(), w.env()...), strings.NewReader(stdin)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("wpp %s: %w: %s", args[0], err, &said)
	}
	return out, nil
}

func (w *world) env() []string {
	return []string{secretVariable + "=" + secretKey, "WPP_DATA=" + w.data, "WPP_DATABASE_URL=" + w.url, "WPP_WEBHOOK_ALLOW_CIDRS=127.0.0.0/8"}
}

func (w *world) account(ctx context.Context) error {
	out, err := w.command(ctx, password, "account", "create", "--name", "Benchmark", "--email", email, "--password-stdin", "--plan", "unlimited")
	if err != nil {
		return err
	}
	var made struct {
		Account string `json:"account_id"`
	}
	err = json.Unmarshal(out, &made)
	w.tenant = portal.Tenant{AccountID: made.Account, Environment: portal.Test}
	return err
}

// mint makes the tokens.
func (w *world) mint(ctx context.Context) error {
	now := w.store.Now()
	return w.store.Tx(ctx, func(tx *store.Tx) error {
		w.secrets = make([]string, tokenCount)
		for i := range w.secrets {
			secret := portal.NewSecret(w.tenant.Environment)
			w.secrets[i] = secret
			t := portal.Token{
				ID: portal.NewID(portal.PrefixToken), AccountID: w.tenant.AccountID, Environment: w.tenant.Environment,
				Name: "bench", Prefix: secret[:len("wpp_test_")], Last4: secret[len(secret)-4:], Scopes: []string{"*"},
				CreatedAt: now, UpdatedAt: now,
			}
			if i == 0 {
				w.tokenID = t.ID
			}
			if err := tx.InsertToken(t, portal.HashSecret(secret)); err != nil {
				return err
			}
		}
		return nil
	})
}

// serve starts the program on the world.
func (w *world) serve(ctx context.Context, flags ...string) (err error) {
	w.server, err = launch(ctx, w.wpp, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...), w.env())
	return err
}

// close stops the program and removes the database.
func (w *world) close() error {
	err := w.server.stop()
	if w.store != nil {
		err = errors.Join(err, w.store.Close())
	}
	err = errors.Join(err, w.drop())
	if w.data != "" {
		err = errors.Join(err, os.RemoveAll(w.data))
	}
	return err
}
