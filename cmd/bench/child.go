package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/web"
)

// childArgument makes this binary act as the bare server. After it may follow a
// data folder: then each call's token is checked first, as the program checks it.
const childArgument = "bare-server"

// answer is as long as the program's answer to a message.
var answer = `{"data":"` + strings.Repeat("0123456789abcdef", 60) + `"}`

// startBare starts B1 and, with the flags of a data folder, the token check alone.
func startBare(ctx context.Context, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return launch(ctx, self, append([]string{childArgument}, args...), []string{secretVariable + "=" + secretKey})
}

// child serves until ctx ends.
func child(ctx context.Context, args []string) error {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := http.Handler(http.HandlerFunc(static))
	if len(args) > 0 {
		st, err := store.Open(ctx, store.Options{DataDir: args[0], SecretKey: rawKey()})
		if err != nil {
			return err
		}
		defer func() { _ = st.Close() }()
		service := tokens.New(tokens.Options{Store: st})
		background, stop := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = service.Run(background) // ends with its context
		}()
		defer func() { stop(); <-done }()
		handler = checked(service, handler)
	}
	logger.Info("serving", "base_url", "http://"+ln.Addr().String())
	err = web.Serve(ctx, ln, handler, func() {})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// static answers every path alike, /readyz but for the status.
func static(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, answer)
}

// checked lets calls with a good token through.
func checked(service *tokens.Service, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			ip, _ := netip.ParseAddr(host)
			if _, err := service.Verify(r.Context(), secret, ip); err != nil {
				http.Error(w, "token refused", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
