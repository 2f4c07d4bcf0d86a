package dashboard

import "github.com/wppmarketing/developers/portal"

// routes is the table of pages: who may open each, and what serves it.
func (d *Dashboard) routes() []Route {
	return []Route{
		{"GET /{$}", public, "", d.home},
		{"GET /login", public, "", d.loginForm},
		{"POST /login", public, "", d.login},
		{"POST /logout", signed, "", d.logout},
		{"GET /setup/{code}", public, "", d.setupForm},
		{"POST /setup/{code}", public, "", d.setup},
		{"POST /preferences/language", public, "", d.setLanguage},
		{"POST /preferences/theme", public, "", d.setTheme},
		{"GET /jump", member, "", d.jump},

		{"GET /overview", member, "", d.overview},
		{"GET /get-started", member, "", d.getStarted},
		{"POST /get-started", member, portal.WriteTokens, d.firstToken},
		{"POST /get-started/number", member, portal.ManageAccount, d.firstTester},

		{"GET /tokens", member, portal.ReadTokens, d.tokenList},
		{"POST /tokens", member, portal.WriteTokens, d.mintToken},
		{"POST /tokens/revoke", member, portal.WriteTokens, d.revokeTokens},
		{"GET /tokens/new", member, portal.WriteTokens, d.tokenForm},
		{"GET /tokens/new/summary", member, portal.WriteTokens, d.tokenSummary},
		{"GET /tokens/{id}", byID, portal.ReadTokens, d.tokenPage},
		{"POST /tokens/{id}", byID, portal.WriteTokens, d.editToken},
		{"GET /tokens/{id}/revoke", byID, portal.WriteTokens, d.revokeForm},
		{"POST /tokens/{id}/revoke", byID, portal.WriteTokens, d.revokeToken},
		{"GET /tokens/{id}/rotate", byID, portal.WriteTokens, d.rotateForm},
		{"POST /tokens/{id}/rotate", byID, portal.WriteTokens, d.rotateToken},
		{"GET /tokens/{id}/use", byID, portal.ReadTokens, d.tokenUse},

		{"GET /security", signed, "", d.security},
		{"POST /security/password", signed, "", d.changePassword},
		{"POST /security/sessions/end-others", signed, "", d.endOtherSessions},
		{"POST /security/sessions/{session}/end", signed, "", d.endSession},
		{"GET /account", signed, "", d.account},
		{"POST /account", member, portal.ManageAccount, d.saveAccount},

		{"GET /messages", member, portal.ReadMessages, d.messages},
		{"POST /messages", member, portal.WriteMessages, d.sendMessage},
		{"GET /messages/new", member, portal.WriteMessages, d.composePage},
		{"GET /messages/new/parameters", member, portal.WriteMessages, d.templateParameters},
		{"POST /messages/validate", member, portal.WriteMessages, d.checkMessage},
		{"GET /messages/{id}", byID, portal.ReadMessages, d.message},
		{"POST /messages/{id}/cancel", byID, portal.WriteMessages, d.cancelMessage},
		{"POST /messages/{id}/reveal", byID, portal.ReadMessages, d.revealMessage},

		{"GET /contacts", member, portal.ReadMessages, d.contacts},
		{"GET /contacts/{id}", byID, portal.ReadMessages, d.contact},
		{"POST /contacts/{id}", byID, portal.WriteMessages, d.saveContact},
		{"POST /contacts/{id}/erase", byID, portal.WriteMessages, d.eraseContact},
		{"POST /contacts/{id}/reveal", byID, portal.ReadMessages, d.revealContact},

		{"GET /conversations", member, portal.ReadConversations, d.conversations},
		{"GET /conversations/{id}", byID, portal.ReadConversations, d.conversation},
		{"POST /conversations/{id}/assign", byID, portal.WriteConversations, d.assignConversation},
		{"POST /conversations/{id}/resolve", byID, portal.WriteConversations, d.resolveConversation},
		{"POST /conversations/{id}/reveal", byID, portal.ReadConversations, d.revealConversation},
		{"POST /conversations/{id}/return", byID, portal.WriteConversations, d.returnConversation},
		{"POST /conversations/{id}/say", byID, portal.WriteConversations, d.sayInConversation},
		{"POST /conversations/{id}/take", byID, portal.WriteConversations, d.takeConversation},

		{"GET /modules", member, "", d.modules},

		{"GET /docs", public, "", d.guides},
		{"GET /docs/{guide}", public, "", d.guide},
		{"GET /docs/api/developer", public, "", d.reference},
		{"POST /docs/api/developer/console", member, "", d.consoleStart},
		{"POST /docs/api/developer/console/end", member, "", d.consoleEnd},

		{"GET /admin/accounts", staff, "", d.adminAccounts},
		{"POST /admin/accounts", staff, "", d.createAccount},
		{"GET /admin/accounts/new", staff, "", d.adminAccountForm},
		{"GET /admin/accounts/{id}", staff, "", d.adminAccount},
		{"POST /admin/accounts/{id}/modules/{module}", staff, "", d.setAccountModule},
		{"POST /admin/accounts/{id}/open", staff, "", d.openAccount},
		{"POST /admin/accounts/{id}/plan", staff, "", d.setAccountPlan},
		{"POST /admin/accounts/{id}/status", staff, "", d.setAccountStatus},
		{"GET /admin/health", staff, "", d.adminHealth},

		{"GET /logs", member, portal.ReadLogs, d.logs},
		{"GET /logs/live", member, portal.ReadLogs, d.logsLive},
		{"GET /logs/first", member, portal.ReadLogs, d.logsFirst},
		{"GET /logs/export", member, portal.ReadLogs, d.logsExport},
		{"GET /logs/{id}", byID, portal.ReadLogs, d.logEntry},
	}
}
