package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const selectImport = `
SELECT /* %s */ id, account_id, environment, user_id, user_name, file_name, status, encoding, delimiter, header, mapping,
  total, position, created, updated, kept, refused, lease_until, claims, created_at, updated_at, finished_at
FROM imports
`

func scanImport(scan func(dest ...any) error) (i portal.Import, err error) {
	var header, mapping string
	err = scan(&i.ID, &i.AccountID, (*string)(&i.Environment), &i.UserID, &i.UserName, &i.FileName, &i.Status, &i.Encoding, &i.Delimiter, &header, &mapping,
		&i.Total, &i.Position, &i.Created, &i.Updated, &i.Kept, &i.Refused, &i.LeaseUntil, &i.Claims, &i.CreatedAt, &i.UpdatedAt, &i.FinishedAt)
	if err != nil {
		return i, err
	}
	if err := json.Unmarshal([]byte(header), &i.Header); err != nil {
		return i, fmt.Errorf("header of %s: %w", i.ID, err)
	}
	if err := json.Unmarshal([]byte(mapping), &i.Mapping); err != nil {
		return i, fmt.Errorf("mapping of %s: %w", i.ID, err)
	}
	return i, nil
}

// InsertImport stores an import whose parts are stored already, and sets its times.
func (tx *Tx) InsertImport(i portal.Import) (err error) {
	defer portal.Wrap(&err, "InsertImport(%s)", i.ID)
	header, mapping, err := importTexts(i)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
INSERT /* Import.Insert */ INTO imports (id, account_id, environment, user_id, user_name, file_name, status, reason, encoding, delimiter,
  header, mapping, total, position, created, updated, kept, refused, claims, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?)`,
		i.ID, i.AccountID, string(i.Environment), i.UserID, i.UserName, i.FileName, i.Status, i.Encoding, i.Delimiter,
		header, mapping, i.Total, tx.now, tx.now)
	return err
}

func importTexts(i portal.Import) (header, mapping string, err error) {
	h, err := json.Marshal(append([]string{}, i.Header...))
	if err != nil {
		return "", "", err
	}
	m, err := json.Marshal(append([]string{}, i.Mapping...))
	return string(h), string(m), err
}

// Import returns one import; not_found when the tenant has none of that id.
func (r Reader) Import(t portal.Tenant, id string) (i portal.Import, err error) {
	defer portal.Wrap(&err, "Import(%s)", id)
	return scanImport(func(dest ...any) error {
		return r.Row(fmt.Sprintf(selectImport, "Import.ByID")+`WHERE id = ?
AND account_id = ?
AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, dest...)
	})
}

// Imports returns the tenant's latest imports, newest first.
func (r Reader) Imports(t portal.Tenant, limit int) (list []portal.Import, err error) {
	defer portal.Wrap(&err, "Imports")
	err = r.Rows(fmt.Sprintf(selectImport, "Import.List")+`WHERE account_id = ?
AND environment = ?
ORDER BY id DESC
LIMIT ?`, []any{t.AccountID, string(t.Environment), limit}, func(scan func(dest ...any) error) error {
		i, err := scanImport(scan)
		list = append(list, i)
		return err
	})
	return list, err
}

// LockImport returns the import and keeps others from changing it until the
// transaction ends; not_found when the tenant has none of that id.
func (tx *Tx) LockImport(t portal.Tenant, id string) (i portal.Import, err error) {
	defer portal.Wrap(&err, "LockImport(%s)", id)
	err = tx.lock(`
SELECT /* Import.Lock */ 1
FROM imports
WHERE id = ?
AND account_id = ?
AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, new(int))
	if err != nil {
		return i, err
	}
	return tx.Import(t, id)
}

// SaveImport writes what changes on the way. due says when a worker is to go on
// with it, nil = never; its lease is i.LeaseUntil.
func (tx *Tx) SaveImport(i portal.Import, due *time.Time) (err error) {
	defer portal.Wrap(&err, "SaveImport(%s)", i.ID)
	_, mapping, err := importTexts(i)
	if err != nil {
		return err
	}
	return tx.one(tx.Exec(`
UPDATE /* Import.Save */ imports
SET status = ?, mapping = ?, position = ?, created = ?, updated = ?, kept = ?, refused = ?, due_at = ?, lease_until = ?, claims = 0,
  updated_at = ?, finished_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?`,
		i.Status, mapping, i.Position, i.Created, i.Updated, i.Kept, i.Refused, due, i.LeaseUntil, tx.now, i.FinishedAt,
		i.ID, i.AccountID, string(i.Environment)))
}

// ClaimImport takes the import that has waited longest; not_found when none is due.
func (tx *Tx) ClaimImport(lease time.Duration) (i portal.Import, err error) {
	defer portal.Wrap(&err, "ClaimImport")
	ids, err := tx.ClaimDue(Claim{Table: "imports", Order: "due_at, id", Limit: 1, Lease: lease, Counted: true, Suspects: true})
	if err != nil {
		return i, err
	}
	if len(ids) == 0 {
		return i, errNoRow
	}
	return scanImport(func(dest ...any) error {
		return tx.Row(fmt.Sprintf(selectImport, "Import.Claimed")+`WHERE id = ?`, []any{ids[0]}, dest...)
	})
}

// InsertImportPart stores some rows of a file.
func (tx *Tx) InsertImportPart(importID string, part int, rows []portal.ImportRow) (err error) {
	defer portal.Wrap(&err, "InsertImportPart(%s)", importID)
	body, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return tx.Post(`
INSERT /* Import.InsertPart */ INTO import_parts (import_id, part, body)
VALUES (?, ?, ?)`, importID, part, body)
}

// ImportPart returns the rows of a part; none when it is gone.
func (r Reader) ImportPart(importID string, part int) (rows []portal.ImportRow, err error) {
	defer portal.Wrap(&err, "ImportPart(%s)", importID)
	var body []byte
	err = r.Row(`
SELECT /* Import.Part */ body
FROM import_parts
WHERE import_id = ?
AND part = ?`, []any{importID, part}, &body)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(body, &rows)
}

// DeleteImportParts deletes the rows of a file.
func (tx *Tx) DeleteImportParts(importID string) error {
	_, err := tx.Exec(`DELETE /* Import.DeleteParts */ FROM import_parts
WHERE import_id = ?`, importID)
	return err
}

// AddImportErrors adds what was wrong with rows.
func (tx *Tx) AddImportErrors(importID string, list []portal.ImportError) (err error) {
	defer portal.Wrap(&err, "AddImportErrors(%s)", importID)
	for n, e := range list {
		err := tx.Post(`
INSERT /* Import.AddError */ INTO import_errors (import_id, line, number, column_at, field, code, detail_en, detail_pt)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (import_id, line, number) DO NOTHING`, importID, e.Line, n, e.Column, e.Field, e.Code, e.Detail.EN, e.Detail.PT)
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteImportErrors forgets what was wrong, before the rows are gone through again.
func (tx *Tx) DeleteImportErrors(importID string) error {
	_, err := tx.Exec(`DELETE /* Import.DeleteErrors */ FROM import_errors
WHERE import_id = ?`, importID)
	return err
}

// ImportErrors returns up to limit of what was wrong, in the order of the file.
func (r Reader) ImportErrors(importID string, limit int) (list []portal.ImportError, err error) {
	defer portal.Wrap(&err, "ImportErrors(%s)", importID)
	err = r.Rows(`
SELECT /* Import.Errors */ line, column_at, field, code, detail_en, detail_pt
FROM import_errors
WHERE import_id = ?
ORDER BY line, number
LIMIT ?`, []any{importID, limit}, func(scan func(dest ...any) error) error {
		var e portal.ImportError
		err := scan(&e.Line, &e.Column, &e.Field, &e.Code, &e.Detail.EN, &e.Detail.PT)
		list = append(list, e)
		return err
	})
	return list, err
}

// forgetImported empties the rows about the person in files that wait to be
// imported: those with the number, the external id or the e-mail in a cell.
func (tx *Tx) forgetImported(c portal.Contact) error {
	var ids []string
	err := tx.Rows(`
SELECT /* Import.Open */ id
FROM imports
WHERE account_id = ?
AND environment = ?
AND finished_at IS NULL`, []any{c.AccountID, string(c.Environment)}, func(scan func(dest ...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = tx.forgetInFile(id, c)
		}
	}
	return err
}

func (tx *Tx) forgetInFile(importID string, c portal.Contact) error {
	is := isPerson(c)
	for part := 0; ; part++ {
		rows, err := tx.ImportPart(importID, part)
		if err != nil || rows == nil {
			return err
		}
		changed := false
		for i, row := range rows {
			for _, cell := range row.Cells {
				if is(cell) {
					rows[i].Cells, changed = nil, true
					break
				}
			}
		}
		if !changed {
			continue
		}
		body, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`
UPDATE /* Import.Forget */ import_parts
SET body = ?
WHERE import_id = ?
AND part = ?`, body, importID, part); err != nil {
			return err
		}
	}
}

// isPerson returns whether a cell names the person. A number is known by its
// last eight digits, so that every spelling is found.
func isPerson(c portal.Contact) func(cell string) bool {
	tail := digitsIn(c.Phone)
	if len(tail) > 8 {
		tail = tail[len(tail)-8:]
	}
	return func(cell string) bool {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
			return false
		case cell == c.ExternalID, c.Email != "" && strings.EqualFold(cell, c.Email):
			return true
		}
		return tail != "" && strings.HasSuffix(digitsIn(cell), tail)
	}
}

func digitsIn(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
