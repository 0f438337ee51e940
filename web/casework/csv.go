package casework

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// column is what one column of a file of clients means.
type column string

const (
	colNumber   column = "external_id"
	colName     column = "name"
	colEmail    column = "email"
	colPhone    column = "phone"
	colAddress  column = "postal_address"
	colLanguage column = "language"
	colRelation column = "relation"
	colBirth    column = "birth_year"
	colParents  column = "guardians"
	colChannel  column = "channel"
	colFrom     column = "guidance_from"
	colUntil    column = "guidance_until"
	colCoach    column = "coach"
)

// ImportColumn is a column that a file of clients may have: its field in the
// API, and the headers it goes by, in any case.
type ImportColumn struct {
	Field   string
	Headers []string
}

// ImportColumns returns the columns that Import understands: by the API's own
// names and by what a Dutch or English spreadsheet calls them.
func ImportColumns() []ImportColumn {
	var all []ImportColumn
	for _, col := range []struct {
		field   column
		headers string
	}{
		{colNumber, "external_id|nummer|cliëntnummer|clientnummer|number|client number|id"}, {colName, "name|naam|volledige naam|full name"},
		{colEmail, "email|e-mail|e-mailadres|emailadres|mail|email address|e-mail address"},
		{colPhone, "phone|telefoon|telefoonnummer|mobiel|telephone|mobile"}, {colAddress, "postal_address|adres|postadres|address"},
		{colLanguage, "language|taal"}, {colRelation, "relation|relatie"}, {colBirth, "birth_year|geboortejaar|year of birth"},
		{colParents, "guardians|ouders|ouder"}, {colChannel, "channel|kanaal"},
		{colFrom, "guidance_from|begeleiding van|begeleiding vanaf|startdatum|start|start date"},
		{colUntil, "guidance_until|begeleiding tot|begeleiding t/m|einddatum|einde|end date"}, {colCoach, "coach"},
	} {
		all = append(all, ImportColumn{string(col.field), strings.Split(col.headers, "|")})
	}
	return all
}

// columnNames maps headers, in lower case, to columns.
func columnNames() map[string]column {
	names := map[string]column{}
	for _, col := range ImportColumns() {
		for _, header := range col.Headers {
			names[header] = column(col.Field)
		}
	}
	return names
}

const (
	mostRowBytes = 64 << 10
	mostFaults   = 1000
)

// clientFile reads a file of clients row by row.
type clientFile struct {
	csv     *csv.Reader
	columns []column // by place; "" is dropped
	Dropped []string // headers that nothing is taken from
}

// openClientFile finds out the encoding and the separator, and reads the headers.
func openClientFile(r io.Reader) (*clientFile, error) {
	head := bufio.NewReaderSize(r, mostRowBytes)
	start, _ := head.Peek(mostRowBytes) // a short file is peeked whole
	start, err := skipMark(head, start)
	if err != nil {
		return nil, err
	}
	var in io.Reader = head
	if !validStart(start) {
		in = transform.NewReader(head, charmap.Windows1252.NewDecoder())
	}
	f := &clientFile{csv: csv.NewReader(in)}
	f.csv.Comma, f.csv.FieldsPerRecord, f.csv.LazyQuotes, f.csv.ReuseRecord = separator(start), -1, true, true
	return f, f.readHeaders()
}

func skipMark(head *bufio.Reader, start []byte) ([]byte, error) {
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return nil, fault.New(fault.Invalid, "error.csv_utf16", "save the file as CSV UTF-8 and try again")
	}
	if mark := []byte{0xef, 0xbb, 0xbf}; bytes.HasPrefix(start, mark) {
		_, err := head.Discard(len(mark))
		return start[len(mark):], err
	}
	return start, nil
}

// validStart reports whether the part is UTF-8; it may end inside a character.
func validStart(start []byte) bool {
	for cut := range utf8.UTFMax {
		if len(start) >= cut && utf8.Valid(start[:len(start)-cut]) {
			return true
		}
	}
	return false
}

// separator returns the character that stands most often in the first line.
func separator(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(line, []byte(string(c))) > bytes.Count(line, []byte(string(best))) {
			best = c
		}
	}
	return best
}

func (f *clientFile) readHeaders() error {
	headers, err := f.csv.Read()
	if err != nil {
		return fault.New(fault.Invalid, "error.csv_empty", "the file has no line with headers such as name, email, guidance_from")
	}
	names := columnNames()
	for _, h := range headers {
		col := names[strings.ToLower(strings.TrimSpace(h))]
		if slices.Contains(f.columns, col) {
			col = "" // the first of two columns with one meaning counts
		}
		f.columns = append(f.columns, col)
		if col == "" {
			f.Dropped = append(f.Dropped, cut(strings.TrimSpace(h), 60))
		}
	}
	if !slices.Contains(f.columns, colName) {
		return fault.New(fault.Invalid, "error.csv_name", "the file needs a column named name or naam")
	}
	if !slices.Contains(f.columns, colNumber) && !slices.Contains(f.columns, colEmail) {
		return fault.New(fault.Invalid, "error.csv_key", "the file needs a column named external_id or nummer, or one with email addresses")
	}
	return nil
}

// fileRow is one client as a file tells it, with its line and what is wrong with it.
type fileRow struct {
	line   int
	input  ClientInput
	faults fault.List
}

// next returns the next row, io.EOF after the last. Lines of nothing but
// separators, as spreadsheets leave them, are no rows.
func (f *clientFile) next() (fileRow, error) {
	for {
		cells, err := f.csv.Read()
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken):
			row := fileRow{line: broken.StartLine}
			row.faults.Add("", "error.csv_row", "this line is not valid CSV; check its quotes")
			return row, nil
		case err != nil:
			return fileRow{}, err
		}
		line, _ := f.csv.FieldPos(0)
		values, some := map[column]string{}, false
		for i, cell := range cells {
			cell = strings.TrimSpace(decoded(cell))
			some = some || cell != ""
			if i < len(f.columns) && f.columns[i] != "" {
				values[f.columns[i]] = cell
			}
		}
		if some {
			return rowOf(line, values), nil
		}
	}
}

// decoded reads a cell that is no UTF-8 as Windows-1252: the first accent may
// stand far behind the part that told the file's encoding.
func decoded(cell string) string {
	if utf8.ValidString(cell) {
		return cell
	}
	text, err := charmap.Windows1252.NewDecoder().String(cell)
	if err != nil {
		return cell
	}
	return text
}

// has reports whether the file has a column of this meaning.
func (f *clientFile) has(col column) bool { return slices.Contains(f.columns, col) }

// onto lays what the file tells about somebody over what is stored: a column
// that is not there changes nothing, an empty cell empties. Language and
// relation are never empty, so that there an empty cell changes nothing.
func (f *clientFile) onto(stored, told registry.Client) registry.Client {
	c := stored
	for _, part := range []struct {
		col  column
		lay  func()
		must bool // the cell says something
	}{
		{colName, func() { c.Person.Name = told.Person.Name }, true},
		{colEmail, func() { c.Person.Email = told.Person.Email }, true},
		{colPhone, func() { c.Person.Phone = told.Person.Phone }, true},
		{colAddress, func() { c.Person.PostalAddress = told.Person.PostalAddress }, true},
		{colCoach, func() { c.Person.Coach = told.Person.Coach }, true},
		{colBirth, func() { c.BirthYear = told.BirthYear }, true},
		{colChannel, func() { c.Channel = told.Channel }, true},
		{colLanguage, func() { c.Language = told.Language }, told.Language != ""},
		{colRelation, func() { c.Relation = told.Relation }, told.Relation != ""},
		{colFrom, func() { c.Guidance = guided(c.Guidance, told.Guidance[0], f.has(colUntil)) }, len(told.Guidance) > 0},
	} {
		if f.has(part.col) && part.must {
			part.lay()
		}
	}
	return c
}

// guided adds the span that a file tells to the stored ones. It replaces the
// one that began on the same day, or the only one.
func guided(stored []registry.Guidance, told registry.Guidance, ends bool) []registry.Guidance {
	spans := slices.Clone(stored)
	at := slices.IndexFunc(spans, func(g registry.Guidance) bool { return g.From == told.From })
	if at < 0 && len(spans) == 1 {
		at = 0
	}
	if at < 0 {
		return append(spans, told)
	}
	if !ends {
		told.Until = spans[at].Until
	}
	spans[at] = told
	return spans
}

func rowOf(line int, v map[column]string) fileRow {
	row := fileRow{line: line}
	number := v[colNumber]
	if number == "" {
		number = registry.NormalEmail(v[colEmail])
	}
	row.input.Guardians = strings.FieldsFunc(v[colParents], func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '|' })
	row.input.Client = registry.Client{
		Person:   registry.Person{ExternalID: number, Name: v[colName], Email: v[colEmail], Phone: v[colPhone], PostalAddress: v[colAddress], Coach: v[colCoach]},
		Language: codeOf(v[colLanguage]), Relation: registry.Relation(codeOf(v[colRelation])), Channel: registry.Channel(codeOf(v[colChannel])), HoldingsByRule: true,
		BirthYear: row.year(v[colBirth]), Guidance: row.guidance(v[colFrom], v[colUntil]),
	}
	return row
}

// codeOf returns the program's own word for what people write in a column of
// choices, and what it does not know as it stands.
func codeOf(word string) string {
	word = strings.ToLower(word)
	for code, list := range map[string]string{
		"nl": "nederlands|dutch", "en": "engels|english", "fr": "frans|french", "de": "duits|german",
		"client": "cliënt|klant", "trainee": "leerling|stagiair", "organisation_contact": "contactpersoon|contact", "parent": "ouder|voogd|guardian",
		"complainant": "melder|klager",
		"accused":     "beklaagde|aangeklaagde", "referrer": "verwijzer|doorverwijzer", "employee": "medewerker|staff",
		"enquirer": "belangstellende|prospect", "customer": "projectklant|opdrachtgever", "newsletter": "nieuwsbrief", "other": "anders|overig",
		"email": "e-mail|mail", "phone": "telefoon|telephone", "letter": "brief|post", "message": "bericht|messenger|signal|xmpp|matrix", "encrypted_email": "versleutelde e-mail|encrypted e-mail",
	} {
		if slices.Contains(strings.Split(list, "|"), word) {
			return code
		}
	}
	return word
}

func (r *fileRow) year(text string) int {
	if text == "" {
		return 0
	}
	year, err := strconv.Atoi(text)
	if err != nil {
		r.faults.Add(string(colBirth), "error.birth_year", "give a year such as 2014")
	}
	return year
}

func (r *fileRow) guidance(from, until string) []registry.Guidance {
	if from == "" && until == "" {
		return nil
	}
	return []registry.Guidance{{From: r.day(from, colFrom), Until: r.day(until, colUntil)}}
}

// day reads 2025-03-01, 1-3-2025 or 01/03/2025: in the Netherlands and Belgium
// the day stands before the month.
func (r *fileRow) day(text string, col column) registry.Date {
	if text == "" {
		return registry.Date{}
	}
	if d, err := registry.ParseDate(text); err == nil {
		return d
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '-' || c == '/' || c == '.' })
	if len(parts) == 3 && len(parts[2]) == 4 {
		if d, err := registry.ParseDate(fmt.Sprintf("%s-%02s-%02s", parts[2], parts[1], parts[0])); err == nil {
			return d
		}
	}
	r.faults.Add(string(col), "error.csv_date", "give a date such as 2025-03-01 or 1-3-2025")
	return registry.Date{}
}

func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
