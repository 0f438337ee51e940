package printing_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/services/printing"
)

func made() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }

func letter() incidents.Letter {
	return incidents.Letter{Language: "nl", Sender: []string{"Anna Voorbeeld", "Voorbeeldlaan 12", "1234 AB Voorbeeldstad"},
		Address: []string{"Łucja Ștefănescu-André", "Verzonnenweg 3", "9999 ZZ Nergenshuizen"}, Place: "Voorbeeldstad",
		Day: registry.Date{Year: 2027, Month: 3, Day: 8}, Subject: "Bericht over uw gegevens",
		Body: "Goedendag,\n\nHet kostte niets: € 0 (haakje) \\ en één é.\n\nMet vriendelijke groet,\nAnna"}
}

func printed(t *testing.T, letters ...incidents.Letter) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := printing.Letters(&out, letters, made()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// shown is a line of text in a content stream and where it stands, in
// millimetres from the top left.
type shown struct {
	x, y float64
	text string
}

// pagesOf reads the lines of each page out of the content streams.
func pagesOf(t *testing.T, pdf []byte) [][]shown {
	t.Helper()
	var pages [][]shown
	for _, m := range regexp.MustCompile(`(?s)/Length \d+>>\nstream\n(.*?)\nendstream`).FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if lines := linesOf(t, content); lines != nil {
			pages = append(pages, lines)
		}
	}
	return pages
}

func linesOf(t *testing.T, content []byte) []shown {
	t.Helper()
	const mm = 72 / 25.4
	var out []shown
	for _, m := range regexp.MustCompile(`(?s)BT ([\d.]+) ([\d.]+) Td \((.*?)\) Tj ET`).FindAllSubmatch(content, -1) {
		x, errX := strconv.ParseFloat(string(m[1]), 64)
		y, errY := strconv.ParseFloat(string(m[2]), 64)
		if errX != nil || errY != nil {
			t.Fatalf("place of a line: %v, %v", errX, errY)
		}
		out = append(out, shown{x / mm, 297 - y/mm, unescape(m[3])})
	}
	return out
}

// unescape undoes the escapes of a PDF string (ISO 32000-1 section 7.3.4.2) and
// reads UTF-16, which the font's codes are.
func unescape(raw []byte) string {
	text := strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(string(raw))
	var units []uint16
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, uint16(text[i])<<8|uint16(text[i+1]))
	}
	return string(utf16.Decode(units))
}

func TestALetterSaysTheWordsInAnyAlphabetOfEurope(t *testing.T) {
	pages := pagesOf(t, printed(t, letter()))
	if len(pages) != 1 {
		t.Fatalf("%d pages, want 1", len(pages))
	}
	var lines []string
	for _, x := range pages[0] {
		lines = append(lines, x.text)
	}
	all := "\n" + strings.Join(lines, "\n") + "\n"
	for _, want := range []string{"Łucja Ștefănescu-André", "Verzonnenweg 3", "9999 ZZ Nergenshuizen", "Anna Voorbeeld · Voorbeeldlaan 12 · 1234 AB Voorbeeldstad",
		"Voorbeeldstad, 8 maart 2027", "Bericht over uw gegevens", "Goedendag,", `Het kostte niets: € 0 (haakje) \ en één é.`, "Pagina 1 van 1"} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("the letter lacks %q: %q", want, lines)
		}
	}
}

func TestTheAddressStandsInTheWindowHoweverLongItIs(t *testing.T) {
	long := letter()
	long.Address = []string{strings.Repeat("Zeer Lange Naam ", 12), strings.Repeat("straat\n", 14), strings.Repeat("W", 90)}
	crowded := letter()
	crowded.Address = strings.Split(strings.Repeat("regel,", 30), ",")
	for name, l := range map[string]incidents.Letter{"short": letter(), "long": long, "crowded": crowded} {
		inside := 0
		for _, x := range pagesOf(t, printed(t, l))[0] {
			switch {
			case x.y > 59 && x.y < 102:
				if inside++; x.x < 20 || x.y < 62.7 || x.y > 90 {
					t.Errorf("%s: %q at %.1f, %.1f mm lies outside the window", name, x.text, x.x, x.y)
				}
			}
		}
		if inside < 3 {
			t.Errorf("%s: %d lines in the window", name, inside)
		}
	}
}

func TestALongTextGoesOnOverItsOwnPages(t *testing.T) {
	long := letter()
	long.Language = "en"
	var body strings.Builder
	for n := range 120 {
		fmt.Fprintf(&body, "Line %d of a text that goes on and on, so that nobody can read it in one breath or print it on one page.\n\n", n)
	}
	long.Body = body.String()
	pages := pagesOf(t, printed(t, long, letter()))
	var feet, said []string
	for _, p := range pages {
		feet = append(feet, p[len(p)-1].text)
		for _, x := range p {
			said = append(said, x.text)
			if x.x > 190.1 || x.y > 290 {
				t.Errorf("%q at %.0f, %.0f mm lies off the page", x.text, x.x, x.y)
			}
		}
	}
	n := len(pages) - 1
	if n < 4 || feet[0] != fmt.Sprintf("Page 1 of %d", n) || feet[n-1] != fmt.Sprintf("Page %d of %d", n, n) || feet[n] != "Pagina 1 van 1" {
		t.Errorf("the pages are numbered %q", feet)
	}
	all := strings.Join(said, " ")
	for n := range 120 {
		if !strings.Contains(all, fmt.Sprintf("Line %d of a text", n)) {
			t.Fatalf("line %d is lost", n)
		}
	}
}

func TestAFileNamesNobodyInItsFieldsAndIsTheSameEachTime(t *testing.T) {
	a, b := printed(t, letter()), printed(t, letter())
	if !bytes.Equal(a, b) {
		t.Error("the same letter gives two files")
	}
	fields := regexp.MustCompile(`(?s)/(Title|Author|Subject|Keywords|Creator) `).FindAll(a, -1)
	if len(fields) > 0 || bytes.Contains(a, []byte("Anna")) {
		t.Errorf("the file has fields %q", fields)
	}
}

func TestSignsNoFontHasDoNotBreakALetter(t *testing.T) {
	l := letter()
	l.Body = "Een 😀, 漢字, عربى, \uffff en e\u0301." + strings.Repeat("x", 400)
	l.Address = []string{"😀😀"}
	all := fmt.Sprint(pagesOf(t, printed(t, l)))
	if !strings.Contains(all, "Een □") || !strings.Contains(all, "é.") {
		t.Errorf("the letter reads %q", all)
	}
}

func TestFiveHundredLettersStayWithinBounds(t *testing.T) {
	letters := make([]incidents.Letter, printing.MostLetters)
	for i := range letters {
		letters[i] = letter()
		letters[i].Address = []string{fmt.Sprintf("Cliënt %d", i), "Verzonnenweg 3", "9999 ZZ Nergenshuizen"}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	pdf := printed(t, letters...)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d MB stay in memory", grown>>20)
	}
	if n := len(pagesOf(t, pdf)); n != printing.MostLetters || len(pdf) > 4<<20 {
		t.Errorf("%d pages in %d KB", n, len(pdf)>>10)
	}
	if err := printing.Letters(io.Discard, append(letters, letter()), made()); err == nil {
		t.Error("one letter too many was printed")
	}
}
