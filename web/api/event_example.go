package api

import "github.com/wppmarketing/developers/portal"

// CommerceExample returns an example of the body that reports an event of a
// type, as the document has it.
func (a *API) CommerceExample(t portal.CommerceType) []byte { return bodies["sendEvent"][t.Title.EN] }
