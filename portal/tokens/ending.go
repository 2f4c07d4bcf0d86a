package tokens

import (
	"context"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const tellBatch = 100 // tokens a transaction

// TellEnding tells receivers and people of the tokens that end within
// ExpiringWithin, of each end once. A token that was revoked, or is being
// replaced, is told of no more.
func (s *Service) TellEnding(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "TellEnding")
	for n := tellBatch; n == tellBatch; {
		err := s.store.Tx(ctx, func(tx *store.Tx) error {
			list, err := tx.EndingTokens(tx.Now().Add(ExpiringWithin), tellBatch)
			n = len(list)
			for i := 0; i < n && err == nil; i++ {
				err = s.tellEnd(tx, list[i])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellEnd(tx *store.Tx, t portal.Token) error {
	if err := tx.TellEnd(t); err != nil {
		return err
	}
	return s.notice(tx, t)
}
