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

// columnNames maps headers, in lower case, to columns: the API's own names and
// what a Dutch or English spreadsheet calls them.
func columnNames() map[string]column {
	names := map[string]column{}
	for col, list := range map[column]string{
		colNumber: "external_id|nummer|cliëntnummer|clientnummer|number|client number|id", colName: "name|naam|volledige naam|full name",
		colEmail: "email|e-mail|e-mailadres|emailadres|mail|email address|e-mail address", colPhone: "phone|telefoon|telefoonnummer|mobiel|telephone|mobile",
		colAddress: "postal_address|adres|postadres|address", colLanguage: "language|taal", colRelation: "relation|relatie",
		colBirth: "birth_year|geboortejaar|year of birth", colParents: "guardians|ouders|ouder", colChannel: "channel|kanaal",
		colFrom:  "guidance_from|begeleiding van|begeleiding vanaf|startdatum|start|start date",
		colUntil: "guidance_until|begeleiding tot|begeleiding t/m|einddatum|einde|end date", colCoach: "coach",
	} {
		for name := range strings.SplitSeq(list, "|") {
			names[name] = col
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
		return fault.New(fault.Invalid, "error.csv_key", "the file needs a column named external_id or nummer, or one with e-mail addresses")
	}
	return nil
}

// fileRow is one client as a file tells it, with its line and what is wrong with it.
type fileRow struct {
	line   int
	input  ClientInput
	faults fault.List
}

// next returns the next row, io.EOF after the last.
func (f *clientFile) next() (fileRow, error) {
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
	values := map[column]string{}
	for i, cell := range cells {
		if i < len(f.columns) && f.columns[i] != "" {
			values[f.columns[i]] = strings.TrimSpace(cell)
		}
	}
	return rowOf(line, values), nil
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
		Language: strings.ToLower(v[colLanguage]), Relation: registry.Relation(v[colRelation]), Channel: registry.Channel(v[colChannel]), HoldingsByRule: true,
		BirthYear: row.year(v[colBirth]), Guidance: row.guidance(v[colFrom], v[colUntil]),
	}
	return row
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
