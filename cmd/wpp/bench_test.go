package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/web"
)

const (
	benchConnections = 64
	benchTurn        = time.Second // of each side, in turns
)

// side is one of the two servers of the benchmark.
type side struct {
	url, token string
	more       string // of each message's body
	client     *http.Client
	answers    int64     // of all turns
	rates      []float64 // requests per second of each turn
}

func newSide(url, token, more string) *side {
	return &side{url: url, token: token, more: more, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchConnections}}}
}

// turn sends messages on all connections for a second and notes how many were accepted.
func (s *side) turn(b *testing.B, number *atomic.Int64) {
	var accepted atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range benchConnections {
		all.Go(func() {
			for time.Since(began) < benchTurn {
				if err := s.send("{" + s.more + hello(number.Add(1))[1:]); err != nil {
					b.Error(err)
					return
				}
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	s.answers += accepted.Load()
	s.rates = append(s.rates, float64(accepted.Load())/time.Since(began).Seconds())
}

func (s *side) send(body string) error {
	r, err := http.NewRequest(http.MethodPost, s.url+"/v1/messages", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("answered %d", res.StatusCode)
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// BenchmarkAccept compares POST /v1/messages, each message committed to the
// disk with its row of the log, with a bare handler that answers the same bytes
// under the same server settings. Both take turns; the medians are reported.
// "alone" schedules the messages for another day; "sending" has the workers send
// them meanwhile. The driver shares the processors with the server.
func BenchmarkAccept(b *testing.B) {
	later := `"send_at":"` + portal.FormatTime(time.Now().AddDate(0, 0, 20)) + `",`
	for name, more := range map[string]string{"alone": later, "sending": ""} {
		b.Run(name, func(b *testing.B) { benchmarkAccept(b, more) })
	}
}

func benchmarkAccept(b *testing.B, more string) {
	data := b.TempDir()
	start(b, data).end()
	token := newSender(b, data)
	s := start(b, data)
	accept, bare := newSide(s.url, token, more), newSide(bareServer(b, s, token), token, more)
	var number atomic.Int64
	for b.Loop() {
		bare.turn(b, &number)
		accept.turn(b, &number)
	}
	if rows := int64(len(s.query(`SELECT id FROM messages`))); rows != accept.answers+1 {
		b.Errorf("%d messages were acknowledged, %d are stored", accept.answers+1, rows)
	}
	b.ReportMetric(median(bare.rates), "bare-requests/s")
	b.ReportMetric(median(accept.rates), "accept-requests/s")
	b.ReportMetric(median(accept.rates)/median(bare.rates), "accept/bare")
	b.ReportMetric(0, "ns/op")
}

// bareServer answers every request with what the program answers to a message.
func bareServer(b *testing.B, s *server, token string) (url string) {
	b.Helper()
	answer := s.call(token, http.MethodPost, "/v1/messages", hello(0))
	if answer.status != http.StatusAccepted {
		b.Fatalf("a message: %d %s", answer.status, answer.body)
	}
	ln, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, answer.body)
	})
	go func() { done <- web.Serve(ctx, ln, handler, func() {}) }()
	b.Cleanup(func() { stop(); <-done })
	return "http://" + ln.Addr().String()
}
