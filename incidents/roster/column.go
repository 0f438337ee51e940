package roster

import (
	"slices"

	"datalek/incidents/fault"
)

// Refusal says why a column is never taken.
type Refusal string

// The refusals.
const (
	Notes          Refusal = "notes"           // what was written about somebody
	Diagnosis      Refusal = "diagnosis"       // data concerning health (GDPR Art. 9)
	CitizenNumber  Refusal = "citizen_number"  // the Dutch burgerservicenummer (UAVG Art. 46)
	RegisterNumber Refusal = "register_number" // the Belgian national register number
)

// Column is one column of a list.
type Column struct {
	Name    string // its header as it stands; "1", "2" when the list has no headers
	Guess   Field  // "" when nothing is taken
	Refused Refusal
}

// Row is one line of a list.
type Row struct {
	Line    int // where it begins, from 1
	Columns []string
	// Fault names what makes the line unreadable ("error.csv_row"); "" for nothing.
	Fault string
}

// Blank reports whether nothing stands on the line.
func (r Row) Blank() bool {
	return r.Fault == "" && !slices.ContainsFunc(r.Columns, func(c string) bool { return c != "" })
}

// Proposal is what a list is taken for before anybody looked at it.
type Proposal struct {
	Format  Format
	Columns []Column
	// Sample holds the first lines that hold a person.
	Sample []Row
}

// Mapping says for each column, by place, what it is taken for.
type Mapping []Field

// Mapping returns the guesses.
func (p Proposal) Mapping() Mapping {
	m := make(Mapping, len(p.Columns))
	for i, c := range p.Columns {
		if c.Refused == "" {
			m[i] = c.Guess
		}
	}
	return m
}

// Has reports whether a column is taken for one of these fields.
func (m Mapping) Has(fields ...Field) bool {
	return slices.ContainsFunc(m, func(f Field) bool { return f != "" && slices.Contains(fields, f) })
}

// Check returns every fault of m for these columns: a refused one that is taken,
// two for one field, and no name.
func (p Proposal) Check(m Mapping) error {
	var faults fault.List
	taken := map[Field]bool{}
	for i, f := range m {
		switch {
		case i >= len(p.Columns) || !f.Valid():
			faults.Add("mapping", "error.mapping", "map each column to a field from the list")
		case f != "" && p.Columns[i].Refused != "":
			faults.Add("mapping", "error.mapping_refused", "a column of notes, diagnoses or national numbers is never taken")
		case f != "" && taken[f]:
			faults.Add("mapping", "error.mapping_twice", "map at most one column to each field")
		}
		taken[f] = true
	}
	if !m.Has(Name, GivenName, FamilyName) {
		faults.Add("", "error.csv_name", "the file needs a column named name or naam")
	}
	return faults.Err()
}
