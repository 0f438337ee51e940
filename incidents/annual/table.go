package annual

// Least is the smallest count that a report shows; zero is shown too, since it
// tells of nobody.
const Least = 5

// Hiding says how a count is shown.
type Hiding string

// The ways of showing a count.
const (
	// Shown: the count stands there.
	Shown Hiding = ""
	// Few: there are fewer than five, and at least one.
	Few Hiding = "few"
	// Withheld: hidden because it is small, or because a small one could be worked
	// out from it. Nobody can tell which.
	Withheld Hiding = "withheld"
)

// Cell is one count of a report, or why it is not shown.
type Cell struct {
	ID     string
	Count  int // 0 while it is hidden
	Hiding Hiding
}

// Row is one class of a table with its count.
type Row struct {
	ID    string
	Count int
}

// Table divides cases over classes: each case stands in one.
type Table struct {
	Cells []Cell
	// Merged says that nothing of the table is shown, since too little would stay
	// hidden: its Cells are empty.
	Merged bool
}

// cellOf shows a count that stands by itself, apart from any sum.
func cellOf(id string, n int) Cell {
	if small(n) {
		return Cell{ID: id, Hiding: Few}
	}
	return Cell{ID: id, Count: n}
}

func small(n int) bool { return n > 0 && n < Least }

// Divide makes the table of rows whose sum is known to its reader.
//
// Hidden are the counts from 1 to 4. Where these follow from their sum, since
// there is one alone or all must be 1 or all must be 4, the smallest count that
// was shown is hidden too, with all that equal it, and all the hidden ones are
// named Withheld: any of them may then be the small one. A table with small
// counts and none above five shows nothing. Each choice depends on the counts
// alone and not on their order, so that who knows this rule learns no more: to
// swap two hidden counts gives the same table.
func Divide(rows []Row) Table {
	few, sum, largest := 0, 0, 0
	for _, r := range rows {
		largest = max(largest, r.Count)
		if small(r.Count) {
			few, sum = few+1, sum+r.Count
		}
	}
	if few > 0 && largest <= Least {
		return Table{Merged: true}
	}
	limit, hiding := Least-1, Few
	if few > 0 && (few == 1 || sum == few || sum == few*(Least-1)) {
		limit, hiding = smallestShown(rows), Withheld
	}
	var t Table
	for _, r := range rows {
		c := Cell{ID: r.ID, Count: r.Count}
		if r.Count > 0 && r.Count <= limit {
			c = Cell{ID: r.ID, Hiding: hiding}
		}
		t.Cells = append(t.Cells, c)
	}
	return t
}

// smallestShown is the smallest count from five on; there is one above five.
func smallestShown(rows []Row) int {
	least := 0
	for _, r := range rows {
		if r.Count >= Least && (least == 0 || r.Count < least) {
			least = r.Count
		}
	}
	return least
}

// Cell returns the cell of a class, and whether the table shows the class at all.
func (t Table) Cell(id string) (Cell, bool) {
	for _, c := range t.Cells {
		if c.ID == id {
			return c, true
		}
	}
	return Cell{}, false
}

// Shares returns what part of the classes in and out together falls in in, in
// whole percents rounded down, and false when a hidden count would follow from
// it or there is none.
func (t Table) Shares(in, out Outcome) (percent int, some bool) {
	a, haveA := t.Cell(string(in))
	b, haveB := t.Cell(string(out))
	if !haveA || !haveB || a.Hiding != Shown || b.Hiding != Shown || a.Count+b.Count == 0 {
		return 0, false
	}
	return 100 * a.Count / (a.Count + b.Count), true
}

// None reports whether it stands there that no case is in any of the classes.
func (t Table) None(outcomes ...Outcome) bool {
	n, known := t.sum(outcomes...)
	return known && n == 0
}

// sum adds up classes, and is false when one of them is not shown.
func (t Table) sum(outcomes ...Outcome) (n int, known bool) {
	for _, o := range outcomes {
		c, some := t.Cell(string(o))
		if !some || c.Hiding != Shown {
			return 0, false
		}
		n += c.Count
	}
	return n, true
}
