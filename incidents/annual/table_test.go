package annual_test

import (
	"fmt"
	"strconv"
	"testing"

	"datalek/incidents/annual"
)

// vectors calls show with every way to divide n cases over k classes.
func vectors(n, k int, show func([]int)) {
	counts := make([]int, k)
	var fill func(at, left int)
	fill = func(at, left int) {
		if at == k-1 {
			counts[at] = left
			show(counts)
			return
		}
		for c := 0; c <= left; c++ {
			counts[at] = c
			fill(at+1, left-c)
		}
	}
	fill(0, n)
}

// knowledge collects, for each thing that a reader sees, what every hidden count
// may have been.
type knowledge map[string][]map[int]bool

func (k knowledge) add(seen string, counts []int) {
	if k[seen] == nil {
		for range counts {
			k[seen] = append(k[seen], map[int]bool{})
		}
	}
	for i, c := range counts {
		k[seen][i][c] = true
	}
}

// TestNoHiddenCountFollowsFromWhatIsShown plays the strongest reader: he knows the
// sum and the rule, makes every table there can be, and keeps those that look like
// the one he sees. Each hidden count must then be able to be at least two numbers.
func TestNoHiddenCountFollowsFromWhatIsShown(t *testing.T) {
	most := map[int]int{2: 24, 3: 22, 4: 19, 5: 17}
	for k := 2; k <= 5; k++ {
		for n := annual.Least; n <= most[k]; n++ {
			readers, tables := knowledge{}, map[string]annual.Table{}
			vectors(n, k, func(counts []int) {
				table := annual.Divide(rows(counts))
				seen := fmt.Sprintf("%+v", table)
				readers.add(seen, counts)
				tables[seen] = table
			})
			for seen, may := range readers {
				for i := range may {
					hidden := tables[seen].Merged || tables[seen].Cells[i].Hiding != annual.Shown
					if hidden && len(may[i]) < 2 {
						t.Errorf("%d cases over %d classes: count %d of %s can only be %v", n, k, i, seen, may[i])
					}
				}
			}
		}
	}
}

func rows(counts []int) []annual.Row {
	var list []annual.Row
	for i, n := range counts {
		list = append(list, annual.Row{ID: strconv.Itoa(i), Count: n})
	}
	return list
}

func TestDivideHidesWhatIsSmallAndNoMoreThanItMust(t *testing.T) {
	const f, w = "few", "withheld"
	for _, tt := range []struct {
		name   string
		counts []int
		want   []string // nil: merged
	}{
		{"nothing is small", []int{5, 0, 12}, []string{"5", "0", "12"}},
		{"two small ones keep each other's secret", []int{2, 3, 9}, []string{f, f, "9"}},
		{"one alone takes the smallest other with it", []int{2, 7, 9}, []string{w, w, "9"}},
		{"and all that equal that", []int{2, 7, 7, 9}, []string{w, w, w, "9"}},
		{"two that must be 1 need another", []int{1, 1, 8, 30}, []string{w, w, w, "30"}},
		{"two that must be 4 need another", []int{4, 4, 8, 30}, []string{w, w, w, "30"}},
		{"zero tells of nobody", []int{0, 2, 2, 3, 40}, []string{"0", f, f, f, "40"}},
		{"too little altogether shows nothing", []int{1, 2, 2}, nil},
		{"five beside small ones is too little as well", []int{5, 4, 4}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := annual.Divide(rows(tt.counts))
			if table.Merged != (tt.want == nil) || len(table.Cells) != len(tt.want) {
				t.Fatalf("got %+v, want %v", table, tt.want)
			}
			for i, c := range table.Cells {
				got := string(c.Hiding)
				if got == "" {
					got = strconv.Itoa(c.Count)
				}
				if got != tt.want[i] {
					t.Errorf("count %d reads %q, want %q", i, got, tt.want[i])
				}
			}
		})
	}
}

// FuzzDivide looks at tables of any size for what nobody may see: a small count,
// or a hidden one that follows from the sum and the bounds of the others.
func FuzzDivide(f *testing.F) {
	f.Add([]byte{1, 2, 30, 4, 0, 9})
	f.Add([]byte{4, 4, 4, 6})
	f.Add([]byte{1, 5, 6})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 40 {
			raw = raw[:40]
		}
		var counts []int
		for _, b := range raw {
			counts = append(counts, int(b)%60)
		}
		table := annual.Divide(rows(counts))
		hidden, rest, few := 0, 0, false
		for i, c := range table.Cells {
			switch {
			case c.Hiding == annual.Shown && (c.Count != counts[i] || c.Count > 0 && c.Count < annual.Least):
				t.Fatalf("count %d of %v reads %+v", i, counts, c)
			case c.Hiding != annual.Shown && c.Count != 0:
				t.Fatalf("a hidden count carries its number: %+v", c)
			case c.Hiding != annual.Shown:
				hidden, rest, few = hidden+1, rest+counts[i], c.Hiding == annual.Few
			}
		}
		if hidden == 1 || hidden > 0 && rest == hidden || few && rest == 4*hidden {
			t.Fatalf("%v: %d hidden counts with the sum %d can only be one thing", counts, hidden, rest)
		}
	})
}
