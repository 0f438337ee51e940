package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
)

const (
	peeked      = 64 << 10 // what the format and the encoding are told by
	sampleRows  = 100
	headerRows  = 10      // the headers stand among the first lines
	mostColumns = 400     // Outlook has 93
	mostRows    = 500_000 // more are no practice's list
)

// source reads one format row by row; io.EOF after the last. A row's columns
// are the caller's to keep.
type source interface {
	next() (roster.Row, error)
}

// File is an open list of people.
type File struct {
	source   source
	held     []roster.Row // read already, to look at
	proposal roster.Proposal
	rows     int
}

// Open finds out what r holds, unless format says so, and reads its beginning.
// A file that is no list at all is fault.Invalid.
func Open(r io.Reader, format roster.Format) (*File, error) {
	head := bufio.NewReaderSize(r, peeked)
	start, err := head.Peek(peeked) // a short file is peeked whole
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	found, err := formatOf(start)
	if err != nil {
		return nil, err
	}
	if format != "" && format != roster.Auto && kindOf(format) != found {
		return nil, fault.New(fault.Invalid, "error.import_format", "the file is not of the format that was asked for")
	}
	f := &File{}
	switch found {
	case roster.XLSX:
		f.source, err = openSheet(head)
	case roster.VCard:
		f.source = openCards(head, start)
	default:
		f.source, err = openTable(head, start)
	}
	if err != nil {
		return nil, err
	}
	if found == roster.VCard {
		f.proposal = roster.Proposal{Format: found, Columns: cardColumns()}
		return f, f.sample()
	}
	return f, f.readHeaders(found)
}

// kindOf is the format without the layout.
func kindOf(format roster.Format) roster.Format {
	if format == roster.Outlook || format == roster.Google {
		return roster.CSV
	}
	return format
}

func formatOf(start []byte) (roster.Format, error) {
	text := plainStart(start)
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return roster.XLSX, nil
	case bytes.HasPrefix(start, []byte{0xd0, 0xcf, 0x11, 0xe0}): // Excel 97, or a spreadsheet with a password
		return "", fault.New(fault.Invalid, "error.import_xls", "save the spreadsheet as XLSX or CSV, without a password, and try again")
	case len(text) >= 11 && strings.EqualFold(text[:11], "BEGIN:VCARD"):
		return roster.VCard, nil
	}
	return roster.CSV, nil
}

// plainStart is the beginning without a mark, blanks and the zero bytes of UTF-16.
func plainStart(start []byte) string {
	text := strings.ReplaceAll(string(start[:min(len(start), 200)]), "\x00", "")
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\ufeff"} {
		text = strings.TrimPrefix(text, mark)
	}
	return strings.TrimLeft(text, " \t\r\n")
}

// readHeaders finds the line with headers among the first, and looks at what
// stands below it.
func (f *File) readHeaders(found roster.Format) error {
	if err := f.hold(headerRows); err != nil {
		return err
	}
	if len(f.held) == 0 {
		return fault.New(fault.Invalid, "error.csv_empty", "the file has no line with headers such as name, email, guidance_from")
	}
	if !slices.ContainsFunc(f.held, func(r roster.Row) bool { return r.Fault == "" }) {
		return fault.New(fault.Invalid, f.held[0].Fault, "the first lines of this file cannot be read; save it as CSV UTF-8 and try again")
	}
	at, headers := headerLine(f.held)
	if len(headers) > mostColumns {
		return fault.New(fault.Invalid, "error.import_columns", "the file has too many columns to be a list of people")
	}
	f.held = f.held[at:]
	f.proposal = roster.Proposal{Format: layoutOf(found, headers)}
	for _, h := range headers {
		f.proposal.Columns = append(f.proposal.Columns, roster.Column{Name: cut(h, 60)})
	}
	if err := f.sample(); err != nil {
		return err
	}
	guess(&f.proposal, headers)
	return nil
}

// headerLine returns the headers and how many lines stand up to them. A list
// whose first line holds an address has none, and its columns are counted.
func headerLine(rows []roster.Row) (int, []string) {
	known := roster.ByHeader()
	best, at := 1, -1
	for i, row := range rows {
		n := 0
		for _, c := range row.Columns {
			if headerField(known, c) != "" {
				n++
			}
		}
		if n > best || at < 0 && n == 1 && i == 0 {
			best, at = n, i
		}
	}
	from := slices.IndexFunc(rows, func(r roster.Row) bool { return r.Fault == "" })
	first := rows[from].Columns
	if at < 0 && slices.ContainsFunc(first, registry.ValidEmail) {
		headers := make([]string, len(first))
		for i := range headers {
			headers[i] = strconv.Itoa(i + 1)
		}
		return from, headers
	}
	at = max(at, from)
	return at + 1, rows[at].Columns
}

// hold reads until n rows are held.
func (f *File) hold(n int) error {
	for len(f.held) < n {
		row, err := f.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f.held = append(f.held, row)
	}
	return nil
}

func (f *File) sample() error {
	if err := f.hold(sampleRows); err != nil {
		return err
	}
	for _, row := range f.held {
		if row.Fault == "" {
			f.proposal.Sample = append(f.proposal.Sample, row)
		}
	}
	return nil
}

// Proposal is what the list is taken for.
func (f *File) Proposal() roster.Proposal { return f.proposal }

// Next returns the next row below the headers, io.EOF after the last.
func (f *File) Next() (roster.Row, error) {
	if len(f.held) > 0 {
		row := f.held[0]
		f.held = f.held[1:]
		return row, nil
	}
	return f.read()
}

// read returns the next row that is not blank, its cells without blanks around.
func (f *File) read() (roster.Row, error) {
	for {
		row, err := f.source.next()
		if err != nil {
			return row, err
		}
		for i, cell := range row.Columns {
			row.Columns[i] = strings.TrimSpace(cell)
		}
		if row.Blank() {
			continue
		}
		if f.rows++; f.rows > mostRows {
			return row, fault.New(fault.Invalid, "error.import_rows", "the file has more lines than a list of people has; split it")
		}
		return row, nil
	}
}

func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
