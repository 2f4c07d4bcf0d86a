package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

// wellProps are of a program that works.
func wellProps() views.HealthProps {
	p := views.HealthProps{
		Now: uitest.Now, Started: uitest.Now.Add(-50 * time.Hour), Version: "v0.3.0", Span: 5 * time.Minute,
		Total: views.HealthRoute{OK: 900, Refused: 80, Failed: 4, P50: 2 * time.Millisecond, P95: 21 * time.Millisecond, P99: 60 * time.Millisecond},
		Routes: []views.HealthRoute{
			{Route: "POST /v1/messages", OK: 800, Refused: 80, Failed: 4, P50: 3 * time.Millisecond, P95: 22 * time.Millisecond, P99: 61 * time.Millisecond},
			{Route: "none", OK: 100, P50: 300 * time.Microsecond, P95: 900 * time.Microsecond, P99: time.Millisecond},
		},
		Database: views.HealthDatabase{
			Engine: "sqlite", Version: "3.50.4", Schema: 6, Answers: true, Size: 3_812_000, WAL: 412, Room: 1024,
			Commits: 100, Transactions: 880, CommitP50: 2 * time.Millisecond, CommitP95: 9 * time.Millisecond, WaitP95: 4 * time.Millisecond,
		},
		Queues:     []views.HealthQueue{{Kind: "messages", Due: 144, Leased: 12, Later: 3, Oldest: 400 * time.Millisecond}, {Kind: "simulator"}},
		Calls:      []views.HealthCall{{To: "simulator", Outcome: "accepted", Calls: 700, P95: 3 * time.Millisecond}, {To: "webhooks", Outcome: "succeeded", Calls: 680, P95: 40 * time.Millisecond}},
		Loops:      []views.HealthLoop{{Name: "messages", Every: time.Second, Last: uitest.Now.Add(-200 * time.Millisecond), Rows: 48_219}},
		Log:        views.HealthLog{PerSecond: 3.2, Written: 90_000, Suppressed: 3, Waiting: 12, Room: 2048},
		Goroutines: 41, Memory: 58_000_000,
	}
	for i := range 60 {
		m := views.HealthMinute{At: uitest.Now.Add(time.Duration(i-60) * time.Minute), P50: -1, P95: -1, P99: -1, CommitP50: -1, CommitP95: -1}
		if i%20 != 7 {
			m.OK, m.Refused, m.Failed = int64(100+i), int64(i%9), int64(i%3)
			m.P50, m.P95, m.P99 = 2*time.Millisecond, time.Duration(20+i%5)*time.Millisecond, 60*time.Millisecond
			m.CommitP50, m.CommitP95 = time.Millisecond, time.Duration(8+i%4)*time.Millisecond
		}
		p.Minutes = append(p.Minutes, m)
	}
	return p
}

// illProps are of a program with every trouble there is a word for.
func illProps() views.HealthProps {
	p := wellProps()
	p.Total.Failed = 400
	p.Database = views.HealthDatabase{
		Engine: "postgres", WAL: 300 << 20, InUse: 16, Most: 16, Overloaded: 17, Unavailable: 9,
		Transactions: 4, WaitP95: 400 * time.Millisecond, ReadWaits: 3, ReadWaitP95: 12 * time.Millisecond,
	}
	p.Queues = []views.HealthQueue{
		{Kind: "messages", Due: 100_000, Later: 9, Dead: 2, Oldest: 190 * time.Second},
		{Kind: "unheard", Due: 1, Oldest: 6 * time.Minute},
	}
	for _, outcome := range []string{"accepted", "channel_stopped", "throttled", "unknown", "retry_later"} {
		p.Calls = append(p.Calls, views.HealthCall{To: "cloud", Outcome: outcome, Calls: 5, P95: time.Second})
	}
	p.Loops = []views.HealthLoop{
		{Name: "messages", Every: time.Second, Last: uitest.Now.Add(-3 * time.Minute), Failed: uitest.Now.Add(-time.Minute), Failures: 2},
		{Name: "simulator", Every: time.Second},
	}
	p.Log.Lost, p.Log.Waiting, p.LimitsAway = 31, 2000, true
	return p
}

func TestHealth(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "health."+lang, staffFrame(lang), views.Health(wellProps()))
		uitest.Page(t, "health-ill."+lang, staffFrame(lang), views.Health(illProps()))
	})
}

// What is wrong stands before every figure, alarms first; nothing is wrong with a program that works.
func TestHealthSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	well := uitest.Render(t, staffFrame(portal.LangEN), views.Health(wellProps()))
	if !strings.Contains(well, "Everything works.") || strings.Contains(well, `class="callout`) {
		t.Error("a program that works is not said to")
	}
	ill := uitest.Render(t, staffFrame(portal.LangEN), views.Health(illProps()))
	before, _, _ := strings.Cut(ill, `class="stats"`)
	for _, said := range []string{
		"The database does not answer", "Not stored in the last 5 min: 9", "Refused as overloaded in the last 5 min: 17",
		"Transactions wait 400 ms", "The write-ahead log has 314.6 MB", "Messages: the oldest waits 3 min 10 s", "Due: 100,000+",
		"Messages: 2 given up", "unheard: the oldest waits 6 min", "29.0% of the answers are server errors",
		"5 calls ended as channel_stopped", "5 calls ended as throttled", "5 calls ended as unknown", "5 calls ended as retry_later",
		"The loop messages has not passed for 3 min", "The loop messages failed 1 min ago", "The loop simulator has not passed for 2 d 2 h",
		"Redis does not answer", "lost since the start: 31", "buffer of the request log is nearly full",
	} {
		if !strings.Contains(before, said) {
			t.Errorf("the page does not begin with %q", said)
		}
	}
	if strings.LastIndex(ill, `class="callout err"`) > strings.Index(ill, `class="callout warn"`) {
		t.Error("a notice stands before an alarm")
	}
}

// Retention, and asking WhatsApp about many numbers while it does not answer, take their time.
func TestHealthIsPatientWithChores(t *testing.T) {
	t.Parallel()
	for _, loop := range []string{"chores", "whatsapp-chores", "reconnect"} {
		for quiet, wrong := range map[time.Duration]bool{20 * time.Minute: false, 61 * time.Minute: true} {
			p := wellProps()
			p.Loops = []views.HealthLoop{{Name: loop, Every: 5 * time.Second, Last: uitest.Now.Add(-quiet)}}
			page := uitest.Render(t, staffFrame(portal.LangEN), views.Health(p))
			if got := strings.Contains(page, "The loop "+loop+" has not passed"); got != wrong {
				t.Errorf("%s quiet for %s: said to be wrong %v, want %v", loop, quiet, got, wrong)
			}
		}
	}
}

// A figure that was not measured is not drawn as a number.
func TestHealthInventsNothing(t *testing.T) {
	t.Parallel()
	page := uitest.Render(t, staffFrame(portal.LangEN), views.Health(views.HealthProps{Now: uitest.Now, Started: uitest.Now}))
	uitest.CheckPage(t, page)
	for _, invented := range []string{"NaN", "Inf", "0.00<small>%", ">-"} {
		if strings.Contains(page, invented) {
			t.Errorf("without figures the page shows %q", invented)
		}
	}
}
