package main

import (
	"context"

	"github.com/wppmarketing/developers/portal/accounts"
)

// userCmd holds the commands on people.
type userCmd struct {
	Password userPasswordCmd `cmd:"" help:"Give a person a new password and end their sessions."`
	Staff    userStaffCmd    `cmd:"" help:"Make a person one of the platform's own people, or not."`
}

// userPasswordCmd replaces a lost password.
type userPasswordCmd struct {
	Email         string `required:"" help:"E-mail of the person."`
	PasswordStdin bool   `required:"" help:"Read the new password from standard input: 10 to 128 characters."`
}

// Run prints nothing.
func (c *userPasswordCmd) Run(ctx context.Context, a *app) error {
	password, err := readPassword(a.Stdin)
	if err != nil {
		return err
	}
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	err = accounts.New(accounts.Options{Store: st}).SetPassword(ctx, c.Email, password)
	return unknown(err, "person with this e-mail")
}

// userStaffCmd switches the staff flag of a person.
type userStaffCmd struct {
	Email string `required:"" help:"E-mail of the person."`
	State string `arg:"" enum:"on,off" help:"on or off."`
}

// Run prints nothing.
func (c *userStaffCmd) Run(ctx context.Context, a *app) error {
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	err = accounts.New(accounts.Options{Store: st}).SetStaff(ctx, c.Email, c.State == "on")
	return unknown(err, "person with this e-mail")
}
