package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one keep-alive connection. It speaks as much HTTP/1.1 as the
// measured servers do: net/http's client would cost more than they.
type client struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

// callPatience bounds one call.
const callPatience = 30 * time.Second

var errHTTP = errors.New("not an answer in HTTP/1.1")

// do sends a request, byte for byte, and reads its answer to the end. After an
// error the next call connects anew.
func (c *client) do(ctx context.Context, request []byte) (status int, err error) {
	if c.conn == nil {
		if c.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", c.addr); err != nil {
			return 0, err
		}
		c.in = bufio.NewReaderSize(c.conn, 16<<10)
	}
	if err = c.conn.SetDeadline(time.Now().Add(callPatience)); err == nil {
		_, err = c.conn.Write(request)
	}
	if err == nil {
		status, err = c.read()
	}
	if err != nil {
		c.close()
	}
	return status, err
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

func (c *client) read() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, errHTTP
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, errHTTP
	}
	length, err := c.headers()
	if err != nil || length == 0 {
		return status, err
	}
	if length == chunked {
		return status, c.chunks()
	}
	_, err = c.in.Discard(length)
	return status, err
}

// chunked stands for a body without a length.
const chunked = -1

var (
	contentLength    = []byte("content-length:")
	transferEncoding = []byte("transfer-encoding:")
)

func (c *client) headers() (length int, err error) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			return length, nil
		}
		switch {
		case hasName(line, contentLength):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, errHTTP
			}
		case hasName(line, transferEncoding):
			length = chunked
		}
	}
}

func hasName(line, name []byte) bool {
	return len(line) > len(name) && bytes.EqualFold(line[:len(name)], name)
}

func (c *client) chunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return errHTTP
		}
		if _, err := io.CopyN(io.Discard, c.in, size+2); err != nil { // and the line's end
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
