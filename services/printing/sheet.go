package printing

import (
	"fmt"
	"io"
	"strings"
	"time"

	"datalek/incidents/authority"
)

// Sheet writes the answers for an authority's form as one PDF, in the sheet's own
// language. head stands on top of the first page; made is the file's date.
func Sheet(w io.Writer, s authority.Sheet, head []string, made time.Time) error {
	p := newSheet(made)
	pages := paginateFrom(p.sheetLines(s, head), nextTop)
	for i, lines := range pages {
		p.pdf.AddPage()
		for n, x := range lines {
			p.font(x.style, textSize)
			p.pdf.Text(left, nextTop+float64(n)*lineHeight, x.text)
		}
		p.font("", smallSize+1)
		p.right(footY, pageWords(s.Language, i+1, len(pages)))
	}
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

// sheetLines breaks a sheet to the width of the page.
func (s *sheet) sheetLines(a authority.Sheet, head []string) []line {
	out := s.broken("B", a.Word("sheet.title")+" · "+a.Form.Version)
	for _, x := range head {
		out = append(out, s.broken("", x)...)
	}
	if !a.Form.OfficialOrder {
		out = append(out, s.broken("B", a.Word("sheet.unofficial"))...)
	}
	if len(a.Form.Gaps) > 0 {
		out = append(out, s.broken("", a.Word("sheet.gaps")+" "+strings.Join(a.Form.Gaps, ", "))...)
	}
	for _, part := range a.Parts {
		out = append(out, line{})
		out = append(out, s.broken("B", strings.TrimSpace(part.Number+" "+part.Title))...)
		for _, x := range part.Answers {
			out = append(out, line{})
			out = append(out, s.broken("", strings.TrimSpace(x.Number+" "+x.Label)+" ("+a.Word("mark."+string(x.Mark))+")")...)
			if x.Text != "" {
				out = append(out, s.broken("B", x.Text)...)
			}
		}
	}
	return out
}

// broken breaks a text of one or more lines to the width of the page.
func (s *sheet) broken(style, text string) []line {
	s.font(style, textSize)
	var out []line
	for paragraph := range strings.SplitSeq(printable(text), "\n") {
		for _, x := range s.pdf.SplitText(paragraph, textWidth) {
			out = append(out, line{style, strings.TrimRight(x, " ")})
		}
	}
	return out
}

// paginateFrom divides lines over pages that all begin at the same height.
func paginateFrom(lines []line, top float64) [][]line {
	var pages [][]line
	for room := linesFrom(top); len(lines) > 0; {
		for len(pages) > 0 && len(lines) > 1 && lines[0].text == "" {
			lines = lines[1:]
		}
		n := min(room, len(lines))
		pages, lines = append(pages, lines[:n]), lines[n:]
	}
	return pages
}
