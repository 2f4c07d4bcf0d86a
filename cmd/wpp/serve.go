package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/wppmarketing/developers/web"
)

// serveCmd runs everything in one process.
type serveCmd struct{}

// Run serves until ctx ends. Ready means GET /readyz answers 200.
func (serveCmd) Run(ctx context.Context, a *app) error {
	logger := slog.New(slog.NewJSONHandler(a.Stderr, nil))
	a.Logger = logger
	if a.DatabaseURL == "" {
		if err := os.MkdirAll(a.Data, 0o700); err != nil {
			return fmt.Errorf("the data folder cannot be made: %w", err)
		}
		release, err := occupy(a.Data)
		if err != nil {
			return err
		}
		defer release()
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Addr)
	if err != nil {
		return err
	}
	if strings.HasSuffix(a.BaseURL, ":0") { // any free port: known only now
		a.BaseURL = "http://" + ln.Addr().String()
	}
	p, err := build(ctx, a, logger)
	if err != nil {
		_ = ln.Close()
		return err
	}
	defer p.close()
	if err := p.announceSetup(ctx, a); err != nil {
		_ = ln.Close()
		return err
	}
	settle()
	logger.Info("serving", "addr", ln.Addr().String(), "base_url", a.BaseURL, "engine", p.store.Engine(), "version", version())
	return p.run(ctx, ln)
}

// settle gives back the memory that only the start needed. From then on little
// is kept from one request to the next: collecting half as often costs little
// memory and saves a twentieth of the processor.
func settle() {
	debug.FreeOSMemory()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// run serves and works until ctx ends. The background loops stop after the last
// request, because requests leave them work: log rows and last uses.
func (p *program) run(ctx context.Context, ln net.Listener) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var loops errgroup.Group
	for _, loop := range p.loops {
		loops.Go(func() error { return loop(background) })
	}
	err := web.Serve(ctx, ln, p.handler, p.log.EndTails)
	stop()
	if stopped := loops.Wait(); err == nil && !errors.Is(stopped, context.Canceled) {
		err = stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	p.logger.Info("stopped")
	return err
}

// announceSetup prints the one-time set-up link while there is no user. It goes
// to standard output, never to the log.
func (p *program) announceSetup(ctx context.Context, a *app) error {
	code, expires, err := p.accounts.SetupLink(ctx)
	if err != nil || code == "" {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "No user yet. Make the first account here, once, until %s:\n\n  %s/setup/%s\n\nA start of wpp, on any node, ends this link and prints another.\n\n",
		expires.Local().Format("2 Jan 2006 15:04 MST"), a.BaseURL, code)
	return err
}
