package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// recipientStore is what finding the readers of a notice reads.
type recipientStore interface {
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []Group, after string, limit int) ([]Affected, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
}

// page is how many rows are read at a time.
const page = 500

// GatherRecipients reads the newest complete assessment and returns who reads a
// notice for audience. zone is that of the practice.
func GatherRecipients(ctx context.Context, store recipientStore, inc *Incident, audience Audience, zone *time.Location, of registry.Practice) ([]Recipiency, error) {
	year := registry.DateOf(inc.AwareAt(), zone).Year
	if audience == ToRecipient {
		return Recipients(inc, audience, nil, Directory{}, year, of.Language), nil
	}
	persons, err := gatherPersons(ctx, store, inc, audience)
	if err != nil {
		return nil, err
	}
	dir, err := gatherDirectory(ctx, store, inc.PracticeID, persons)
	if err != nil {
		return nil, err
	}
	dir.First = inc.PolicyOf(of.Policy).FirstChannel
	return Recipients(inc, audience, persons, dir, year, of.Language), nil
}

// addressedStore is what finding those already written to reads.
type addressedStore interface {
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*Notice, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]Telling, error)
}

// Addressed returns those of the readers to whom a notice of the case goes that
// was approved before an instant.
func Addressed(ctx context.Context, store addressedStore, inc *Incident, before time.Time, readers []Recipiency) ([]Recipiency, error) {
	gone, err := noticesWhere(ctx, store, inc, func(n *Notice) bool { return n.Approved() && n.ApprovedAt.Before(before) })
	if err != nil || len(gone) == 0 {
		return nil, err
	}
	tellings, err := store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return nil, err
	}
	addressed := map[[2]string]bool{}
	for _, t := range tellings {
		if gone[t.Notice] {
			addressed[[2]string{t.Person, t.Reader}] = true
		}
	}
	var told []Recipiency
	for _, r := range readers {
		if addressed[[2]string{r.Person, r.Reader}] {
			told = append(told, r)
		}
	}
	return told, nil
}

// Unaddressed returns those of the readers to whom no approved notice of the
// case goes, the named one not counted, and whether there is such a notice for
// the audience. Who was written to but not reached has a task of his own there.
func Unaddressed(ctx context.Context, store addressedStore, inc *Incident, audience Audience, notice string, readers []Recipiency) (rest []Recipiency, earlier bool, err error) {
	gone, earlier, err := gatherGone(ctx, store, inc, audience, notice)
	if err != nil || len(gone) == 0 {
		return readers, earlier, err
	}
	tellings, err := store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return nil, false, err
	}
	addressed := map[[2]string]bool{}
	for _, t := range tellings {
		if gone[t.Notice] {
			addressed[[2]string{t.Person, t.Reader}] = true
		}
	}
	for _, r := range readers {
		if !addressed[[2]string{r.Person, r.Reader}] {
			rest = append(rest, r)
		}
	}
	return rest, earlier, nil
}

// gatherGone returns the ids of the approved notices of a case but one.
func gatherGone(ctx context.Context, store addressedStore, inc *Incident, audience Audience, but string) (gone map[string]bool, same bool, err error) {
	gone, err = noticesWhere(ctx, store, inc, func(n *Notice) bool {
		counts := n.ID != but && n.Approved()
		same = same || counts && n.Audience == audience
		return counts
	})
	return gone, same, err
}

// noticesWhere returns the ids of those notices of a case that fit.
func noticesWhere(ctx context.Context, store addressedStore, inc *Incident, fit func(*Notice) bool) (map[string]bool, error) {
	found := map[string]bool{}
	for after := ""; ; {
		notices, err := store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, page)
		if err != nil {
			return nil, err
		}
		for _, n := range notices {
			if after = n.ID; fit(n) {
				found[n.ID] = true
			}
		}
		if len(notices) < page {
			return found, nil
		}
	}
}

func gatherPersons(ctx context.Context, store recipientStore, inc *Incident, audience Audience) ([]Affected, error) {
	var persons []Affected
	after := ""
	for {
		rows, err := store.AffectedPage(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, []Group{InGuidance, Former, OtherPeople}, after, page)
		if err != nil || len(rows) == 0 {
			return persons, err
		}
		for _, r := range rows {
			if wanted(inc, audience, r) {
				persons = append(persons, r)
			}
		}
		after = rows[len(rows)-1].ID
	}
}

func gatherDirectory(ctx context.Context, store recipientStore, practice tenant.ID, persons []Affected) (Directory, error) {
	dir := Directory{Clients: map[string]registry.Client{}, Sharing: map[string][]registry.Client{}}
	var ids []string
	for _, p := range persons {
		if p.ClientID != "" {
			ids = append(append(ids, p.ClientID), p.Readers...)
		}
	}
	var emails []string
	for chunk := range chunks(ids) {
		clients, err := store.ClientsByIDs(ctx, practice, chunk)
		if err != nil {
			return dir, err
		}
		for _, c := range clients {
			dir.Clients[c.ID] = c
			if c.Person.Email != "" {
				emails = append(emails, c.Person.Email)
			}
		}
	}
	return dir, dir.gatherSharing(ctx, store, practice, emails)
}

func (dir Directory) gatherSharing(ctx context.Context, store recipientStore, practice tenant.ID, emails []string) error {
	seen := map[string]bool{}
	for chunk := range chunks(emails) {
		clients, err := store.ClientsByEmails(ctx, practice, chunk)
		if err != nil {
			return err
		}
		for _, c := range clients {
			if !seen[c.ID] {
				seen[c.ID] = true
				email := registry.NormalEmail(c.Person.Email)
				dir.Sharing[email] = append(dir.Sharing[email], c)
			}
		}
	}
	return nil
}

// chunks yields the list in parts of at most page, without repeats within a part.
func chunks(list []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		seen := map[string]bool{}
		var part []string
		for _, s := range list {
			if seen[s] {
				continue
			}
			seen[s] = true
			if part = append(part, s); len(part) == page {
				if !yield(part) {
					return
				}
				part = nil
			}
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

// numberStore counts a practice's series.
type numberStore interface {
	NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error)
}

// NextReference returns the practice's next case number, "2027-0003", by its own year.
func NextReference(ctx context.Context, s numberStore, p registry.Practice, now time.Time) (string, error) {
	zone, err := p.Zone()
	if err != nil {
		return "", fmt.Errorf("time zone of the practice: %w", err)
	}
	year := now.In(zone).Year()
	n, err := s.NextNumber(ctx, p.ID, fmt.Sprintf("incidents-%d", year))
	if err != nil {
		return "", fmt.Errorf("next case number: %w", err)
	}
	return fmt.Sprintf("%d-%04d", year, n), nil
}

// progressStore is what counting the told reads and writes.
type progressStore interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*Incident, error)
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]Telling, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*Incident) error) (*Incident, error)
}

// recountTries bounds how often a count starts over because the case changed meanwhile.
const recountTries = 20

// Recount counts anew who in scope is told, and lets the client clock follow.
// It may run at any time and any number of times, also twice at once: a count
// that others overtook is thrown away and made again, so that an older one never
// undoes a newer.
func Recount(ctx context.Context, store progressStore, practice tenant.ID, incident string, now time.Time) error {
	for range recountTries {
		overtaken, err := recount(ctx, store, practice, incident, now)
		if !overtaken {
			return err
		}
	}
	return fmt.Errorf("count the told: %w: the case kept changing", fault.Conflict)
}

func recount(ctx context.Context, store progressStore, practice tenant.ID, incident string, now time.Time) (overtaken bool, err error) {
	inc, err := store.Incident(ctx, practice, incident)
	if err != nil || inc.Assessment.Done == 0 {
		return false, err
	}
	readers, err := store.ReadersInScope(ctx, practice, incident, inc.Assessment.Done)
	if err != nil {
		return false, err
	}
	tellings, err := store.Tellings(ctx, practice, incident)
	if err != nil {
		return false, err
	}
	progress := Weigh(readers, tellings)
	probe := *inc
	probe.Clocks = append([]Clock(nil), inc.Clocks...)
	if !probe.SetProgress(progress, now) {
		return false, nil
	}
	_, err = store.UpdateIncident(ctx, practice, incident, func(i *Incident) error {
		if i.Version != inc.Version {
			return errOvertaken
		}
		i.SetProgress(progress, now)
		return nil
	})
	return errors.Is(err, errOvertaken), err
}

// errOvertaken says that the case changed between counting and saving.
var errOvertaken = errors.New("the case changed meanwhile")
