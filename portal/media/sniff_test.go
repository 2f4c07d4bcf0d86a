package media

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/wppmarketing/developers/portal"
)

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	ole  = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
)

// contents are files by their first bytes: what the request says, and what they
// are then taken for; "" = refused.
var contents = []struct{ name, content, says, is string }{
	{"JPEG", "\xFF\xD8\xFF\xE0 JFIF", "image/jpeg", "image/jpeg"},
	{"JPEG by another name", "\xFF\xD8\xFF\xE0 JFIF", "image/jpg", "image/jpeg"},
	{"JPEG that says nothing", "\xFF\xD8\xFF\xE0 JFIF", "application/octet-stream", "image/jpeg"},
	{"JPEG that says PNG", "\xFF\xD8\xFF\xE0 JFIF", "image/png", ""},
	{"PNG with HTML inside", "\x89PNG\r\n\x1A\n<html><script>alert(1)</script>", "", "image/png"},
	{"PNG that says HTML", "\x89PNG\r\n\x1A\n<html><script>alert(1)</script>", "text/html", ""},
	{"HTML that says PNG", "<!doctype html><img src=x onerror=alert(1)>", "image/png", ""},
	{"HTML behind spaces", " \r\n\t<HTML>", "text/plain", ""},
	{"HTML behind a byte order mark", "\xEF\xBB\xBF<html>", "text/plain", ""},
	{"SVG", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/svg+xml", ""},
	{"XML", `<?xml version="1.0"?><svg/>`, "", ""},
	{"WebP", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp", "image/webp"},
	{"WAV", "RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav", ""},
	{"GIF", "GIF89a\x01\x00", "image/gif", ""},
	{"MP4", "\x00\x00\x00\x18ftypmp42", "video/mp4", "video/mp4"},
	{"MP4 with sound only", "\x00\x00\x00\x18ftypisom", "audio/mp4", "audio/mp4"},
	{"M4A", "\x00\x00\x00\x18ftypM4A ", "audio/x-m4a", "audio/mp4"},
	{"3GPP", "\x00\x00\x00\x18ftyp3gp4", "video/3gpp", "video/3gpp"},
	{"Opus", "OggS\x00\x02 OpusHead", "audio/ogg; codecs=opus", "audio/ogg"},
	{"Vorbis", "OggS\x00\x02 vorbis", "audio/ogg", ""},
	{"MP3", "ID3\x04\x00", "audio/mp3", "audio/mpeg"},
	{"AAC", "\xFF\xF1\x50\x80", "audio/aac", "audio/aac"},
	{"AMR", "#!AMR\n", "audio/amr", "audio/amr"},
	{"PDF", "%PDF-1.7\n", "application/pdf", "application/pdf"},
	{"text", "Olá, João\r\n\ttudo bem? 👍", "text/plain; charset=utf-8", "text/plain"},
	{"text in Latin 1", "Ol\xE1", "text/plain", ""},
	{"program", "MZ\x90\x00\x03", "application/pdf", ""},
	{"old Word", ole + "\x00\x00", "application/msword", "application/msword"},
	{"old Office that says nothing", ole + "\x00\x00", "", ""},
	{"Word", "PK\x03\x04" + strings.Repeat("x", 9000) + "word/document.xml", "", docx},
	{"Word that says Excel", "PK\x03\x04 word/document.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""},
	{"ZIP", "PK\x03\x04 a.txt", "application/zip", ""},
	{"nothing", "", "image/png", ""},
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, c := range contents {
		for how, reader := range map[string]io.Reader{
			"whole": strings.NewReader(c.content), "byte by byte": iotest.OneByteReader(strings.NewReader(c.content)),
		} {
			in := newIntake(reader, 1<<20)
			if _, err := io.Copy(io.Discard, in); err != nil {
				t.Fatal(err)
			}
			got, err := in.declared(c.says)
			if got != c.is || (err == nil) == (c.is == "") || err != nil && portal.CodeOf(err) != portal.CodeMediaInvalid {
				t.Errorf("%s, %s: %q, %v; want %q", c.name, how, got, err, c.is)
			}
			if err != nil && in.received(c.says) == "text/html" {
				t.Errorf("%s is handed on as HTML", c.name)
			}
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nota.pdf": "nota.pdf", "../../etc/passwd": "passwd", `C:\Users\a\nota.pdf`: "nota.pdf", "..": "", "": "",
		"a\r\nSet-Cookie: x.pdf": "aSet-Cookie: x.pdf", "nota\u202Efdp.exe": "notafdp.exe", "a\x00b.pdf": "ab.pdf", "ol\xE1.pdf": "ol.pdf",
		strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", 236) + ".pdf",
	} {
		if got := cleanName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// FuzzIntake: whatever comes, in whatever pieces, is one type or none.
func FuzzIntake(f *testing.F) {
	for _, c := range contents {
		f.Add([]byte(c.content), c.says)
	}
	f.Fuzz(func(t *testing.T, content []byte, says string) {
		whole, pieces := newIntake(bytes.NewReader(content), 1<<20), newIntake(iotest.HalfReader(bytes.NewReader(content)), 1<<20)
		for _, in := range []*intake{whole, pieces} {
			if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, in, make([]byte, 7)); err != nil {
				return // longer than the limit
			}
		}
		a, errA := whole.declared(says)
		b, errB := pieces.declared(says)
		if a != b || (errA == nil) != (errB == nil) || errA == nil && len(portal.MessageTypes(a, 1)) == 0 {
			t.Errorf("%q %v, %q %v", a, errA, b, errB)
		}
	})
}
