package contacts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"datalek/incidents/roster"
	"datalek/services/contacts"
)

// whole reads a file to its end and fails when what comes breaks a promise that
// holds for every file.
func whole(t *testing.T, data string, format roster.Format) {
	f, err := contacts.Open(strings.NewReader(data), format)
	if err != nil {
		return
	}
	p := f.Proposal()
	m := p.Mapping()
	for at, last := 0, 0; ; at++ {
		row, err := f.Next()
		if err != nil {
			return
		}
		if row.Line < last || row.Line < 1 || len(row.Columns) > 400 {
			t.Fatalf("row %d stands on line %d behind line %d with %d columns", at, row.Line, last, len(row.Columns))
		}
		last = row.Line
		e, _ := m.Entry(row, 2027)
		if x := e.Client.Person; p.Format != roster.XLSX && !utf8.ValidString(x.Name+x.Email+x.Phone+x.PostalAddress) {
			t.Fatalf("the person on line %d is no UTF-8", row.Line)
		}
		for i, c := range p.Columns {
			if c.Refused != "" && m[i] != "" {
				t.Fatalf("column %d is refused and taken", i)
			}
		}
	}
}

func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds like %s: %v", pattern, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
}

func FuzzTable(f *testing.F) {
	seeds(f, "*.csv")
	f.Add("naam;nummer\n\"Jan;1\n")
	f.Add("sep=,\nnaam,nummer\nJan,1")
	f.Add("\xff\xfen\x00a\x00a\x00m\x00\n\x00")
	f.Fuzz(func(t *testing.T, data string) { whole(t, data, roster.CSV) })
}

func FuzzCard(f *testing.F) {
	seeds(f, "*.vcf")
	f.Add("BEGIN:VCARD\nN:a\\;b;c\nTEL;CELL:1\nEND:VCARD")
	f.Fuzz(func(t *testing.T, data string) { whole(t, "BEGIN:VCARD\n"+data, roster.VCard) })
}

func FuzzSheet(f *testing.F) {
	f.Add(spreadsheet(f, []any{"Naam", "Mobiel"}, []any{"Jan Proef", 612345678}))
	f.Fuzz(func(t *testing.T, data string) { whole(t, data, roster.XLSX) })
}
