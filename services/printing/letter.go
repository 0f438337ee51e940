// Package printing makes PDF files: letters to people who are told on paper, and
// the answers for an authority's form.
//
// Each letter is A4 with the address where a window on the left shows it (DIN
// 5008 form B, folded in three). The files hold no tags for screen readers: the
// page from which they are printed says the same words and is the accessible
// record. Neither title nor any other field of a file names anybody.
//
// The pages are made by codeberg.org/go-pdf/fpdf, in DejaVu Sans Condensed.
package printing

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"

	"datalek/incidents"
	"datalek/incidents/fault"
)

//go:embed fonts/DejaVuSansCondensed.ttf
var regular []byte

//go:embed fonts/DejaVuSansCondensed-Bold.ttf
var bold []byte

// MostLetters is how many letters one file holds: what is written waits in
// memory until the last page is known.
const MostLetters = 500

// Sizes and places on the sheet, in millimetres; fonts in points.
const (
	pageWidth, left, right = 210.0, 25.0, 20.0
	textWidth              = pageWidth - left - right
	// The window: return address from 45, address from 62.7 to 90 below the edge.
	windowTop, windowBottom, windowWidth = 62.7, 88.0, 80.0
	senderLineY                          = 58.0
	dayY                                 = 103.0
	firstTop, nextTop, bottom            = 113.0, 30.0, 268.0
	footY                                = 283.0
	lineHeight                           = 5.4
	textSize, smallSize                  = 10.5, 7.0
	family                               = "dejavu"
)

// Letters writes one PDF with all letters, each beginning on its own page and
// numbered by itself. made stands in the file as its date.
func Letters(w io.Writer, letters []incidents.Letter, made time.Time) error {
	if len(letters) == 0 || len(letters) > MostLetters {
		return fault.New(fault.Invalid, "error.letters", fmt.Sprintf("print between 1 and %d letters at once", MostLetters))
	}
	s := newSheet(made)
	for _, l := range letters {
		s.letter(l)
	}
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("write letters: %w", err)
	}
	return nil
}

// sheet is a PDF that is being written.
type sheet struct{ pdf *fpdf.Fpdf }

func newSheet(made time.Time) *sheet {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true) // the same letters give the same file
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCellMargin(0)
	pdf.AddUTF8FontFromBytes(family, "", regular)
	pdf.AddUTF8FontFromBytes(family, "B", bold)
	return &sheet{pdf: pdf}
}

// line is one line of a letter's text.
type line struct {
	style, text string
}

// letter lays a letter out and draws its pages.
func (s *sheet) letter(l incidents.Letter) {
	pages := paginate(s.lines(l))
	for i, lines := range pages {
		s.pdf.AddPage()
		top := nextTop
		if i == 0 {
			s.head(l)
			top = firstTop
		}
		for n, x := range lines {
			s.font(x.style, textSize)
			s.pdf.Text(left, top+float64(n)*lineHeight, x.text)
		}
		s.font("", smallSize+1)
		s.right(footY, pageWords(l.Language, i+1, len(pages)))
	}
}

// lines breaks subject and body to the width of the page.
func (s *sheet) lines(l incidents.Letter) []line {
	var out []line
	s.font("B", textSize)
	for _, x := range s.pdf.SplitText(printable(l.Subject), textWidth) {
		out = append(out, line{"B", strings.TrimSpace(x)})
	}
	out = append(out, line{})
	s.font("", textSize)
	for paragraph := range strings.SplitSeq(printable(strings.TrimSpace(l.Body)), "\n") {
		broken := s.pdf.SplitText(paragraph, textWidth)
		if len(broken) == 0 {
			broken = []string{""}
		}
		for _, x := range broken {
			out = append(out, line{"", strings.TrimRight(x, " ")})
		}
	}
	return out
}

// paginate divides lines over pages. A page never begins with an empty line.
func paginate(lines []line) [][]line {
	var pages [][]line
	for room := linesFrom(firstTop); len(lines) > 0; room = linesFrom(nextTop) {
		for len(pages) > 0 && len(lines) > 1 && lines[0].text == "" {
			lines = lines[1:]
		}
		n := min(room, len(lines))
		pages, lines = append(pages, lines[:n]), lines[n:]
	}
	return pages
}

func linesFrom(top float64) int { return int((bottom - top) / lineHeight) }

// head draws what stands on the first page alone: sender, window, day, folds.
func (s *sheet) head(l incidents.Letter) {
	s.pdf.SetDrawColor(150, 150, 150)
	s.pdf.SetLineWidth(0.1)
	for _, fold := range []float64{105, 210} {
		s.pdf.Line(5, fold, 9, fold)
	}
	s.font("", textSize-1)
	for i, x := range l.Sender {
		s.right(25+float64(i)*4.8, s.fit(x, textWidth))
	}
	s.font("", smallSize)
	s.pdf.Text(left, senderLineY, s.fit(strings.Join(l.Sender, " · "), windowWidth))
	s.address(l.Address)
	s.font("", textSize)
	s.pdf.Text(left, dayY, printable(dayLine(l)))
}

// address draws the reader's name and address within the window, smaller when
// it would not fit.
func (s *sheet) address(lines []string) {
	const largest, smallest = 11.0, 6.0
	lines = strings.FieldsFunc(strings.Join(lines, "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
	for size := largest; ; size-- {
		s.font("", size)
		if size < smallest {
			s.font("", smallest)
			lines = []string{strings.Join(lines, ", ")}
		}
		broken := s.wrap(lines, windowWidth)
		step := s.points() * 0.42
		if float64(len(broken))*step > windowBottom-windowTop && size >= smallest {
			continue
		}
		for i, x := range broken {
			s.pdf.Text(left, windowTop+step*float64(i+1)-1, x)
		}
		return
	}
}

func (s *sheet) wrap(lines []string, width float64) []string {
	var out []string
	for _, x := range lines {
		for _, part := range s.pdf.SplitText(printable(x), width) {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

func (s *sheet) points() float64 {
	points, _ := s.pdf.GetFontSize()
	return points
}

// fit cuts a line that is wider than there is room for.
func (s *sheet) fit(text string, width float64) string {
	if parts := s.pdf.SplitText(printable(text), width); len(parts) > 0 {
		return strings.TrimSpace(parts[0])
	}
	return ""
}

// right draws a line that ends at the right margin.
func (s *sheet) right(y float64, text string) {
	s.pdf.Text(pageWidth-right-s.pdf.GetStringWidth(text), y, text)
}

func (s *sheet) font(style string, size float64) { s.pdf.SetFont(family, style, size) }

// printable returns text as the font can draw it: letters with their accents in
// one piece, and a box for what lies outside the plane that PDF fonts reach.
func printable(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if r >= 0xffff {
			return '□'
		}
		return r
	}, norm.NFC.String(text))
}
