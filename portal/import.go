package portal

import "time"

// The states of an import of contacts.
const (
	ImportMapping  = "mapping"  // the file is here; somebody says what its columns mean
	ImportChecking = "checking" // a dry run is under way
	ImportChecked  = "checked"  // the dry run is over; nothing was written
	ImportRunning  = "running"  // rows are being written
	ImportDone     = "done"
	ImportCanceled = "canceled" // rows written before stay
	ImportFailed   = "failed"
)

// Import is a file of contacts on its way in.
type Import struct {
	ID          string
	AccountID   string
	Environment Environment
	UserID      string
	UserName    string
	FileName    string
	Status      string
	Encoding    string   // as it was read: utf-8, utf-16 or windows-1252
	Delimiter   string   // one character
	Header      []string // names of the columns
	Mapping     []string // target of each column, "" = left out
	Total       int      // rows of the file
	Position    int      // rows handled, in the dry run or in the import
	Created     int
	Updated     int
	Kept        int // rows written whose opt-out stayed
	Refused     int
	LeaseUntil  *time.Time
	Claims      int
	CreatedAt   time.Time
	UpdatedAt   time.Time
	FinishedAt  *time.Time
}

// Tenant returns the account and environment of the import.
func (i Import) Tenant() Tenant { return Tenant{AccountID: i.AccountID, Environment: i.Environment} }

// Over reports whether nothing will happen to the import any more.
func (i Import) Over() bool {
	return i.Status == ImportDone || i.Status == ImportCanceled || i.Status == ImportFailed
}

// Working reports whether a worker is at it, or will be.
func (i Import) Working() bool { return i.Status == ImportChecking || i.Status == ImportRunning }

// ImportRow is a row of the file. Cells are nil after the person was erased.
type ImportRow struct {
	Line  int      `json:"l"` // in the file, from 1
	Cells []string `json:"c"`
}

// ImportError is what was wrong with a row; never a value of it.
type ImportError struct {
	Line   int
	Column int    // index of the column, -1 = of none
	Field  string // target, as in Mapping
	Code   string // of a field or of the catalogue
	Detail Words  // zero: the words of the code
}
