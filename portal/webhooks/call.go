package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/dial"
)

// maxAnswer is how much of an answer is read and kept.
const maxAnswer = 16 << 10

// result is what a call came to.
type result struct {
	outcome  string
	status   int
	header   http.Header // of the answer; nil without one
	request  *portal.HTTPPart
	response *portal.HTTPPart
	took     time.Duration
}

// call posts an event to an endpoint, once.
func (s *Service) call(ctx context.Context, k knownEndpoint, e portal.WebhookEvent) (res result, err error) {
	body, err := Body(e)
	if err != nil {
		return result{}, err
	}
	now := s.store.Now()
	header, err := sign(k.signersAt(now), e.ID, now, body)
	if err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.endpoint.URL, bytes.NewReader(body))
	if err != nil {
		return result{}, err
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "WPP-Webhooks/1")
	for name, value := range k.secrets.Headers {
		header.Set(name, value)
	}
	req.Header = header
	res.outcome = portal.OutcomeInterrupted // should there be a panic
	defer func() { s.o.Observe(res.outcome, res.took) }()
	start := time.Now()
	resp, err := s.client.Do(req)
	res = result{took: time.Since(start), request: sentPart(header, k.secrets.Headers)}
	if err != nil {
		res.outcome = failureOf(ctx, err)
		return res, nil
	}
	defer resp.Body.Close()
	res.status, res.header = resp.StatusCode, resp.Header
	res.outcome = outcomeOf(resp.StatusCode)
	res.response, err = s.answerPart(resp, k.secrets)
	res.took = time.Since(start)
	if err != nil && res.outcome != portal.OutcomeSucceeded {
		return res, nil
	}
	if err != nil { // the receiver said 2xx and then broke off: it has the event
		res.response.Truncated = true
	}
	return res, nil
}

func outcomeOf(status int) string {
	switch status / 100 {
	case 2:
		return portal.OutcomeSucceeded
	case 3:
		return portal.OutcomeRedirect
	}
	return portal.OutcomeHTTPError
}

// failureOf names why there was no answer.
func failureOf(ctx context.Context, err error) string {
	var netErr net.Error
	var certErr *tls.CertificateVerificationError
	var recordErr tls.RecordHeaderError
	var alert tls.AlertError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, dial.ErrAddress), errors.Is(err, dial.ErrScheme):
		return portal.OutcomeAddressRefused
	case ctx.Err() != nil, errors.As(err, &netErr) && netErr.Timeout():
		return portal.OutcomeTimeout
	case errors.As(err, &certErr), errors.As(err, &recordErr), errors.As(err, &alert), errors.As(err, &unknown):
		return portal.OutcomeTLSError
	}
	return portal.OutcomeConnectionError
}

const hidden = "••••"

// sentPart is what was sent, without the values of the customer's own headers.
// The body is that of the event.
func sentPart(header http.Header, own map[string]string) *portal.HTTPPart {
	p := &portal.HTTPPart{Headers: map[string]string{}}
	for name := range header {
		value := header.Get(name)
		if _, secret := own[name]; secret {
			value = hidden
		}
		p.Headers[strings.ToLower(name)] = value
	}
	return p
}

// kept are the headers of an answer that help to understand it. Others may hold
// secrets of the receiver.
var kept = []string{"Content-Type", "Content-Length", "Date", "Location", "Retry-After", "Server", "Webhook-Delivery", "X-Request-Id"}

// maxHeaderKept is how much of one header of an answer is kept.
const maxHeaderKept = 1 << 10

// answerPart reads the answer up to maxAnswer and masks it.
func (s *Service) answerPart(resp *http.Response, secrets portal.EndpointSecrets) (*portal.HTTPPart, error) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	p := &portal.HTTPPart{Headers: map[string]string{}, Truncated: len(raw) > maxAnswer}
	if p.Truncated {
		raw = raw[:maxAnswer]
	}
	p.Body = s.mask(raw, secrets)
	for _, name := range kept {
		if value := resp.Header.Get(name); value != "" {
			p.Headers[strings.ToLower(name)] = s.mask([]byte(value[:min(len(value), maxHeaderKept)]), secrets)
		}
	}
	return p, err
}

// mask takes personal data and what the receiver repeats of the endpoint's
// secrets out of a text.
func (s *Service) mask(raw []byte, secrets portal.EndpointSecrets) string {
	text := strings.ReplaceAll(strings.ToValidUTF8(string(raw), "�"), "\x00", "")
	for _, value := range secrets.Headers {
		text = strings.ReplaceAll(text, value, hidden)
	}
	return s.o.Mask([]byte(text))
}
