package whatsapp

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestUploadSample(t *testing.T) {
	t.Parallel()
	transports(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") + " " + r.Method + " " + r.URL.RequestURI() {
		case "Bearer EAAsecret POST /v23.0/app/uploads?file_length=5&file_name=sample&file_type=image%2Fpng":
			_, _ = io.WriteString(w, `{"id":"upload:MTph_A=?sig=ARZ-q"}`)
		case "OAuth EAAsecret POST /v23.0/upload:MTph_A=?sig=ARZ-q":
			body, err := io.ReadAll(r.Body)
			offset := ""
			for name, values := range r.Header {
				if strings.EqualFold(name, "file_offset") {
					offset = values[0]
				}
			}
			if err != nil || string(body) != "12345" || r.ContentLength != 5 || offset != "0" {
				t.Errorf("%q %d, from %q: %v", body, r.ContentLength, offset, err)
			}
			_, _ = io.WriteString(w, `{"h":"4::aW1hZ2U=:ARb"}`)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}, func(t *testing.T, o Options) {
		o.Version = "v23.0"
		handle, out := New(o).UploadSample(t.Context(), Business{WABA: "2077", Token: "EAAsecret"}, File{Type: "image/png", Size: 5, Content: strings.NewReader("12345")})
		if handle != "4::aW1hZ2U=:ARb" || out.Kind != Accepted {
			t.Errorf("%q %+v", handle, out)
		}
	})
}

// What is no session of an upload leads nowhere else, and the token stays.
func TestUploadSampleThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin, end string
		status     int
		want       Kind
	}{
		"no session":      {`{}`, "", 200, RetryLater},
		"another path":    {`{"id":"me/../app"}`, "", 200, RetryLater},
		"another host":    {`{"id":"upload:x@evil.example"}`, "", 200, RetryLater},
		"not JSON":        {`<html>`, "", 200, RetryLater},
		"refused":         {`{"error":{"message":"(#100) EAAsecret","code":100}}`, "", 400, Refused},
		"logged out":      {`{"error":{"message":"no","code":190}}`, "", 401, ChannelStopped},
		"no handle":       {`{"id":"upload:x"}`, `{}`, 200, RetryLater},
		"away, then back": {`{"id":"upload:x"}`, "", 503, RetryLater},
	} {
		transports(t, func(w http.ResponseWriter, r *http.Request) {
			answer := c.begin
			if strings.HasSuffix(r.URL.Path, "/upload:x") {
				answer = c.end
			} else if !strings.HasSuffix(r.URL.Path, "/app/uploads") {
				t.Errorf("%s: a call to %s", name, r.URL)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, answer)
		}, func(t *testing.T, o Options) {
			handle, out := New(o).UploadSample(t.Context(), Business{WABA: "2077", Token: "EAAsecret"}, File{Type: "image/png", Size: 5, Content: strings.NewReader("12345")})
			if handle != "" || out.Kind != c.want {
				t.Errorf("%s: %q %+v", name, handle, out)
			}
			if out.Error != nil && strings.Contains(out.Error.Title+out.Error.Details, "EAAsecret") {
				t.Errorf("%s: the token is in the outcome", name)
			}
		})
	}
}
