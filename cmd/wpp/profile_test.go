package main

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// The benchmarks of this file are for profiles: server and client share one
// process. `make bench` measures. For the server's part of an accepted message:
//
//	go test -run '^$' -bench Accept -cpuprofile cpu.out ./cmd/wpp
//	go tool pprof -top -cum wpp.test cpu.out

func BenchmarkAccept(b *testing.B) {
	profile(b, http.MethodPost, "/v1/messages", hello, http.StatusAccepted)
}

func BenchmarkVerify(b *testing.B) {
	profile(b, http.MethodGet, "/v1/account", func(int64) string { return "" }, http.StatusOK)
}

// profile makes the calls on 64 connections.
func profile(b *testing.B, method, path string, body func(int64) string, want int) {
	data := b.TempDir()
	start(b, data).end()
	c := commands{b, data}
	account := c.ok(password, "account", "create", "--name", "Load", "--email", "load@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "Load", "--environment", "test", "--scopes", "*")["token"]
	s := start(b, data, "--workers=off")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(client.CloseIdleConnections)
	var number atomic.Int64
	b.SetParallelism(32) // times two processors
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequest(method, s.url+path, strings.NewReader(body(number.Add(1))))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
			res, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != want {
				b.Errorf("answered %d", res.StatusCode)
				return
			}
		}
	})
}
