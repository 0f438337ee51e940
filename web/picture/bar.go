package picture

// Tone is the shade of a part. Shades differ in lightness, so that a print
// without colour stays readable.
type Tone string

// The tones.
const (
	ToneStrong Tone = "strong" // what matters most
	ToneMiddle Tone = "middle" // striped
	ToneLight  Tone = "light"
	ToneEmpty  Tone = "empty" // nothing, or not yet
	ToneDone   Tone = "done"
	ToneSoon   Tone = "soon"
	ToneLate   Tone = "late"
)

// Part is one count of a stacked bar, with its words.
type Part struct {
	Text  string
	Count int // below zero counts as zero
	Tone  Tone
	// Words stand in the table in place of the count; "" shows the count.
	Words string
}

// Segment is one part as drawn. Glyph is set in the segments of Dots only.
type Segment struct {
	Span
	Text  string
	Count Count
	Tone  Tone
	Glyph string
	Words string // in place of Count; "" shows Count
}

// StackedBar is a bar ready to draw. Cuts are the thin gaps between segments.
type StackedBar struct {
	Segments []Segment
	Cuts     []Percent
	Total    Count
}

// leastWidth keeps one person among thousands visible.
const leastWidth = 1.2

// DrawStackedBar computes a bar from left to right. Every part that counts
// somebody is at least visible; the others keep their proportions.
func DrawStackedBar(parts []Part) StackedBar {
	bar := StackedBar{}
	for _, part := range parts {
		bar.Total += Count(max(part.Count, 0))
	}
	widths := widthsOf(parts, bar.Total.Int())
	x := Percent(0)
	for i, part := range parts {
		if widths[i] > 0 && x > 0 {
			bar.Cuts = append(bar.Cuts, x)
		}
		bar.Segments = append(bar.Segments, Segment{Span: Span{X: x, Width: widths[i]}, Text: part.Text, Count: Count(max(part.Count, 0)), Tone: part.Tone, Words: part.Words})
		x += widths[i]
	}
	return bar
}

// widthsOf gives small parts their least width and shares the rest among the
// others by count.
func widthsOf(parts []Part, total int) []Percent {
	widths := make([]Percent, len(parts))
	if total == 0 {
		return widths
	}
	room, shared := Percent(100), 0
	for i, part := range parts {
		switch share := Percent(100 * float64(max(part.Count, 0)) / float64(total)); {
		case share > 0 && share < leastWidth:
			widths[i] = leastWidth
			room -= leastWidth
		default:
			shared += max(part.Count, 0)
		}
	}
	for i, part := range parts {
		if widths[i] == 0 && part.Count > 0 {
			widths[i] = room * Percent(float64(part.Count)/float64(shared))
		}
	}
	return widths
}
