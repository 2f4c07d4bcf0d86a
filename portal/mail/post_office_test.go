package mail_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// letter is what the server took.
type letter struct {
	from, to string
	raw      []byte
}

// postOffice is an SMTP server on loopback. It asks for user and password when
// it has one, offers STARTTLS when it has a certificate, and answers the
// recipient with refuse when that is not "".
type postOffice struct {
	net.Listener
	mu       sync.Mutex
	tls      *tls.Config
	clear    []string // the verbs that came without TLS
	password string
	refuse   string
	hang     bool // it takes connections and says nothing
	letters  []letter
	calls    int
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{Listener: ln}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go o.serve(c)
		}
	}()
	return o
}

func (o *postOffice) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *postOffice) taken() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]letter(nil), o.letters...)
}

// serve speaks the server's side of RFC 5321.
func (o *postOffice) serve(c net.Conn) {
	defer c.Close()
	o.mu.Lock()
	o.calls++
	password, refuse, hang, secure := o.password, o.refuse, o.hang, o.tls
	o.mu.Unlock()
	if hang {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(c, format+"\r\n", args...) }
	say("220 post.example.com ESMTP")
	var l letter
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		_, under := c.(*tls.Conn)
		if !under {
			o.set(func() { o.clear = append(o.clear, verb) })
		}
		switch strings.ToUpper(verb) {
		case "EHLO":
			offers := ""
			if secure != nil && !under {
				offers += "250-STARTTLS\r\n"
			}
			if password != "" {
				offers += "250-AUTH PLAIN\r\n"
			}
			say("250-post.example.com\r\n%s250 8BITMIME", offers)
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, secure)
			r = textproto.NewReader(bufio.NewReader(c))
		case "AUTH":
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if string(raw) != "\x00robot\x00"+password {
				say("535 5.7.8 robot is not known")
				continue
			}
			say("235 2.7.0 in")
		case "MAIL":
			l = letter{from: rest}
			say("250 ok")
		case "RCPT":
			if refuse != "" {
				say("%s %s", refuse, rest)
				continue
			}
			l.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			l.raw, err = r.ReadDotBytes()
			if err != nil {
				return
			}
			o.set(func() { o.letters = append(o.letters, l) })
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
