package contacts

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/wppmarketing/developers/portal"
)

// table is a file of rows, as its encoding and delimiter make it.
type table struct {
	encoding  string
	delimiter rune
	header    []string
	rows      *csv.Reader
}

func refuseFile(en, pt string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
		Pointer: "/file", Code: portal.FieldInvalidFormat, Detail: portal.Words{EN: en, PT: pt},
	})
}

// openTable reads the file and finds out how it is written: UTF-8, UTF-16 with
// its mark, or else Windows-1252, which holds Latin-1; columns parted by comma,
// semicolon or tab. The first row names the columns.
func openTable(file io.Reader) (*table, error) {
	data, err := io.ReadAll(io.LimitReader(file, MaxImportBytes+1))
	if err != nil {
		return nil, refuseFile("The file did not arrive whole. Send it again.", "O arquivo não chegou inteiro. Envie de novo.")
	}
	if len(data) > MaxImportBytes {
		return nil, refuseFile("The file is larger than 20 MiB. Divide it.", "O arquivo tem mais de 20 MiB. Divida-o.")
	}
	t := &table{}
	if data, t.encoding, err = decodeText(data); err != nil {
		return nil, refuseFile("The text cannot be read. Save the file as CSV in UTF-8.", "Não dá para ler o texto. Salve o arquivo como CSV em UTF-8.")
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.IndexByte(data, 0) >= 0 {
		return nil, refuseFile("This is not a CSV file. In Excel or Sheets, save as CSV.", "Este arquivo não é CSV. No Excel ou no Sheets, salve como CSV.")
	}
	t.delimiter = delimiterOf(data)
	t.rows = csv.NewReader(bytes.NewReader(data))
	t.rows.Comma, t.rows.LazyQuotes, t.rows.FieldsPerRecord = t.delimiter, true, -1
	header, err := t.rows.Read()
	if err != nil || strings.TrimSpace(strings.Join(header, "")) == "" {
		return nil, refuseFile("The file is empty. The first row names the columns.", "O arquivo está vazio. A primeira linha dá nome às colunas.")
	}
	if len(header) > maxColumns {
		return nil, refuseFile("There are more than 100 columns. Remove those that are not needed.", "Há mais de 100 colunas. Remova as que não são necessárias.")
	}
	for _, name := range header {
		t.header = append(t.header, trimTo(strings.TrimSpace(name), maxValue))
	}
	return t, nil
}

func decodeText(data []byte) (text []byte, encoding string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], "utf-8", nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		text, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		return text, "utf-16", err
	case utf8.Valid(data):
		return data, "utf-8", nil
	}
	text, err = charmap.Windows1252.NewDecoder().Bytes(data)
	return text, "windows-1252", err
}

// delimiterOf returns what parts the first row into most columns.
func delimiterOf(data []byte) rune {
	best, most := ',', 0
	for _, d := range ",;\t" {
		r := csv.NewReader(bytes.NewReader(data))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = d, true, -1
		if row, err := r.Read(); err == nil && len(row) > most {
			best, most = d, len(row)
		}
	}
	return best
}

// parts returns the rows, some in each part, without those that are empty.
func (t *table) parts() (parts [][]portal.ImportRow, err error) {
	total := 0
	for {
		cells, err := t.rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuseFile("A row cannot be read: a quotation mark is never closed.", "Uma linha não pode ser lida: há aspas que nunca fecham.")
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if total++; total > maxImportRows {
			return nil, refuseFile("There are more than 100,000 rows. Divide the file.", "Há mais de 100.000 linhas. Divida o arquivo.")
		}
		line, _ := t.rows.FieldPos(0)
		row := portal.ImportRow{Line: line, Cells: make([]string, min(len(cells), len(t.header)))}
		for i := range row.Cells {
			row.Cells[i] = trimTo(strings.TrimSpace(cells[i]), 2*maxValue)
		}
		if n := len(parts); n == 0 || len(parts[n-1]) == rowsPerPart {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], row)
	}
	if total == 0 {
		return nil, refuseFile("The file has a header and no rows.", "O arquivo tem cabeçalho e nenhuma linha.")
	}
	return parts, nil
}

// trimTo cuts what no field would take anyway; a cell cut is still too long for its field.
func trimTo(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}
