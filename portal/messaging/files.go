package messaging

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Upload hands a media of the account to WhatsApp for a channel, once; its id
// there is then in the store. Repeating it does no harm.
type Upload func(ctx context.Context, channel portal.Channel, mediaID string) whatsapp.Outcome

const (
	// freshUpload is how long WhatsApp's id of a file is used. WhatsApp keeps it for 30 days.
	freshUpload = 29 * 24 * time.Hour

	// staleUpload is the age from which on a refused id is taken for one that
	// WhatsApp has forgotten, and the file is uploaded once more.
	staleUpload = time.Hour
)

// fileKinds are the types of message, and the names of objects, that hold a file.
var fileKinds = []string{portal.TypeAudio, portal.TypeDocument, portal.TypeImage, portal.TypeSticker, portal.TypeVideo}

// file is one that a content names, by our id or by a link.
type file struct{ pointer, kind, id, link string }

// filesOf returns the files that a draft names, those of its fallback too.
func filesOf(d Draft) (files []file, err error) {
	parts := []struct {
		at, name string
		raw      json.RawMessage
	}{{at: "/" + d.Type, name: d.Type}, {at: "/template/components"}, {at: "/fallback_template/components"}}
	if slices.Contains(fileKinds, d.Type) || d.Type == portal.TypeInteractive {
		if parts[0].raw, err = d.Content.JSON(d.Type); err != nil {
			return nil, err
		}
	}
	if d.Template != nil {
		parts[1].raw = d.Template.Components
	}
	if d.Fallback != nil {
		parts[2].raw = d.Fallback.Components
	}
	for _, part := range parts {
		if part.raw == nil {
			continue
		}
		tree, err := treeOf(part.raw)
		if err != nil {
			return nil, err
		}
		walkFiles(tree, part.at, part.name, func(f file, _ map[string]any) { files = append(files, f) })
	}
	return files, nil
}

// treeOf reads JSON and keeps its numbers as they are written.
func treeOf(raw json.RawMessage) (tree any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&tree)
	return tree, err
}

// walkFiles calls each for every object in the tree that names a file.
func walkFiles(node any, at, name string, each func(f file, object map[string]any)) {
	switch v := node.(type) {
	case map[string]any:
		id, _ := v["id"].(string)
		link, _ := v["link"].(string)
		if slices.Contains(fileKinds, name) && id+link != "" {
			each(file{pointer: at, kind: name, id: id, link: link}, v)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walkFiles(v[key], at+"/"+key, key, each)
		}
	case []any:
		for i, child := range v {
			walkFiles(child, at+"/"+strconv.Itoa(i), name, each)
		}
	}
}

// findFiles looks for the files that the draft names.
func (e *evaluation) findFiles(tx *store.Tx) (err error) {
	if e.files, err = filesOf(e.draft); err != nil || len(e.files) == 0 {
		return err
	}
	at := e.now
	if e.draft.SendAt != nil {
		at = later(at, *e.draft.SendAt)
	}
	for _, f := range e.files {
		if f.link != "" && !portal.PublicLink(f.link, e.permitted...) {
			return refuseField(f.pointer+"/link", portal.FieldInvalidValue)
		}
	}
	e.media, err = tx.MediaOf(e.caller.Tenant, e.mediaIDs(), at)
	return err
}

// mediaIDs are the ids of the files, each once.
func (e *evaluation) mediaIDs() (ids []string) {
	for _, f := range e.files {
		if f.id != "" && !slices.Contains(ids, f.id) {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// judgeFiles checks that the files are there and that WhatsApp takes them.
func (e *evaluation) judgeFiles() {
	if len(e.files) == 0 {
		e.note("media", portal.CheckSkipped, "", "")
		return
	}
	var missing, unfit []portal.FieldError
	for _, f := range e.files {
		m, ok := e.media[f.id]
		pointer := f.pointer + "/id"
		switch {
		case f.id == "":
		case !ok || m.Status != portal.MediaReady:
			missing = append(missing, portal.FieldError{Pointer: pointer, Code: portal.FieldNotFound})
		case !slices.Contains(portal.MessageTypes(m.Type, m.Size), f.kind):
			unfit = append(unfit, portal.FieldError{Pointer: pointer, Code: portal.FieldInvalidValue, Detail: whyUnfit(m, f.kind)})
		}
	}
	switch {
	case len(missing) > 0:
		e.note("media", portal.CheckFail, portal.CodeMediaNotFound, missing[0].Pointer, missing...)
	case len(unfit) > 0:
		e.note("media", portal.CheckFail, portal.CodeMediaInvalid, unfit[0].Pointer, unfit...)
	default:
		e.note("media", portal.CheckPass, "", "")
	}
}

// whyUnfit says why a file cannot go out in a type of message.
func whyUnfit(m portal.Media, kind string) portal.Words {
	if limit := portal.MediaLimitOf(kind); slices.Contains(portal.MessageTypes(m.Type, 0), kind) {
		return portal.Words{
			EN: fmt.Sprintf("The file has %d bytes; with type %s it may have %d.", m.Size, kind, limit),
			PT: fmt.Sprintf("O arquivo tem %d bytes; com o tipo %s pode ter %d.", m.Size, kind, limit),
		}
	}
	return portal.Words{
		EN: fmt.Sprintf("The file is %s, which WhatsApp does not take with type %s.", m.Type, kind),
		PT: fmt.Sprintf("O arquivo é %s, que o WhatsApp não aceita com o tipo %s.", m.Type, kind),
	}
}

// placed is a content with WhatsApp's ids of its files.
type placed struct {
	content json.RawMessage
	files   []string    // our ids
	missing []string    // of them, those that WhatsApp does not have
	code    portal.Code // why it cannot be sent
}

// placeFiles puts WhatsApp's ids in the place of ours.
func placeFiles(tx *store.Tx, m portal.Message, channel portal.Channel, content json.RawMessage) (p placed, err error) {
	p.content = content
	if !bytes.Contains(content, []byte(portal.PrefixMedia+"_")) {
		return p, nil // most messages
	}
	tree, err := treeOf(content)
	if err != nil {
		return p, err
	}
	walkFiles(tree, "", m.Type, func(f file, _ map[string]any) {
		if portal.IsID(portal.PrefixMedia, f.id) && !slices.Contains(p.files, f.id) {
			p.files = append(p.files, f.id)
		}
	})
	if len(p.files) == 0 {
		return p, nil // somebody writes about one
	}
	there, err := tx.MediaOf(m.Tenant(), p.files, tx.Now())
	if err != nil {
		return p, err
	}
	known, err := tx.Uploads(channel.ID, p.files, tx.Now().Add(-freshUpload))
	if err != nil {
		return p, err
	}
	for _, id := range p.files {
		if there[id].Status != portal.MediaReady {
			p.code = portal.CodeMediaNotFound
		} else if known[id] == "" {
			p.missing = append(p.missing, id)
		}
	}
	walkFiles(tree, "", m.Type, func(f file, object map[string]any) {
		if known[f.id] != "" {
			object["id"] = known[f.id]
		}
	})
	p.content, err = json.Marshal(tree)
	return p, err
}

// uploadFiles hands to WhatsApp what a message needs there, before an attempt is
// begun: nobody gets anything by it, so it may be cut off and done again. It
// reports whether the message can go on.
func (s *Service) uploadFiles(ctx context.Context, log *slog.Logger, c store.ClaimedMessage, j *job) bool {
	for _, id := range j.missing {
		out := whatsapp.Outcome{Kind: whatsapp.RetryLater}
		if s.upload != nil {
			out = s.upload(ctx, j.channel, id)
		}
		switch {
		case out.Kind == whatsapp.Accepted:
			continue
		case ctx.Err() != nil:
			s.release(context.WithoutCancel(ctx), s.flight.current(c))
			return false
		}
		log.InfoContext(ctx, "file not uploaded", "media", id, "outcome", string(out.Kind), "http_status", out.HTTPStatus,
			"trace", out.TraceID, "error", out.Cause)
		ctx = context.WithoutCancel(ctx)
		err := surely(func() error {
			return s.store.Tx(ctx, func(tx *store.Tx) error { return uploadFailed(tx, s.flight.current(c), *j, out) })
		})
		if err != nil {
			log.ErrorContext(ctx, "failed upload not written", "error", err)
			s.release(ctx, s.flight.current(c))
		}
		return false
	}
	return true
}

// uploadFailed writes an upload that failed as an attempt, which it was for
// whoever waits for the message, and what it leads to.
func uploadFailed(tx *store.Tx, c store.ClaimedMessage, j job, out whatsapp.Outcome) error {
	m, err := tx.LockClaimed(c)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil // another worker has it
	}
	if err != nil {
		return err
	}
	if out.Error == nil && portal.CodeOf(out.Cause) == portal.CodeNotFound {
		return finish(tx, &m, portal.StatusFailed, portal.CodeMediaNotFound) // deleted meanwhile
	}
	m.Attempts++
	m.UpdatedAt = tx.Now()
	j.number = m.Attempts
	if err := tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: j.number, At: tx.Now()}); err != nil {
		return err
	}
	due := tx.Now()
	if err := tx.LeaseMessage(m, &due, due.Add(lease)); err != nil {
		return err
	}
	return settle(tx, &j, out)
}

// Codes of WhatsApp that may be about its id of a file.
var fileCodes = []int{100, 131009, 131052, 131053}

// uploadAgain reports whether a refusal may mean that WhatsApp has forgotten a
// file, and then forgets its id.
func (s settlement) uploadAgain() (bool, error) {
	if s.out.Kind != whatsapp.Refused || s.out.Error == nil || !slices.Contains(fileCodes, s.out.Error.Code) {
		return false, nil
	}
	n, err := s.tx.ForgetUploads(s.job.channel.ID, s.job.files, s.tx.Now().Add(-staleUpload))
	return n > 0, err
}

// receiveFile makes the file of an inbound message a media of the account, which
// is fetched after the commit, and puts its id in the place of WhatsApp's.
func receiveFile(tx *store.Tx, m *portal.Message) error {
	var content map[string]json.RawMessage
	if !slices.Contains(fileKinds, m.Type) || !readable(m.Content, &content) {
		return nil
	}
	told := func(name string) (text string) {
		_ = json.Unmarshal(content[name], &text) // what is no text says nothing
		return strings.ReplaceAll(text, "\x00", "")
	}
	provider := told("id")
	if provider == "" {
		return nil
	}
	f := portal.Media{
		ID: portal.NewID(portal.PrefixMedia), AccountID: m.AccountID, Environment: m.Environment, Direction: portal.Inbound,
		Status: portal.MediaPending, Type: told("mime_type"), SHA256: whatsapp.ReadSHA256(told("sha256")), Filename: told("filename"),
		ContactID: m.ContactID, MessageID: m.ID, ChannelID: m.ChannelID, ProviderID: provider,
		CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(keepReceived),
	}
	if err := tx.InsertMedia(f); err != nil {
		return err
	}
	var err error
	delete(content, "url") // good for five minutes, and for WhatsApp's token only
	if content["id"], err = json.Marshal(f.ID); err != nil {
		return err
	}
	m.Content, err = json.Marshal(content)
	return err
}

// keepReceived is how long the files that people send are kept.
const keepReceived = 180 * 24 * time.Hour
