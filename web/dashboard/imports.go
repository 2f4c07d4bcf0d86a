package dashboard

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

const (
	sampleRows   = 3
	shownErrors  = 50
	exportErrors = 100_000
)

// imports shows the form for a file and the latest imports.
func (d *Dashboard) imports(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showImports(w, r, p, nil)
}

func (d *Dashboard) showImports(w http.ResponseWriter, r *http.Request, p *Person, refused map[string]portal.Words) error {
	list, err := d.Contacts.Imports(r.Context(), p.Tenant())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if refused != nil {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, at(r, "/contacts/import"), status, views.Imports(views.ImportsProps{Imports: list, Errors: refused}))
}

var noFile = portal.Words{EN: "Choose a file of at most 20 MiB.", PT: "Escolha um arquivo de até 20 MiB."}

// uploadImport takes a file of contacts.
func (d *Dashboard) uploadImport(w http.ResponseWriter, r *http.Request, p *Person) error {
	file, header, err := r.FormFile("file")
	if err != nil {
		return d.showImports(w, r, p, map[string]portal.Words{"file": noFile})
	}
	defer func() { _ = file.Close() }()
	i, err := d.Contacts.Upload(r.Context(), p.caller(r.Context()), header.Filename, file)
	var refused *portal.Error
	if errors.As(err, &refused) && len(refused.Fields) > 0 {
		return d.showImports(w, r, p, formErrors(refused.Fields))
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts/import/"+i.ID)
}

// importPage shows one import; with scripts it is asked for again while a worker is at it.
func (d *Dashboard) importPage(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showImport(w, r, p, nil)
}

func (d *Dashboard) showImport(w http.ResponseWriter, r *http.Request, p *Person, refused []portal.FieldError) error {
	ctx := r.Context()
	i, err := d.Contacts.Import(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	props := views.ImportProps{Import: i, Targets: contacts.Columns}
	if !i.Working() {
		if props.Errors, err = d.Contacts.ImportErrors(ctx, i, shownErrors+1); err != nil {
			return err
		}
		props.More = len(props.Errors) > shownErrors
		props.Errors = props.Errors[:min(len(props.Errors), shownErrors)]
	}
	if !i.Over() && !i.Working() {
		if props.Columns, err = d.importColumns(r, i, refused); err != nil {
			return err
		}
	}
	if r.Header.Get("Wpp-Fragment") != "" {
		return d.page(w, r, http.StatusOK, views.ImportPart(props))
	}
	status := http.StatusOK
	if refused != nil {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, at(r, "/contacts/import/"+i.ID), status, views.Import(props))
}

// importColumns describes the columns of a file with samples, masked as everywhere.
func (d *Dashboard) importColumns(r *http.Request, i portal.Import, refused []portal.FieldError) ([]views.ImportColumn, error) {
	rows, err := d.Contacts.ImportSample(r.Context(), i, sampleRows)
	if err != nil {
		return nil, err
	}
	columns := make([]views.ImportColumn, len(i.Header))
	for n, name := range i.Header {
		columns[n] = views.ImportColumn{Name: name, Target: i.Mapping[n]}
		if refused != nil {
			columns[n].Target = r.PostFormValue("c" + strconv.Itoa(n))
		}
		if own := contacts.Plain(name); own != "" {
			columns[n].Own = contacts.AttributePrefix + own
		}
		for _, row := range rows {
			if n < len(row.Cells) && row.Cells[n] != "" {
				columns[n].Samples = append(columns[n].Samples, audit.MaskText(row.Cells[n]))
			}
		}
	}
	for _, f := range refused {
		n, err := strconv.Atoi(strings.TrimPrefix(f.Pointer, "/column/"))
		if err == nil && n < len(columns) {
			columns[n].Error = f.Detail
		}
	}
	return columns, nil
}

// checkImport takes what the columns are and begins the dry run.
func (d *Dashboard) checkImport(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	i, err := d.Contacts.Import(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	mapping := make([]string, len(i.Header))
	for n := range mapping {
		mapping[n] = r.PostFormValue("c" + strconv.Itoa(n))
	}
	err = d.Contacts.CheckImport(ctx, p.caller(ctx), id, mapping)
	if portal.CodeOf(err) == portal.CodeValidationFailed {
		return d.showImport(w, r, p, portal.FieldsOf(err))
	}
	return d.moved(w, r, err)
}

// startImport writes the rows of a checked file.
func (d *Dashboard) startImport(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.moved(w, r, d.Contacts.StartImport(r.Context(), p.caller(r.Context()), r.PathValue("id")))
}

// cancelImport ends an import; what was written stays.
func (d *Dashboard) cancelImport(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.moved(w, r, d.Contacts.CancelImport(r.Context(), p.caller(r.Context()), r.PathValue("id")))
}

var importMoved = portal.Words{EN: "The import went on meanwhile. This is how it stands.", PT: "A importação avançou nesse meio-tempo. Este é o estado dela."}

// moved leads back to the import after a step, or after one that came too late.
func (d *Dashboard) moved(w http.ResponseWriter, r *http.Request, err error) error {
	if portal.CodeOf(err) == portal.CodeNotCancelable {
		err = d.Sessions.Flash(w, r, importMoved)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts/import/"+r.PathValue("id"))
}

// importErrors sends what was wrong with rows as a file for a spreadsheet.
func (d *Dashboard) importErrors(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	i, err := d.Contacts.Import(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	list, err := d.Contacts.ImportErrors(ctx, i, exportErrors)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="errors-`+i.ID+`.csv"`)
	_, _ = w.Write([]byte("\xef\xbb\xbf")) // spreadsheets take it for UTF-8 only with this mark
	rows := csv.NewWriter(w)
	_ = rows.Write([]string{ui.L(ctx, "line", "linha"), ui.L(ctx, "column", "coluna"), ui.L(ctx, "code", "codigo"), ui.L(ctx, "what is wrong", "o que esta errado")})
	for _, e := range list {
		_ = rows.Write([]string{strconv.Itoa(e.Line), noFormula(views.ImportErrorColumn(ctx, i, e)), e.Code, noFormula(views.ImportReason(ctx, e))})
	}
	rows.Flush()
	return nil
}
