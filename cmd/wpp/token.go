package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/tokens"
)

// tokenCmd holds the commands on tokens.
type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; prints its id and, once, the token as JSON."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token: the next request with it is refused."`
}

// tokenCreateCmd makes a token.
type tokenCreateCmd struct {
	Account     string   `required:"" help:"Id of the account (acc_…)."`
	Name        string   `required:"" help:"The system that will use it."`
	Environment string   `required:"" enum:"test,live" help:"test or live."`
	Scopes      []string `required:"" help:"Comma-separated, such as messages:send,messages:read; * for all."`
	Expires     string   `help:"From now, such as 12h or 90d; without it the token does not expire."`
	Rate        int      `help:"Requests per second; default the plan's."`
}

// Run prints {"id","token"}.
func (c *tokenCreateCmd) Run(ctx context.Context, a *app) error {
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	n := tokens.NewToken{Name: c.Name, Scopes: c.Scopes, RateLimit: c.Rate}
	if c.Expires != "" {
		after, err := portal.ParseDuration(c.Expires)
		if err != nil {
			return errors.New("--expires must be a whole number and one of s, m, h, d, such as 12h or 90d")
		}
		end := st.Now().Add(after).Truncate(time.Millisecond)
		n.ExpiresAt = &end
	}
	t := portal.Tenant{AccountID: c.Account, Environment: portal.Environment(c.Environment)}
	token, secret, err := tokens.New(tokens.Options{Store: st}).Mint(ctx, operator(), t, n)
	if err != nil {
		return unknown(err, "account with this id")
	}
	return json.NewEncoder(a.Stdout).Encode(struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}{token.ID, secret})
}

// tokenRevokeCmd ends a token.
type tokenRevokeCmd struct {
	ID string `arg:"" help:"Id of the token (tok_…)."`
}

// Run prints nothing; a token that has ended already is no error.
func (c *tokenRevokeCmd) Run(ctx context.Context, a *app) error {
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	err = tokens.New(tokens.Options{Store: st}).RevokeAny(ctx, operator(), c.ID)
	return unknown(err, "token with this id")
}
