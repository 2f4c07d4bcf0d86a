// Command wpp is WPP Developers in one binary: the API, the developer portal
// and the background work (wpp serve), and the commands that run beside it.
//
// It wires settings → store → services → web → workers and decides nothing
// itself. Every subcommand is a struct in its own file. Known weakness: a
// command that writes while the server runs on SQLite waits for the lock, at
// most 30 seconds.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // machines without zone files

	"github.com/alecthomas/kong"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/web/api"
)

// cli is the command line.
type cli struct {
	Settings `embed:"" group:"settings"`

	Serve     serveCmd     `cmd:"" help:"Run the API, the portal and the background work."`
	Account   accountCmd   `cmd:"" help:"Make accounts."`
	Token     tokenCmd     `cmd:"" help:"Make and revoke tokens."`
	User      userCmd      `cmd:"" help:"Set passwords and staff."`
	Simulator simulatorCmd `cmd:"" help:"Run the WhatsApp simulator alone, for any client of the Cloud API."`
	Listen    listenCmd    `cmd:"" help:"Forward webhook events to a receiver on your machine."`
	OpenAPI   openapiCmd   `cmd:"" name:"openapi" help:"Print an OpenAPI document."`
	Backup    backupCmd    `cmd:"" help:"Copy the database to a file, while the server runs."`
	Restore   restoreCmd   `cmd:"" help:"Make a data folder from a backup."`
	Config    configCmd    `cmd:"" help:"Print the settings, secrets redacted."`
	Doctor    doctorCmd    `cmd:"" help:"Check the settings, the data folder and the database."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// app is what a subcommand runs with.
type app struct {
	Settings
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Logger         *slog.Logger   // of the database; nil = discard, the command's one line says it
	Observer       store.Observer // of the database; nil = nobody
	env            func(string) (string, bool)
}

func main() {
	// What libraries log by themselves, net/http for one, is JSON too.
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, &app{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code: 0, or 1 after one
// clear line on a.Stderr.
func run(ctx context.Context, args []string, env func(string) (string, bool), a *app) (code int) {
	var c cli
	exited := false
	parser, err := kong.New(&c,
		kong.Name("wpp"), kong.Description("WPP Developers: the developer portal and API of WPP Marketing."),
		kong.Writers(a.Stdout, a.Stderr),
		kong.Exit(func(n int) { exited, code = true, n }),
		kong.ExplicitGroups([]kong.Group{{Key: "settings", Title: "Settings of every command, also read from WPP_… variables:"}}),
		kong.Resolvers(fromEnvironment(env)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		return fail(a, err)
	}
	command, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		return fail(a, fmt.Errorf("%w. wpp --help tells what there is", err))
	}
	a.Settings, a.env = c.Settings, env
	if err := a.check(); err != nil {
		return fail(a, err)
	}
	if err := command.Run(a); err != nil {
		return fail(a, err)
	}
	return 0
}

func fail(a *app, err error) int {
	fmt.Fprintln(a.Stderr, "wpp: "+explain(err))
	return 1
}

// explain turns an error into one line a person can act on.
func explain(err error) string {
	switch {
	case errors.Is(err, store.ErrNewerSchema):
		return "the database was written by a newer wpp. Start that version, or restore a backup made with this one."
	case errors.Is(err, store.ErrOlderSchema):
		return "the database is older than this wpp, or not there yet. Run wpp serve once to bring it up to date."
	case errors.Is(err, store.ErrOtherKey):
		return "the secret key is not the one this database was made with. Put data/secret.key back, or set WPP_SECRET_KEY to the right one."
	case errors.Is(err, syscall.EADDRINUSE):
		return "the address is in use by another program. Stop it, or choose another with --addr."
	case errors.Is(err, os.ErrPermission):
		return "no permission: " + err.Error() + ". Run commands as the user that the server runs as"
	}
	var refused *portal.Error
	if errors.As(err, &refused) {
		if refused.Code == portal.CodeStorageUnavailable && refused.Cause != nil {
			return "the database cannot be opened, read or written: " + strings.Join(strings.Fields(refused.Cause.Error()), " ") +
				". See that the disk has room, or that PostgreSQL runs and WPP_DATABASE_URL names it"
		}
		if entry, ok := portal.EntryOf(refused.Code); ok {
			return refusal(refused, entry)
		}
	}
	return err.Error()
}

func refusal(e *portal.Error, entry portal.Entry) string {
	line := entry.Detail.EN + " " + entry.Action.EN
	for _, f := range e.Fields {
		line += fmt.Sprintf(" [%s%s: %s]", f.Pointer, f.Parameter, f.Code)
	}
	return line
}

// store opens the database as the commands need it: with the key, waiting 30 s
// for the server's lock. Only serve migrates.
func (a *app) store(ctx context.Context, migrate bool) (*store.Store, error) {
	key, err := a.secretKey(migrate)
	if err != nil {
		return nil, err
	}
	o := store.Options{DatabaseURL: a.DatabaseURL, DataDir: a.Data, SecretKey: key, Migrate: migrate, Logger: a.Logger, Observer: a.Observer, Present: api.Resource}
	if !migrate {
		o.BusyTimeout = commandLockWait
	}
	st, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := st.CheckKey(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}
