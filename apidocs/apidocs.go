// Package apidocs holds what a reader of the API gets: the OpenAPI documents in
// both languages, as web/api's tests wrote them from the operations, the guides
// with their programs, and the files of the API reference.
//
// It imports nothing of web and decides nothing. Known weakness: the server's
// address in these files is an example; the running program serves the document
// with its own.
package apidocs

import (
	"embed"
	"slices"

	"github.com/wppmarketing/developers/portal"
)

//go:embed *.json
var documentFiles embed.FS

// Documents are the names of the documents, one for each direction between a
// customer's system and WPP, in the order of the pages.
var Documents = []string{"developer", "events", "webhooks"}

// Document returns the OpenAPI document of that name as JSON, in portal.LangEN
// or portal.LangPT; nil for an unknown name.
func Document(name, lang string) []byte {
	if !slices.Contains(Documents, name) {
		return nil
	}
	if lang == portal.LangPT {
		name += "." + portal.LangPT
	}
	return must(documentFiles.ReadFile(name + ".json"))
}
