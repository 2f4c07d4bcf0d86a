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
// An answer is whole when it arrives; one beyond a mebibyte, a file, is streamed.
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
		w.overflow = func(rest io.ReadCloser) {
			answer <- w.response(req, rest) //nolint:bodyclose // the client that gets it closes it
		}
		err := t.serve(w, served)
		switch {
		case w.pipe != nil:
			_ = w.pipe.CloseWithError(err) // nil ends it as io.EOF
		case err != nil:
			fault <- err
		default:
			answer <- w.response(req, nil) //nolint:bodyclose // the client that gets it closes it
		}
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

// maxWhole is the longest answer that is kept until it is complete.
const maxWhole = 1 << 20

// recorder keeps an answer, or hands it on when it gets too long.
type recorder struct {
	header   http.Header
	sent     http.Header // the header as it was at WriteHeader
	status   int
	body     bytes.Buffer
	overflow func(rest io.ReadCloser) // begins the answer, whose end is rest
	pipe     *io.PipeWriter           // of rest; nil while the answer is kept
	taken    bool
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.pipe != nil {
		return w.pipe.Write(p)
	}
	n, err := w.body.Write(p)
	if w.body.Len() > maxWhole {
		var rest io.ReadCloser
		rest, w.pipe = io.Pipe()
		w.overflow(rest)
	}
	return n, err
}

// Hijack hands out a connection whose other end is already gone.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.taken = true
	conn, peer := net.Pipe()
	rw := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	return conn, rw, peer.Close()
}

// response is the answer so far, and rest if there is more to come.
func (w *recorder) response(req *http.Request, rest io.ReadCloser) *http.Response {
	w.WriteHeader(http.StatusOK)
	resp := &http.Response{
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
	if rest != nil {
		resp.Body, resp.ContentLength = streamed{io.MultiReader(&w.body, rest), rest}, -1
	}
	return resp
}

// streamed is a body of which a part is kept and the rest comes from the handler.
type streamed struct {
	io.Reader
	io.Closer
}
