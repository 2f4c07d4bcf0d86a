package store

import "github.com/wppmarketing/developers/portal"

// pageSize returns how many rows a page has. A list reads one more, to know
// whether there is a next page.
func pageSize(p portal.Page) int {
	if p.Limit <= 0 {
		return portal.DefaultLimit
	}
	return p.Limit
}

// cutPage takes the row beyond the page off and returns the key of the next
// page; "" when there is none.
func cutPage[T any](rows []T, p portal.Page, key func(T) string) (page []T, next string) {
	size := pageSize(p)
	if len(rows) <= size {
		return rows, ""
	}
	return rows[:size], key(rows[size-1])
}
