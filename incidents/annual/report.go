package annual

import (
	"math"
	"strconv"
	"time"
)

// mostHours bounds how exactly hours are told apart: more than a year counts as a
// year.
const mostHours = 24 * 366

// Group is a cause with the kinds of breach that it lay behind.
type Group struct {
	Cause Cell
	// Kinds divides the cause's cases; none when the cause's own count is hidden or zero.
	Kinds Table
}

// Report is one year of one practice, with nobody in it.
type Report struct {
	Year  int
	Total Cell
	// Divided says that there are cases enough to tell more than their number.
	Divided bool
	Months  Table   // by month, "1" to "12"
	Causes  []Group // none when the table of causes is merged
	// CausesMerged says that the table of causes shows nothing.
	CausesMerged bool
	Natures      Table
	Telling      Table
	Filing       Table
	// Hours from awareness until everybody in scope was told, rounded up; false
	// when fewer than five cases have them, or when it is hidden how many do.
	HasHours               bool
	MedianHours, MostHours int
	// Shares in percent; false when they cannot be told.
	HasToldShare, HasFiledShare bool
	ToldInTime, FiledInTime     int
	PersonsTold                 Cell
	OpenMeasures                Cell
}

// Tally counts the cases of one year. Make it with NewTally.
type Tally struct {
	year     int
	total    int
	months   [12]int
	kinds    map[string]int
	natures  map[Nature]int
	telling  map[Outcome]int
	filing   map[Outcome]int
	hours    []int // how many cases took this many hours; of a fixed length
	timed    int
	persons  int
	measures int
}

// NewTally returns an empty count of a year.
func NewTally(year int) *Tally {
	return &Tally{year: year, kinds: map[string]int{}, natures: map[Nature]int{}, telling: map[Outcome]int{}, filing: map[Outcome]int{},
		hours: make([]int, mostHours+1)}
}

// Add counts a case when it belongs to the year.
func (t *Tally) Add(c Case) {
	if c.Year != t.year {
		return
	}
	t.total++
	t.months[c.Month-1]++
	kind := c.Playbook
	if CauseOf(kind) == Other {
		kind = OtherKind
	}
	t.kinds[kind]++
	t.natures[c.Nature]++
	t.telling[c.Telling]++
	t.filing[c.Filing]++
	t.persons += c.PersonsTold
	t.measures += c.OpenMeasures
	if c.HoursToTell >= 0 {
		t.hours[min(int(math.Ceil(c.HoursToTell)), mostHours)]++
		t.timed++
	}
}

// Report returns what may be shown of the count.
func (t *Tally) Report() Report {
	r := Report{Year: t.year, Total: cellOf("cases", t.total), Divided: t.total >= Least}
	if !r.Divided {
		return r
	}
	r.Months, r.Natures = t.byMonth(), Divide(rowsOf(Natures(), t.natures))
	r.Telling, r.Filing = Divide(rowsOf(Tellings(), t.telling)), Divide(rowsOf(Filings(), t.filing))
	r.Causes, r.CausesMerged = t.byCause()
	r.ToldInTime, r.HasToldShare = r.Telling.Shares(InTime, TooLate)
	r.FiledInTime, r.HasFiledShare = r.Filing.Shares(InTime, TooLate)
	if told, known := r.Telling.sum(InTime, TooLate, Untimed); known && told >= Least && told == t.timed {
		r.HasHours, r.MedianHours, r.MostHours = true, t.hoursOf((t.timed+1)/2), t.hoursOf(t.timed)
	}
	r.PersonsTold, r.OpenMeasures = cellOf("persons_told", t.persons), cellOf("open_measures", t.measures)
	return r
}

func (t *Tally) byMonth() Table {
	var rows []Row
	for m := time.January; m <= time.December; m++ {
		rows = append(rows, Row{ID: strconv.Itoa(int(m)), Count: t.months[m-1]})
	}
	return Divide(rows)
}

// byCause divides the cases over causes, and those of a shown cause over its kinds.
// A hidden cause shows no kinds: their sum would tell its count.
func (t *Tally) byCause() (groups []Group, merged bool) {
	var rows []Row
	kinds := map[Cause][]Row{}
	for _, c := range Causes() {
		sum := 0
		for _, k := range Kinds(c) {
			sum += t.kinds[k]
			kinds[c] = append(kinds[c], Row{ID: k, Count: t.kinds[k]})
		}
		rows = append(rows, Row{ID: string(c), Count: sum})
	}
	table := Divide(rows)
	for _, cell := range table.Cells {
		g := Group{Cause: cell}
		if cell.Hiding == Shown && cell.Count > 0 {
			g.Kinds = Divide(kinds[Cause(cell.ID)])
		}
		groups = append(groups, g)
	}
	return groups, table.Merged
}

// hoursOf returns the hours of the case at this rank, counted from 1.
func (t *Tally) hoursOf(rank int) int {
	for h, n := range t.hours {
		if rank -= n; rank <= 0 {
			return h
		}
	}
	return mostHours
}

func rowsOf[T ~string](classes []T, counts map[T]int) []Row {
	var rows []Row
	for _, c := range classes {
		rows = append(rows, Row{ID: string(c), Count: counts[c]})
	}
	return rows
}
