package portal

import (
	"encoding/json"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The types of message that can be sent.
const (
	TypeText        = "text"
	TypeTemplate    = "template"
	TypeImage       = "image"
	TypeVideo       = "video"
	TypeAudio       = "audio"
	TypeDocument    = "document"
	TypeSticker     = "sticker"
	TypeLocation    = "location"
	TypeContacts    = "contacts"
	TypeInteractive = "interactive"
	TypeReaction    = "reaction"
)

// Content is what a free-form message says: the one field that its type names.
// Its JSON is that of the API, and WhatsApp's but for ids, which are ours.
type Content struct {
	Text        *Text        `json:"text,omitempty" doc:"With type text."`
	Image       *Picture     `json:"image,omitempty" doc:"With type image: JPEG or PNG up to 5 MiB."`
	Video       *Picture     `json:"video,omitempty" doc:"With type video: MP4 or 3GPP up to 16 MiB."`
	Audio       *File        `json:"audio,omitempty" doc:"With type audio: AAC, AMR, MP3, M4A or OGG (Opus) up to 16 MiB."`
	Document    *Document    `json:"document,omitempty" doc:"With type document: up to 100 MiB."`
	Sticker     *File        `json:"sticker,omitempty" doc:"With type sticker: WebP up to 500 KiB."`
	Location    *Location    `json:"location,omitempty" doc:"With type location."`
	Contacts    []Card       `json:"contacts,omitempty" maxItems:"5" doc:"With type contacts: one to five cards."`
	Interactive *Interactive `json:"interactive,omitempty" doc:"With type interactive."`
	Reaction    *Reaction    `json:"reaction,omitempty" doc:"With type reaction."`
}

// Text is the content of a text message.
type Text struct {
	Body       string `json:"body" minLength:"1" maxLength:"4096" doc:"The text." example:"Olá! Seu pedido 1001 foi enviado."`
	PreviewURL bool   `json:"preview_url,omitempty" doc:"Show a preview of the first link."`
}

// File names a file: one that was uploaded or one that WhatsApp fetches.
type File struct {
	ID   string `json:"id,omitempty" maxLength:"64" doc:"Id of an uploaded file (med_…). Either this or link."`
	Link string `json:"link,omitempty" maxLength:"2048" doc:"Address of the file, https, that WhatsApp fetches. Either this or id." example:"https://loja.example.com/camiseta.jpg"`
}

// Picture is an image or a video.
type Picture struct {
	File
	Caption string `json:"caption,omitempty" maxLength:"1024" doc:"Text below it."`
}

// Document is any other file.
type Document struct {
	Picture
	Filename string `json:"filename,omitempty" maxLength:"240" doc:"Name that the person sees." example:"nota-1001.pdf"`
}

// Location is a point on the map.
type Location struct {
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees." example:"-19.9317"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees." example:"-44.0536"`
	Name      string  `json:"name,omitempty" maxLength:"1000" doc:"Name of the place." example:"Loja Centro"`
	Address   string  `json:"address,omitempty" maxLength:"1000" doc:"Address of the place; shown only with a name."`
}

// Reaction puts an emoji on a message of the same conversation.
type Reaction struct {
	MessageID string `json:"message_id" maxLength:"64" doc:"Our id of the message, msg_…" example:"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z05"`
	Emoji     string `json:"emoji" maxLength:"32" doc:"One emoji; empty removes the reaction." example:"👍"`
}

// object is a field of Content under the name of its type.
type object struct {
	name  string
	value any
	set   bool
}

func (c Content) objects() []object {
	return []object{
		{TypeText, c.Text, c.Text != nil},
		{TypeImage, c.Image, c.Image != nil},
		{TypeVideo, c.Video, c.Video != nil},
		{TypeAudio, c.Audio, c.Audio != nil},
		{TypeDocument, c.Document, c.Document != nil},
		{TypeSticker, c.Sticker, c.Sticker != nil},
		{TypeLocation, c.Location, c.Location != nil},
		{TypeContacts, c.Contacts, c.Contacts != nil},
		{TypeInteractive, c.Interactive, c.Interactive != nil},
		{TypeReaction, c.Reaction, c.Reaction != nil},
	}
}

// FreeForm reports whether messages of type typ have a Content, and so go out
// only in an open window.
func FreeForm(typ string) bool {
	return slices.ContainsFunc(Content{}.objects(), func(o object) bool { return o.name == typ })
}

// JSON returns the object that typ names as it is kept; nil when it is not set.
func (c Content) JSON(typ string) (json.RawMessage, error) {
	for _, o := range c.objects() {
		if o.name == typ && o.set {
			return json.Marshal(o.value)
		}
	}
	return nil, nil
}

// Check returns what no channel could send of a message of type typ, each with
// the pointer to it: a missing object, one of another type, and every limit of
// WhatsApp that is broken. A link may lead to a private address only in the
// permitted ranges.
func (c Content) Check(typ string, permitted ...netip.Prefix) []FieldError {
	k := checker{permitted: permitted}
	for _, o := range c.objects() {
		k.add(o.set && o.name != typ, "/"+o.name, FieldConflict)
		k.add(!o.set && o.name == typ, "/"+o.name, FieldRequired)
	}
	if len(k.fields) > 0 {
		return k.fields
	}
	switch typ {
	case TypeText:
		k.text("/text/body", c.Text.Body, maxTextBody)
	case TypeImage:
		k.picture("/image", *c.Image)
	case TypeVideo:
		k.picture("/video", *c.Video)
	case TypeAudio:
		k.media("/audio", *c.Audio)
	case TypeDocument:
		k.document("/document", *c.Document)
	case TypeSticker:
		k.media("/sticker", *c.Sticker)
	case TypeLocation:
		k.location(*c.Location)
	case TypeContacts:
		k.cards(c.Contacts)
	case TypeInteractive:
		k.interactive(*c.Interactive)
	case TypeReaction:
		k.reaction(*c.Reaction)
	}
	return k.fields
}

// The limits of WhatsApp, in characters.
const (
	maxTextBody = 4096
	maxCaption  = 1024
	maxFilename = 240
	maxLink     = 2048
	maxPlace    = 1000
)

// checker collects what is wrong with a content.
type checker struct {
	fields    []FieldError
	permitted []netip.Prefix // private addresses that links may name
}

func (k *checker) add(bad bool, pointer, code string) {
	if bad {
		k.fields = append(k.fields, FieldError{Pointer: pointer, Code: code})
	}
}

// text checks a text that has to be there.
func (k *checker) text(pointer, s string, limit int) {
	k.add(strings.TrimSpace(s) == "", pointer, FieldRequired)
	k.atMost(pointer, s, limit)
}

func (k *checker) atMost(pointer, s string, limit int) {
	k.add(utf8.RuneCountInString(s) > limit, pointer, FieldTooLong)
}

func (k *checker) media(pointer string, m File) {
	k.add(m.ID == "" && m.Link == "", pointer+"/id", FieldRequired)
	k.add(m.ID != "" && m.Link != "", pointer+"/link", FieldConflict)
	k.add(m.ID != "" && !IsID(PrefixMedia, m.ID), pointer+"/id", FieldInvalidFormat)
	k.link(pointer+"/link", m.Link)
}

// link checks an address that WhatsApp is to fetch. It is fetched by others,
// so a private one cannot work, and tells a stranger how a network is built.
func (k *checker) link(pointer, link string) {
	if link == "" {
		return
	}
	k.add(len(link) > maxLink, pointer, FieldTooLong)
	k.add(!PublicLink(link, k.permitted...), pointer, FieldInvalidValue)
}

func (k *checker) picture(pointer string, p Picture) {
	k.media(pointer, p.File)
	k.atMost(pointer+"/caption", p.Caption, maxCaption)
}

func (k *checker) document(pointer string, d Document) {
	k.picture(pointer, d.Picture)
	k.atMost(pointer+"/filename", d.Filename, maxFilename)
	k.add(strings.ContainsAny(d.Filename, "/\\\r\n\x00"), pointer+"/filename", FieldInvalidValue)
}

func (k *checker) location(l Location) {
	k.add(!(math.Abs(l.Latitude) <= 90), "/location/latitude", FieldOutOfRange)
	k.add(!(math.Abs(l.Longitude) <= 180), "/location/longitude", FieldOutOfRange)
	k.atMost("/location/name", l.Name, maxPlace)
	k.atMost("/location/address", l.Address, maxPlace)
	k.add(l.Address != "" && l.Name == "", "/location/name", FieldRequired)
}

// emoji matches one emoji: a base with its modifiers, joined ones, a flag or a keycap.
var emoji = regexp.MustCompile(`^(?:[\x{1F1E6}-\x{1F1FF}]{2}|[0-9#*]\x{FE0F}?\x{20E3}|` + oneEmoji + `(?:\x{200D}` + oneEmoji + `)*)$`)

const oneEmoji = `[\x{00A9}\x{00AE}\x{203C}-\x{3299}\x{1F000}-\x{1FAFF}]\x{FE0F}?[\x{1F3FB}-\x{1F3FF}]?[\x{E0020}-\x{E007F}]*`

func (k *checker) reaction(r Reaction) {
	k.add(!IsID(PrefixMessage, r.MessageID), "/reaction/message_id", FieldInvalidFormat)
	k.add(r.Emoji != "" && !emoji.MatchString(r.Emoji), "/reaction/emoji", FieldInvalidValue)
}

// item returns the pointer of an item of a list.
func item(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }
