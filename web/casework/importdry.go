package casework

import (
	"context"

	"datalek/incidents/roster"
)

// rehearse says what would come of the list, and stores nothing.
func (m *importer) rehearse(ctx context.Context) error {
	for done := false; !done; {
		lines, last, err := m.read()
		if err != nil {
			return err
		}
		done = last
		if lines, err = m.sift(ctx, lines); err != nil {
			return err
		}
		if err := m.foresee(ctx, lines); err != nil {
			return err
		}
	}
	for _, line := range m.waiting {
		if line.Decision != SameDouble {
			continue
		}
		line.Entry.Client.Person.ExternalID = line.Double.With
		if err := m.foresee(ctx, []roster.Line{line}); err != nil {
			return err
		}
	}
	return nil
}

// foresee counts what would be stored, and remembers the new ones for rows that
// name them as guardians.
func (m *importer) foresee(ctx context.Context, lines []roster.Line) error {
	people, err := m.judge(ctx, lines)
	if err != nil {
		return err
	}
	for _, one := range people {
		number := one.Client.Person.ExternalID
		_, before := m.foreseen[number]
		if one.Before == nil && !before {
			m.count.Added++
		} else {
			m.count.Changed++
		}
		if one.Before == nil {
			m.foreseen[number] = one.Client.ID
		}
		m.preview(one)
	}
	m.settle()
	return nil
}

// preview keeps the first people as they would stand in the list.
func (m *importer) preview(one roster.Planned) {
	if len(m.result.Preview) < previewed {
		m.result.Preview = append(m.result.Preview, one.Client)
	}
}
