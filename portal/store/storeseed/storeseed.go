// Package storeseed fills a database with more rows than the product's own
// methods write in reasonable time, for benchmarks and long tests.
//
// The product must not import it. Known weakness: rows are written tenant by
// tenant, so the pages of a tenant lie closer together than in a log that grew.
package storeseed

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// CopyRequests gives a tenant a copy of another tenant's request log, with the
// same ids and times and without bodies, and returns how many rows it has.
func CopyRequests(tx *store.Tx, from, to portal.Tenant) (n int64, err error) {
	defer portal.Wrap(&err, "CopyRequests(%s)", to.AccountID)
	return tx.Exec(`
INSERT /* Seed.CopyRequests */ INTO requests (
  account_id, environment, id, at, source, method, path, operation, status, error_code, duration, auth, limits,
  validation, store, token_id, token_name, user_id, ip, user_agent, idempotency_key, replayed, trace_id,
  message_id, contact_id, handoff_id, original_request_id)
SELECT ?, ?, id, at, source, method, path, operation, status, error_code, duration, auth, limits,
  validation, store, token_id, token_name, user_id, ip, user_agent, idempotency_key, replayed, trace_id,
  message_id, contact_id, handoff_id, original_request_id
FROM requests
WHERE account_id = ? AND environment = ?`, to.AccountID, string(to.Environment), from.AccountID, string(from.Environment))
}

// CopyMinutes is CopyRequests for the counts by minute, the durations left out.
func CopyMinutes(tx *store.Tx, from, to portal.Tenant) (n int64, err error) {
	defer portal.Wrap(&err, "CopyMinutes(%s)", to.AccountID)
	return tx.Exec(`
INSERT /* Seed.CopyMinutes */ INTO request_minutes (account_id, environment, minute, operation, token_id, ok, refused, failed)
SELECT ?, ?, minute, operation, token_id, ok, refused, failed
FROM request_minutes
WHERE account_id = ? AND environment = ?`, to.AccountID, string(to.Environment), from.AccountID, string(from.Environment))
}
