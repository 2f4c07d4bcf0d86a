package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/mail"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// anyAddress is dialed like loopback but is none, so that a server on it must
// offer TLS like one far away.
const anyAddress = "0.0.0.0"

// selfMade returns a certificate of that address that signs itself, and the
// roots that know it.
func selfMade(t *testing.T, address string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	known, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(known)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

// TestSTARTTLS: a server that is not on this machine gets letters and password
// under TLS, with a certificate that is its own, or not at all.
func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	right, roots := selfMade(t, anyAddress)
	other, otherRoots := selfMade(t, "192.0.2.1")
	for name, c := range map[string]struct {
		server  *tls.Config
		roots   *x509.CertPool
		letters int
	}{
		"its certificate":            {right, roots, 2},
		"a certificate nobody knows": {right, x509.NewCertPool(), 0},
		"a certificate of another":   {other, otherRoots, 0},
		"no TLS where there must be": {nil, roots, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) })
			b.office.set(func() { b.office.tls, b.office.password = c.server, "s3nha-certa" })
			var err error
			b.service, err = mail.New(mail.Options{
				Store: b.store, URL: "smtp://robot:s3nha-certa@" + anyAddress + ":" + strconv.Itoa(b.office.Addr().(*net.TCPAddr).Port), From: "a@loja.example",
				TLS: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}, Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.service.Check(t.Context()); (err == nil) != (c.letters > 0) {
				t.Errorf("checked: %v", err)
			}
			b.tell(50)
			b.send()
			if n := len(b.office.taken()); n != c.letters {
				t.Errorf("%d letters, want %d; log %s", n, c.letters, b.log)
			}
			b.office.set(func() {
				if slices.ContainsFunc(b.office.clear, func(verb string) bool { return verb != "EHLO" && verb != "STARTTLS" && verb != "QUIT" }) || len(b.office.clear) == 0 {
					t.Errorf("said in clear: %v", b.office.clear)
				}
			})
			if strings.Contains(b.log.String(), "s3nha") {
				t.Errorf("the log holds the password: %s", b.log)
			}
		})
	}
}
