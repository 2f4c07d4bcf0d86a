package api

import "github.com/wppmarketing/developers/portal"

// The portal shows what the API would answer. It asks here, so that the two cannot differ.

// MessageAnswer returns what getMessage answers about m, in the words of lang.
func (a *API) MessageAnswer(m portal.Message, h portal.History, lang string) ([]byte, error) {
	return encode(MessageDetail{messageOf(m, lang), timelineOf(m, h, lang)})
}

// ModulesAnswer returns what listModules answers about rows, in the words of lang.
func (a *API) ModulesAnswer(rows []portal.AccountModule, lang string) ([]byte, error) {
	return encode(list[Module]{Data: each(rows, func(m portal.AccountModule) Module { return moduleOf(m, lang) })})
}

// ModuleOperations returns the operationIds that the module brings.
func (a *API) ModuleOperations(module string) []string { return operationsOf(module) }
