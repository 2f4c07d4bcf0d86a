package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Names of the cases that targets are about.
const (
	nameBare   = "bare, 64 connections"
	nameToken  = "token check alone, 64 connections"
	nameVerify = "GET /v1/account, 64 connections"
	nameReady  = "start to ready"
	nameMemory = "idle memory"
	nameOpen   = "accept, open loop at half the peak"
)

func acceptName(connections int) string {
	if connections == 1 {
		return "accept, 1 connection"
	}
	return fmt.Sprintf("accept, %d connections", connections)
}

const (
	usualConnections = 64
	mostConnections  = 256
	numberCount      = 1000
)

var acceptConnections = []int{1, 16, usualConnections, mostConnections}

// request returns the bytes of a call.
func request(method, path, secret, body string) []byte {
	text := method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + secret + "\r\n"
	if body != "" {
		text += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return []byte(text + "\r\n" + body)
}

// later has messages wait for another day: a first member of their bodies.
var later = `"send_at":"` + portal.FormatTime(time.Now().AddDate(0, 0, 20)) + `",`

// sends returns messages to 1,000 numbers, none of which the simulator treats specially.
func (w *world) sends(more string) (all [][]byte) {
	for i := range numberCount {
		all = append(all, request(http.MethodPost, "/v1/messages", w.secrets[0], "{"+more+fmt.Sprintf(
			`"to":"+55119%08d","type":"template","template":{"name":"order_update","language":{"code":"pt_BR"},`+
				`"parameters":{"name":"Ana","order":"1001","status":"enviado"}}}`, 80_000_000+i)))
	}
	return all
}

// gets returns GETs of a path, one for each token.
func (w *world) gets(path string) (all [][]byte) {
	for _, secret := range w.secrets {
		all = append(all, request(http.MethodGet, path, secret, ""))
	}
	return all
}

// bareTurn measures B1 and returns its rate, to which the turns of the round are compared.
func (b *bench) bareTurn(ctx context.Context, engine string) (rate float64, err error) {
	w := &world{secrets: []string{portal.NewSecret(portal.Test)}}
	t, err := drive(ctx, turn{server: b.bare, requests: w.sends(""), want: http.StatusAccepted, connections: usualConnections, time: b.time})
	if err != nil {
		return 0, err
	}
	round := roundOf(t, 0)
	b.report.add(Case{ID: "B1", Name: nameBare, Engine: engine, Unit: perSecond, Note: "beside the turns of that engine; the server is the same"}, round)
	return round.Value, nil
}

// measured drives a turn and notes it as a round of the case.
func (b *bench) measured(ctx context.Context, c Case, t turn, bare float64) (taken, error) {
	if t.time == 0 {
		t.time = b.time
	}
	out, err := drive(ctx, t)
	if err != nil {
		return out, fmt.Errorf("%s: %w", c.Name, err)
	}
	c.Unit = perSecond
	b.report.add(c, roundOf(out, bare))
	return out, nil
}

// requests measures B2 and B3: each round on a fresh database.
func (b *bench) requests(ctx context.Context, engine string) error {
	for range b.rounds {
		bare, err := b.bareTurn(ctx, engine)
		if err != nil {
			return err
		}
		if err := b.inWorld(ctx, engine, func(w *world) error { return w.requestRound(ctx, bare) }); err != nil {
			return err
		}
	}
	return nil
}

// inWorld runs fn on a fresh database.
func (b *bench) inWorld(ctx context.Context, engine string, fn func(w *world) error) error {
	w, err := b.newWorld(ctx, engine)
	if err != nil {
		return err
	}
	return errors.Join(fn(w), w.close())
}

func (w *world) requestRound(ctx context.Context, bare float64) error {
	if err := w.serve(ctx, "--workers=off"); err != nil {
		return err
	}
	if err := w.startFigures(ctx); err != nil {
		return err
	}
	if w.wants("B2") {
		if w.engine == "sqlite" {
			if err := w.tokenAlone(ctx, bare); err != nil {
				return err
			}
		}
		t := turn{server: w.server, requests: w.gets("/v1/account"), want: http.StatusOK, connections: usualConnections}
		if _, err := w.measured(ctx, Case{ID: "B2", Name: nameVerify, Engine: w.engine}, t, bare); err != nil {
			return err
		}
	}
	if !w.wants("B3") {
		return nil
	}
	return w.accepts(ctx, bare)
}

// startFigures notes how fast the server was there and how much memory it holds at rest.
func (w *world) startFigures(ctx context.Context) error {
	select {
	case <-time.After(min(time.Second, w.time)):
	case <-ctx.Done():
		return ctx.Err()
	}
	mib, err := w.server.memory()
	w.report.add(Case{ID: "process", Name: nameReady, Engine: w.engine, Unit: "ms", Note: "on a migrated, almost empty database"}, Round{Value: millis(w.server.ready)})
	w.report.add(Case{ID: "process", Name: nameMemory, Engine: w.engine, Unit: "MiB"}, Round{Value: mib})
	return err
}

// tokenAlone measures the bare server with the program's check of the token before it.
func (w *world) tokenAlone(ctx context.Context, bare float64) (err error) {
	p, err := startBare(ctx, w.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	c := Case{ID: "B2", Name: nameToken, Engine: w.engine, Note: "B1 with the program's token check before it"}
	_, err = w.measured(ctx, c, turn{server: p, requests: w.gets("/"), want: http.StatusAccepted, connections: usualConnections}, bare)
	return err
}

// accepts measures B3 and proves that every acknowledged message is stored.
func (w *world) accepts(ctx context.Context, bare float64) error {
	var accepted int64
	for _, n := range acceptConnections {
		t := turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: n}
		out, err := w.measured(ctx, Case{ID: "B3", Name: acceptName(n), Engine: w.engine}, t, bare)
		if err != nil {
			return err
		}
		accepted += out.accepted
	}
	return w.prove(ctx, accepted)
}

// prove fails unless the store has a row for each acknowledged message and no other.
func (w *world) prove(ctx context.Context, accepted int64) error {
	rows, err := w.count(ctx)
	if err != nil {
		return err
	}
	if total := sum(rows); total != accepted {
		return fmt.Errorf("B3 PROVES A LOSS: %d messages were answered with 202, %d rows are in the store", accepted, total)
	}
	return nil
}

// count returns the messages of the account by status.
func (w *world) count(ctx context.Context) (map[portal.Status]int64, error) {
	return w.store.Reader(ctx).MessageCounts(w.tenant, time.Unix(0, 0))
}

func sum(rows map[portal.Status]int64) (total int64) {
	for _, n := range rows {
		total += n
	}
	return total
}

// openLoop measures B7: calls come at half of B3's peak, whatever the server does.
func (b *bench) openLoop(ctx context.Context, engine string) error {
	for range b.rounds {
		err := b.inWorld(ctx, engine, func(w *world) error {
			if err := w.serve(ctx, "--workers=off"); err != nil {
				return err
			}
			return w.openRound(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) openRound(ctx context.Context) error {
	peak, accepted, err := w.peak(ctx)
	if err != nil {
		return err
	}
	c := Case{ID: "B7", Name: nameOpen, Engine: w.engine, Note: "latency from the moment a call was due; a rate below the peak's half means the server fell behind"}
	t := turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: mostConnections, rate: peak / 2}
	out, err := w.measured(ctx, c, t, 0)
	if err != nil {
		return err
	}
	return w.prove(ctx, accepted+out.accepted)
}

// peak returns the best median of B3; without B3 in this run it is measured now.
func (w *world) peak(ctx context.Context) (rate float64, accepted int64, err error) {
	for _, n := range acceptConnections {
		if c := w.report.find("B3", acceptName(n), w.engine); c != nil {
			rate = max(rate, middle(c.values(value)))
		}
	}
	if rate > 0 {
		return rate, 0, nil
	}
	out, err := drive(ctx, turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: usualConnections, time: w.time})
	return roundOf(out, 0).Value, out.accepted, err
}
