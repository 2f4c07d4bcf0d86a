package whatsapp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// transferTimeout bounds the transfer of one file.
const transferTimeout = 2 * time.Minute

// File is a file to upload.
type File struct {
	Type    string // MIME type
	Size    int64
	Content io.Reader
}

// MediaInfo is where WhatsApp keeps a file, and what it says about it.
type MediaInfo struct {
	URL    string
	Type   string
	Size   int64  // 0 when not told
	SHA256 []byte // nil when not told
}

// Upload hands a file to WhatsApp, which keeps it for 30 days, and returns its
// id there. Nobody gets anything by it, so an outcome that is Unknown may be
// tried again like RetryLater.
func (c *Client) Upload(ctx context.Context, ch Channel, f File) (id string, out Outcome) {
	start := time.Now()
	defer func() { out.Duration = time.Since(start) }()
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	defer cancel()
	before, after, kind, err := formAround(f.Type)
	if err != nil {
		return "", Outcome{Kind: Refused, Cause: err}
	}
	body := io.MultiReader(bytes.NewReader(before), f.Content, bytes.NewReader(after))
	resp, err := c.call(ctx, ch, http.MethodPost, c.base+"/"+url.PathEscape(ch.PhoneNumberID)+"/media", func(r *http.Request) {
		r.Body = io.NopCloser(body)
		r.ContentLength = int64(len(before)) + f.Size + int64(len(after))
		r.Header.Set("Content-Type", kind)
	})
	if err != nil {
		return "", Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: cause(err)}
	}
	var ok struct {
		ID string `json:"id"`
	}
	if resp.StatusCode/100 == 2 {
		if json.Unmarshal(answer, &ok) != nil || ok.ID == "" {
			return "", Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: errors.New("the answer holds no media id")}
		}
		return clean(ok.ID), Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode}
	}
	return "", refusal(resp, answer)
}

// refusal is readAnswer for a call that may be repeated at will.
func refusal(resp *http.Response, body []byte) Outcome {
	out := readAnswer(resp, body)
	if out.Kind == Unknown {
		out.Kind = RetryLater
	}
	return out
}

// formAround returns what stands around the content in the form of an upload.
// Its file has no name of its own: the names of people's files stay here.
func formAround(kind string) (before, after []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err = errors.Join(w.WriteField("messaging_product", "whatsapp"), w.WriteField("type", kind))
	_, failed := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="file"`}, "Content-Type": {kind},
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, "", err
	}
	before = bytes.Clone(b.Bytes())
	b.Reset()
	err = w.Close()
	return before, b.Bytes(), w.FormDataContentType(), err
}

// Media asks where WhatsApp keeps a file. The address holds for five minutes.
func (c *Client) Media(ctx context.Context, ch Channel, id string) (info MediaInfo, out Outcome) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	address := c.base + "/" + url.PathEscape(id) + "?" + url.Values{"phone_number_id": {ch.PhoneNumberID}}.Encode()
	resp, err := c.call(ctx, ch, http.MethodGet, address, nil)
	if err != nil {
		return info, Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return info, Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: cause(err)}
	}
	if resp.StatusCode/100 != 2 {
		return info, refusal(resp, answer)
	}
	var wire struct {
		URL    string      `json:"url"`
		Type   string      `json:"mime_type"`
		SHA256 string      `json:"sha256"`
		Size   json.Number `json:"file_size"` // a number, or a string that holds one
	}
	if json.Unmarshal(answer, &wire) != nil || wire.URL == "" {
		return info, Outcome{Kind: RetryLater, HTTPStatus: resp.StatusCode, Cause: errors.New("the answer holds no address")}
	}
	info = MediaInfo{URL: wire.URL, Type: clean(wire.Type), SHA256: ReadSHA256(wire.SHA256)}
	info.Size, _ = wire.Size.Int64() // without one the sum decides
	return info, Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode}
}

// ReadSHA256 reads a sum as WhatsApp writes it: in hexadecimal in answers, in
// base64 in callbacks. nil when it is neither.
func ReadSHA256(text string) []byte {
	if sum, err := hex.DecodeString(text); err == nil && len(sum) == 32 {
		return sum
	}
	if sum, err := base64.StdEncoding.DecodeString(text); err == nil && len(sum) == 32 {
		return sum
	}
	return nil
}

// errElsewhere: the token goes to nobody but WhatsApp.
var errElsewhere = errors.New("the address of the file is not WhatsApp's")

// Download opens a file at the address that Media told. The caller closes the
// content when the outcome is Accepted, and bounds what it reads.
func (c *Client) Download(ctx context.Context, ch Channel, info MediaInfo) (content io.ReadCloser, out Outcome) {
	if !c.theirs(info.URL) {
		return nil, Outcome{Kind: Refused, Cause: errElsewhere}
	}
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	resp, err := c.call(ctx, ch, http.MethodGet, info.URL, nil)
	if err != nil {
		cancel()
		return nil, Outcome{Kind: RetryLater, Cause: cause(err)}
	}
	if resp.StatusCode == http.StatusOK {
		return &transfer{resp.Body, cancel}, Outcome{Kind: Accepted, HTTPStatus: resp.StatusCode}
	}
	defer cancel()
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	out = refusal(resp, answer)
	// The address is short-lived: what it refuses is asked for anew.
	if err != nil || resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		out.Kind = RetryLater
	}
	return nil, out
}

// transfer is a body whose time is bounded.
type transfer struct {
	io.ReadCloser
	cancel func()
}

func (t *transfer) Close() error {
	defer t.cancel()
	return t.ReadCloser.Close()
}

// metaHosts are where Meta keeps files.
var metaHosts = []string{".facebook.com", ".fbcdn.net", ".fbsbx.com", ".whatsapp.net"}

// theirs reports whether an address belongs to who answers the client: the same
// host, or one of Meta's when Meta answers.
func (c *Client) theirs(address string) bool {
	u, err := url.Parse(address)
	base, failed := url.Parse(c.base)
	if err != nil || failed != nil || u.User != nil {
		return false
	}
	if u.Scheme == base.Scheme && strings.EqualFold(u.Host, base.Host) {
		return true
	}
	if u.Scheme != "https" || u.Port() != "" || !strings.HasSuffix("."+strings.ToLower(base.Hostname()), ".facebook.com") {
		return false
	}
	for _, suffix := range metaHosts {
		if strings.HasSuffix(strings.ToLower(u.Hostname()), suffix) {
			return true
		}
	}
	return false
}

// call makes a request as the channel.
func (c *Client) call(ctx context.Context, ch Channel, method, address string, with func(*http.Request)) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("the address is not one: %w", cause(err))
	}
	req.Header.Set("Authorization", "Bearer "+ch.Token)
	req.Header.Set("User-Agent", "wpp-developers")
	if with != nil {
		with(req)
	}
	return c.http.Do(req)
}
