package law_test

import (
	"strings"
	"testing"

	"datalek/incidents/law"
	"datalek/incidents/registry"
)

func day(t *testing.T, text string) registry.Date {
	t.Helper()
	if text == "" {
		return registry.Date{}
	}
	d, err := registry.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// whole is one rule of each topic that holds for good.
func whole(t *testing.T) []law.Rule {
	t.Helper()
	first := day(t, "2018-05-25")
	return []law.Rule{
		{ID: "hours", Topic: law.TellAuthority, From: first, Hours: 72, Risk: law.AnyRisk}, {ID: "persons", Topic: law.TellPersons, From: first, Risk: law.HighRisk},
		{ID: "month", Topic: law.AnswerRequest, From: first, Months: 1}, {ID: "ages", Topic: law.YoungPeople, From: first, Beside: 12, Instead: 16},
		{ID: "ap", Topic: law.FormEdition, Authority: registry.AP, From: day(t, "2022-08-01"), Edition: "AP 2022-08"},
		{ID: "gba", Topic: law.FormEdition, Authority: registry.GBA, From: first, Edition: "GBA 2026-11"},
	}
}

func TestARuleHoldsFromItsFirstDayThroughItsLast(t *testing.T) {
	rules := append(whole(t), law.Rule{ID: "later", Topic: law.TellAuthority, From: day(t, "2028-01-01"), Hours: 96, Risk: law.HighRisk})
	rules[0].Until = day(t, "2027-12-31")
	l, flaws := law.New(rules)
	if len(flaws) > 0 {
		t.Fatalf("the law has flaws: %+v", flaws)
	}
	for on, want := range map[string]int{"2018-05-25": 72, "2027-12-31": 72, "2028-01-01": 96, "2040-06-01": 96, "2018-05-24": 0} {
		if got := l.On(registry.AP, day(t, on)).Hours(); got != want {
			t.Errorf("on %s the authority is told within %d hours, want %d", on, got, want)
		}
	}
	if got := l.On(registry.GBA, day(t, "2028-01-01")); got.AuthorityRisk() != law.HighRisk || got.PersonsRisk() != law.HighRisk || got.Edition() != "GBA 2026-11" {
		t.Errorf("under the Belgian authority: %+v", got)
	}
	if got := l.On(registry.AP, day(t, "2028-01-01")).Kept(); got.Edition() != "" || len(got) != 4 {
		t.Errorf("a case keeps %v", got.IDs())
	}
}

func TestOverlapsAndGapsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(rules []law.Rule) []law.Rule
		want   string // of the Dutch authority
	}{
		{"whole", func(r []law.Rule) []law.Rule { return r }, ""},
		{"a rule that ends and none after", func(r []law.Rule) []law.Rule { r[0].Until = day(t, "2027-12-31"); return r }, "gap authority hours 2028-01-01"},
		{"a day between two", func(r []law.Rule) []law.Rule {
			r[0].Until = day(t, "2027-12-31")
			return append(r, law.Rule{ID: "next", Topic: law.TellAuthority, From: day(t, "2028-01-02")})
		}, "gap authority next 2028-01-01"},
		{"two on one day", func(r []law.Rule) []law.Rule {
			r[0].Until = day(t, "2028-01-01")
			return append(r, law.Rule{ID: "next", Topic: law.TellAuthority, From: day(t, "2028-01-01")})
		}, "overlap authority next 2028-01-01"},
		{"one beside a rule without an end", func(r []law.Rule) []law.Rule {
			return append(r, law.Rule{ID: "next", Topic: law.TellAuthority, From: day(t, "2028-01-01")})
		}, "overlap authority next 2028-01-01"},
		{"one country's beside the rule for all", func(r []law.Rule) []law.Rule {
			return append(r, law.Rule{ID: "own", Topic: law.YoungPeople, Authority: registry.AP, From: day(t, "2020-01-01")})
		}, "overlap young own 2020-01-01"},
		{"a first rule that begins too late", func(r []law.Rule) []law.Rule { r[1].From = day(t, "2019-01-01"); return r }, "gap persons persons 2018-05-25"},
		{"a topic without a rule", func(r []law.Rule) []law.Rule { return r[:4] }, "gap form  2018-05-25"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, flaws := law.New(tt.change(whole(t)))
			var got []string
			for _, f := range flaws {
				if f.Authority == registry.AP {
					got = append(got, string(f.Kind)+" "+string(f.Topic)+" "+f.Rule+" "+f.Day.String())
				}
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACaseFromBeforeRulesWereKeptReadsAsTheGDPRDid(t *testing.T) {
	var none law.Set
	ages := none.Ages()
	if none.Hours() != 0 || none.AuthorityRisk() != law.AnyRisk || none.PersonsRisk() != law.HighRisk || ages != (law.Ages{Beside: 12, Instead: 16}) {
		t.Errorf("no rules read as %d, %s, %s, %+v", none.Hours(), none.AuthorityRisk(), none.PersonsRisk(), ages)
	}
}

func TestARequestIsAnsweredWithinTheShorterTerm(t *testing.T) {
	l, _ := law.New(whole(t))
	set := l.On(registry.AP, day(t, "2027-01-31"))
	for weeks, want := range map[int]string{0: "2027-02-28", 3: "2027-02-21", 6: "2027-02-28"} {
		if got, some := set.AnswerBy(day(t, "2027-01-31"), weeks); !some || got.String() != want {
			t.Errorf("with %d weeks a request is answered by %s, want %s", weeks, got, want)
		}
	}
	if _, some := (law.Set{}).AnswerBy(day(t, "2027-01-31"), 0); some {
		t.Error("a term is known though nobody gave one")
	}
}
