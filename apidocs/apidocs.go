// Package apidocs holds what a reader of the API gets: the OpenAPI document in
// both languages, as web/api's tests wrote it from the operations.
//
// It imports nothing of web and decides nothing. Known weakness: the server's
// address in these files is an example; the running program serves the document
// with its own.
package apidocs

import (
	_ "embed"

	"github.com/wppmarketing/developers/portal"
)

//go:embed developer.json
var developerEN []byte

//go:embed developer.pt-BR.json
var developerPT []byte

// Developer returns the OpenAPI document of the Developer API as JSON, in
// portal.LangEN or portal.LangPT.
func Developer(lang string) []byte {
	if lang == portal.LangPT {
		return developerPT
	}
	return developerEN
}
