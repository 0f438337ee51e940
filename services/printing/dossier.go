package printing

import (
	"fmt"
	"io"
	"time"

	"datalek/incidents/request"
)

// Dossier writes all that is held about one person as one PDF; made is the file's
// date.
func Dossier(w io.Writer, p request.Paper, made time.Time) error {
	s := newSheet(made)
	pages := paginateFrom(s.dossierLines(p), nextTop)
	for i, lines := range pages {
		s.pdf.AddPage()
		for n, x := range lines {
			s.font(x.style, textSize)
			s.pdf.Text(left, nextTop+float64(n)*lineHeight, x.text)
		}
		s.font("", smallSize+1)
		s.right(footY, pageWords(p.Language, i+1, len(pages)))
	}
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("write dossier: %w", err)
	}
	return nil
}

// dossierLines breaks a dossier to the width of the page.
func (s *sheet) dossierLines(p request.Paper) []line {
	out := s.broken("B", p.Title)
	for _, x := range p.Head {
		out = append(out, s.broken("", x)...)
	}
	for _, part := range p.Parts {
		out = append(out, line{}, line{})
		out = append(out, s.broken("B", part.Title)...)
		if part.Text != "" {
			out = append(out, s.broken("", part.Text)...)
		}
		for _, r := range part.Rows {
			if r.Break {
				out = append(out, line{})
			}
			out = append(out, s.broken("B", r.Label)...)
			out = append(out, s.broken("", r.Value)...)
		}
	}
	return out
}
