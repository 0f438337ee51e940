package limited

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

type ownPage struct {
	page.View
	Clients []parts.Link
	Cases   []caseRow
	// More says that there are older cases that were not looked at.
	More bool
}

// mostCases is how many cases are looked at, newest first.
const mostCases = 200

// own lists the people whom the user guides, and the cases that touch them.
func (a *Area) own(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	clients, err := a.guided(c)
	if err != nil {
		return err
	}
	v := &ownPage{View: page.NewView(c, "limited.own.title")}
	for _, x := range clients {
		v.Clients = append(v.Clients, parts.Link{Href: "/own/clients/" + x.ID, Text: x.Person.Name})
	}
	cases, err := a.opts.Store.Incidents(ctx, practice.ID, "", mostCases+1)
	if err != nil {
		return fmt.Errorf("list cases: %w", err)
	}
	if len(cases) > mostCases {
		cases, v.More = cases[:mostCases], true
	}
	for _, inc := range cases {
		touched, err := a.touched(ctx, inc, ids(clients))
		if err != nil {
			return err
		}
		if len(touched) > 0 || filedBy(inc, page.User(c)) {
			v.Cases = append(v.Cases, a.caseRow(c, "/own/incidents/", inc))
		}
	}
	return a.site.Render(c, http.StatusOK, "limited/own.html", v)
}

// guided returns the people whom the user guides, by name.
func (a *Area) guided(c echo.Context) ([]registry.Client, error) {
	practice, user := page.Practice(c), page.User(c)
	var own []registry.Client
	err := a.eachClient(c.Request().Context(), practice.ID, func(x registry.Client) {
		if practice.Guides(user, x) {
			own = append(own, x)
		}
	})
	slices.SortFunc(own, func(x, y registry.Client) int { return strings.Compare(x.Person.Name, y.Person.Name) })
	return own, err
}

func ids(clients []registry.Client) []string {
	list := make([]string, len(clients))
	for i, x := range clients {
		list[i] = x.ID
	}
	return list
}

// touched returns the findings about those of some people whom a case touches.
func (a *Area) touched(ctx context.Context, inc *incidents.Incident, clients []string) ([]incidents.Affected, error) {
	if inc.Assessment.Done == 0 || len(clients) == 0 {
		return nil, nil
	}
	found, err := a.opts.Store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, clients)
	if err != nil {
		return nil, fmt.Errorf("look up findings: %w", err)
	}
	return slices.DeleteFunc(found, func(f incidents.Affected) bool { return f.Certainty == incidents.None }), nil
}

// filedBy reports whether the user reported the case.
func filedBy(inc *incidents.Incident, user registry.User) bool {
	return len(inc.Aware) > 0 && inc.Aware[0].By.ID == user.ID && user.ID != ""
}

type ownCasePage struct {
	page.View
	Facts   []parts.Row
	Persons []personRow
}

// ownCase shows a case to somebody who reported it, or whose people it touches: of
// it what names nobody, and of the people his own alone.
func (a *Area) ownCase(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	inc, err := a.opts.Store.Incident(ctx, practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	clients, err := a.guided(c)
	if err != nil {
		return err
	}
	touched, err := a.touched(ctx, inc, ids(clients))
	if err != nil {
		return err
	}
	if len(touched) == 0 && !filedBy(inc, page.User(c)) {
		return fault.NotFound
	}
	v := &ownCasePage{View: page.NewView(c, "limited.case.title", "reference", inc.Reference).BackTo("/own")}
	systems, err := a.systemNames(ctx, practice.ID)
	if err != nil {
		return err
	}
	v.Facts = a.facts(c, inc, systems)
	if v.Persons, err = a.ownPersons(c, inc, touched, clients, systems); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "limited/own_case.html", v)
}

func (a *Area) ownPersons(c echo.Context, inc *incidents.Incident, touched []incidents.Affected, clients []registry.Client, systems map[string]string) ([]personRow, error) {
	tellings, err := a.opts.Store.Tellings(c.Request().Context(), inc.PracticeID, inc.ID)
	if err != nil {
		return nil, fmt.Errorf("list who was told: %w", err)
	}
	told := firstTold(tellings)
	names := map[string]string{}
	for _, x := range clients {
		names[x.ID] = x.Person.Name
	}
	var rows []personRow
	for _, f := range touched {
		row := a.personRow(c, inc, f, systems, told)
		row.Name, row.Href = names[f.ClientID], "/own/clients/"+f.ClientID
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(x, y personRow) int { return strings.Compare(x.Name, y.Name) })
	return rows, nil
}

type ownClientPage struct {
	page.View
	Facts []parts.Row
	Cases []caseRow
}

// ownClient shows one person to whoever guides him, and to nobody else.
func (a *Area) ownClient(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	x, err := a.opts.Store.Client(ctx, practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if !practice.Guides(page.User(c), x) {
		return fault.NotFound
	}
	v := &ownClientPage{View: page.View{Frame: parts.Frame{Title: x.Person.Name}}.BackTo("/own"), Facts: clientFacts(c, x)}
	cases, err := a.opts.Store.Incidents(ctx, practice.ID, "", mostCases)
	if err != nil {
		return fmt.Errorf("list cases: %w", err)
	}
	for _, inc := range cases {
		touched, err := a.touched(ctx, inc, []string{x.ID})
		if err != nil {
			return err
		}
		if len(touched) > 0 {
			v.Cases = append(v.Cases, a.caseRow(c, "/own/incidents/", inc))
		}
	}
	return a.site.Render(c, http.StatusOK, "limited/own_client.html", v)
}

func clientFacts(c echo.Context, x registry.Client) []parts.Row {
	row := func(key, value string) parts.Row {
		return parts.Row{Key: page.T(c, "limited.client."+key), Value: value}
	}
	rows := []parts.Row{row("number", x.Person.ExternalID), row("relation", page.RelationText(c, x.Relation)), row("email", x.Person.Email), row("phone", x.Person.Phone)}
	spans := parts.Row{Key: page.T(c, "limited.client.guidance")}
	for _, g := range x.Guidance {
		text := page.T(c, "limited.client.since", "from", page.FormatDay(page.Lang(c), g.From))
		if !g.Until.IsZero() {
			text = page.T(c, "limited.client.span", "from", page.FormatDay(page.Lang(c), g.From), "until", page.FormatDay(page.Lang(c), g.Until))
		}
		spans.Lines = append(spans.Lines, text)
	}
	return append(rows, spans)
}
