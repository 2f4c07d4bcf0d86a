package media

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// headSize is how much of the beginning is looked at.
const headSize = 4096

// officeMarks are the parts that tell the Office formats apart, which are ZIP archives.
var officeMarks = []struct{ part, mime string }{
	{"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
}

// oldOffice are the types that share one container.
var oldOffice = []string{"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}

// intake reads a content once, on its way to the shelf: it counts and hashes it
// and gathers what tells its type.
type intake struct {
	from   io.Reader
	limit  int64
	size   int64
	hash   hash.Hash
	head   []byte
	tail   []byte // the end of what was read, where a mark may have begun
	office string
	text   textCheck
}

func newIntake(from io.Reader, limit int64) *intake {
	return &intake{from: from, limit: limit, hash: sha256.New()}
}

// Read passes the content on; body_too_large beyond the limit.
func (in *intake) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	in.size += int64(n)
	if in.size > in.limit {
		return 0, portal.Refuse(portal.CodeBodyTooLarge)
	}
	in.look(p[:n])
	return n, err
}

func (in *intake) look(p []byte) {
	in.hash.Write(p)
	if room := headSize - len(in.head); room > 0 {
		in.head = append(in.head, p[:min(room, len(p))]...)
	}
	in.text.look(p)
	if in.office != "" || !bytes.HasPrefix(in.head, []byte("PK\x03\x04")) {
		return
	}
	both := append(in.tail, p...)
	for _, mark := range officeMarks {
		if bytes.Contains(both, []byte(mark.part)) {
			in.office = mark.mime
		}
	}
	in.tail = bytes.Clone(both[max(0, len(both)-len(officeMarks[0].part)):])
}

func (in *intake) sum() []byte { return in.hash.Sum(nil) }

// types returns what the content may be, the likeliest first; none when it is
// nothing that WhatsApp takes.
func (in *intake) types() []string {
	head := in.head
	has := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	switch {
	case has(0, "\xFF\xD8\xFF"):
		return []string{"image/jpeg"}
	case has(0, "\x89PNG\r\n\x1A\n"):
		return []string{"image/png"}
	case has(0, "RIFF") && has(8, "WEBP"):
		return []string{"image/webp"}
	case has(0, "%PDF-"):
		return []string{"application/pdf"}
	case has(4, "ftyp3g"):
		return []string{"video/3gpp"}
	case has(4, "ftypM4A"), has(4, "ftypM4B"):
		return []string{"audio/mp4"}
	case has(4, "ftyp"):
		return []string{"video/mp4", "audio/mp4"} // one container for both
	case has(0, "OggS") && bytes.Contains(head, []byte("OpusHead")):
		return []string{"audio/ogg"}
	case has(0, "#!AMR"):
		return []string{"audio/amr"}
	case has(0, "ID3"), has(0, "\xFF\xFB"), has(0, "\xFF\xF3"), has(0, "\xFF\xF2"):
		return []string{"audio/mpeg"}
	case has(0, "\xFF\xF1"), has(0, "\xFF\xF9"):
		return []string{"audio/aac"}
	case has(0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"):
		return oldOffice
	case in.office != "":
		return []string{in.office}
	case in.size > 0 && in.text.plain() && !markup(head):
		return []string{"text/plain"}
	}
	return nil
}

// markup reports whether a text begins as HTML, SVG or XML does: a browser that
// was told otherwise would run it.
func markup(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\f"), []byte("<"))
}

// textCheck follows a text that may be cut within a character.
type textCheck struct {
	rest   []byte
	binary bool
}

func (t *textCheck) look(p []byte) {
	if t.binary {
		return
	}
	if len(t.rest) > 0 {
		p = append(t.rest, p...)
	}
	end := len(p)
	for back := 1; back < utf8.UTFMax && back <= len(p); back++ {
		if b := p[len(p)-back]; utf8.RuneStart(b) {
			if !utf8.FullRune(p[len(p)-back:]) {
				end = len(p) - back
			}
			break
		}
	}
	whole := p[:end]
	t.rest = bytes.Clone(p[end:])
	control := func(b byte) bool { return b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' || b == 0x7F }
	t.binary = !utf8.Valid(whole) || slices.ContainsFunc(whole, control)
}

// plain reports whether all of it was UTF-8 text without control characters.
func (t *textCheck) plain() bool { return !t.binary && len(t.rest) == 0 }

// aliases are other names for types, as clients write them.
var aliases = map[string]string{
	"audio/m4a": "audio/mp4", "audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4", "audio/opus": "audio/ogg", "audio/x-aac": "audio/aac",
	"image/jpg": "image/jpeg", "video/3gp": "video/3gpp", "application/x-pdf": "application/pdf",
}

// baseType returns a MIME type without parameters, by its usual name; "" when
// it says nothing.
func baseType(declared string) string {
	base, _, err := mime.ParseMediaType(declared)
	switch {
	case declared == "":
		return ""
	case err != nil:
		base = strings.ToLower(strings.TrimSpace(strings.SplitN(declared, ";", 2)[0]))
	}
	if alias := aliases[base]; alias != "" {
		return alias
	}
	if base == "application/octet-stream" {
		return ""
	}
	return base
}

// declared returns the type of the content, or media_invalid when WhatsApp does
// not take it or it is not what the client says.
func (in *intake) declared(says string) (string, error) {
	is, says := in.types(), baseType(says)
	switch {
	case in.size == 0:
		return "", invalid(portal.FieldTooShort, portal.Words{EN: "The file is empty.", PT: "O arquivo está vazio."})
	case len(is) == 0:
		return "", invalid(portal.FieldInvalidValue, portal.Words{
			EN: "WhatsApp does not take files of this kind. It takes JPEG, PNG, WebP, MP4, 3GPP, AAC, AMR, MP3, M4A, OGG with Opus, PDF, plain text and Office documents.",
			PT: "O WhatsApp não aceita arquivos deste tipo. Ele aceita JPEG, PNG, WebP, MP4, 3GPP, AAC, AMR, MP3, M4A, OGG com Opus, PDF, texto simples e documentos do Office.",
		})
	case slices.Contains(is, says):
		return says, nil
	case says == "" && len(is) == len(oldOffice):
		return "", invalid(portal.FieldInvalidValue, portal.Words{
			EN: "This is an old Office document; its content does not say which. Send the Content-Type of the part, such as application/msword.",
			PT: "É um documento antigo do Office; o conteúdo não diz qual. Envie o Content-Type da parte, como application/msword.",
		})
	case says != "":
		return "", invalid(portal.FieldConflict, portal.Words{
			EN: fmt.Sprintf("The content is %s, and the request says it is something else. Send the Content-Type that the file has, or application/octet-stream.", is[0]),
			PT: fmt.Sprintf("O conteúdo é %s, e a requisição diz que é outra coisa. Envie o Content-Type que o arquivo tem ou application/octet-stream.", is[0]),
		})
	}
	return is[0], nil
}

// received returns the type of what a person sent: of anything, because it is
// only handed on, as a download.
func (in *intake) received(says string) string {
	is, says := in.types(), baseType(says)
	switch {
	case slices.Contains(is, says):
		return says
	case len(is) > 0:
		return is[0]
	}
	return "application/octet-stream"
}

// invalid refuses the file of an upload.
func invalid(field string, why portal.Words) error {
	return portal.Refuse(portal.CodeMediaInvalid, portal.FieldError{Pointer: "/file", Code: field, Detail: why})
}

// tooLarge says the limits of a type.
func tooLarge(mime string) error {
	var limit int64
	for _, t := range portal.MediaTypes {
		if t.Type == mime {
			for _, kind := range t.Kinds {
				limit = max(limit, portal.MediaLimitOf(kind))
			}
		}
	}
	return invalid(portal.FieldTooLong, portal.Words{
		EN: fmt.Sprintf("A file of %s may have %d bytes. Make it smaller.", mime, limit),
		PT: fmt.Sprintf("Um arquivo %s pode ter %d bytes. Diminua-o.", mime, limit),
	})
}

// maxName is the longest name of a file, in characters.
const maxName = 240

// cleanName keeps of a file's name what is a name: no path, no control
// characters, no characters that turn text around.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[len(runes)-maxName:]) // its end says what it is
	}
	return name
}
