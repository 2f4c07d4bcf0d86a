package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// receiver is a customer's system: it answers each webhook with 204 and notes
// when it first heard of it.
type receiver struct {
	server *http.Server
	url    string

	mu          sync.Mutex
	heard       map[string]bool // ids of events
	lags        []time.Duration // from the acceptance of the message to its event's arrival
	first, last time.Time
	news        chan struct{} // receives when something new arrived
}

func listenAsReceiver(ctx context.Context) (*receiver, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + ln.Addr().String() + "/wpp", news: make(chan struct{}, 1)}
	r.forget()
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(ln) }() // ends with close
	return r, nil
}

func (r *receiver) close() error { return r.server.Close() }

// forget begins anew.
func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard, r.lags, r.first, r.last = map[string]bool{}, nil, time.Time{}, time.Time{}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	now := time.Now()
	var e struct {
		ID   string
		Data struct {
			Message struct {
				CreatedAt time.Time `json:"created_at"`
			}
		}
	}
	if err != nil || json.Unmarshal(body, &e) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heard[e.ID] {
		return
	}
	if r.heard[e.ID] = true; r.first.IsZero() {
		r.first = now
	}
	r.last = now
	r.lags = append(r.lags, now.Sub(e.Data.Message.CreatedAt))
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// await waits until so many events were heard of, and returns how long it took
// from the first to the last.
func (r *receiver) await(ctx context.Context, wanted int64) (took time.Duration, err error) {
	late := time.After(drainPatience)
	for {
		r.mu.Lock()
		heard, took := int64(len(r.heard)), r.last.Sub(r.first)
		r.mu.Unlock()
		if heard >= wanted {
			return took, nil
		}
		select {
		case <-r.news:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-late:
			return 0, fmt.Errorf("after %s the receiver has heard of %d events, not %d", drainPatience, heard, wanted)
		}
	}
}

// sorted returns the lags, shortest first.
func (r *receiver) sorted() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.lags)
	return r.lags
}
