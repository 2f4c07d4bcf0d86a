// Command bench measures the program as its users meet it: it starts the real
// binary (wpp serve) on loopback, with a fresh data folder or a fresh
// PostgreSQL database, and drives it over keep-alive connections. `make bench`
// runs it; it is not part of the tests.
//
//	B1 bare     a static 202 on the same server settings, in a process of its own
//	B2 verify   the token check alone, and GET /v1/account, 1,000 tokens in rotation
//	B3 accept   POST /v1/messages, workers off; counts that rows = 2xx answers
//	B4 list     the newest 50 of 300,000 messages
//	B5 deliver  accepted → message.delivered at a receiver; a filled queue of deliveries
//	B6 log      ten million rows of the request log; retention running during B3
//	B7 open     B3 at half its peak, latency from the moment a call was due
//	B8 portal   the log page with a session
//
// The measured servers take turns with B1, and a ratio compares turns of the
// same round: absolute figures drift with the machine. The driver, the server
// and PostgreSQL share the processors, and CPU per request is the server
// process's alone: on PostgreSQL, its processes are not in it.
//
// It must not contain SQL: it writes and reads through portal/store. Known
// weaknesses: Linux only (it reads /proc); in B5 the simulator's delivered
// status is due 0.2 s after the message, and the receiver is the driver's; B6
// seeds rows without bodies, account by account, so an account's pages lie
// closer than in a log that grew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	wpp      string
	only     string
	rounds   int
	time     time.Duration
	rows     int
	messages int
	burst    int
	engines  string
	json     string
	from     string
	markdown bool
	short    bool
	progress io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == childArgument {
		return child(ctx, args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	o.progress = os.Stderr
	var rep *Report
	if o.from != "" {
		if rep, err = ReadReport(o.from); err != nil {
			return err
		}
	} else if rep, err = measure(ctx, o); rep == nil {
		return err
	}
	// What was measured is shown even if a case failed.
	if o.markdown {
		return errors.Join(err, rep.Markdown(out))
	}
	return errors.Join(err, rep.Table(out))
}

// parse reads the flags. -short sets those that were not given.
func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.wpp, "wpp", "bin/wpp", "the program to measure")
	f.StringVar(&o.only, "only", "", "cases to run, such as B3,B7; empty = all")
	f.IntVar(&o.rounds, "rounds", 5, "rounds of each case")
	f.DurationVar(&o.time, "time", 10*time.Second, "length of one turn")
	f.IntVar(&o.rows, "rows", 10_000_000, "rows of the request log in B6")
	f.IntVar(&o.messages, "messages", 300_000, "messages in B4")
	f.IntVar(&o.burst, "burst", 10_000, "messages to deliver in a turn of B5")
	f.StringVar(&o.engines, "engines", "sqlite,postgres", "databases to run on")
	f.StringVar(&o.json, "json", ".cache/bench.json", "where the results go as JSON; empty = nowhere")
	f.StringVar(&o.from, "from", "", "print the results of this JSON file and measure nothing")
	f.BoolVar(&o.markdown, "markdown", false, "print the table of the README")
	f.BoolVar(&o.short, "short", false, "a look in under three minutes: 2 rounds of 1 s, small databases")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.short {
		given := map[string]bool{}
		f.Visit(func(g *flag.Flag) { given[g.Name] = true })
		for name, value := range map[string]string{"rounds": "2", "time": "1s", "rows": "300000", "messages": "30000", "burst": "1000"} {
			if !given[name] {
				err = errors.Join(err, f.Set(name, value))
			}
		}
	}
	if o.rounds < 1 || o.time < 100*time.Millisecond || o.rows < 1 || o.messages < 1 || o.burst < 1 {
		return o, errors.New("-rounds, -rows, -messages and -burst must be at least 1, -time at least 100ms")
	}
	return o, errors.Join(err, known("-only", strings.ToUpper(o.only), "B1,B2,B3,B4,B5,B6,B7,B8"), known("-engines", o.engines, "sqlite,postgres"))
}

// known refuses a list with a word that is none of those.
func known(name, list, words string) error {
	for w := range strings.SplitSeq(list, ",") {
		if list != "" && !slices.Contains(strings.Split(words, ","), w) {
			return fmt.Errorf("%s takes a list of %s, not %q", name, words, w)
		}
	}
	return nil
}

// wants reports whether one of the cases is to be run.
func (o options) wants(cases ...string) bool {
	if o.only == "" {
		return true
	}
	asked := strings.Split(strings.ToUpper(o.only), ",")
	return slices.ContainsFunc(cases, func(c string) bool { return slices.Contains(asked, c) })
}

// on reports whether the engine is to be measured.
func (o options) on(engine string) bool {
	return slices.Contains(strings.Split(o.engines, ","), engine)
}

// bench is one run of everything that was asked for.
type bench struct {
	options
	report    *Report
	bare      *process
	databases databases
}

// group is cases that share servers, and the engines they run on.
type group struct {
	cases   []string
	engines []string
	run     func(b *bench, ctx context.Context, engine string) error
}

// groups is all there is to measure, in order: B7 needs B3's peak. B1 runs in
// every group that compares with it.
var groups = []group{
	{[]string{"B1", "B2", "B3"}, []string{"sqlite", "postgres"}, (*bench).requests},
	{[]string{"B7"}, []string{"sqlite"}, (*bench).openLoop},
	{[]string{"B4", "B8"}, []string{"sqlite", "postgres"}, (*bench).lists},
	{[]string{"B5"}, []string{"sqlite", "postgres"}, (*bench).deliver},
	{[]string{"B6"}, []string{"sqlite"}, (*bench).log},
}

// measure runs every group that is wanted. One that fails does not hide what
// the others found: the report is whole but for its cases.
func measure(ctx context.Context, o options) (rep *Report, err error) {
	b := &bench{options: o, report: newReport(o)}
	defer func() { err = errors.Join(err, b.bare.stop(), b.databases.close()) }()
	if b.bare, err = startBare(ctx); err != nil {
		return nil, err
	}
	if o.on("postgres") {
		if b.report.Machine.PostgreSQL, err = b.databases.begin(); err != nil {
			return nil, fmt.Errorf("%w, or leave it out with -engines sqlite", err)
		}
	}
	for _, g := range groups {
		for _, engine := range g.engines {
			if !o.wants(g.cases...) || !o.on(engine) || ctx.Err() != nil {
				continue
			}
			if failed := g.run(b, ctx, engine); failed != nil {
				err = errors.Join(err, fmt.Errorf("%s on %s: %w", strings.Join(g.cases, " "), engine, failed))
			}
		}
	}
	b.report.finish()
	if o.json != "" {
		err = errors.Join(err, b.report.Write(o.json))
	}
	return b.report, err
}
