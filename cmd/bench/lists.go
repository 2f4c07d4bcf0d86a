package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Names of B8.
const (
	nameServerTime = "log page, 1 connection"
	namePages      = "log page, 16 connections"
	nameFirstLoad  = "log page, first load"
)

// lists measures B4 and, on SQLite, B8: all rounds on one database.
func (b *bench) lists(ctx context.Context, engine string) error {
	if engine != "sqlite" && !b.wants("B4") {
		return nil
	}
	return b.inWorld(ctx, engine, func(w *world) error {
		if err := w.seedMessages(ctx); err != nil {
			return err
		}
		if err := w.serve(ctx, "--workers=off"); err != nil {
			return err
		}
		cookie, err := w.signIn(ctx)
		if err != nil {
			return err
		}
		for range b.rounds {
			if err := w.listRound(ctx, cookie); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) listRound(ctx context.Context, cookie string) error {
	bare, err := w.bareTurn(ctx, w.engine)
	if err != nil {
		return err
	}
	if w.wants("B4") {
		c := Case{ID: "B4", Name: fmt.Sprintf("newest 50 of %d messages, 64 connections", w.messages), Engine: w.engine}
		t := turn{server: w.server, requests: w.gets("/v1/messages?limit=50"), want: http.StatusOK, connections: usualConnections}
		if _, err := w.measured(ctx, c, t, bare); err != nil {
			return err
		}
	}
	if !w.wants("B8") || w.engine != "sqlite" {
		return nil
	}
	page := w.page("/logs?env=test", cookie)
	for _, c := range []struct {
		name        string
		connections int
	}{{nameServerTime, 1}, {namePages, 16}} {
		t := turn{server: w.server, requests: page, want: http.StatusOK, connections: c.connections}
		if _, err := w.measured(ctx, Case{ID: "B8", Name: c.name, Engine: w.engine}, t, bare); err != nil {
			return err
		}
	}
	return w.firstLoad(ctx, cookie)
}

// page returns the call of a page of the portal with a session.
func (w *world) page(path, cookie string) [][]byte {
	return [][]byte{[]byte("GET " + path + " HTTP/1.1\r\nHost: " + w.server.addr + "\r\nAccept-Encoding: gzip\r\nCookie: " + cookie + "\r\n\r\n")}
}

// seedMessages stores copies of one accepted message.
func (w *world) seedMessages(ctx context.Context) error {
	now := w.store.Now()
	channel, err := w.store.Reader(ctx).DefaultChannel(w.tenant)
	if err != nil {
		return err
	}
	const step = 2000
	for done := 0; done < w.messages; done += step {
		err := w.store.Tx(ctx, func(tx *store.Tx) error {
			for i := range min(step, w.messages-done) {
				at := now.Add(time.Duration(done+i-w.messages) * time.Second)
				m := portal.Message{
					ID: portal.NewID(portal.PrefixMessage), AccountID: w.tenant.AccountID, Environment: w.tenant.Environment,
					Direction: portal.Outbound, Status: portal.StatusRead, Type: portal.TypeTemplate, Category: "utility",
					To: fmt.Sprintf("+55119%08d", 80_000_000+i%numberCount), From: channel.Phone, ChannelID: channel.ID,
					ContactID: portal.FirstID(portal.PrefixContact, now.Add(time.Duration(i%numberCount)*time.Second)),
					Content:   []byte(`{"name":"order_update","language":{"code":"pt_BR"},"parameters":{"name":"Ana","order":"1001","status":"enviado"}}`),
					Source:    portal.SourceAPI, TokenID: w.tokenID, Sequence: 4, Attempts: 1,
					CreatedAt: at, UpdatedAt: at, ExpiresAt: at.Add(24 * time.Hour), AcceptedAt: &at, DeliveredAt: &at, ReadAt: &at,
				}
				if err := tx.InsertMessage(m, nil, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// signIn signs the owner in and returns the Cookie header of the session.
func (w *world) signIn(ctx context.Context) (cookie string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	form := url.Values{"email": {email}, "password": {password}, "next": {"/logs?env=test"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.url+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := (&http.Client{Jar: jar}).Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/logs" {
		return "", fmt.Errorf("the owner cannot sign in: %d at %s", res.StatusCode, res.Request.URL.Path)
	}
	var pairs []string
	for _, c := range jar.Cookies(r.URL) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; "), nil
}

// linked finds what a page loads at once. Fonts and images of style sheets are not among it.
var linked = regexp.MustCompile(`(?:<link[^>]+rel="(?:stylesheet|preload|icon)"[^>]+href|<script[^>]+src|<img[^>]+src)="(/[^"]+)"`)

// firstLoad notes the compressed size of the page and of what it links to.
func (w *world) firstLoad(ctx context.Context, cookie string) error {
	header := http.Header{"Accept-Encoding": {"gzip"}, "Cookie": {cookie}}
	total, page, err := w.compressed(ctx, "/logs?env=test", header)
	if err != nil {
		return err
	}
	own := total
	for _, m := range linked.FindAllStringSubmatch(page, -1) {
		size, _, err := w.compressed(ctx, m[1], header)
		if err != nil {
			return err
		}
		total += size
	}
	w.report.add(Case{
		ID: "B8", Name: nameFirstLoad, Engine: w.engine, Unit: "kB gzip", Note: fmt.Sprintf("the page itself %.1f kB, the rest is cached after the first page", own),
	}, Round{Value: total})
	return nil
}

// compressed fetches a path and returns its size on the wire in kB, and its text.
func (w *world) compressed(ctx context.Context, path string, header http.Header) (kb float64, text string, err error) {
	status, body, err := get(ctx, w.server.url+strings.ReplaceAll(path, "&amp;", "&"), header)
	if err != nil || status != http.StatusOK {
		return 0, "", errors.Join(err, fmt.Errorf("%s answers %d", path, status))
	}
	kb, plain := float64(len(body))/1000, body
	if len(body) > 1 && body[0] == 0x1f && body[1] == 0x8b {
		z, err := gzip.NewReader(strings.NewReader(string(body)))
		if err != nil {
			return 0, "", err
		}
		if plain, err = io.ReadAll(z); err != nil {
			return 0, "", err
		}
	}
	return kb, string(plain), nil
}
