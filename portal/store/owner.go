package store

import "github.com/wppmarketing/developers/portal"

// owners says in which table the rows of an id's prefix live. Pages that show one
// row find its tenant here and check the reader's membership before they read it.
var owners = []struct{ prefix, query string }{
	{portal.PrefixMessage, `/* Owner.Message */ SELECT account_id, environment FROM messages WHERE id = ?`},
	{portal.PrefixContact, `/* Owner.Contact */ SELECT account_id, environment FROM contacts WHERE id = ?`},
	{portal.PrefixHandoff, `/* Owner.Handoff */ SELECT account_id, environment FROM handoffs WHERE id = ?`},
	{portal.PrefixMedia, `/* Owner.Media */ SELECT account_id, environment FROM media WHERE id = ? AND status <> 'deleted'`},
	{portal.PrefixImport, `/* Owner.Import */ SELECT account_id, environment FROM imports WHERE id = ?`},
	{portal.PrefixToken, `/* Owner.Token */ SELECT account_id, environment FROM tokens WHERE id = ?`},
	{portal.PrefixEndpoint, `/* Owner.WebhookEndpoint */ SELECT account_id, environment FROM webhook_endpoints WHERE id = ?`},
	{portal.PrefixEvent, `/* Owner.Event */ SELECT account_id, environment FROM events WHERE id = ?`},
	{portal.PrefixAutomation, `/* Owner.Automation */ SELECT account_id, environment FROM automations WHERE id = ? AND deleted_at IS NULL`},
	{portal.PrefixChannel, `/* Owner.Channel */ SELECT account_id, environment FROM channels WHERE id = ? AND removed_at IS NULL`},
	// The log has no index on the id alone, so every account is asked, in this order.
	{portal.PrefixRequest, `
SELECT /* Owner.Request */ account_id, environment
FROM accounts CROSS JOIN requests
WHERE account_id = accounts.id
AND environment IN ('test', 'live')
AND requests.id = ?`},
}

// Owner returns whose row the id names; not_found for an unknown id or kind.
// It is the only read without a tenant: the caller checks membership of what it returns.
func (r Reader) Owner(id string) (t portal.Tenant, err error) {
	for _, o := range owners {
		if portal.IsID(o.prefix, id) {
			err = r.Row(o.query, []any{id}, &t.AccountID, (*string)(&t.Environment))
			return t, err
		}
	}
	return t, portal.Refuse(portal.CodeNotFound)
}
