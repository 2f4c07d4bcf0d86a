package templates

import (
	"context"
	"fmt"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// sampleTypes are the files that WhatsApp reviews as the sample of a header.
var sampleTypes = map[string][]string{
	"DOCUMENT": {"application/pdf"},
	"IMAGE":    {"image/jpeg", "image/png"},
	"VIDEO":    {"video/mp4"},
}

// placeSamples hands the account's files that headers name as their samples to
// WhatsApp, and puts the handles in their place. It changes the components, which
// are the draft's own; media_not_found, media_invalid, or as refusal says.
func (s *Service) placeSamples(ctx context.Context, t portal.Tenant, a account, components []portal.TemplateComponent) error {
	for i, c := range components {
		kinds := sampleTypes[c.Format]
		if c.Type != portal.ComponentHeader || kinds == nil || c.Example == nil || len(c.Example.HeaderHandle) != 1 {
			continue
		}
		id := c.Example.HeaderHandle[0]
		if !portal.IsID(portal.PrefixMedia, id) {
			continue // a handle that the caller got from WhatsApp
		}
		pointer := fmt.Sprintf("/components/%d/example/header_handle/0", i)
		handle, err := s.uploadSample(ctx, t, a, upload{id, pointer, kinds})
		if err != nil {
			return err
		}
		example := *c.Example
		example.HeaderHandle = []string{handle}
		components[i].Example = &example
	}
	return nil
}

// upload is a sample that is to be brought to WhatsApp.
type upload struct {
	id      string // of our media
	pointer string
	kinds   []string // what it may be
}

func (s *Service) uploadSample(ctx context.Context, t portal.Tenant, a account, u upload) (handle string, err error) {
	m, content, err := s.open(ctx, t, u.id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return "", portal.Refuse(portal.CodeMediaNotFound, portal.FieldError{Pointer: u.pointer, Code: portal.FieldNotFound})
	}
	if err != nil {
		return "", err
	}
	defer content.Close()
	if !slices.Contains(u.kinds, m.Type) {
		return "", portal.Refuse(portal.CodeMediaInvalid, portal.FieldError{Pointer: u.pointer, Code: portal.FieldInvalidValue, Detail: portal.Words{
			EN: fmt.Sprintf("The file is %s. As a sample here WhatsApp takes %s.", m.Type, listed(u.kinds, "or")),
			PT: fmt.Sprintf("O arquivo é %s. Como amostra aqui o WhatsApp aceita %s.", m.Type, listed(u.kinds, "ou")),
		}})
	}
	handle, out := a.client.UploadSample(ctx, a.business, whatsapp.File{Type: m.Type, Size: m.Size, Content: content})
	return handle, refusal(out)
}

// listed joins one or two words.
func listed(words []string, or string) string {
	if len(words) == 1 {
		return words[0]
	}
	return words[0] + " " + or + " " + words[1]
}
