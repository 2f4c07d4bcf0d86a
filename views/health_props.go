package views

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// HealthProps are the figures of the process that answers, and of its database.
type HealthProps struct {
	Now, Started time.Time
	Version      string
	Span         time.Duration // how far back the recent figures reach

	Total    HealthRoute    // of all routes, recently
	Routes   []HealthRoute  // recently, most called first
	Minutes  []HealthMinute // of the last hour, oldest first; the last one is under way
	Database HealthDatabase
	Queues   []HealthQueue
	Calls    []HealthCall // to WhatsApp and to webhook endpoints, recently
	Loops    []HealthLoop // none: another node does the work
	Log      HealthLog

	LimitsAway bool // limits should be shared and Redis does not answer
	Goroutines int
	Memory     int64 // bytes held from the system
}

// HealthRoute is the calls of one route.
type HealthRoute struct {
	Route               string
	OK, Refused, Failed int64
	P50, P95, P99       time.Duration
}

// Calls returns how often the route was called.
func (r HealthRoute) Calls() int64 { return r.OK + r.Refused + r.Failed }

// HealthMinute is one step of the charts. Times are negative without a call.
type HealthMinute struct {
	At                   time.Time
	OK, Refused, Failed  int64
	P50, P95, P99        time.Duration
	CommitP50, CommitP95 time.Duration
}

// HealthDatabase is how the database is. Recent figures are those of Span.
type HealthDatabase struct {
	Engine, Version string
	Schema          int64
	Answers         bool
	Size, WAL       int64
	Waiting, Room   int // SQLite: transactions before the writer
	InUse, Most     int // PostgreSQL: connections

	Commits              int64 // batches, recently
	Transactions         int64 // in them
	CommitP50, CommitP95 time.Duration
	WaitP95              time.Duration // of transactions for their turn
	ReadWaits            int64         // reads that found no connection free
	ReadWaitP95          time.Duration
	Overloaded           int64 // refused, recently
	Unavailable          int64
}

// HealthQueue is the work of one kind.
type HealthQueue struct {
	Kind                     string
	Due, Leased, Later, Dead int64
	Oldest                   time.Duration // that a due row waits
}

// HealthCall is the calls to others with one outcome.
type HealthCall struct {
	To, Outcome string // To is who provides WhatsApp, or webhooks
	Calls       int64
	P95         time.Duration
}

// HealthLoop is one background loop since the start.
type HealthLoop struct {
	Name     string
	Every    time.Duration // at the latest
	Last     time.Time     // zero: not yet
	Failed   time.Time     // zero: never
	Rows     int64
	Failures int64
}

// HealthLog is the request log's writer.
type HealthLog struct {
	PerSecond                 float64 // rows, recently
	Written, Lost, Suppressed int64   // since the start
	Waiting, Room             int
}

// queueNames are the kinds of work in the reader's words.
var queueNames = map[string]portal.Words{
	"messages":   {EN: "Messages", PT: "Mensagens"},
	"simulator":  {EN: "Simulator callbacks", PT: "Retornos do simulador"},
	"deliveries": {EN: "Webhook deliveries", PT: "Entregas de webhook"},
	"replays":    {EN: "Webhook replays", PT: "Repetições de webhook"},
	"runs":       {EN: "Runs of automations", PT: "Execuções de automações"},
	"imports":    {EN: "Imports of contacts", PT: "Importações de contatos"},
	"media":      {EN: "Files", PT: "Arquivos"},
	"mails":      {EN: "Mails", PT: "E-mails"},
}

// countedUpTo is where the database stops counting the rows of a queue.
const countedUpTo = 100_000

// calledNames are those whom the program calls, in the reader's words.
var calledNames = map[string]portal.Words{
	portal.ProviderSimulator: {EN: "Simulator", PT: "Simulador"},
	portal.ProviderCloud:     {EN: "WhatsApp", PT: "WhatsApp"},
	"webhooks":               {EN: "Webhook endpoints", PT: "Endpoints de webhook"},
}

func queueName(kind string) portal.Words { return nameIn(queueNames, kind) }

func calledName(whom string) portal.Words { return nameIn(calledNames, whom) }

// nameIn returns what something is called, or the key of something new.
func nameIn(names map[string]portal.Words, key string) portal.Words {
	if w, ok := names[key]; ok {
		return w
	}
	return portal.Words{EN: key, PT: key}
}
