package desk

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"unicode"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

const (
	personsPerPage = 50
	// mostFound is how many persons a search shows.
	mostFound = 50
)

// personRow is one person with the finding about him.
type personRow struct {
	Name      string
	Number    string // the practice's own
	Group     string
	Certainty string // the kind of the partial "status"
	InScope   bool
	Reasons   []string
	Override  string // where he is added or taken out; empty for who is no client
	Affected  bool
	Decide    string // where it is decided whether he is told; "" when nothing is to be decided
	Decided   string // what was, in words
}

type affectedPage struct {
	page.View
	Case     *incidents.Incident
	Href     string
	Complete bool
	Known    bool // some assessment is complete
	Counts   incidents.Counts
	Total    int
	Bar      picture.StackedBar
	Groups   []parts.Link
	Persons  []personRow
	Pager    page.Pager
	Form     *page.Form
	Searched bool
	Open     bool
}

// affected shows who is affected, by group, each with reasons.
func (a *Area) affected(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	v := a.affectedPage(c, inc)
	groups := incidents.AffectedGroups()
	if g := incidents.Group(c.QueryParam("group")); slices.Contains(incidents.Groups(), g) {
		groups = []incidents.Group{g}
	}
	pager := page.PagerOf(c)
	rows, err := a.store.AffectedPage(c.Request().Context(), inc.PracticeID, inc.ID, inc.Assessment.Done, groups, pager.After, personsPerPage+1)
	if err != nil {
		return fmt.Errorf("list affected: %w", err)
	}
	if len(rows) > personsPerPage {
		rows = rows[:personsPerPage]
		pager = pager.Follow(rows[personsPerPage-1].ID)
	}
	v.Pager = pager
	if v.Persons, err = a.persons(c, inc, rows); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "desk/affected.html", v)
}

func (a *Area) affectedPage(c echo.Context, inc *incidents.Incident) *affectedPage {
	n := inc.Assessment.Counts
	v := &affectedPage{View: page.NewView(c, "desk.affected.title").BackTo(homeOf(inc)).Broad(), Case: inc, Href: homeOf(inc) + "/affected",
		Complete: inc.Assessment.Complete(), Known: inc.Assessment.Done > 0, Counts: n, Total: affectedCount(n), Form: page.FormOf(),
		Open: inc.State == incidents.StateOpen}
	v.Bar = groupsBar(c, n)
	chosen := c.QueryParam("group")
	v.Groups = []parts.Link{{Href: v.Href, Text: page.T(c, "desk.affected.all"), Current: chosen == ""}}
	for _, g := range incidents.Groups() {
		decided := g == incidents.Undecided || g == incidents.NotTold
		if decided && n.Undecided+n.NotTold == 0 && chosen != string(g) {
			continue // no policy asks to decide about anybody
		}
		v.Groups = append(v.Groups, parts.Link{Href: v.Href + "?group=" + string(g), Text: page.GroupText(c, g), Current: chosen == string(g)})
	}
	return v
}

// groupsBar draws how many people each group holds.
func groupsBar(c echo.Context, n incidents.Counts) picture.StackedBar {
	list := []picture.Part{
		{Text: page.GroupText(c, incidents.InGuidance), Count: n.InGuidance, Tone: picture.ToneStrong},
		{Text: page.GroupText(c, incidents.Former), Count: n.Former, Tone: picture.ToneMiddle},
		{Text: page.GroupText(c, incidents.OtherPeople), Count: n.Other, Tone: picture.ToneLight},
	}
	if n.Undecided+n.NotTold > 0 {
		list = append(list, picture.Part{Text: page.GroupText(c, incidents.Undecided), Count: n.Undecided, Tone: picture.ToneSoon},
			picture.Part{Text: page.GroupText(c, incidents.NotTold), Count: n.NotTold, Tone: picture.ToneLight})
	}
	return picture.DrawStackedBar(append(list, picture.Part{Text: page.GroupText(c, incidents.NotAffected), Count: n.NotAffected, Tone: picture.ToneEmpty}))
}

// persons puts names and words to findings.
func (a *Area) persons(c echo.Context, inc *incidents.Incident, found []incidents.Affected) ([]personRow, error) {
	ctx := c.Request().Context()
	systems, err := a.systemNames(ctx, inc.PracticeID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range found {
		if f.ClientID != "" {
			ids = append(ids, f.ClientID)
		}
	}
	clients := map[string]registry.Client{}
	if len(ids) > 0 {
		known, err := a.store.ClientsByIDs(ctx, inc.PracticeID, ids)
		if err != nil {
			return nil, fmt.Errorf("look up clients: %w", err)
		}
		for _, x := range known {
			clients[x.ID] = x
		}
	}
	var rows []personRow
	for _, f := range found {
		row := personOf(c, inc, f, clients[f.ClientID], systems)
		if casework.Decidable(f) {
			row.Decide, row.Decided = row.Override+"/decision", a.decidedText(c, inc, f.ClientID)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func personOf(c echo.Context, inc *incidents.Incident, f incidents.Affected, client registry.Client, systems map[string]string) personRow {
	row := personRow{Name: client.Person.Name, Number: client.Person.ExternalID, Group: page.GroupText(c, f.Group), Certainty: string(f.Certainty),
		InScope: f.InScope && f.Group != incidents.Undecided, Affected: f.Certainty != incidents.None}
	if f.ClientID == "" {
		row.Name = f.Email
	} else {
		row.Override = homeOf(inc) + "/affected/" + f.ClientID
	}
	for _, r := range f.Reasons {
		name := systems[r.System]
		if name == "" {
			name = r.System
		}
		row.Reasons = append(row.Reasons, page.WordsOf(c).CaseReason(page.Lang(c), inc, r, name, page.Zone(c)))
	}
	if byAgeOnly(c, inc, f, client) {
		row.Reasons = append(row.Reasons, page.T(c, "desk.affected.by_age"))
	}
	return row
}

// byAgeOnly reports whether somebody affected is a minor about whose judgement nobody
// decided, where not his age but that says who is told (Belgium).
func byAgeOnly(c echo.Context, inc *incidents.Incident, f incidents.Affected, client registry.Client) bool {
	if page.Practice(c).Authority != registry.GBA || f.Certainty == incidents.None || client.Capacity != "" {
		return false
	}
	age, known := client.AgeIn(registry.DateOf(inc.AwareAt(), page.Zone(c)).Year)
	return known && age < 18
}

// searchAffected finds persons by exact address, by the practice's own number,
// or by a part of the name. What is looked for travels in the body, so that no
// name stands in an address or a log.
func (a *Area) searchAffected(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	v := a.affectedPage(c, inc)
	v.Form, v.Searched = form, true
	clients, err := a.find(c.Request().Context(), inc.PracticeID, form.Get("q"))
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range clients {
		ids = append(ids, x.ID)
	}
	if len(ids) > 0 {
		rows, err := a.store.AffectedByIDs(c.Request().Context(), inc.PracticeID, inc.ID, inc.Assessment.Done, ids)
		if err != nil {
			return fmt.Errorf("look up findings: %w", err)
		}
		if v.Persons, err = a.persons(c, inc, rows); err != nil {
			return err
		}
	}
	return a.site.Render(c, http.StatusOK, "desk/affected.html", v)
}

func (a *Area) find(ctx context.Context, practice tenant.ID, asked string) ([]registry.Client, error) {
	if asked == "" {
		return nil, nil
	}
	if registry.ValidEmail(asked) {
		found, err := a.store.ClientsByEmails(ctx, practice, []string{asked})
		if err != nil {
			return nil, fmt.Errorf("find by address: %w", err)
		}
		return found, nil
	}
	found, err := a.store.ClientsByExternalIDs(ctx, practice, []string{asked})
	if err != nil {
		return nil, fmt.Errorf("find by number: %w", err)
	}
	if len(found) > 0 {
		return found, nil
	}
	return a.findByName(ctx, practice, asked)
}

// findByName reads the practice's clients page by page: names are sealed, so
// no index can hold them.
func (a *Area) findByName(ctx context.Context, practice tenant.ID, asked string) ([]registry.Client, error) {
	wanted := plain(asked)
	var found []registry.Client
	after := ""
	for {
		clients, err := a.store.Clients(ctx, practice, after, 500)
		if err != nil {
			return nil, fmt.Errorf("find by name: %w", err)
		}
		for _, x := range clients {
			if strings.Contains(plain(x.Person.Name), wanted) {
				if found = append(found, x); len(found) == mostFound {
					return found, nil
				}
			}
		}
		if len(clients) < 500 {
			return found, nil
		}
		after = clients[len(clients)-1].ID
	}
}

// plain is a name without capitals and accents, so that "Jose" finds "José".
func plain(name string) string {
	bare, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), name)
	if err != nil {
		bare = name
	}
	return cases.Fold().String(bare)
}
