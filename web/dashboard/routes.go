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

		{"GET /logs", member, portal.ReadLogs, d.logs},
		{"GET /logs/live", member, portal.ReadLogs, d.logsLive},
		{"GET /logs/first", member, portal.ReadLogs, d.logsFirst},
		{"GET /logs/export", member, portal.ReadLogs, d.logsExport},
		{"GET /logs/{id}", byID, portal.ReadLogs, d.logEntry},
	}
}
