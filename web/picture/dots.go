package picture

// MostDots is how many people get a dot of their own; more become a bar.
const MostDots = 200

// Dots is one sending, ready to draw: Items up to MostDots people, else Bar.
// Segments are the rows of the table twin in either form.
type Dots struct {
	Items         []Dot
	Bar           StackedBar
	Segments      []Segment
	Total         Count
	Width, Height int // of the drawing of Items, in its own units
}

// Dot is one person. Glyph is the shape of his state.
type Dot struct {
	X, Y  int
	Glyph string
}

// Standing is how many people stand in one state of a sending. Glyph is
// "sent", "told", "waiting", "task", "refused", "bounced" or "unreachable".
type Standing struct {
	Glyph string
	Text  string
	Count int // below zero counts as zero
}

const (
	dotPitch   = 20
	dotsPerRow = 25
)

// DrawDots places one dot a person, in the order of the standings, or a bar
// when there are more than MostDots.
func DrawDots(standings []Standing) Dots {
	parts := make([]Part, len(standings))
	for i, standing := range standings {
		parts[i] = Part{Text: standing.Text, Count: standing.Count, Tone: toneOf(standing.Glyph)}
	}
	bar := DrawStackedBar(parts)
	dots := Dots{Total: bar.Total, Segments: bar.Segments}
	if bar.Total > MostDots {
		dots.Bar = bar
		return dots
	}
	for i, standing := range standings {
		dots.Segments[i].Glyph = standing.Glyph
		for range max(standing.Count, 0) {
			dots.place(standing.Glyph)
		}
	}
	rows := (len(dots.Items) + dotsPerRow - 1) / dotsPerRow
	dots.Width, dots.Height = dotPitch*min(dotsPerRow, max(len(dots.Items), 1)), dotPitch*max(rows, 1)
	return dots
}

func (d *Dots) place(glyph string) {
	i := len(d.Items)
	d.Items = append(d.Items, Dot{
		X:     dotPitch/2 + dotPitch*(i%dotsPerRow),
		Y:     dotPitch/2 + dotPitch*(i/dotsPerRow),
		Glyph: glyph,
	})
}

func toneOf(glyph string) Tone {
	switch glyph {
	case "sent":
		return ToneDone
	case "told":
		return ToneStrong
	case "refused":
		return ToneLate
	case "bounced":
		return ToneSoon
	case "task":
		return ToneLight
	case "unreachable":
		return ToneMiddle
	default:
		return ToneEmpty
	}
}
