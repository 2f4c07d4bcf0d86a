package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// sampleTypes are what the sample of a template's header may be.
var sampleTypes = map[string][]string{
	"DOCUMENT": {"application/pdf"},
	"IMAGE":    {"image/jpeg", "image/png"},
	"VIDEO":    {"video/mp4"},
}

// sample is an upload of the sample of a template's header. It is kept nowhere:
// the ids that are given out hold it, signed.
type sample struct {
	Phone  string `json:"p"` // whose token it is
	Type   string `json:"t"`
	Length int64  `json:"l"`
	Nonce  string `json:"n"`
}

// sign returns what proves a text to be this phone's.
func (p Phone) sign(text string) string {
	mac := hmac.New(sha256.New, p.AppSecret)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// speaker finds the phone that a token speaks for where the path names only the
// app: the tokens of simulated numbers name it.
func (s *Simulator) speaker(r *http.Request) (Phone, error) {
	token := bearer(r)
	if token == "" {
		return Phone{}, errNoToken
	}
	id := portal.SimulatorTokenOf(token)
	if id == "" {
		return Phone{}, errBadToken
	}
	ph, err := s.journal.Phone(r.Context(), id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return Phone{}, errBadToken
	}
	if err != nil {
		return Phone{}, fmt.Errorf("phone: %w", err)
	}
	return ph, s.admit(ph, token)
}

// beginSample answers POST /{app-id}/uploads.
func (s *Simulator) beginSample(r *http.Request) (any, error) {
	ph, err := s.speaker(r)
	if err != nil {
		return nil, err
	}
	o, err := readParameters(r)
	if err != nil {
		return nil, err
	}
	u := sample{Phone: ph.ID, Nonce: rand.Text()}
	if u.Type, err = o.text("file_type", maxID); err != nil {
		return nil, err
	}
	if !takesSample(u.Type) {
		return nil, invalid("Param file_type must be one of application/pdf, image/jpeg, image/png, video/mp4.")
	}
	length := strings.Trim(string(o.fields["file_length"]), `"`) // a number, or a text that holds one
	if u.Length, err = strconv.ParseInt(length, 10, 64); err != nil || u.Length < 1 || u.Length > MaxMedia {
		return nil, invalid("Param file_length must be the size of the file in bytes.")
	}
	raw, err := json.Marshal(u)
	if err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString(raw)
	return map[string]string{"id": samplePath + text + "?sig=" + ph.sign(text)}, nil
}

func takesSample(kind string) bool {
	for _, kinds := range sampleTypes {
		if slices.Contains(kinds, kind) {
			return true
		}
	}
	return false
}

// samplePath is how the id of an upload begins.
const samplePath = "upload:"

// takeSample answers /upload:…: GET says how much there is, POST brings it.
// Nothing is kept, so what was cut off begins anew.
func (s *Simulator) takeSample(r *http.Request, id string) (any, error) {
	ph, err := s.speaker(r)
	if err != nil {
		return nil, err
	}
	text := strings.TrimPrefix(id, samplePath)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var u sample
	if err != nil || !hmac.Equal([]byte(r.URL.Query().Get("sig")), []byte(ph.sign(text))) || json.Unmarshal(raw, &u) != nil {
		return nil, noObject(r.Method)
	}
	switch {
	case r.Method == http.MethodGet:
		return map[string]any{"id": id + "?sig=" + ph.sign(text), "file_offset": 0}, nil
	case r.Method != http.MethodPost:
		return nil, errUnknownPath
	case fileOffset(r) != "0":
		return nil, invalid("The header file_offset must say how much there is: 0.")
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r.Body, u.Length+1))
	if err != nil || n != u.Length {
		return nil, refused(100, "Invalid parameter", fmt.Sprintf("The file has other than the %d bytes that were announced.", u.Length))
	}
	return map[string]string{"h": handle(ph, u)}, nil
}

// fileOffset reads a header that has an underscore, in whatever case it came.
func fileOffset(r *http.Request) string {
	for name, values := range r.Header {
		if strings.EqualFold(name, "file_offset") && len(values) == 1 {
			return values[0]
		}
	}
	return ""
}

// handle stands for a sample in a template, in the shape of Meta's.
func handle(ph Phone, u sample) string {
	text := base64.StdEncoding.EncodeToString([]byte(u.Type)) + ":" + u.Nonce
	return "4::" + text + ":" + ph.sign(text)
}

var handleShape = regexp.MustCompile(`^4::(([A-Za-z0-9+/=]+):[A-Z2-7]+):([A-Za-z0-9_-]+)$`)

// checkSamples refuses handles that were not given out here, or for another
// kind of file.
func (s *Simulator) checkSamples(ctx context.Context, ph Phone, components []portal.TemplateComponent) error {
	for i, c := range components {
		kinds := sampleTypes[c.Format]
		if c.Type != portal.ComponentHeader || kinds == nil || c.Example == nil {
			continue
		}
		for _, h := range c.Example.HeaderHandle {
			kind, err := s.sampleOf(ctx, ph, h)
			if err != nil {
				return err
			}
			if !slices.Contains(kinds, kind) {
				return templateFault(0, "Invalid Sample", fmt.Sprintf("Param components[%d]['example']['header_handle'] is not the handle of an upload for format %s.", i, c.Format))
			}
		}
	}
	return nil
}

// sampleOf returns the type of the file that a handle stands for, "" when it
// stands for none. Every number of the business account may use it.
func (s *Simulator) sampleOf(ctx context.Context, ph Phone, h string) (string, error) {
	parts := handleShape.FindStringSubmatch(h)
	if parts == nil {
		return "", nil
	}
	kind, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return "", nil //nolint:nilerr // it stands for no file
	}
	all, err := s.journal.Phones(ctx, ph.WABA)
	if err != nil {
		return "", fmt.Errorf("phones: %w", err)
	}
	for _, p := range all {
		if hmac.Equal([]byte(parts[3]), []byte(p.sign(parts[1]))) {
			return string(kind), nil
		}
	}
	return "", nil
}
