package messaging

import (
	"errors"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// ofFallback marks the correlation of a fallback, so that late news of what it
// replaced are not taken for its own.
const ofFallback = ":fallback"

func correlationOf(m portal.Message) string {
	if m.FallbackUsed {
		return m.ID + ofFallback
	}
	return m.ID
}

// fallBack makes the fallback the content of a free-form message whose window is closed.
func fallBack(tx *store.Tx, m *portal.Message) error {
	m.Type, m.Content, m.Fallback, m.FallbackUsed = portal.TypeTemplate, m.Fallback, nil, true
	m.Category = "utility"
	t, _, err := templateOf(tx, *m)
	if err == nil {
		m.Category = t.Category
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil // the content says so
	}
	return err
}

// replaceable reports whether the fallback goes out instead of what WhatsApp
// took and then found the window closed for.
func replaceable(m portal.Message, f *portal.Failure) bool {
	if f == nil || f.Provider == nil || m.Fallback == nil || m.Type == portal.TypeTemplate {
		return false
	}
	row, _ := portal.ProviderCodeOf(f.Provider.Code)
	return row.Class == portal.ProviderNeedsTemplate && m.Status.CanBecome(portal.StatusFailed)
}

// replace has the fallback sent next. What WhatsApp took stays created, because
// no status goes back; the answer to the first content may still be missing.
func replace(tx *store.Tx, m portal.Message, u whatsapp.StatusUpdate) error {
	if m.ProviderMessageID == "" {
		if err := found(tx, m, u); err != nil {
			return err
		}
	}
	now := tx.Now()
	if m.Status == portal.StatusUnknown {
		advance(&m, portal.StatusCreated, now)
		told := portal.StatusNews{MessageID: m.ID, Status: m.Status, At: u.At, ReceivedAt: now, Applied: true, Sequence: m.Sequence}
		if _, err := tx.InsertNews(told); err != nil {
			return err
		}
	}
	m.ProviderMessageID, m.UpdatedAt = "", now
	if err := errors.Join(tx.SaveProviderID(m), fallBack(tx, &m)); err != nil {
		return err
	}
	return tx.SaveMessage(m, &now)
}

// fallbackLost reports whether the last attempt was lost, and was the fallback's:
// made after WhatsApp told that the window was closed.
func fallbackLost(h portal.History) bool {
	n := len(h.Attempts)
	return n > 0 && h.Attempts[n-1].Outcome == portal.AttemptLost && slices.ContainsFunc(h.News, func(news portal.StatusNews) bool {
		return news.Status == portal.StatusFailed && !h.Attempts[n-1].At.Before(news.ReceivedAt)
	})
}

// isOf reports whether news that name only our id are about what the message
// now is, not about what its fallback replaced.
func isOf(u whatsapp.StatusUpdate, m portal.Message) bool {
	return m.ProviderMessageID != "" || strings.HasSuffix(u.Correlation, ofFallback) == m.FallbackUsed
}
