// Package picture computes the geometry of datalek's pictures: the clocks, the
// stacked bars and the dots of a sending. It takes plain values, knows no
// domain type, makes no words and holds no state; the templates under
// templates/parts draw what it returns as SVG.
//
// Horizontal places are percentages of the picture's width, so that one
// drawing fits a phone, a column and paper without being stretched.
package picture

import (
	"strconv"
	"time"
)

// Percent is a place or a width, 0 to 100, of the picture's whole width.
type Percent float64

// String writes the percentage as SVG reads it, such as "41.67%".
func (p Percent) String() string {
	return strconv.FormatFloat(float64(p), 'f', 2, 64) + "%"
}

// Span is a stretch of the picture. Whole is true for a night that lies
// wholly inside it.
type Span struct {
	X, Width Percent
	Whole    bool
}

// Middle returns the place halfway the span.
func (s Span) Middle() Percent { return s.X + s.Width/2 }

// scale maps instants to places between its two ends.
type scale struct {
	from, to time.Time
}

func (s scale) at(t time.Time) Percent {
	whole := s.to.Sub(s.from)
	if whole <= 0 {
		return 0
	}
	return clamp(Percent(100 * float64(t.Sub(s.from)) / float64(whole)))
}

func (s scale) span(from, to time.Time) Span {
	x := s.at(from)
	return Span{X: x, Width: s.at(to) - x}
}

func clamp(p Percent) Percent { return min(max(p, 0), 100) }
