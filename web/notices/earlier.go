package notices

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// relation is how a notice stands to those that were approved for its audience
// before it.
type relation string

const (
	firstNotice relation = ""
	addition    relation = "addition" // only who has no notice yet reads it
	repeat      relation = "repeat"   // everybody reads it, also who has one
	update      relation = "update"   // those alone read it who have one
)

// personal reports whether an audience has a list of readers. The other texts
// people carry on themselves.
func personal(audience incidents.Audience) bool {
	return audience != incidents.ToController && audience != incidents.ToPublic
}

// relationOf tells an addition and a repetition from the first notice for an
// audience, among the notices of the case.
func relationOf(n *incidents.Notice, found []*incidents.Notice) relation {
	switch {
	case n.State == incidents.NoticeIsSuperseded || !personal(n.Audience):
		return firstNotice
	case n.Again:
		return repeat
	case n.Update:
		return update
	}
	for _, other := range found {
		before := approved(other) && (!approved(n) || other.ApprovedAt.Before(n.ApprovedAt))
		if other.ID != n.ID && other.Audience == n.Audience && before {
			return addition
		}
	}
	return firstNotice
}

// earlier is what was approved for the readers of a notice before it.
type earlier struct {
	relation relation
	told     int       // readers of the audience for whom another notice was approved
	last     time.Time // when the last of those was
}

// earlierOf looks up what was approved before a notice.
func (a *Area) earlierOf(ctx context.Context, inc *incidents.Incident, n *incidents.Notice) (earlier, error) {
	if !personal(n.Audience) {
		return earlier{}, nil
	}
	found, err := a.noticesOf(ctx, inc)
	if err != nil {
		return earlier{}, err
	}
	addressed, err := a.addressed(ctx, inc, found, n.ID)
	if err != nil {
		return earlier{}, err
	}
	e := earlier{relation: relationOf(n, found)}
	if e.relation == firstNotice && len(addressed) == 0 {
		return e, nil
	}
	readers, err := a.readersBy(ctx, inc)
	if err != nil {
		return earlier{}, err
	}
	e.told, e.last = told(readers[n.Audience], addressed)
	if e.relation == firstNotice && e.told > 0 { // some have one that was for another audience
		e.relation = addition
	}
	return e, nil
}

// addressed returns to whom the approved notices of a case go, but for one, and
// when the last of them was approved.
func (a *Area) addressed(ctx context.Context, inc *incidents.Incident, found []*incidents.Notice, but string) (map[pair]time.Time, error) {
	at := map[string]time.Time{}
	for _, n := range found {
		if n.ID != but && approved(n) {
			at[n.ID] = n.ApprovedAt
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	tellings, err := a.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return nil, fmt.Errorf("list tellings: %w", err)
	}
	out := map[pair]time.Time{}
	for _, t := range tellings {
		p := pair{t.Person, t.Reader}
		if when, gone := at[t.Notice]; gone && when.After(out[p]) {
			out[p] = when
		}
	}
	return out, nil
}

// told counts the readers who were addressed, and says when the last time was.
func told(readers map[pair]bool, addressed map[pair]time.Time) (n int, last time.Time) {
	for p := range readers {
		at, some := addressed[p]
		if !some {
			continue
		}
		if n++; at.After(last) {
			last = at
		}
	}
	return n, last
}

// readersBy returns who would read a notice for each audience as things stand.
func (a *Area) readersBy(ctx context.Context, inc *incidents.Incident) (map[incidents.Audience]map[pair]bool, error) {
	by := map[incidents.Audience]map[pair]bool{}
	add := func(audience incidents.Audience, p pair) {
		if by[audience] == nil {
			by[audience] = map[pair]bool{}
		}
		by[audience][p] = true
	}
	for _, r := range incidents.Recipients(inc, incidents.ToRecipient, nil, incidents.Directory{}, 0, "") {
		add(incidents.ToRecipient, pair{r.Person, r.Reader})
	}
	if inc.Assessment.Done == 0 {
		return by, nil
	}
	inScope, err := a.store.ReadersInScope(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	persons, err := a.store.AffectedPersons(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return nil, fmt.Errorf("list affected: %w", err)
	}
	for person, who := range inScope {
		for _, reader := range who {
			if reader == person {
				add(incidents.ToClients, pair{person, reader})
			} else {
				add(incidents.ToParents, pair{person, reader})
			}
		}
	}
	persons = slices.DeleteFunc(persons, func(person string) bool { _, some := inScope[person]; return some })
	for part := range slices.Chunk(persons, 500) {
		found, err := a.store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, part)
		if err != nil {
			return nil, fmt.Errorf("look up the affected: %w", err)
		}
		for _, p := range found {
			for _, reader := range p.Readers {
				if audience, some := audienceBeyond(inc, p, reader); some {
					add(audience, pair{p.ID, reader})
				}
			}
		}
	}
	return by, nil
}

// audienceBeyond says as whom somebody reads about a person outside the promise.
// Parents read about a former client once it stands that the risk is high.
func audienceBeyond(inc *incidents.Incident, p incidents.Affected, reader string) (incidents.Audience, bool) {
	switch {
	case p.ClientID == "": // named by address, no client
		return incidents.ToClients, true
	case reader == p.ClientID:
		return incidents.ToFormerClients, true
	default:
		return incidents.ToParents, inc.TellsFormer()
	}
}

// lines says who reads a draft and who does not, when others of its audience
// have a notice already; none for a first notice. readers is how many read it.
func (e earlier) lines(c echo.Context, readers int) []string {
	if e.relation == firstNotice {
		return nil
	}
	prefix := "notices." + string(e.relation) + "."
	lines := []string{page.T(c, prefix+"nobody")}
	if readers > 0 {
		lines[0] = counted(c, prefix+"readers", readers)
	}
	if e.told > 0 && e.relation != update {
		lines = append(lines, counted(c, prefix+"told", e.told, "at", page.FormatMoment(page.Lang(c), e.last, page.Zone(c))))
	}
	return lines
}

// title names what a draft is that is no first notice.
func (e earlier) title(c echo.Context) string {
	if e.relation == firstNotice {
		return ""
	}
	return page.T(c, "notices."+string(e.relation)+".title")
}
