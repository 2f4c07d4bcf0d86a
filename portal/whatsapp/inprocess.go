package whatsapp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
)

var (
	errAborted  = errors.New("the handler dropped the connection")
	errPanicked = errors.New("the handler panicked")
)

// HandlerTransport answers requests by running h in the process, as if over a
// connection: a handler that panics or takes the connection over leaves no
// answer, and one that is slower than the request's context is not waited for.
// Answers are whole, not streamed.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	served := req.Clone(ctx)
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:0"
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	answer := make(chan *http.Response, 1)
	fault := make(chan error, 1)
	go func() {
		defer cancel()
		defer served.Body.Close()
		w := &recorder{header: http.Header{}}
		if err := t.serve(w, served); err != nil {
			fault <- err
			return
		}
		answer <- w.response(req) //nolint:bodyclose // the client that gets it closes it
	}()
	select {
	case resp := <-answer:
		return resp, nil
	case err := <-fault:
		return nil, err
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func (t handlerTransport) serve(w *recorder, req *http.Request) (err error) {
	defer func() {
		p := recover()
		aborted, _ := p.(error)
		switch {
		case errors.Is(aborted, http.ErrAbortHandler), w.taken:
			err = errAborted
		case p != nil:
			err = errPanicked
		}
	}()
	t.handler.ServeHTTP(w, req)
	return nil
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	sent   http.Header // the header as it was at WriteHeader
	status int
	body   bytes.Buffer
	taken  bool
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Hijack hands out a connection whose other end is already gone.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.taken = true
	conn, peer := net.Pipe()
	rw := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	return conn, rw, peer.Close()
}

func (w *recorder) response(req *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       req,
	}
}
