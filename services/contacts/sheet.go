package contacts

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"datalek/incidents/fault"
	"datalek/incidents/roster"
)

const (
	mostZipped   = 16 << 20
	mostUnzipped = 96 << 20 // of a whole spreadsheet: what unpacks to more is a bomb
)

// sheet reads the first sheet of a spreadsheet that has rows.
type sheet struct {
	file *excelize.File
	rows *excelize.Rows
	at   int
}

// openSheet opens a spreadsheet in memory: the limits are alike, so that none of
// it is unpacked onto the disk.
func openSheet(r io.Reader) (s *sheet, err error) {
	unreadable := fault.New(fault.Invalid, "error.import_xlsx", "this spreadsheet cannot be read; save it as CSV UTF-8 and try again")
	defer func() {
		if recover() != nil { // a library may stumble over a hostile file
			s, err = nil, unreadable
		}
	}()
	in := &io.LimitedReader{R: r, N: mostZipped + 1}
	file, err := excelize.OpenReader(in, excelize.Options{UnzipSizeLimit: mostUnzipped, UnzipXMLSizeLimit: mostUnzipped,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd"})
	switch {
	case in.N <= 0:
		return nil, fault.New(fault.Invalid, "error.file_large", "choose a file of at most 16 MB")
	case err != nil:
		return nil, unreadable
	}
	for _, name := range file.GetSheetList() {
		rows, err := file.Rows(name)
		if err != nil {
			continue
		}
		if s := (&sheet{file: file, rows: rows}); rows.Next() {
			return s, nil
		}
	}
	return nil, fault.New(fault.Invalid, "error.csv_empty", "the file has no line with headers such as name, email, guidance_from")
}

func (s *sheet) next() (row roster.Row, err error) {
	defer func() {
		if recover() != nil {
			row, err = roster.Row{}, fault.New(fault.Invalid, "error.import_xlsx", "this spreadsheet cannot be read; save it as CSV UTF-8 and try again")
		}
	}()
	if s.at > 0 && !s.rows.Next() {
		return roster.Row{}, s.end()
	}
	s.at++
	cells, err := s.rows.Columns()
	if err != nil {
		return roster.Row{}, fmt.Errorf("read row %d of the spreadsheet: %w", s.at, err)
	}
	if len(cells) > mostColumns {
		return roster.Row{Line: s.at, Fault: "error.csv_row"}, nil
	}
	return roster.Row{Line: s.at, Columns: cells}, nil
}

func (s *sheet) end() error {
	if err := errors.Join(s.rows.Error(), s.rows.Close(), s.file.Close()); err != nil {
		return fmt.Errorf("read the spreadsheet: %w", err)
	}
	return io.EOF
}
