package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// doctorCmd checks what the server needs and says what to do about what is wrong.
type doctorCmd struct{}

// diagnosis is one thing looked at. Nothing found and no error means that it
// does not concern this server.
type diagnosis struct {
	name  string
	check func(ctx context.Context, a *app) (found string, err error)
}

var diagnoses = []diagnosis{
	{"settings", func(_ context.Context, a *app) (string, error) { return "base URL " + a.BaseURL, nil }},
	{"data folder", checkData},
	{"secret key", func(_ context.Context, a *app) (string, error) {
		_, err := a.secretKey(false)
		return "readable", err
	}},
	{"database", checkDatabase},
	{"version", checkVersion},
	{"backup", checkBackup},
	{"archive", checkArchive},
	{"limits", checkLimits},
	{"mail", checkMailServer},
	{"whatsapp", func(_ context.Context, a *app) (string, error) {
		if a.provider() == "simulator" {
			return "simulator: nobody receives anything", nil
		}
		return "cloud at " + a.GraphURL, nil
	}},
	{"workers", func(_ context.Context, a *app) (string, error) {
		if a.Workers == "off" {
			return "off: this node only answers. Another node must run with workers on, or nothing is sent and nothing old is removed", nil
		}
		return "on: this node answers and sends", nil
	}},
}

// noteError is what an operator should know and may leave so: no failure.
type noteError string

func (e noteError) Error() string { return string(e) }

// Run prints a line a check and fails if one of them did.
func (doctorCmd) Run(ctx context.Context, a *app) error {
	bad := 0
	for _, d := range diagnoses {
		found, err := d.check(ctx, a)
		mark, note := "ok  ", noteError("")
		switch {
		case errors.As(err, &note):
			mark, found = "note", err.Error()
		case err != nil:
			mark, found, bad = "BAD ", explain(err), bad+1
		case found == "":
			continue
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s %-12s %s\n", mark, d.name, found); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(diagnoses))
	}
	return nil
}

func checkData(_ context.Context, a *app) (string, error) {
	if a.DatabaseURL != "" {
		return "not used with PostgreSQL", nil
	}
	f, err := os.CreateTemp(a.Data, ".doctor-*")
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is not there. Name the server's with --data or WPP_DATA; a new one is made by wpp serve", a.Data)
	}
	if err != nil {
		return "", fmt.Errorf("the data folder cannot be written: %w", err)
	}
	_ = f.Close()
	return a.Data + " can be written", os.Remove(f.Name())
}

func checkDatabase(ctx context.Context, a *app) (string, error) {
	st, err := a.store(ctx, false)
	if err != nil {
		return "", err
	}
	defer func() { _ = st.Close() }()
	start := time.Now()
	if err := st.Ping(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s answers in %s", st.Engine(), time.Since(start).Round(10*time.Microsecond)), nil
}
