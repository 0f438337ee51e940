package annual

// Paper is a report in words, ready to be printed.
type Paper struct {
	Language string
	Title    string
	Head     []string // lines under the title
	Parts    []PaperPart
}

// PaperPart is one table of a report in words.
type PaperPart struct {
	Title string
	Text  string
	Rows  []PaperRow
}

// PaperRow is one line of a table with its bar.
type PaperRow struct {
	Label  string
	Value  string
	Sub    bool    // belongs to the row above it that does not
	Share  float64 // length of the bar, 0 to 1; 0 has none
	Hidden bool    // the bar is a sign of a hidden count and says nothing about it
}
