package contacts

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/wppmarketing/developers/portal"
)

// The targets of a column; an attribute is AttributePrefix and its name.
const (
	ColumnPhone     = "phone"
	ColumnName      = "name"
	ColumnExternal  = "external_id"
	ColumnEmail     = "email"
	ColumnLanguage  = "language"
	ColumnTags      = "tags"
	ColumnStatus    = "opt_in.status"
	ColumnMarketing = "opt_in.marketing"
	ColumnSource    = "opt_in.source"
	ColumnAt        = "opt_in.at"
	ColumnEvidence  = "opt_in.evidence"
	AttributePrefix = "attributes."
)

// Columns are the targets in the order in which they are offered.
var Columns = []string{
	ColumnPhone, ColumnName, ColumnExternal, ColumnEmail, ColumnLanguage, ColumnTags,
	ColumnStatus, ColumnMarketing, ColumnSource, ColumnAt, ColumnEvidence,
}

// guesses are parts of a column's name, plain, that tell what it means; the first that fits wins.
var guesses = []struct {
	column string
	names  []string
}{
	{ColumnPhone, []string{"phone", "telefone", "celular", "whatsapp", "fone", "mobile", "numero", "number", "tel"}},
	{ColumnEmail, []string{"email", "e_mail"}},
	{ColumnExternal, []string{"external_id", "id_externo", "codigo", "cod_cliente", "id_cliente", "customer_id", "id"}},
	{ColumnName, []string{"name", "nome", "nome_completo", "full_name", "cliente", "nombre"}},
	{ColumnLanguage, []string{"language", "idioma", "lingua"}},
	{ColumnTags, []string{"tags", "tag", "etiquetas", "etiqueta", "segmento"}},
	{ColumnMarketing, []string{
		"marketing", "opt_in_marketing", "marketing_opt_in", "optin_marketing", "aceita_marketing", "aceite_marketing", "aceita_promocoes",
		"aceita_ofertas", "consentimento_marketing", "accepts_marketing", "marketing_consent", "acepta_marketing",
	}},
	{ColumnSource, []string{"opt_in_source", "origem_opt_in", "origem", "source"}},
	{ColumnAt, []string{"opt_in_at", "opt_in_date", "data_opt_in", "data_do_opt_in", "consent_date", "data_aceite"}},
	{ColumnEvidence, []string{"opt_in_evidence", "evidence", "evidencia", "prova"}},
	{ColumnStatus, []string{
		"opt_in", "opt_in_status", "optin", "consent", "consentimento", "aceita", "aceite", "aceita_mensagens", "aceita_whatsapp",
		"aceita_receber_mensagens", "accepts_messages", "acepta", "acepta_mensajes",
	}},
}

// Guess returns what the columns of a header seem to mean. One whose name says
// nothing becomes an attribute of that name.
func Guess(header []string) []string {
	mapping := make([]string, len(header))
	used := map[string]bool{}
	plain := make([]string, len(header))
	for i, name := range header {
		plain[i] = Plain(name)
	}
	for _, g := range guesses {
		for _, name := range g.names {
			if i := slices.Index(plain, name); i >= 0 && mapping[i] == "" && !used[g.column] {
				mapping[i], used[g.column] = g.column, true
			}
		}
	}
	for i, name := range plain {
		if mapping[i] == "" && name != "" && !used[AttributePrefix+name] {
			mapping[i], used[AttributePrefix+name] = AttributePrefix+name, true
		}
	}
	return mapping
}

// Plain makes the name of a column one of an attribute: "Último pedido" is ultimo_pedido.
func Plain(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 40)], "_")
}

func checkMapping(i portal.Import, mapping []string) error {
	refuse := func(column int, code string, w portal.Words) error {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/column/" + strconv.Itoa(column), Code: code, Detail: w})
	}
	if len(mapping) != len(i.Header) {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/column", Code: portal.FieldInvalidValue})
	}
	seen := map[string]bool{}
	for n, target := range mapping {
		if target == "" {
			continue
		}
		name, attribute := strings.CutPrefix(target, AttributePrefix)
		if attribute && !attributeName.MatchString(name) || !attribute && !slices.Contains(Columns, target) {
			return refuse(n, portal.FieldInvalidValue, portal.Words{EN: "There is no such field.", PT: "Esse campo não existe."})
		}
		if seen[target] {
			return refuse(n, portal.FieldConflict, portal.Words{EN: "Another column has this field already. Choose one of them.", PT: "Outra coluna já tem este campo. Escolha uma delas."})
		}
		seen[target] = true
	}
	if !seen[ColumnPhone] && !seen[ColumnExternal] {
		return refuse(0, portal.FieldRequired, portal.Words{EN: "Choose the column of the phone or of your own id: without one nobody is found.", PT: "Escolha a coluna do telefone ou do seu próprio id: sem ela ninguém é encontrado."})
	}
	return nil
}

// upsert reads a row. Empty cells leave the contact's field as it is.
func (r rowReader) upsert(cells []string) (in Upsert, err error) {
	in.Source = portal.SourceImport
	var ch portal.ConsentChange
	var fields []portal.FieldError
	for i, target := range r.mapping {
		if i >= len(cells) || cells[i] == "" || in.take(target, cells[i]) {
			continue
		}
		if wrong := r.consent(&ch, target, cells[i]); wrong != (portal.Words{}) {
			fields = append(fields, portal.FieldError{Pointer: pointerOf(target), Code: portal.FieldInvalidValue, Detail: wrong})
		}
	}
	if len(fields) > 0 {
		return in, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	if ch.Status != nil || ch.Marketing != nil {
		if ch.Status == nil && *ch.Marketing == portal.OptedIn {
			ch.Status = ch.Marketing // who wants offers wants messages; a file with one column says both
		}
		if ch.Source == nil {
			source := portal.SourceImport
			ch.Source = &source
		}
		in.OptIn = Some(ch)
	}
	return in, nil
}

// take puts a cell into the field that its column has; false for a column of consent.
func (in *Upsert) take(target, cell string) bool {
	name, attribute := strings.CutPrefix(target, AttributePrefix)
	switch {
	case target == "": // a column that is left out
	case attribute:
		if in.Attributes.Value == nil {
			in.Attributes = Some(map[string]any{})
		}
		in.Attributes.Value[name] = cell
	case target == ColumnPhone:
		in.Phone = Some(cell)
	case target == ColumnName:
		in.Name = Some(cell)
	case target == ColumnExternal:
		in.ExternalID = Some(cell)
	case target == ColumnEmail:
		in.Email = Some(cell)
	case target == ColumnLanguage:
		in.Language = Some(cell)
	case target == ColumnTags:
		in.Tags = Some(tagsOf(cell))
	default:
		return false
	}
	return true
}

// consent puts a cell into the change of consent, or says what is wrong with it.
func (r rowReader) consent(ch *portal.ConsentChange, target, cell string) (wrong portal.Words) {
	switch target {
	case ColumnStatus, ColumnMarketing:
		state, known := states[Plain(cell)]
		if !known {
			return badState
		}
		if target == ColumnStatus {
			ch.Status = &state
		} else {
			ch.Marketing = &state
		}
	case ColumnSource:
		ch.Source = &cell
	case ColumnEvidence:
		ch.Evidence = &cell
	case ColumnAt:
		at, ok := r.moment(cell)
		if !ok {
			return badMoment
		}
		ch.At = &at
	}
	return wrong
}

// pointerOf is where the field of a column stands in the JSON of a contact.
func pointerOf(column string) string { return "/" + strings.ReplaceAll(column, ".", "/") }

// rowReader reads rows of one import.
type rowReader struct {
	mapping []string
	zone    *time.Location
	months  bool // 03/04 is the fourth of March
}

// states are the words of consent that files use.
var states = map[string]string{
	"opted_in": portal.OptedIn, "sim": portal.OptedIn, "s": portal.OptedIn, "yes": portal.OptedIn, "y": portal.OptedIn, "true": portal.OptedIn,
	"1": portal.OptedIn, "aceita": portal.OptedIn, "aceitou": portal.OptedIn, "verdadeiro": portal.OptedIn, "subscribed": portal.OptedIn,
	"opted_out": portal.OptedOut, "nao": portal.OptedOut, "n": portal.OptedOut, "no": portal.OptedOut, "false": portal.OptedOut,
	"0": portal.OptedOut, "recusou": portal.OptedOut, "falso": portal.OptedOut, "descadastrado": portal.OptedOut, "unsubscribed": portal.OptedOut,
	"unknown": portal.OptInUnknown, "desconhecido": portal.OptInUnknown,
}

var (
	badState = portal.Words{
		EN: "It must say yes or no: opted_in, opted_out, yes, no, 1 or 0.",
		PT: "Deve dizer sim ou não: opted_in, opted_out, sim, não, 1 ou 0.",
	}
	badMoment = portal.Words{
		EN: "It is no date that is understood: write 2026-10-01 or 01/10/2026, with a time if you have it.",
		PT: "A data não é entendida: escreva 2026-10-01 ou 01/10/2026, com a hora se houver.",
	}
)

// moment reads a date as people and programs write it, in the account's zone.
func (r rowReader) moment(cell string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, cell); err == nil {
		return at.UTC(), true
	}
	day := "02/01/2006"
	if r.months {
		day = "01/02/2006"
	}
	for _, date := range []string{"2006-01-02", day, strings.ReplaceAll(day, "/", "-"), strings.ReplaceAll(day, "/", ".")} {
		for _, clock := range []string{"", " 15:04", " 15:04:05", "T15:04", "T15:04:05"} {
			if at, err := time.ParseInLocation(date+clock, cell, r.zone); err == nil {
				return at.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

func tagsOf(cell string) []string {
	var tags []string
	for _, t := range strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	return tags
}

// importErrors says where in the file the refusal of a row came from.
func (r rowReader) importErrors(line int, err error) []portal.ImportError {
	fields := portal.FieldsOf(err)
	if len(fields) == 0 {
		fields = []portal.FieldError{{Code: string(portal.CodeOf(err))}}
	}
	var list []portal.ImportError
	for _, f := range fields {
		e := portal.ImportError{Line: line, Column: -1, Code: f.Code, Detail: f.Detail}
		for i, target := range r.mapping {
			if target != "" && (f.Pointer == pointerOf(target) || strings.HasPrefix(f.Pointer, pointerOf(target)+"/")) {
				e.Column, e.Field = i, target
			}
		}
		if e.Field == "" {
			e.Field = strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", ".")
		}
		list = append(list, e)
	}
	return list
}
