package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
)

// ImportResult is what came of a list of people: good rows go in, bad ones are
// listed with their line and reason. Of a client who is known already, only what
// the file has columns for is replaced.
type ImportResult struct {
	// ID and State are of the import that was made of it; "" for a dry run.
	ID      string             `json:"id,omitempty"`
	State   roster.ImportState `json:"state,omitempty"`
	Format  roster.Format      `json:"format"`
	Created int                `json:"created"`
	Updated int                `json:"updated"`
	Faults  []RowFault         `json:"faults"`
	// More says that not every fault or double is listed.
	More    bool     `json:"more"`
	Dropped []string `json:"dropped"` // headers of columns that hold something and that nothing was taken from
	// Columns are those that hold something, with what each is taken for.
	Columns []TakenColumn `json:"columns"`
	// Refused are those among them that hold what is never taken.
	Refused []RefusedColumn `json:"refused"`
	// Doubles look like somebody known and wait for a decision, unless they have one.
	Doubles []LikelyDouble `json:"doubles"`
	// Shared is how many lines share a mail address with others and are kept apart.
	Shared int  `json:"shared"`
	DryRun bool `json:"dry_run"`
	// Preview holds the first people as they are kept, for who sent the file.
	Preview []registry.Client `json:"-"`
}

// RowFault is one thing wrong with one line; it never repeats the line's data.
type RowFault = roster.RowFault

const (
	importChunk = 500 // rows saved at a time
	mostFaults  = 1000
	previewed   = 10
)

// importer is one run over one list.
type importer struct {
	office   *Office
	practice registry.Practice
	how      ImportHow
	list     List // nil for who goes on with an import
	job      roster.Import
	mapping  roster.Mapping
	filled   []bool // columns with something in them
	result   ImportResult
	// count and faults are those of the lines at hand, until they are settled.
	count    roster.ImportCount
	faults   []RowFault
	seen     map[string]int // number to the line it stood on first
	again    map[string]int // number made here to how often it stood
	people   *people        // nil until the first new one
	soFar    soFar
	waiting  []roster.Line // who look like somebody known and are not taken at once
	foreseen map[string]string
	// laid holds, by number, whom lines at hand told of and nobody stored yet.
	laid map[string]registry.Client
}

func (o *Office) newImporter(p registry.Practice, how ImportHow) *importer {
	return &importer{office: o, practice: p, how: how, seen: map[string]int{}, again: map[string]int{}, foreseen: map[string]string{}, laid: map[string]registry.Client{},
		result: ImportResult{Faults: []RowFault{}, Dropped: []string{}, Columns: []TakenColumn{}, Refused: []RefusedColumn{}, Doubles: []LikelyDouble{}, DryRun: how.DryRun}}
}

// Import reads a list of people. A dry run only says what would happen. Otherwise
// what is taken of the list is stored first and then worked off: whoever is cut
// off in that is followed by a worker (GoOnWithImports).
func (o *Office) Import(ctx context.Context, p registry.Practice, r io.Reader, how ImportHow) (ImportResult, error) {
	m := o.newImporter(p, how)
	if o.openList == nil {
		return m.result, errors.New("no reader of lists is set")
	}
	var err error
	if m.list, err = o.openList(r, how.Format); err != nil {
		return m.result, err
	}
	proposal := m.list.Proposal()
	m.result.Format, m.filled = proposal.Format, make([]bool, len(proposal.Columns))
	if m.mapping, err = mappingOf(proposal, how.Mapping); err != nil {
		m.look(proposal)
		return m.result, err
	}
	if how.DryRun {
		err = m.rehearse(ctx)
		m.nameColumns(proposal)
		return m.result, err
	}
	if err := m.bringIn(ctx, proposal); err != nil {
		return m.result, err
	}
	err = m.workAWhile(ctx)
	m.result.ID, m.result.State = m.job.ID, m.job.State
	return m.result, err
}

// look names the columns of a file that nothing is taken from yet, so that somebody
// can say what they are.
func (m *importer) look(p roster.Proposal) {
	for _, row := range p.Sample {
		m.fill(row)
	}
	m.result.DryRun = true
	m.nameColumns(p)
}

// fill notes which columns hold something.
func (m *importer) fill(row roster.Row) {
	for i, cell := range row.Columns {
		if i < len(m.filled) && cell != "" {
			m.filled[i] = true
		}
	}
}

// nameColumns says what nothing was taken from; empty columns are not worth a word.
func (m *importer) nameColumns(p roster.Proposal) {
	for i, c := range p.Columns {
		if !m.filled[i] {
			continue
		}
		m.result.Columns = append(m.result.Columns, TakenColumn{roster.TakenColumn{Name: c.Name, Field: m.mapping[i], Refused: c.Refused}, i + 1, example(p, i)})
	}
	m.result.nameDropped()
}

// nameDropped lists the columns that nothing was taken from.
func (r *ImportResult) nameDropped() {
	for _, c := range r.Columns {
		if !c.Dropped() {
			continue
		}
		r.Dropped = append(r.Dropped, c.Name)
		if c.Refused != "" {
			r.Refused = append(r.Refused, RefusedColumn{c.Name, c.Refused, refusedBecause(c.Refused)})
		}
	}
}

// read collects the next good rows; the practice's own number for a second time
// is a fault.
func (m *importer) read() (lines []roster.Line, done bool, err error) {
	year := m.office.now().Year()
	for len(lines) < importChunk {
		row, err := m.list.Next()
		if errors.Is(err, io.EOF) {
			return lines, true, nil
		}
		if err != nil {
			return nil, true, fmt.Errorf("read the file: %w", err)
		}
		m.fill(row)
		entry, faults := m.mapping.Entry(row, year)
		line := roster.Line{Entry: entry, Decision: m.decision(entry.Line)}
		m.number(&line, &faults)
		m.count.Read++
		if len(faults) > 0 {
			m.refuse(entry.Line, faults)
			continue
		}
		lines = append(lines, line)
	}
	return lines, false, nil
}

// number gives a row a number when the list has none. The second of two alike
// gets a number of its own, in the order of the list.
func (m *importer) number(line *roster.Line, faults *fault.List) {
	person := &line.Entry.Client.Person
	if len(*faults) > 0 {
		return
	}
	if person.ExternalID == "" {
		person.ExternalID = identity(m.practice.ID, *person)
		if line.First = m.seen[person.ExternalID]; line.First > 0 {
			m.again[person.ExternalID]++
			person.ExternalID += "-" + strconv.Itoa(m.again[person.ExternalID]+1)
			return
		}
	} else if m.seen[person.ExternalID] > 0 {
		faults.Add(string(roster.ExternalID), "error.external_id_twice", "this number stands twice in the list")
	}
	m.seen[person.ExternalID] = line.Entry.Line
}

// refuse notes that a line is left out.
func (m *importer) refuse(line int, faults fault.List) {
	m.count.Refused++
	for _, f := range faults {
		m.faults = append(m.faults, RowFault{Line: line, Field: f.Field, Key: f.Key, Message: f.Message})
	}
}

// settle moves what is known of the lines at hand into the result, and returns it.
func (m *importer) settle() (roster.ImportCount, []RowFault) {
	count, faults := m.count, m.faults
	m.count, m.faults = roster.ImportCount{}, nil
	r := &m.result
	r.Created, r.Updated, r.Shared = r.Created+count.Added, r.Updated+count.Changed, r.Shared+count.Shared
	r.Faults, r.More = joined(r.Faults, faults, r.More)
	return count, faults
}

// joined adds faults to a list, by line, and cuts it where it gets long.
func joined(all, more []RowFault, cut bool) ([]RowFault, bool) {
	all = append(all, more...)
	slices.SortStableFunc(all, func(a, b RowFault) int { return a.Line - b.Line })
	if len(all) > mostFaults {
		return all[:mostFaults], true
	}
	return all, cut
}

// sift keeps out those who look like somebody known, unless it was decided that
// they are another person.
func (m *importer) sift(ctx context.Context, lines []roster.Line) ([]roster.Line, error) {
	_, known, err := m.office.resolve(ctx, m.practice.ID, inputsOf(lines))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(lines, func(line roster.Line) bool {
		if _, stored := known[line.Entry.Client.Person.ExternalID]; stored || err != nil {
			return false
		}
		var kept bool
		kept, err = m.keep(ctx, line)
		return !kept
	}), err
}

func inputsOf(lines []roster.Line) []ClientInput {
	inputs := make([]ClientInput, len(lines))
	for i, line := range lines {
		inputs[i] = ClientInput{Client: line.Entry.Client, Guardians: line.Entry.Guardians}
	}
	return inputs
}

// keep reports whether a new person goes in by himself.
func (m *importer) keep(ctx context.Context, line roster.Line) (bool, error) {
	if m.people == nil {
		var err error
		if m.people, err = m.office.everybody(ctx, m.practice.ID, m.soFar); err != nil {
			return false, err
		}
	}
	person := line.Entry.Client
	like, sharing := m.people.find(person, line.Entry.Born)
	if line.First > 0 {
		like = &roster.Likeness{Why: roster.SameNameMail, WithLine: line.First, With: identity(m.practice.ID, person.Person), WithName: person.Person.Name}
	}
	if line.Double = like; like != nil {
		m.double(line)
		if line.Decision != ApartDouble {
			m.setAside(line)
			return false, nil
		}
	}
	if sharing {
		m.count.Shared++
	}
	m.people.add(person, line.Entry.Born, line.Entry.Line)
	return true, nil
}

// setAside keeps a line for later, unless it is left out for good.
func (m *importer) setAside(line roster.Line) {
	if line.Decision == SkipDouble {
		m.count.Skipped++
		return
	}
	m.count.Waiting++
	m.waiting = append(m.waiting, line)
}

func (m *importer) decision(line int) DoubleDecision {
	if d, some := m.how.Decided[line]; some {
		return d
	}
	return m.how.Doubles
}

func (m *importer) double(line roster.Line) {
	if len(m.result.Doubles) >= mostFaults {
		m.result.More = true
		return
	}
	m.result.Doubles = append(m.result.Doubles, likelyDouble(line))
}

// likelyDouble tells of a line that looks like somebody known.
func likelyDouble(line roster.Line) LikelyDouble {
	d := LikelyDouble{Line: line.Entry.Line, Why: line.Double.Why, WithLine: line.Double.WithLine, With: line.Double.With, Decision: line.Decision,
		Name: line.Entry.Client.Person.Name, WithName: line.Double.WithName}
	if d.WithLine > 0 {
		d.With = "" // his number is made here, and tells nothing
	}
	return d
}

// judge returns the people that can be stored and refuses the others. Who is
// refused can be nobody's guardian, so it looks until nobody more falls away.
func (m *importer) judge(ctx context.Context, lines []roster.Line) ([]roster.Planned, error) {
	inputs := inputsOf(lines)
	ids, known, err := m.office.resolve(ctx, m.practice.ID, inputs)
	if err != nil {
		return nil, err
	}
	for number, id := range m.foreseen {
		if _, wanted := ids[number]; !wanted {
			ids[number] = id
		}
	}
	for _, in := range inputs {
		if c, some := m.laid[in.Client.Person.ExternalID]; some {
			ids[c.Person.ExternalID], known[c.Person.ExternalID] = c.ID, c
		}
	}
	clients, refused := make([]registry.Client, len(lines)), make([]bool, len(lines))
	for again := true; again; {
		again = false
		for i, line := range lines {
			if refused[i] {
				continue
			}
			in := ClientInput{Client: line.Entry.Client, Guardians: line.Entry.Guardians}
			c, faults := m.check(in, ids, known)
			clients[i] = c
			if len(faults) == 0 {
				continue
			}
			m.refuse(line.Entry.Line, faults)
			refused[i], again = true, true
			if _, stored := known[in.Client.Person.ExternalID]; !stored {
				delete(ids, in.Client.Person.ExternalID)
			}
		}
	}
	var good []roster.Planned
	for i, line := range lines {
		if refused[i] {
			continue
		}
		c := clients[i]
		one := roster.Planned{Client: c, Line: line.Entry.Line, Born: line.Entry.Born}
		if stored, some := known[c.Person.ExternalID]; some {
			one.Before = &stored
		}
		good = append(good, one)
	}
	return good, nil
}

func (m *importer) check(in ClientInput, ids map[string]string, known map[string]registry.Client) (registry.Client, fault.List) {
	told := in.Client
	stored, some := known[told.Person.ExternalID]
	if some {
		told = m.mapping.Onto(stored, told)
	} else {
		told.ImportID = m.job.ID
	}
	c := m.office.fill(m.practice, told, ids)
	faults := fault.Fields(c.Validate(""))
	if g := guardians(in, ids, "", &faults); m.mapping.Has(roster.Guardians) {
		c.Guardians = g
	}
	return c, faults
}
