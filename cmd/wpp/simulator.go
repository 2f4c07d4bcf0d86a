package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/portal/worker"
)

// simulatorCmd runs the WhatsApp simulator alone.
type simulatorCmd struct {
	State       string `help:"Folder that keeps its state; without it everything ends with the process." type:"path"`
	CallbackURL string `name:"callback-url" help:"Where callbacks go; without it nowhere, until a client subscribes an address."`
	Number      string `default:"+551140028922" help:"The sending number."`
	Anywhere    bool   `help:"Listen beyond this machine too: whoever reaches it and has the token can use it."`
}

// keptMessages is how many messages the simulator remembers for tests that ask.
const keptMessages = 10_000

// Run prints how to reach the simulator as one line of JSON, and serves until ctx ends.
func (c *simulatorCmd) Run(ctx context.Context, a *app) (err error) {
	number, err := phone.Parse(c.Number, "BR")
	if err != nil {
		return errors.New("--number must be a phone number such as +55 11 4002-8922")
	}
	host, _, err := net.SplitHostPort(a.Addr)
	if err != nil || !c.Anywhere && !loopback(host) {
		return errors.New("--addr must be a loopback address such as 127.0.0.1:0: the token of a simulator is no secret. --anywhere allows others")
	}
	dir, done, err := c.folder()
	if err != nil {
		return err
	}
	defer done()
	logger := slog.New(slog.NewJSONHandler(a.Stderr, nil))
	st, err := c.open(ctx, dir, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ph, err := simulatedPhone(ctx, st, number.E164)
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Addr)
	if err != nil {
		return err
	}
	sim := simulator.New(simulator.Options{
		Journal: store.SimulatorJournal{Store: st}, Logger: logger, Callback: c.CallbackURL,
		Outward: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second}, Control: true, Keep: keptMessages,
	})
	if err := json.NewEncoder(a.Stdout).Encode(map[string]string{
		"url": "http://" + ln.Addr().String(), "phone_number_id": ph.ID, "waba_id": ph.WABA, "token": ph.Token,
		"app_secret": string(ph.AppSecret), "verify_token": ph.VerifyToken,
	}); err != nil {
		_ = ln.Close()
		return err
	}
	logger.Info("the simulator serves", "addr", ln.Addr().String())
	return serveSimulator(ctx, ln, sim, st, logger)
}

// folder returns where the state is, and what to call at the end.
func (c *simulatorCmd) folder() (dir string, done func(), err error) {
	if c.State != "" {
		return c.State, func() {}, os.MkdirAll(c.State, 0o700)
	}
	dir, err = os.MkdirTemp("", "wpp-simulator-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// open opens the simulator's own database, whatever the server's is.
func (c *simulatorCmd) open(ctx context.Context, dir string, logger *slog.Logger) (*store.Store, error) {
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err == nil {
		if _, err := os.Stat(filepath.Join(dir, simulatorMark)); err != nil {
			return nil, errors.New("--state names a server's data folder. Give the simulator a folder of its own")
		}
	}
	key, err := (&Settings{Data: dir}).secretKey(true)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, simulatorMark), nil, 0o600); err != nil {
		return nil, fmt.Errorf("the folder of the state cannot be written: %w", err)
	}
	return store.Open(ctx, store.Options{DataDir: dir, SecretKey: key, Migrate: true, Logger: logger})
}

// simulatorMark is the file that tells a simulator's folder from a server's.
const simulatorMark = "simulator"

// simulatedPhone returns the number of the state, made at the first start.
func simulatedPhone(ctx context.Context, st *store.Store, number string) (simulator.Phone, error) {
	journal := store.SimulatorJournal{Store: st}
	accounts, _, err := st.Reader(ctx).Accounts(portal.Page{Limit: 1})
	if err != nil {
		return simulator.Phone{}, err
	}
	if len(accounts) > 0 {
		channel, err := st.Reader(ctx).DefaultChannel(portal.Tenant{AccountID: accounts[0].ID, Environment: portal.Live})
		if err != nil {
			return simulator.Phone{}, err
		}
		return journal.PhoneOf(ctx, channel.ID)
	}
	now := st.Now()
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Simulator", Status: portal.AccountActive, Plan: portal.PlanUnlimited,
		Language: portal.LangEN, Timezone: "UTC", Country: "BR", CreatedAt: now, UpdatedAt: now,
	}
	channel, secrets := portal.NewSimulatedChannel(portal.Tenant{AccountID: account.ID, Environment: portal.Live}, "Simulator", number, now)
	channel.Default = true
	sealed, err := st.SealChannel(channel.ID, secrets)
	if err != nil {
		return simulator.Phone{}, err
	}
	err = st.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.InsertAccount(account); err != nil {
			return err
		}
		if err := tx.InsertChannel(channel, sealed); err != nil {
			return err
		}
		return tx.SeedTemplates(channel.Tenant(), channel.WABA)
	})
	if err != nil {
		return simulator.Phone{}, err
	}
	return journal.PhoneOf(ctx, channel.ID)
}

// serveSimulator answers and calls back until ctx ends.
func serveSimulator(ctx context.Context, ln net.Listener, sim *simulator.Simulator, st *store.Store, logger *slog.Logger) error {
	srv := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		worker.Run(background, worker.Options{Bell: st, Logger: logger}, []worker.Loop{
			{Name: "simulator", Every: time.Second / 4, Topic: store.TopicSimulator, Do: sim.DeliverDue},
		})
	}()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		// What a rule keeps waiting for minutes is not waited for.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(grace)
		err = srv.Close()
	}
	stop()
	<-worked
	return err
}
