package picture

// Reading is one count of a chart whose small counts are hidden.
type Reading struct {
	Text  string // what is counted: "maart"
	Short string // the same where there is little room: "mrt"
	Count int
	// Words stand in the table in place of a hidden count; "" shows Count.
	Words string
}

// hidden reports whether the count may not be seen: nothing in a picture may tell it.
func (r Reading) hidden() bool { return r.Words != "" }

// Column is one count as drawn, standing up. A hidden one has the same sign
// whatever its number.
type Column struct {
	Span
	Top, Height Percent // of the room for columns
	Text, Short string
	Count       Count
	Words       string
	Hidden      bool
}

// Columns are counts beside each other, such as a year's months.
type Columns struct {
	Items []Column
	Most  Count
}

const (
	columnShare = 0.64 // of its place that a column fills
	signHeight  = 12   // of the sign of a hidden count
	leastHeight = 3    // that one among many stays visible
)

// DrawColumns computes columns from left to right, the largest as high as the room.
func DrawColumns(list []Reading) Columns {
	drawn := Columns{Most: Count(mostOf(list))}
	if len(list) == 0 {
		return drawn
	}
	place := Percent(100 / float64(len(list)))
	for i, r := range list {
		c := Column{Text: r.Text, Short: r.Short, Count: Count(r.Count), Words: r.Words, Hidden: r.hidden(),
			Span: Span{X: place*Percent(i) + place*(1-columnShare)/2, Width: place * columnShare}}
		c.Height = shareOf(r, drawn.Most.Int(), leastHeight)
		if r.hidden() {
			c.Count, c.Height = 0, signHeight
		}
		c.Top = 100 - c.Height
		drawn.Items = append(drawn.Items, c)
	}
	return drawn
}

// Rung is one count as drawn, lying down, in the row of a table.
type Rung struct {
	Text   string
	Count  Count
	Words  string
	Hidden bool
	Sub    bool // belongs to the rung above it that does not
	Width  Percent
}

// DrawRungs computes bars of a table's rows, the largest as long as the room. subs
// says which belong to the one before.
func DrawRungs(list []Reading, subs func(i int) bool) []Rung {
	most := mostOf(list)
	var drawn []Rung
	for i, r := range list {
		g := Rung{Text: r.Text, Count: Count(r.Count), Words: r.Words, Hidden: r.hidden(), Sub: subs(i), Width: shareOf(r, most, leastWidth)}
		if r.hidden() {
			g.Count, g.Width = 0, signHeight
		}
		drawn = append(drawn, g)
	}
	return drawn
}

func mostOf(list []Reading) int {
	most := 0
	for _, r := range list {
		if !r.hidden() {
			most = max(most, r.Count)
		}
	}
	return most
}

func shareOf(r Reading, most int, least Percent) Percent {
	if r.Count <= 0 || most == 0 {
		return 0
	}
	return max(Percent(100*float64(r.Count)/float64(most)), least)
}
