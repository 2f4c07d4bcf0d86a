package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Where a media stands.
const (
	MediaPending = "pending" // WhatsApp has it, and it is being fetched
	MediaReady   = "ready"
	MediaFailed  = "failed" // it could not be fetched
)

// Media is a file of an account: one that was uploaded to be sent, or one that
// a person sent.
type Media struct {
	ID          string
	AccountID   string
	Environment Environment
	Direction   string
	Status      string
	Type        string // MIME type, as the content says; while pending as WhatsApp says
	Size        int64  // bytes; 0 while pending
	SHA256      []byte // of the content; while pending as WhatsApp says, or nil
	Filename    string // as its owner called it, without a path; or ""
	ContactID   string // who sent it; "" when uploaded
	MessageID   string // in which message; "" when uploaded
	ChannelID   string // over which channel; "" when uploaded
	ProviderID  string // WhatsApp's id to fetch it by; "" when uploaded
	Failure     *Failure
	CreatedAt   time.Time
	ExpiresAt   time.Time // then it is deleted
}

// Tenant returns whose media it is.
func (m Media) Tenant() Tenant { return Tenant{m.AccountID, m.Environment} }

// ContentKey is the name under which the content of a media lies: no id, so that
// a listing of the files tells nothing.
func ContentKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// MediaLimit is the largest file of a type of message.
type MediaLimit struct {
	Type  string
	Bytes int64
}

// MediaLimits are WhatsApp's, in the order of the types.
var MediaLimits = []MediaLimit{
	{TypeImage, 5 << 20}, {TypeVideo, 16 << 20}, {TypeAudio, 16 << 20}, {TypeDocument, 100 << 20}, {TypeSticker, 500 << 10},
}

// MaxMediaBytes is the largest of them.
const MaxMediaBytes = 100 << 20

// MediaLimitOf returns the largest file of a type of message; 0 when it has none.
func MediaLimitOf(kind string) int64 {
	i := slices.IndexFunc(MediaLimits, func(l MediaLimit) bool { return l.Type == kind })
	if i < 0 {
		return 0
	}
	return MediaLimits[i].Bytes
}

// MediaTypes are the MIME types that WhatsApp takes, each with the types of
// message that carry it.
var MediaTypes = []struct {
	Type  string
	Kinds []string
}{
	{"application/msword", []string{TypeDocument}},
	{"application/pdf", []string{TypeDocument}},
	{"application/vnd.ms-excel", []string{TypeDocument}},
	{"application/vnd.ms-powerpoint", []string{TypeDocument}},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{TypeDocument}},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{TypeDocument}},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{TypeDocument}},
	{"audio/aac", []string{TypeAudio, TypeDocument}},
	{"audio/amr", []string{TypeAudio, TypeDocument}},
	{"audio/mp4", []string{TypeAudio, TypeDocument}},
	{"audio/mpeg", []string{TypeAudio, TypeDocument}},
	{"audio/ogg", []string{TypeAudio, TypeDocument}},
	{"image/jpeg", []string{TypeImage, TypeDocument}},
	{"image/png", []string{TypeImage, TypeDocument}},
	{"image/webp", []string{TypeSticker}},
	{"text/plain", []string{TypeDocument}},
	{"video/3gpp", []string{TypeVideo, TypeDocument}},
	{"video/mp4", []string{TypeVideo, TypeDocument}},
}

// ContentWith is a message with a file and a text below it. A sound with a text
// goes as a document; a sticker has no place for one.
func ContentWith(m Media, caption string) (kind string, c Content) {
	kinds := MessageTypes(m.Type, m.Size)
	if len(kinds) == 0 {
		return "", c
	}
	file := File{ID: m.ID}
	picture := &Picture{File: file, Caption: caption}
	if kind = kinds[0]; kind == TypeAudio && caption != "" {
		kind = TypeDocument
	}
	switch kind {
	case TypeImage:
		c.Image = picture
	case TypeVideo:
		c.Video = picture
	case TypeAudio:
		c.Audio = &file
	case TypeSticker:
		c.Sticker = &file
	case TypeDocument:
		c.Document = &Document{Picture: *picture, Filename: m.Filename}
	}
	return kind, c
}

// MessageTypes returns the types of message that a file of that MIME type and
// size can be sent in; none when WhatsApp does not take it.
func MessageTypes(mime string, size int64) (kinds []string) {
	for _, t := range MediaTypes {
		if t.Type != mime {
			continue
		}
		for _, kind := range t.Kinds {
			if size <= MediaLimitOf(kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}
