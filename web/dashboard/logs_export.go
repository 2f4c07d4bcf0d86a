package dashboard

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// exportTime is how long a reader may take for one buffer of an export.
const exportTime = 30 * time.Second

// exportedRows is the trailer that says how many rows an export had: who reads
// it knows that nothing was cut off.
const exportedRows = "Exported-Rows"

// logsExport sends every row of the filters as CSV or NDJSON while it reads them.
func (d *Dashboard) logsExport(w http.ResponseWriter, r *http.Request, p *Person) error {
	format := r.FormValue("format")
	makers := map[string]func(io.Writer) rowWriter{"csv": newCSVRows, "ndjson": newJSONRows}
	types := map[string]string{"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
	if makers[format] == nil {
		return portal.Refuse(portal.CodeNotFound)
	}
	now := d.Store.Now()
	filter := logFilter(logQuery(r.URL.Query(), p.Zone), now)
	h := w.Header()
	h.Set("Content-Type", types[format])
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="request-logs-%s-%s.%s"`, p.Environment, now.Format("20060102-150405"), format))

	rc := http.NewResponseController(w)
	begun := &began{Writer: w}
	buffer := bufio.NewWriterSize(begun, 32<<10)
	rows := makers[format](buffer)
	sent := 0
	err := d.Log.Export(r.Context(), p.Tenant(), filter, func(q portal.Request) error {
		_ = rc.SetWriteDeadline(time.Now().Add(exportTime))
		sent++
		return rows.write(q)
	})
	if err == nil {
		err = rows.end()
	}
	if err == nil {
		err = buffer.Flush()
	}
	if err != nil && !begun.yes {
		h.Del("Content-Disposition")
		return err
	}
	if err != nil {
		d.Logger.Warn("export ended early", "request_id", portal.RequestID(r.Context()), "rows", sent, "error", err)
		// Cut off: half a file must not look like a whole one.
		panic(http.ErrAbortHandler)
	}
	h.Set(http.TrailerPrefix+exportedRows, strconv.Itoa(sent))
	return nil
}

// began remembers whether a part of the answer was sent.
type began struct {
	io.Writer
	yes bool
}

func (b *began) Write(p []byte) (int, error) {
	b.yes = true
	return b.Writer.Write(p)
}

// rowWriter writes the rows of an export.
type rowWriter interface {
	write(q portal.Request) error
	end() error
}

// exported is a row as NDJSON has it: the log entry of the API, without the
// bodies, on one line.
type exported struct {
	ID                string       `json:"id"`
	Environment       string       `json:"environment"`
	At                string       `json:"at"`
	Source            string       `json:"source"`
	Method            string       `json:"method"`
	Path              string       `json:"path"`
	Operation         *string      `json:"operation"`
	Status            int          `json:"status"`
	ErrorCode         *string      `json:"error_code"`
	DurationMS        *float64     `json:"duration_ms"`
	Token             *exportedRef `json:"token"`
	UserID            *string      `json:"user_id"`
	IP                string       `json:"ip"`
	UserAgent         string       `json:"user_agent"`
	IdempotencyKey    *string      `json:"idempotency_key"`
	Replayed          bool         `json:"replayed"`
	TraceID           *string      `json:"trace_id"`
	MessageID         *string      `json:"message_id"`
	ContactID         *string      `json:"contact_id"`
	HandoffID         *string      `json:"handoff_id"`
	OriginalRequestID *string      `json:"original_request_id"`
}

type exportedRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type jsonRows struct{ to *json.Encoder }

func newJSONRows(w io.Writer) rowWriter { return jsonRows{json.NewEncoder(w)} }

func (j jsonRows) write(q portal.Request) error {
	out := exported{
		ID: q.ID, Environment: string(q.Environment), At: portal.FormatTime(q.At), Source: q.Source, Method: q.Method,
		Path: q.Path, Operation: orNull(q.Operation), Status: q.Status, ErrorCode: orNull(string(q.ErrorCode)),
		UserID: orNull(q.UserID), IP: q.IP, UserAgent: q.UserAgent, IdempotencyKey: orNull(q.IdempotencyKey),
		Replayed: q.Replayed, TraceID: orNull(q.TraceID), MessageID: orNull(q.MessageID), ContactID: orNull(q.ContactID),
		HandoffID: orNull(q.HandoffID), OriginalRequestID: orNull(q.OriginalRequestID),
	}
	if q.Duration != nil {
		ms := float64(q.Duration.Microseconds()) / 1000
		out.DurationMS = &ms
	}
	if q.TokenID != "" {
		out.Token = &exportedRef{q.TokenID, q.TokenName}
	}
	return j.to.Encode(out)
}

func (jsonRows) end() error { return nil }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type csvRows struct{ to *csv.Writer }

func newCSVRows(w io.Writer) rowWriter {
	c := csvRows{csv.NewWriter(w)}
	// The writer keeps its first error until end.
	_ = c.to.Write([]string{
		"id", "environment", "at", "source", "method", "path", "operation", "status", "error_code", "duration_ms", "token_id",
		"token_name", "user_id", "ip", "user_agent", "idempotency_key", "replayed", "trace_id", "message_id", "contact_id",
		"handoff_id", "original_request_id",
	})
	return c
}

func (c csvRows) write(q portal.Request) error {
	ms := ""
	if q.Duration != nil {
		ms = strconv.FormatFloat(float64(q.Duration.Microseconds())/1000, 'f', -1, 64)
	}
	cells := []string{
		q.ID, string(q.Environment), portal.FormatTime(q.At), q.Source, q.Method, q.Path, q.Operation, strconv.Itoa(q.Status),
		string(q.ErrorCode), ms, q.TokenID, q.TokenName, q.UserID, q.IP, q.UserAgent, q.IdempotencyKey,
		strconv.FormatBool(q.Replayed), q.TraceID, q.MessageID, q.ContactID, q.HandoffID, q.OriginalRequestID,
	}
	for i, cell := range cells {
		cells[i] = noFormula(cell)
	}
	return c.to.Write(cells)
}

func (c csvRows) end() error {
	c.to.Flush()
	return c.to.Error()
}

// noFormula keeps a spreadsheet from running a cell that somebody else wrote.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
		return "'" + cell
	}
	return cell
}
