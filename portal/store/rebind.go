package store

import (
	"errors"
	"strconv"
	"strings"
	"sync"
)

// statement is an SQL text in both spellings.
type statement struct {
	dollar string // with $1 … $n, for PostgreSQL
	plus   string // with +?, for SQLite
	params int    // how many ? it has
}

// parseSQL turns each ? outside of literals, quoted names and comments into
// $1, $2 … in order, and into +?. It refuses what the two engines would read
// differently: several statements, numbered parameters, nested comments, a NUL.
//
// The plus sign changes no value. It hides the parameter from SQLite's planner,
// which otherwise takes most plans to depend on the values and prepares such a
// statement anew each time it runs: that costs more than running it.
func parseSQL(sql string) (statement, error) {
	var dollar, plus strings.Builder
	n, ended := 0, false
	for i := 0; i < len(sql); {
		end, err := tokenEnd(sql, i)
		if err != nil {
			return statement{}, err
		}
		token := sql[i:end]
		i = end
		switch {
		case token == ";":
			ended = true
		case ended && !blank(token):
			return statement{}, errors.New("more than one statement")
		case token == "?":
			if i < len(sql) && digit(sql[i]) {
				return statement{}, errors.New("a numbered parameter")
			}
			n++
			dollar.WriteString("$" + strconv.Itoa(n))
			plus.WriteString("+?")
			continue
		}
		dollar.WriteString(token)
		plus.WriteString(token)
	}
	return statement{dollar: dollar.String(), plus: plus.String(), params: n}, nil
}

// tokenEnd returns where the token that starts at i ends: a literal, a quoted
// name, a comment, or one byte.
func tokenEnd(sql string, i int) (int, error) {
	rest := sql[i:]
	switch {
	case rest[0] == 0:
		return 0, errors.New("a NUL")
	case rest[0] == '\'' || rest[0] == '"':
		// A doubled quote reads as two literals side by side, which end at the same place.
		if end := strings.IndexByte(rest[1:], rest[0]); end >= 0 {
			return i + 1 + end + 1, nil
		}
		return 0, errors.New("a quote that does not end")
	case strings.HasPrefix(rest, "--"):
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			return i + end, nil
		}
		return len(sql), nil
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			return 0, errors.New("a comment that does not end")
		}
		if strings.Contains(rest[2:2+end], "/*") {
			return 0, errors.New("a comment inside a comment")
		}
		return i + 2 + end + 2, nil
	}
	return i + 1, nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func blank(token string) bool {
	return strings.TrimSpace(token) == "" || strings.HasPrefix(token, "--") || strings.HasPrefix(token, "/*")
}

// maxTexts bounds the caches kept by SQL text. Texts are built from constants,
// so more than this means that a filter has many shapes, not that input leaks in.
const maxTexts = 512

// texts remembers parsed statements. The zero value is ready.
type texts struct {
	mu    sync.RWMutex
	known map[string]statement
}

// bind parses a text and binds its arguments, for PostgreSQL.
func (t *texts) bind(sql string, args []any) (statement, []any, error) {
	st, err := t.parse(sql)
	if err != nil {
		return st, nil, err
	}
	values, err := bindAll(args, st.params)
	return st, values, err
}

func (t *texts) parse(sql string) (statement, error) {
	t.mu.RLock()
	st, ok := t.known[sql]
	t.mu.RUnlock()
	if ok {
		return st, nil
	}
	st, err := parseSQL(sql)
	if err != nil {
		return statement{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTexts {
		t.known = map[string]statement{}
	}
	t.known[sql] = st
	return st, nil
}
