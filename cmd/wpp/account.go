package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// accountCmd holds the commands on accounts.
type accountCmd struct {
	Create accountCreateCmd `cmd:"" help:"Make an account and its owner; prints their ids as JSON."`
}

// accountCreateCmd makes an account and its owner.
type accountCreateCmd struct {
	Name          string `required:"" help:"Name of the company."`
	Email         string `required:"" help:"E-mail of the owner. A person who exists already must give their password."`
	PasswordStdin bool   `required:"" help:"Read the owner's password from standard input: 10 to 128 characters."`
	Plan          string `enum:"standard,unlimited" default:"standard" help:"standard or unlimited."`
	Tester        string `help:"A phone whose 24-hour window is open in the test environment, such as +55…"`
}

// Run prints {"account_id","user_id"}.
func (c *accountCreateCmd) Run(ctx context.Context, a *app) error {
	password, err := readPassword(a.Stdin)
	if err != nil {
		return err
	}
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	service, err := a.accounts(st)
	if err != nil {
		return err
	}
	account, owner, err := service.Create(ctx, operator(), accounts.NewAccount{
		Name: c.Name, Email: c.Email, Password: password, Plan: portal.Plan(c.Plan), Tester: c.Tester,
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(a.Stdout).Encode(struct {
		AccountID string `json:"account_id"`
		UserID    string `json:"user_id"`
	}{account.ID, owner.ID})
}

// accounts returns the use cases of accounts as a command needs them.
func (a *app) accounts(st *store.Store) (*accounts.Service, error) {
	// A command sends nothing: the clients only complete the service that knows
	// what a new account starts with.
	idle := whatsapp.New(whatsapp.Options{})
	m, err := messaging.New(messaging.Options{Store: st, Simulator: idle, Cloud: idle, Provider: a.provider()})
	if err != nil {
		return nil, err
	}
	return accounts.New(accounts.Options{Store: st, Provision: m.Provision}), nil
}

// unknown says in words what a command did not find.
func unknown(err error, what string) error {
	if errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
		return errors.New("there is no " + what)
	}
	return err
}

// operator is who runs a command, for the audit trail.
func operator() portal.Actor { return portal.Actor{Kind: portal.ActorSystem, Name: "wpp"} }

// maxPasswordInput is far more than a password may have.
const maxPasswordInput = 4 << 10

// readPassword reads one line: what is typed or piped, without its line end.
func readPassword(in io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxPasswordInput))
	if err != nil {
		return "", err
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if password == "" {
		return "", errors.New("no password on standard input. Pipe it in: printf %s \"$PASSWORD\" | wpp …")
	}
	return password, nil
}
