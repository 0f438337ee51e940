package contacts_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/services/contacts"
)

// read is everything in a file.
func read(t testing.TB, data string) (roster.Proposal, []roster.Row) {
	t.Helper()
	f, err := contacts.Open(strings.NewReader(data), roster.Auto)
	if err != nil {
		t.Fatal(err)
	}
	var rows []roster.Row
	for {
		row, err := f.Next()
		if errors.Is(err, io.EOF) {
			return f.Proposal(), rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

// people says in words who stands in a file.
func people(t testing.TB, data string) (roster.Proposal, []string) {
	t.Helper()
	p, rows := read(t, data)
	m := p.Mapping()
	var all []string
	for _, row := range rows {
		e, faults := m.Entry(row, 2027)
		if len(faults) > 0 {
			all = append(all, fmt.Sprintf("%d %s", e.Line, faults[0].Key))
			continue
		}
		x := e.Client.Person
		all = append(all, fmt.Sprintf("%d %s|%s|%s|%s", e.Line, x.Name, x.Email, x.Phone, strings.ReplaceAll(x.PostalAddress, "\n", "/")))
	}
	return p, all
}

func TestLayoutsAreReadAsTheirProgramsWriteThem(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		format     roster.Format
		want       []string
	}{
		{"Outlook on a Dutch desktop", "outlook-nl.csv", roster.Outlook, []string{
			"2 Anneke van der Voorbeeld|anneke@voorbeeldpost.example|06-55500101|Dorpsstraat 1/1234 AB Utrecht/Nederland",
			"3 Jan de Test|jan@voorbeeldpost.example|030-5550101|", "4 error.import_no_person"}},
		{"Outlook on an English desktop", "outlook-en.csv", roster.Outlook, []string{
			"2 Anneke van der Voorbeeld|anneke@voorbeeldpost.example|06-55500101|Dorpsstraat 1/1234 AB Utrecht/Netherlands", "4 Renée Müller|||"}},
		{"Outlook on the web", "outlook-web.csv", roster.Outlook, []string{"2 Jan de Test|jan@voorbeeldpost.example|06-55500102|Kerkplein 12 bus 3/9000 Gent/België"}},
		{"Google before 2024", "google-old.csv", roster.Google, []string{
			"2 Anneke van der Voorbeeld|anneke@voorbeeldpost.example|06-55500101|Dorpsstraat 1/1234 AB Utrecht/Nederland", "5 error.import_no_person"}},
		{"Google since 2024", "google-new.csv", roster.Google, []string{"2 Anneke van der Voorbeeld|anneke@voorbeeldpost.example|06-55500101|Dorpsstraat 1/1234 AB Utrecht/Nederland"}},
		{"vCard 2.1", "cards-21.vcf", roster.VCard, []string{"1 Renée van der Müller|renee@voorbeeldpost.example|06-55500103|Straße 5/50667 Köln"}},
		{"vCard 3.0", "cards-30.vcf", roster.VCard, []string{
			"1 Anneke van der Voorbeeld|anneke@voorbeeldpost.example|06-55500101|Dorpsstraat 1/1234 AB Utrecht/Nederland", "18 error.import_no_person", "24 Jan Test; en Zoon|||"}},
		{"vCard 4.0", "cards-40.vcf", roster.VCard, []string{"1 Jan de Test|jan@voorbeeldpost.example|+32470550102|Kerkplein 12, bus 3/9000 Gent/België", "12 error.csv_card", "15 Fatima el Proef|||"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			p, got := people(t, string(data))
			if p.Format != tt.format {
				t.Errorf("format = %s, want %s", p.Format, tt.format)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAListReadsTheSameHoweverItWasSaved(t *testing.T) {
	const plain = "naam;e-mail;adres\nJosé Proef;jose@voorbeeldpost.example;\"Weg 1\n9999 ZZ Stad\"\n"
	encode := func(enc interface{ String(string) (string, error) }) string {
		text, err := enc.String(plain)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want := []string{"2 José Proef|jose@voorbeeldpost.example||Weg 1/9999 ZZ Stad"}
	for name, data := range map[string]string{
		"semicolons": plain, "commas": strings.ReplaceAll(plain, ";", ","), "tabs": strings.ReplaceAll(plain, ";", "\t"), "bars": strings.ReplaceAll(plain, ";", "|"),
		"a byte order mark":           "\ufeff" + plain,
		"Windows-1252":                encode(charmap.Windows1252.NewEncoder()),
		"UTF-16, little end first":    encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"UTF-16, big end first":       encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()),
		"UTF-16 without a mark":       encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()),
		"the line ends of Windows":    strings.ReplaceAll(plain, "\n", "\r\n"),
		"the line ends of an old Mac": strings.ReplaceAll(plain, "\n", "\r"),
		"no line end at the end":      strings.TrimSuffix(plain, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			_, got := people(t, data)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "\r", "")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
	}
	if _, got := people(t, "sep=,\n"+strings.ReplaceAll(plain, ";", ",")); len(got) != 1 || !strings.HasPrefix(got[0], "3 José") {
		t.Errorf("with Excel's hint people = %v", got)
	}
}

func TestABrokenLineCostsOneLine(t *testing.T) {
	const head = "naam,nummer\n"
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"a quote that never closes", head + "\"Jan,1\nPiet,2\nAnna,3\n", []string{"2 error.csv_row", "3 Piet|||", "4 Anna|||"}},
		{"a quote that closes a thousand lines on", head + "\"Jan,1\n" + strings.Repeat("Piet,2\n", 1001) + "\"Eva\",3\n", nil},
		{"quotes within a cell", head + "\"Jan \"Jantje\" Proef\",1\n5\" Piet,2\n", []string{`2 Jan "Jantje" Proef|||`, `3 5" Piet|||`}},
		{"a line without an end", head + strings.Repeat("x", 1<<20) + ",1\nPiet,2\n", []string{"2 error.csv_row_large", "3 Piet|||"}},
		{"four hundred columns and more", head + strings.Repeat(",", 500) + "x\nPiet,2\n", []string{"2 error.csv_row", "3 Piet|||"}},
		{"more cells than headers, and fewer", head + "Jan,1,2,3\nPiet\n", []string{"2 Jan|||", "3 Piet|||"}},
		{"a zero byte", head + "Ja\x00n,1\n", []string{"2 Ja\x00n|||"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := people(t, tt.data)
			if tt.want == nil {
				if len(got) != 1003 || got[0] != "2 error.csv_row" || got[1002] != "1004 Eva|||" {
					t.Errorf("%d people, from %q to %q", len(got), got[0], got[len(got)-1])
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFileThatIsNoListIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, data, key string }{
		{"nothing", "", "error.csv_empty"}, {"blanks", "\n \n;;\n", "error.csv_empty"}, {"an old spreadsheet", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "error.import_xls"},
		{"a broken spreadsheet", "PK\x03\x04rest", "error.import_xlsx"}, {"thousands of columns", strings.Repeat("kolom,", 3000) + "\n", "error.csv_row"},
		{"quotes everywhere", "naam,nummer\n" + strings.Repeat("\"x\"y\n", 300), "error.csv_quotes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := contacts.Open(strings.NewReader(tt.data), roster.Auto)
			for err == nil {
				var row roster.Row
				if row, err = f.Next(); row.Fault == tt.key {
					return
				}
			}
			if found := fault.Fields(err); len(found) != 1 || found[0].Key != tt.key {
				t.Errorf("error = %v, want %s", err, tt.key)
			}
		})
	}
	if _, err := contacts.Open(strings.NewReader("naam\nJan\n"), roster.VCard); !errors.Is(err, fault.Invalid) {
		t.Errorf("CSV read as vCard = %v, want invalid", err)
	}
}

func TestColumnsThatAreNeverTakenAreNamedWithTheReason(t *testing.T) {
	const long = "Vandaag spraken wij lang over wat er thuis speelt en hoe het verder moet met de kinderen en het werk."
	p, _ := read(t, "Naam;Notities;DSM-5;BSN;Rijksregisternummer;A;B;C;Nummer;Telefoon;Note;Klantnummer\n"+
		"Jan;x;y;;;111222333;85.07.30-033 28;"+long+";123456782;612345678;;\nEva;;;;;123456782;17073003384;"+long+";111222333;612345679;;\n")
	got := map[string]roster.Refusal{}
	for _, c := range p.Columns {
		if c.Refused != "" {
			got[c.Name] = c.Refused
		}
	}
	want := map[string]roster.Refusal{"Notities": roster.Notes, "DSM-5": roster.Diagnosis, "BSN": roster.CitizenNumber, "Rijksregisternummer": roster.RegisterNumber,
		"A": roster.CitizenNumber, "B": roster.RegisterNumber, "C": roster.Notes, "Nummer": roster.CitizenNumber, "Note": roster.Notes}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	m := p.Mapping()
	m[1] = roster.Coach
	if err := p.Check(m); !errors.Is(err, fault.Invalid) {
		t.Errorf("notes mapped to the coach = %v, want invalid", err)
	}
}

func TestAListWithoutHeadersIsGuessedByItsValues(t *testing.T) {
	p, rows := read(t, "Jan Proef,jan@voorbeeldpost.example,06-55500101\nEva Proef,eva@voorbeeldpost.example,06-55500102\n")
	if diff := cmp.Diff(roster.Mapping{"", roster.Email, roster.Phone}, p.Mapping()); diff != "" || len(rows) != 2 {
		t.Errorf("%d rows, mapping (-want +got):\n%s", len(rows), diff)
	}
	p, rows = read(t, "Cliënten van de praktijk,,\nstand 1 maart,,\nVoornaam,Achternaam,Mail huisarts\nJan,\"Berg, van der\",arts@voorbeeldpost.example\n")
	if diff := cmp.Diff(roster.Mapping{roster.GivenName, roster.FamilyName, ""}, p.Mapping()); diff != "" || len(rows) != 1 || rows[0].Line != 4 {
		t.Errorf("rows %+v, mapping (-want +got):\n%s", rows, diff)
	}
}

// spreadsheet is an XLSX file with these rows.
func spreadsheet(t testing.TB, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestASpreadsheetIsReadCellByCell(t *testing.T) {
	p, got := people(t, spreadsheet(t, []any{"Naam", "Mobiel", "E-mail"}, []any{"=SOM(A1)", 612345678, "jan@voorbeeldpost.example"}, []any{}, []any{"Berg, van der, Eva", 31612345678, nil}))
	want := []string{"2 =SOM(A1)|jan@voorbeeldpost.example|0612345678|", "4 Eva van der Berg||31612345678|"}
	if diff := cmp.Diff(want, got); diff != "" || p.Format != roster.XLSX {
		t.Errorf("format %s, people (-want +got):\n%s", p.Format, diff)
	}
}

func TestABombIsRefusedBeforeItUnpacks(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = contacts.Open(&b, roster.Auto)
	if found := fault.Fields(err); len(found) != 1 || found[0].Key != "error.import_xlsx" {
		t.Errorf("error = %v, want error.import_xlsx", err)
	}
}

// endless is a file without an end; read counts what was taken of it.
type endless struct {
	start string
	fill  byte
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	for i := n; i < len(p); i++ {
		p[i] = e.fill
	}
	e.read += len(p)
	return len(p), nil
}

func TestACellWithoutAnEndIsNotHeldInMemory(t *testing.T) {
	for name, start := range map[string]string{"a quoted cell": "naam,nummer\nJan,1\n\"", "a photo": "BEGIN:VCARD\nFN:Jan\nPHOTO:"} {
		t.Run(name, func(t *testing.T) {
			limited := io.LimitReader(&endless{start: start, fill: 'x'}, 64<<20)
			f, err := contacts.Open(limited, roster.Auto)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for err == nil {
				_, err = f.Next()
			}
			runtime.ReadMemStats(&after)
			if !errors.Is(err, io.EOF) || after.HeapSys > before.HeapSys+16<<20 {
				t.Errorf("ended by %v after %d MB more", err, (after.HeapSys-before.HeapSys)>>20)
			}
		})
	}
}
