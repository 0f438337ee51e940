package annual_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/annual"
	"datalek/incidents/registry"
)

// sample is a plain case of the year 2027.
func sample() annual.Case {
	return annual.Case{Year: 2027, Month: time.March, Playbook: "mis-sent-email", Nature: annual.OnlyConfidentiality,
		Telling: annual.InTime, Filing: annual.InTime, HoursToTell: 10, PersonsTold: 1}
}

func reportOf(cases ...annual.Case) annual.Report {
	tally := annual.NewTally(2027)
	for _, c := range cases {
		tally.Add(c)
	}
	return tally.Report()
}

func times(n int, change func(*annual.Case)) []annual.Case {
	var list []annual.Case
	for range n {
		c := sample()
		change(&c)
		list = append(list, c)
	}
	return list
}

// TestNoHiddenCountFollowsFromTheWholeReport is the strongest reader again, now
// with all of a report before him: the kinds and the causes that they add up to,
// and the hours and shares beside the outcomes.
func TestNoHiddenCountFollowsFromTheWholeReport(t *testing.T) {
	kinds := []string{"mis-sent-email", "group-mail-cc", "lost-letter", "ransomware"}
	outcomes := annual.Tellings()
	for _, tt := range []struct {
		name    string
		classes int
		set     func(c *annual.Case, class int)
		secret  func(r annual.Report, class int) bool
	}{
		{"kinds under causes", len(kinds), func(c *annual.Case, i int) { c.Playbook = kinds[i] }, func(r annual.Report, i int) bool { return kindHidden(r, kinds[i]) }},
		{"outcomes with hours and shares", len(outcomes), func(c *annual.Case, i int) {
			if c.Telling = outcomes[i]; i > 2 {
				c.HoursToTell = -1
			}
		}, func(r annual.Report, i int) bool {
			cell, some := r.Telling.Cell(string(outcomes[i]))
			return !some || cell.Hiding != annual.Shown
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for n := annual.Least; n <= 15; n++ {
				readers, reports := knowledge{}, map[string]annual.Report{}
				vectors(n, tt.classes, func(counts []int) {
					tally := annual.NewTally(2027)
					for i, many := range counts {
						for _, c := range times(many, func(c *annual.Case) { tt.set(c, i) }) {
							tally.Add(c)
						}
					}
					r := tally.Report()
					seen := fmt.Sprintf("%+v", r)
					readers.add(seen, counts)
					reports[seen] = r
				})
				for seen, may := range readers {
					for i := range may {
						if tt.secret(reports[seen], i) && len(may[i]) < 2 {
							t.Errorf("%d cases: count %d can only be %v in\n%s", n, i, may[i], seen)
						}
					}
				}
			}
		})
	}
}

// kindHidden reports whether the number of cases of a kind cannot be read.
func kindHidden(r annual.Report, kind string) bool {
	for _, g := range r.Causes {
		if g.Cause.ID != string(annual.CauseOf(kind)) {
			continue
		}
		if g.Cause.Hiding == annual.Shown && g.Cause.Count == 0 {
			return false
		}
		cell, some := g.Kinds.Cell(kind)
		return !some || cell.Hiding != annual.Shown
	}
	return true
}

func TestAYearOfFewCasesTellsOnlyThatTheyWereFew(t *testing.T) {
	for _, n := range []int{1, 4} {
		want := annual.Report{Year: 2027, Total: annual.Cell{ID: "cases", Hiding: annual.Few}}
		if diff := cmp.Diff(want, reportOf(times(n, func(c *annual.Case) { c.PersonsTold = 400 })...)); diff != "" {
			t.Errorf("%d cases: %s", n, diff)
		}
	}
	if got := reportOf(); got.Total != (annual.Cell{ID: "cases"}) || got.Divided {
		t.Errorf("a year without cases reads %+v", got)
	}
}

func TestAYearIsCountedWhole(t *testing.T) {
	cases := times(7, func(c *annual.Case) { c.Month, c.OpenMeasures = time.January, 1 })
	cases = append(cases, times(6, func(c *annual.Case) {
		c.Playbook, c.Nature, c.Telling, c.Filing, c.HoursToTell, c.Month = "ransomware", annual.SeveralKinds, annual.TooLate, annual.NotNotifiable, 60.2, time.June
	})...)
	cases = append(cases, times(1, func(c *annual.Case) { c.Year = 2026 })...)
	r := reportOf(cases...)
	months, _ := r.Months.Cell("6")
	if r.Total.Count != 13 || months.Count != 6 || r.PersonsTold.Count != 13 || r.OpenMeasures.Count != 7 {
		t.Errorf("total %+v, June %+v, told %+v, open %+v", r.Total, months, r.PersonsTold, r.OpenMeasures)
	}
	if !r.HasHours || r.MedianHours != 10 || r.MostHours != 61 {
		t.Errorf("hours %t %d %d, want 10 and 61", r.HasHours, r.MedianHours, r.MostHours)
	}
	if !r.HasToldShare || r.ToldInTime != 53 || !r.HasFiledShare || r.FiledInTime != 100 {
		t.Errorf("shares %t %d, %t %d; want 53 and 100", r.HasToldShare, r.ToldInTime, r.HasFiledShare, r.FiledInTime)
	}
	if not, _ := r.Filing.Cell(string(annual.NotNotifiable)); not.Count != 6 {
		t.Errorf("not notifiable %+v, want 6", not)
	}
	if r.Causes[0].Cause.Count != 7 || r.Causes[2].Cause.Count != 6 || r.Causes[2].Kinds.Cells[1].Count != 6 {
		t.Errorf("causes %+v", r.Causes)
	}
}

func TestEveryKindHasOneCause(t *testing.T) {
	seen := map[string]annual.Cause{}
	for _, c := range annual.Causes() {
		for _, k := range annual.Kinds(c) {
			if other, twice := seen[k]; twice {
				t.Errorf("%s has the causes %s and %s", k, other, c)
			}
			seen[k] = c
		}
	}
	if annual.CauseOf("never-heard-of") != annual.Other || len(seen) != 17 {
		t.Errorf("%d kinds, and an unknown one has the cause %s", len(seen), annual.CauseOf("never-heard-of"))
	}
}

func TestACaseBelongsToTheYearInWhichThePracticeKnew(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	aware := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // half past midnight in Amsterdam
	inc, err := incidents.Open(incidents.NewIncident{ID: "i", PracticeID: "p", Reference: "2026-0001", Source: incidents.FromForm,
		Facts:   incidents.Facts{Playbook: "ransomware", DiscoveredAt: aware, Role: incidents.AsController, Unintelligible: incidents.UnintelligibleNo},
		Story:   incidents.Story{Summary: "x", MeasuresPlanned: "een nieuw slot"},
		AwareAt: aware, AwareBasis: "x", Policy: registry.Policy{ClientHours: 48, AuthorityHours: 72}, By: incidents.System()}, aware.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := annual.Case{Year: 2027, Month: time.January, Playbook: "ransomware", Nature: annual.UnknownNature, Telling: annual.StillOpen,
		Filing: annual.StillOpen, HoursToTell: -1, OpenMeasures: 1}
	if diff := cmp.Diff(want, annual.CaseOf(inc, zone)); diff != "" {
		t.Error(diff)
	}
	clock := inc.Clock(incidents.ClientClock)
	clock.MetAt, clock.Told = aware.Add(49*time.Hour), 3
	inc.Clock(incidents.AuthorityClock).EndedAt, inc.Clock(incidents.AuthorityClock).EndedBecause = aware, incidents.EndedNotNotifiable
	inc.Facts.BreachKinds = []incidents.BreachKind{incidents.Confidentiality}
	want.Nature, want.Telling, want.Filing, want.HoursToTell, want.PersonsTold = annual.OnlyConfidentiality, annual.TooLate, annual.NotNotifiable, 49, 3
	if diff := cmp.Diff(want, annual.CaseOf(inc, zone)); diff != "" {
		t.Error(diff)
	}
}
