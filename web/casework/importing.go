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
	Format  roster.Format `json:"format"`
	Created int           `json:"created"`
	Updated int           `json:"updated"`
	Faults  []RowFault    `json:"faults"`
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
type RowFault struct {
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Key     string `json:"code"`
	Message string `json:"message"`
}

const (
	importChunk = 500 // rows saved at a time
	mostFaults  = 1000
	previewed   = 10
)

// importer is one run over one file.
type importer struct {
	office   *Office
	practice registry.Practice
	how      ImportHow
	list     List
	mapping  roster.Mapping
	filled   []bool // columns with something in them
	result   ImportResult
	seen     map[string]int // number to the line it stood on first
	again    map[string]int // number made here to how often it stood
	people   *people        // nil until the first new one
	later    []fileRow      // who are somebody known, after the others
	foreseen map[string]string
}

// fileRow is one client as a file tells it, with what he is known by.
type fileRow struct {
	entry roster.Entry
	input ClientInput
	first int // line of the same made number before, else 0
}

// Import reads a list of people. A dry run only says what would happen.
func (o *Office) Import(ctx context.Context, p registry.Practice, r io.Reader, how ImportHow) (ImportResult, error) {
	m := &importer{office: o, practice: p, how: how, seen: map[string]int{}, again: map[string]int{}, foreseen: map[string]string{},
		result: ImportResult{Faults: []RowFault{}, Dropped: []string{}, Columns: []TakenColumn{}, Refused: []RefusedColumn{}, Doubles: []LikelyDouble{}, DryRun: how.DryRun}}
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
	for done := false; !done; {
		var rows []fileRow
		if rows, done, err = m.read(); err != nil {
			return m.result, err
		}
		if rows, err = m.sift(ctx, rows); err != nil {
			return m.result, err
		}
		if err := m.take(ctx, rows); err != nil {
			return m.result, err
		}
	}
	if err := m.merge(ctx); err != nil {
		return m.result, err
	}
	m.nameColumns(proposal)
	o.nudge()
	return m.result, nil
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
		if m.filled[i] {
			m.result.Columns = append(m.result.Columns, TakenColumn{c.Name, m.mapping[i], c.Refused, i + 1, example(p, i)})
		}
		if taken := m.mapping[i] != "" && m.mapping[i] != roster.Organisation; !m.filled[i] || taken {
			continue
		}
		m.result.Dropped = append(m.result.Dropped, c.Name)
		if c.Refused != "" {
			m.result.Refused = append(m.result.Refused, RefusedColumn{c.Name, c.Refused, refusedBecause(c.Refused)})
		}
	}
}

// read collects the next good rows; the practice's own number for a second time
// is a fault.
func (m *importer) read() (rows []fileRow, done bool, err error) {
	year := m.office.now().Year()
	for len(rows) < importChunk {
		line, err := m.list.Next()
		if errors.Is(err, io.EOF) {
			return rows, true, nil
		}
		if err != nil {
			return nil, true, fmt.Errorf("read the file: %w", err)
		}
		m.fill(line)
		entry, faults := m.mapping.Entry(line, year)
		row := fileRow{entry: entry, input: ClientInput{Client: entry.Client, Guardians: entry.Guardians}}
		m.number(&row, &faults)
		if len(faults) > 0 {
			m.result.refuse(entry.Line, faults)
			continue
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

// number gives a row a number when the list has none. The second of two alike
// gets a number of its own, in the order of the list.
func (m *importer) number(row *fileRow, faults *fault.List) {
	person := &row.input.Client.Person
	if len(*faults) > 0 {
		return
	}
	if person.ExternalID == "" {
		person.ExternalID = identity(m.practice.ID, *person)
		if row.first = m.seen[person.ExternalID]; row.first > 0 {
			m.again[person.ExternalID]++
			person.ExternalID += "-" + strconv.Itoa(m.again[person.ExternalID]+1)
			return
		}
	} else if m.seen[person.ExternalID] > 0 {
		faults.Add(string(roster.ExternalID), "error.external_id_twice", "this number stands twice in the list")
	}
	m.seen[person.ExternalID] = row.entry.Line
}

func (r *ImportResult) refuse(line int, faults fault.List) {
	for _, f := range faults {
		if len(r.Faults) >= mostFaults {
			r.More = true
			return
		}
		r.Faults = append(r.Faults, RowFault{Line: line, Field: f.Field, Key: f.Key, Message: f.Message})
	}
}

// sift keeps out those who look like somebody known, unless it was decided that
// they are another person.
func (m *importer) sift(ctx context.Context, rows []fileRow) ([]fileRow, error) {
	inputs := make([]ClientInput, len(rows))
	for i, row := range rows {
		inputs[i] = row.input
	}
	_, known, err := m.office.resolve(ctx, m.practice.ID, inputs)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row fileRow) bool {
		if _, stored := known[row.input.Client.Person.ExternalID]; stored || err != nil {
			return false
		}
		var kept bool
		kept, err = m.keep(ctx, row)
		return !kept
	}), err
}

// keep reports whether a new person goes in by himself.
func (m *importer) keep(ctx context.Context, row fileRow) (bool, error) {
	if m.people == nil {
		var err error
		if m.people, err = m.office.everybody(ctx, m.practice.ID); err != nil {
			return false, err
		}
	}
	d, sharing := m.people.find(row.input.Client, row.entry.Born)
	if row.first > 0 {
		d = LikelyDouble{Why: roster.SameNameMail, WithLine: row.first, With: identity(m.practice.ID, row.input.Client.Person), WithName: row.input.Client.Person.Name}
	}
	if d.Why != "" {
		d.Line, d.Name, d.Decision = row.entry.Line, row.input.Client.Person.Name, m.decision(row.entry.Line)
		m.double(d)
		if d.Decision == SameDouble {
			row.input.Client.Person.ExternalID = d.With
			m.later = append(m.later, row)
		}
		if d.Decision != ApartDouble {
			return false, nil
		}
	}
	if sharing {
		m.result.Shared++
	}
	m.people.add(row.input.Client, row.entry.Born, row.entry.Line)
	return true, nil
}

func (m *importer) decision(line int) DoubleDecision {
	if d, some := m.how.Decided[line]; some {
		return d
	}
	return m.how.Doubles
}

func (m *importer) double(d LikelyDouble) {
	if d.WithLine > 0 {
		d.With = "" // his number is made here, and tells nothing
	}
	if len(m.result.Doubles) >= mostFaults {
		m.result.More = true
		return
	}
	m.result.Doubles = append(m.result.Doubles, d)
}

// merge updates those of whom somebody decided that they are the same.
func (m *importer) merge(ctx context.Context) error {
	for len(m.later) > 0 {
		one := m.later[:1]
		m.later = m.later[1:]
		if err := m.take(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// take saves the good rows among these, each judged by itself.
func (m *importer) take(ctx context.Context, rows []fileRow) error {
	if len(rows) == 0 {
		return nil
	}
	inputs := make([]ClientInput, len(rows))
	for i, row := range rows {
		inputs[i] = row.input
	}
	ids, known, err := m.office.resolve(ctx, m.practice.ID, inputs)
	if err != nil {
		return err
	}
	for number, id := range m.foreseen {
		if _, wanted := ids[number]; !wanted {
			ids[number] = id
		}
	}
	clients := m.judge(rows, inputs, ids, known)
	m.result.Preview = append(m.result.Preview, clients[:min(len(clients), previewed-len(m.result.Preview))]...)
	if m.how.DryRun {
		m.foresee(clients, known)
		return nil
	}
	created, err := m.office.store.PutClients(ctx, m.practice.ID, clients)
	if err != nil {
		return fmt.Errorf("save clients: %w", err)
	}
	for _, fresh := range created {
		m.result.count(fresh)
	}
	return nil
}

// judge returns the clients that can be stored and refuses the others. Who is
// refused can be nobody's guardian, so it looks until nobody more falls away.
func (m *importer) judge(rows []fileRow, inputs []ClientInput, ids map[string]string, known map[string]registry.Client) []registry.Client {
	clients, refused := make([]registry.Client, len(rows)), make([]bool, len(rows))
	for again := true; again; {
		again = false
		for i, in := range inputs {
			if refused[i] {
				continue
			}
			c, faults := m.check(in, ids, known)
			clients[i] = c
			if len(faults) == 0 {
				continue
			}
			m.result.refuse(rows[i].entry.Line, faults)
			refused[i], again = true, true
			if _, stored := known[in.Client.Person.ExternalID]; !stored {
				delete(ids, in.Client.Person.ExternalID)
			}
		}
	}
	var good []registry.Client
	for i, c := range clients {
		if !refused[i] {
			good = append(good, c)
		}
	}
	slices.SortStableFunc(m.result.Faults, func(a, b RowFault) int { return a.Line - b.Line })
	return good
}

func (m *importer) check(in ClientInput, ids map[string]string, known map[string]registry.Client) (registry.Client, fault.List) {
	told := in.Client
	if stored, some := known[told.Person.ExternalID]; some {
		told = m.mapping.Onto(stored, told)
	}
	c := m.office.fill(m.practice, told, ids)
	faults := fault.Fields(c.Validate(""))
	if g := guardians(in, ids, "", &faults); m.mapping.Has(roster.Guardians) {
		c.Guardians = g
	}
	return c, faults
}

// foresee counts what would be stored, and remembers the new ones for rows
// that name them as guardians.
func (m *importer) foresee(clients []registry.Client, known map[string]registry.Client) {
	for _, c := range clients {
		_, stored := known[c.Person.ExternalID]
		_, before := m.foreseen[c.Person.ExternalID]
		m.result.count(!stored && !before)
		if !stored {
			m.foreseen[c.Person.ExternalID] = c.ID
		}
	}
}

func (r *ImportResult) count(fresh bool) {
	if fresh {
		r.Created++
	} else {
		r.Updated++
	}
}
