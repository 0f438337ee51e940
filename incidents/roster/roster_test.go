package roster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
)

func TestNamesKeepTheirParticles(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Berg, van der, Jan", "Jan van der Berg"}, {"Berg, van der", "van der Berg"}, {"van der Berg, Jan", "Jan van der Berg"}, {"Berg, Jan, van der", "Jan van der Berg"},
		{"Berg, Jan van der", "Jan van der Berg"}, {"Jan  van der   Berg", "Jan van der Berg"}, {"Jan Berg, MSc", "Jan Berg, MSc"}, {"Hof, van 't, Eva", "Eva van 't Hof"},
		{"García Márquez, Gabriel", "Gabriel García Márquez"}, {"Jan,", "Jan,"}, {"a, b, c, d", "a, b, c, d"}, {"", ""}, {"Jansen, jan en piet", "Jansen, jan en piet"},
	} {
		if got := roster.NameOf(tt.in); got != tt.want {
			t.Errorf("NameOf(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, tt := range [][4]string{
		{"Jan", "van der", "Berg", "Jan van der Berg"}, {"Jan", "", "Berg, van der", "Jan van der Berg"}, {"Jan", "", "van der Berg", "Jan van der Berg"},
		{"", "", "de Wit", "de Wit"}, {" Jan ", "", "", "Jan"}, {"Jan", "", "Berg, Smit", "Jan Berg, Smit"},
	} {
		if got := roster.WholeName(tt[0], tt[1], tt[2]); got != tt[3] {
			t.Errorf("WholeName(%q) = %q, want %q", tt[:3], got, tt[3])
		}
	}
}

func TestOnlyTheYearOfBirthOfMinorsIsKept(t *testing.T) {
	for _, tt := range []struct {
		field      roster.Field
		text       string
		born, kept int
	}{
		{roster.BirthYear, "2014", 2014, 2014}, {roster.BirthYear, "1980", 1980, 0}, {roster.BirthDate, "2014-04-03", 2014, 2014}, {roster.BirthDate, "20140403", 2014, 2014},
		{roster.BirthDate, "3-4-2014", 2014, 2014}, {roster.BirthDate, "12/31/1960", 1960, 0}, {roster.BirthDate, "--02-29", 0, 0}, {roster.BirthDate, "0/0/00", 0, 0},
		{roster.BirthDate, "2009", 2009, 2009}, {roster.BirthDate, "2008", 2008, 0}, {roster.BirthDate, "onbekend", 0, 0},
	} {
		e, faults := roster.Mapping{roster.Name, tt.field}.Entry(roster.Row{Line: 2, Columns: []string{"Jan", tt.text}}, 2027)
		if e.Born != tt.born || e.Client.BirthYear != tt.kept || len(faults) > 0 {
			t.Errorf("%s %q = born %d, kept %d, faults %v; want %d and %d", tt.field, tt.text, e.Born, e.Client.BirthYear, faults, tt.born, tt.kept)
		}
	}
}

func TestANationalNumberIsNoClientNumber(t *testing.T) {
	m := roster.Mapping{roster.Name, roster.ExternalID}
	for number, refused := range map[string]bool{"85.07.30-033.28": true, "17073003384": true, "85.07.30-033.29": false, "N-1": false, "12345678901": false} {
		_, faults := m.Entry(roster.Row{Line: 2, Columns: []string{"Jan", number}}, 2027)
		if got := len(faults) == 1 && faults[0].Key == "error.national_number"; got != refused {
			t.Errorf("%s refused = %t, want %t (%v)", number, got, refused, faults)
		}
	}
}

func TestValuesTellWhatIsNeverTaken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   roster.Refusal
	}{
		{"numbers that pass the eleven test", []string{"111222333", "123456782", ""}, roster.CitizenNumber}, {"eight digits of one", []string{"10000008"}, roster.CitizenNumber},
		{"a running number", []string{"100000001", "100000002", "100000003"}, ""}, {"zeros", []string{"000000000"}, ""}, {"nothing", []string{"", ""}, ""},
		{"Belgian numbers", []string{"85073003328", "85.07.30-033.28"}, roster.RegisterNumber}, {"addresses", []string{"Dorpsstraat 1, 1234 AB Utrecht"}, ""},
		{"long texts", []string{strings.Repeat("een heel verhaal ", 10)}, roster.Notes},
	} {
		if got := roster.Suspect(tt.values); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for header, want := range map[string]roster.Refusal{"Interne notitie": roster.Notes, "Notes": roster.Notes, "Notenbalk": "", "Hoofddiagnose (DSM-5)": roster.Diagnosis, "DSM": roster.Diagnosis,
		"INSZ-nummer": roster.RegisterNumber, "BSN cliënt": roster.CitizenNumber, "Naam": "", "Absent": "", "Dennis": "", "Adres": ""} {
		if got := roster.RefusedHeader(header); got != want {
			t.Errorf("header %q: %q, want %q", header, got, want)
		}
	}
}

func TestLikelyDoublesAreFoundAndFamiliesKeptApart(t *testing.T) {
	person := func(name, mail, phone, place string) registry.Person {
		return registry.Person{Name: name, Email: mail, Phone: phone, PostalAddress: place}
	}
	base := person("Jan de Test", "jan@voorbeeldpost.example", "+32 470 55 01 02", "Lindelaan 3\n4811 XX Breda")
	for _, tt := range []struct {
		name    string
		other   registry.Person
		born    int
		number  string
		want    roster.Kind
		sharing bool
	}{
		{"the same in other letters", person("TEST, JAN DE", "Jan@Voorbeeldpost.example", "", ""), 0, "", roster.SameNameMail, false},
		{"the same number written otherwise", person("Jan de Test", "", "0470 550102", ""), 0, "", roster.SameNamePhone, false},
		{"an initial at the same mail address", person("J. de Test", "jan@voorbeeldpost.example", "", ""), 0, "", roster.SameNameMail, false},
		{"a slip of the pen at the same house", person("Jan de Tesd", "", "", "Lindelaan 3, 4811XX Breda, NL"), 0, "", roster.NearName, false},
		{"a name and nothing to tell apart", person("Jan de Test", "", "", ""), 0, "", roster.NearName, false},
		{"a namesake elsewhere", person("Jan de Test", "ander@voorbeeldpost.example", "010-5550199", ""), 0, "", "", false},
		{"his wife at his mail address", person("Petra de Test", "jan@voorbeeldpost.example", "0470 550102", ""), 0, "", "", true},
		{"his son of the same name", person("Jan de Test", "jan@voorbeeldpost.example", "", ""), 2015, "", "", true},
		{"a number of his own for each", person("Jan de Test", "jan@voorbeeldpost.example", "", ""), 0, "N-2", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := roster.NewIndex()
			x.Add(roster.KeyOf(7, base, 1980, "N-1"))
			double, why, sharing := x.Find(roster.KeyOf(8, tt.other, tt.born, tt.number))
			if why != tt.want || sharing != tt.sharing || why != "" && double.Ref != 7 {
				t.Errorf("double %d, why %q, sharing %t; want %q and %t", double.Ref, why, sharing, tt.want, tt.sharing)
			}
		})
	}
}

func TestThousandsAtOneAddressAreComparedInNoTime(t *testing.T) {
	x := roster.NewIndex()
	for n := range 100_000 {
		x.Add(roster.KeyOf(n, registry.Person{Name: fmt.Sprintf("Persoon %d", n), Email: "info@voorbeeldpost.example"}, 0, ""))
	}
	for n := range 2000 {
		if _, why, sharing := x.Find(roster.KeyOf(-1, registry.Person{Name: fmt.Sprintf("Iemand %d", n), Email: "info@voorbeeldpost.example"}, 0, "")); why != "" || !sharing {
			t.Fatalf("why %q, sharing %t", why, sharing)
		}
	}
}

func TestAMappingIsCheckedAgainstItsColumns(t *testing.T) {
	p := roster.Proposal{Columns: []roster.Column{{Name: "Naam", Guess: roster.Name}, {Name: "Notities", Guess: roster.Coach, Refused: roster.Notes}, {Name: "Mail"}}}
	if diff := cmp.Diff(roster.Mapping{roster.Name, "", ""}, p.Mapping()); diff != "" {
		t.Errorf("guesses (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name string
		m    roster.Mapping
		want string
	}{
		{"the guesses", p.Mapping(), ""}, {"a refused column", roster.Mapping{roster.Name, roster.Coach}, "error.mapping_refused"}, {"no name", roster.Mapping{"", "", roster.Email}, "error.csv_name"},
		{"one field twice", roster.Mapping{roster.Name, "", roster.Name}, "error.mapping_twice"}, {"an unknown field", roster.Mapping{roster.Name, "", "bsn"}, "error.mapping"},
		{"too many columns", roster.Mapping{roster.Name, "", "", roster.Email}, "error.mapping"},
	} {
		err := p.Check(tt.m)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(keys(err), tt.want)) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func keys(err error) string {
	var all []string
	for _, f := range fault.Fields(err) {
		all = append(all, f.Key)
	}
	return strings.Join(all, " ")
}

func TestEveryColumnIsFoundByEachOfItsHeaders(t *testing.T) {
	seen := map[string]roster.Field{}
	for _, col := range roster.KnownHeaders() {
		if len(col.Names) == 0 || col.Names[0] != string(col.Field) || !col.Field.Valid() {
			t.Errorf("column %s does not go by its own name first: %v", col.Field, col.Names)
		}
		for _, h := range col.Names {
			if other, twice := seen[roster.Plain(h)]; twice && other != col.Field || h != strings.ToLower(h) {
				t.Errorf("header %q of %s is not in lower case, or is %s's too", h, col.Field, other)
			}
			seen[roster.Plain(h)] = col.Field
		}
	}
}

func TestWhoAskedAndWhoGotAnOfferAreKeptApart(t *testing.T) {
	for word, want := range map[string]string{"Belangstellende": "enquirer", "enquirer": "enquirer", "Prospect": "prospect", "potentiële klant": "prospect"} {
		if got := roster.CodeOf(word); got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
		if !slices.Contains(registry.Relations(), registry.Relation(want)) {
			t.Errorf("%q is no relation", want)
		}
	}
}
