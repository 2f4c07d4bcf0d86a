package main

import (
	"fmt"

	"github.com/wppmarketing/developers/apidocs"
)

// openapiCmd prints an OpenAPI document.
type openapiCmd struct {
	Document string `arg:"" enum:"developer,events,webhooks" help:"Which document: developer, events or webhooks."`
	Lang     string `enum:"en,pt-BR" default:"en" help:"Language of the descriptions."`
}

// Run prints the document as JSON.
func (c openapiCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.Stdout, string(apidocs.Document(c.Document, c.Lang)))
	return err
}
