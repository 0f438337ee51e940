package notices

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/picture"
)

type tellingPage struct {
	page.View
	Case     *incidents.Incident
	Counted  string
	InScope  int
	Bar      picture.StackedBar
	People   []personRow
	Pager    page.Pager
	Complete bool         // the affected clients are found
	Others   []noticeLine // notices to people outside the promise who still wait
	Drafts   []noticeLine // nobody reads these before they are approved
	// Announced is the announcement to the public that stands, "" for none.
	Announced string
}

// telling shows, over all notices of a case, who in scope is not told yet.
func (a *Area) telling(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	v := &tellingPage{View: page.NewView(c, "notices.telling.title").BackTo("/incidents/" + inc.ID).Broad(), Case: inc, Complete: inc.Assessment.Complete()}
	v.Announced = a.announcedText(c, inc)
	found, err := a.noticesOf(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	if err := v.scope(c, a, inc, found); err != nil {
		return err
	}
	if err := v.notices(c, a, inc, found); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "notices/telling.html", v)
}

// pair is one reader who must be told about one person.
type pair struct{ person, reader string }

func (p pair) key() string { return readerKey(p.person, p.reader) }

// scope fills in how many in scope are told, and lists those who are not.
func (v *tellingPage) scope(c echo.Context, a *Area, inc *incidents.Incident, found []*incidents.Notice) error {
	if inc.Assessment.Done == 0 {
		return nil
	}
	ctx := c.Request().Context()
	readers, err := a.store.ReadersInScope(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return fmt.Errorf("list readers: %w", err)
	}
	tellings, err := a.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return fmt.Errorf("list tellings: %w", err)
	}
	p := incidents.Weigh(readers, tellings)
	v.InScope = len(readers)
	v.Counted = counted(c, "notices.telling.counted", v.InScope, "told", page.FormatNumber(page.Lang(c), int64(p.Told)))
	v.Bar = picture.DrawStackedBar([]picture.Part{
		{Text: page.T(c, "notices.telling.told"), Count: p.Told, Tone: picture.ToneDone},
		{Text: page.T(c, "notices.telling.settled"), Count: p.Settled, Tone: picture.ToneMiddle},
		{Text: page.T(c, "notices.telling.open"), Count: v.InScope - p.Told - p.Settled, Tone: picture.ToneEmpty},
	})
	open := openPairs(readers, tellings)
	v.Pager = page.PagerOf(c)
	if after := v.Pager.After; after != "" {
		at, _ := slices.BinarySearchFunc(open, after, func(p pair, key string) int { return strings.Compare(p.key(), key+"\x00") })
		open = open[at:]
	}
	if len(open) > pageSize {
		open = open[:pageSize]
		v.Pager = v.Pager.Follow(open[pageSize-1].key())
	}
	v.People, err = a.pairRows(c, inc, open, found)
	return err
}

// openPairs lists who must still be told, in the order of their keys.
func openPairs(readers map[string][]string, tellings []incidents.Telling) []pair {
	settled := map[pair]bool{}
	for _, t := range tellings {
		if t.State.Told() || t.State == incidents.Unreachable {
			settled[pair{t.Person, t.Reader}] = true
		}
	}
	var open []pair
	for person, who := range readers {
		for _, reader := range who {
			if p := (pair{person, reader}); !settled[p] {
				open = append(open, p)
			}
		}
	}
	slices.SortFunc(open, func(a, b pair) int { return strings.Compare(a.key(), b.key()) })
	return open
}

// pairRows describes readers by their newest delivery; who has none waits for
// a notice to be approved.
func (a *Area) pairRows(c echo.Context, inc *incidents.Incident, pairs []pair, found []*incidents.Notice) ([]personRow, error) {
	ids := map[string]bool{}
	for _, p := range pairs {
		ids[p.person], ids[p.reader] = true, true
	}
	names, err := a.names(c.Request().Context(), inc.PracticeID, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	var rows []personRow
	for _, p := range pairs {
		d, some, err := a.newestDelivery(c.Request().Context(), p, found)
		if err != nil {
			return nil, err
		}
		row := personRow{Name: orFirst(names[p.reader], page.T(c, "notices.telling.nameless")), State: page.T(c, "notices.telling.no_notice"), Shape: "todo"}
		if some {
			row = rowOf(c, d, names)
			row.Href += "?from=" + fromTelling
		} else if p.person != p.reader {
			row.About = names[p.person]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// newestDelivery finds the delivery to one reader of the notice approved last.
func (a *Area) newestDelivery(ctx context.Context, p pair, found []*incidents.Notice) (incidents.Delivery, bool, error) {
	var newest incidents.Delivery
	var when int64
	some := false
	for _, n := range found {
		if !approved(n) || some && n.ApprovedAt.UnixMilli() < when {
			continue
		}
		id := incidents.NewDelivery(n, incidents.Recipiency{Person: p.person, Reader: p.reader, Channel: registry.ByEmail}).ID
		d, err := a.store.Delivery(ctx, n.PracticeID, id)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return newest, false, fmt.Errorf("look up delivery: %w", err)
		}
		newest, some, when = d, true, n.ApprovedAt.UnixMilli()
	}
	return newest, some, nil
}

// notices lists drafts that wait for approval, and approved notices to people
// outside the promise with somebody still to be told.
func (v *tellingPage) notices(c echo.Context, a *Area, inc *incidents.Incident, found []*incidents.Notice) error {
	announced, err := a.announcedRows(c, inc)
	if err != nil {
		return err
	}
	for _, n := range found {
		if n.State == incidents.NoticeIsDraft {
			v.Drafts = append(v.Drafts, lineOf(c, inc, n, found))
			continue
		}
		if !approved(n) || n.Audience == incidents.ToClients || n.Audience == incidents.ToParents {
			continue
		}
		s, err := a.standing(c.Request().Context(), n)
		if err != nil {
			return err
		}
		if open := s.open() - announced[n.ID]; open > 0 {
			line := lineOf(c, inc, n, found)
			line.Text = counted(c, "notices.telling.waiting", open)
			v.Others = append(v.Others, line)
		}
	}
	return nil
}
