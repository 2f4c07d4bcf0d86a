package dashboard

import (
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
)

// formMemory is how much of a form with files is held in memory; the rest waits
// in a temporary file until the answer is sent.
const formMemory = 1 << 20

// spoken are the types that only a name tells apart: of these the form's word counts.
var spoken = []string{"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}

// attach keeps the file that came with a form and names it in the form's field
// media, as if its id had been typed there. No file, no id.
func (d *Dashboard) attach(r *http.Request, p *Person, form url.Values) (m portal.Media, err error) {
	ctx := r.Context()
	sent, header, err := r.FormFile("upload")
	switch {
	case errors.Is(err, http.ErrNotMultipart), errors.Is(err, http.ErrMissingFile):
		return m, nil
	case err != nil:
		return m, portal.Refuse(portal.CodeBodyTooLarge)
	}
	defer func() { _ = sent.Close() }()
	if code, err := d.barred(ctx, p); err != nil {
		return m, err
	} else if code != "" {
		return m, portal.Refuse(code)
	}
	u := media.Upload{Tenant: p.Tenant(), Filename: header.Filename, Content: sent}
	if says := header.Header.Get("Content-Type"); slices.Contains(spoken, says) {
		u.Declared = says
	}
	if m, err = d.Media.Take(ctx, u); err != nil {
		return portal.Media{}, err
	}
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := d.Media.KeepTx(tx, m); err != nil {
			return err
		}
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "media.uploaded", Target: m.ID, RequestID: portal.RequestID(ctx)})
	})
	form.Set("media", m.ID)
	return m, err // a row that was not written leaves a content that is tidied up
}

// contentPrint tells a file that was just uploaded from others: by content, since the
// same form sent twice uploads it twice.
func contentPrint(m portal.Media) string { return hex.EncodeToString(m.SHA256) }
