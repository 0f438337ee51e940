package printing

import (
	"fmt"
	"io"
	"strings"
	"time"

	"datalek/incidents/annual"
)

// Where the bars of a report stand, in millimetres.
const (
	barLeft, barRoom, barHigh = 125.0, 40.0, 3.2
	valueRight                = pageWidth - right
	labelWidth, subIndent     = barLeft - left - 4, 5.0
)

// Report writes the annual report as one PDF: tables whose rows carry their bars. A
// hidden count has an outlined sign that is the same for all. made is the file's date.
func Report(w io.Writer, p annual.Paper, made time.Time) error {
	s := newSheet(made)
	pages := paginateReport(s.reportRows(p))
	for i, rows := range pages {
		s.pdf.AddPage()
		y := nextTop
		for _, r := range rows {
			s.reportRow(r, y)
			y += r.height
		}
		s.font("", smallSize+1)
		s.right(footY, pageWords(p.Language, i+1, len(pages)))
	}
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// reportLine is one row of a page.
type reportLine struct {
	line
	height float64
	row    annual.PaperRow // its label stands in line; drawn when it has a value
	first  bool            // of a table, which must not stand alone at a page's end
}

func (s *sheet) reportRows(p annual.Paper) []reportLine {
	var out []reportLine
	add := func(list []line) {
		for _, x := range list {
			out = append(out, reportLine{line: x, height: lineHeight})
		}
	}
	add(s.broken("B", p.Title))
	for _, x := range p.Head {
		add(s.broken("", x))
	}
	for _, part := range p.Parts {
		out = append(out, reportLine{height: lineHeight, first: true})
		add(s.broken("B", part.Title))
		if part.Text != "" {
			add(s.broken("", part.Text))
		}
		for _, r := range part.Rows {
			out = append(out, s.reportRowLines(r)...)
		}
	}
	return out
}

// reportRowLines breaks a row's label; its value and bar stand beside the last line.
func (s *sheet) reportRowLines(r annual.PaperRow) []reportLine {
	width := labelWidth
	if r.Sub {
		width -= subIndent
	}
	s.font("", textSize)
	var out []reportLine
	for _, x := range s.pdf.SplitText(printable(r.Label), width) {
		out = append(out, reportLine{line: line{"", strings.TrimRight(x, " ")}, height: lineHeight, row: annual.PaperRow{Sub: r.Sub}})
	}
	if len(out) == 0 {
		out = []reportLine{{height: lineHeight}}
	}
	last := &out[len(out)-1]
	last.row, last.height = r, lineHeight+0.8
	return out
}

func (s *sheet) reportRow(r reportLine, y float64) {
	x := left
	if r.row.Sub {
		x += subIndent
	}
	s.font(r.style, textSize)
	s.pdf.Text(x, y, r.text)
	if r.row.Value == "" {
		return
	}
	value := printable(r.row.Value)
	s.pdf.Text(valueRight-s.pdf.GetStringWidth(value), y, value)
	room := min(barRoom, valueRight-barLeft-s.pdf.GetStringWidth(value)-3)
	switch {
	case r.row.Hidden:
		s.pdf.Rect(barLeft, y-barHigh, barRoom*0.12, barHigh, "D")
	case r.row.Share > 0:
		s.pdf.SetFillColor(11, 79, 87)
		s.pdf.Rect(barLeft, y-barHigh, max(room*min(r.row.Share, 1), 0.6), barHigh, "F")
	}
}

// paginateReport divides rows over pages. A table's title takes its first rows along.
func paginateReport(rows []reportLine) [][]reportLine {
	const together = 5 * lineHeight
	var pages [][]reportLine
	var current []reportLine
	y := nextTop
	for _, r := range rows {
		need := r.height
		if r.first {
			need += together
		}
		if y+need > bottom && len(current) > 0 {
			pages, current, y = append(pages, current), nil, nextTop
			if r.first {
				continue // the space above a title
			}
		}
		current = append(current, r)
		y += r.height
	}
	return append(pages, current)
}
