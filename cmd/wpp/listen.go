package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// listenCmd forwards the events of an environment to a receiver on the machine
// of a developer.
type listenCmd struct {
	Forward string   `required:"" help:"Address of your receiver, such as http://localhost:3000/wpp."`
	Token   string   `setting:"" secret:"" help:"Token with the scope webhooks:read; better in WPP_TOKEN, where nobody else sees it."`
	URL     string   `name:"url" help:"Address of the server. Default: WPP_BASE_URL."`
	Types   []string `help:"Only these events: exact types, group.* or *, separated by commas."`
	Since   string   `help:"Begin in the past: with events of the last 10m or 2d, after 2026-11-22T14:00:00Z, or with evt_…. Default: where the last run ended, or now."`
	Event   []string `help:"Send these events (evt_…) once more, and end."`
	State   string   `type:"path" help:"Folder that keeps the place and the signing secret. Default: wpp/listen in your configuration folder."`
}

// Run forwards until ctx ends, or until the events asked for were taken.
func (c listenCmd) Run(ctx context.Context, a *app) error {
	if c.URL == "" {
		c.URL = a.BaseURL
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if err := c.check(); err != nil {
		return err
	}
	if err := (&c).fill(); err != nil {
		return err
	}
	l, err := newListener(c, a)
	if err != nil {
		return err
	}
	if len(c.Event) > 0 {
		return l.resend(ctx, c.Event)
	}
	l.greet()
	if err := l.begin(ctx, c.Since); err != nil {
		return unlessOver(ctx, err)
	}
	return unlessOver(ctx, l.follow(ctx))
}

// unlessOver is nil when the person ended the command.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // that the call was cut off is what was asked for
	}
	return err
}

func (c listenCmd) check() error {
	if c.Token == "" {
		return errors.New("there is no token. Set WPP_TOKEN to one with the scope webhooks:read; wpp token create makes it, or the page Tokens")
	}
	if _, ok := portal.SecretEnvironment(c.Token); !ok {
		return errors.New("WPP_TOKEN is no token of this API: they begin with wpp_test_ or wpp_live_. Copy it whole, without quotes")
	}
	if u, err := url.Parse(c.Forward); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--forward must look like http://localhost:3000/wpp, not %q", c.Forward)
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--url must look like https://developers.example.com, not %q", c.URL)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("--url is http and not on this machine: your token would travel in clear. Use https")
	}
	if _, err := webhooks.Patterns(strings.Join(c.Types, ",")); err != nil {
		return fmt.Errorf("--types has something that is no event: %s. Events are like message.delivered, message.* or *", strings.Join(c.Types, ","))
	}
	if i := slices.IndexFunc(c.Event, func(id string) bool { return !portal.IsID(portal.PrefixWebhookEvent, id) }); i >= 0 {
		return fmt.Errorf("--event takes ids like evt_01KB2M4X7Q9V0T3R5N8W6Y1Z08, not %q", c.Event[i])
	}
	return nil
}

// fill completes what was not said.
func (c *listenCmd) fill() (err error) {
	if c.State == "" {
		c.State, err = listenFolder()
	}
	return err
}
