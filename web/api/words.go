package api

import "github.com/wppmarketing/developers/portal"

// descriptions are the Portuguese words of every description in the document
// that does not come from operations, tags or the catalogue. A test fails when
// one is missing.
var descriptions = []portal.Words{
}
