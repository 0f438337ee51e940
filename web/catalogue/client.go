package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// spanRow is one span of guidance.
type spanRow struct {
	Text   string
	Edit   string
	End    string // where a press ends it today; empty when it cannot
	Reopen string // where a press opens it again; empty when it cannot
}

type clientPage struct {
	page.View
	Href     string
	Client   registry.Client
	Facts    []parts.Row
	Spans    []spanRow
	Guided   string // where he stands today
	Promised bool   // the practice's promise holds for him
	Holdings []holdingRow
	// After is what the rules want done once guidance is over, and Permission what he
	// may be asked; nil for nothing.
	After      []afterRow
	Permission *permission
}

// homeOf returns the address of a client's page.
func homeOf(x registry.Client) string { return "/clients/" + x.ID }

// load returns the client that the address names. Another practice's is not
// found.
func (a *Area) load(c echo.Context) (registry.Client, error) {
	x, err := a.store.Client(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return x, fmt.Errorf("load client: %w", err)
	}
	return x, nil
}

// client shows all that is known about one person, and where each part of it
// can be changed.
func (a *Area) client(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	systems, err := a.allSystems(c.Request().Context(), x.PracticeID)
	if err != nil {
		return err
	}
	guardians, err := a.guardians(c.Request().Context(), x)
	if err != nil {
		return err
	}
	v := &clientPage{View: page.NewView(c, "catalogue.client.title").BackTo("/clients"), Href: homeOf(x), Client: x,
		Facts: facts(c, x, guardians), Spans: spanRows(c, x), Guided: page.T(c, "catalogue.guidance."+guidanceState(x, today(c))),
		Promised: x.InGuidance(today(c))}
	v.Holdings = holdingRows(c, x, systems)
	v.Permission = permissionOf(c, x)
	if v.After, err = a.afterwards(c, x, systemNames(systems)); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "catalogue/client.html", v)
}

// guardians returns the parents or guardians of x.
func (a *Area) guardians(ctx context.Context, x registry.Client) ([]registry.Client, error) {
	if len(x.Guardians) == 0 {
		return nil, nil
	}
	found, err := a.store.ClientsByIDs(ctx, x.PracticeID, x.Guardians)
	if err != nil {
		return nil, fmt.Errorf("look up guardians: %w", err)
	}
	return found, nil
}

// facts lists what is known about a person as questions and answers.
func facts(c echo.Context, x registry.Client, guardians []registry.Client) []parts.Row {
	row := func(name, value string, more ...string) parts.Row {
		return parts.Row{Key: page.T(c, "catalogue.client."+name), Value: value, Lines: more}
	}
	born, channel := "", page.T(c, "catalogue.channel.none")
	if x.BirthYear > 0 {
		born = strconv.Itoa(x.BirthYear)
	}
	if x.Channel != "" {
		channel = page.T(c, "catalogue.channel."+string(x.Channel))
	}
	rows := []parts.Row{
		row("number", x.Person.ExternalID), row("kind", page.RelationText(c, x.Relation)), row("email", x.Person.Email),
		row("phone", x.Person.Phone), row("postal_address", "", lines(x.Person.PostalAddress)...),
		row("language", page.T(c, "catalogue.language."+x.Language)), row("channel", channel), row("birth_year", born),
		row("first_contact", page.FormatDay(page.Lang(c), x.FirstContact)), row("last_contact", page.FormatDay(page.Lang(c), x.LastContact)),
		row("guardians", "", named(guardians)...), row("agreed", "", agreements(c, x)...), row("coach", x.Person.Coach),
	}
	return rows
}

// named lists people by name and number.
func named(people []registry.Client) []string {
	var names []string
	for _, x := range people {
		names = append(names, x.Person.Name+" ("+x.Person.ExternalID+")")
	}
	return names
}

func agreements(c echo.Context, x registry.Client) []string {
	var said []string
	if x.SharedMailAgreed {
		said = append(said, page.T(c, "catalogue.agreed.shared_mail"))
	}
	if x.GuardiansAgreed {
		said = append(said, page.T(c, "catalogue.agreed.guardians"))
	}
	return said
}

// spanRows lists the spans of guidance. One that runs can end today; the last
// one can go on after all when none runs.
func spanRows(c echo.Context, x registry.Client) []spanRow {
	var rows []spanRow
	last, open := -1, false
	for i, g := range x.Guidance {
		href := fmt.Sprintf("%s/guidance/%d", homeOf(x), i+1)
		row := spanRow{Text: spanText(c, g), Edit: href}
		switch {
		case g.Until.IsZero() && g.From.Compare(today(c)) <= 0:
			row.End, open = href+"/end", true
		case g.Until.IsZero():
			open = true // it begins later
		case last < 0 || g.Until.Compare(x.Guidance[last].Until) > 0:
			last = i
		}
		rows = append(rows, row)
	}
	if last >= 0 && !open {
		rows[last].Reopen = rows[last].Edit + "/reopen"
	}
	return rows
}

func spanText(c echo.Context, g registry.Guidance) string {
	from, until := page.FormatDay(page.Lang(c), g.From), page.FormatDay(page.Lang(c), g.Until)
	if g.Until.IsZero() {
		return page.T(c, "catalogue.span.open", "from", from)
	}
	return page.T(c, "catalogue.span.closed", "from", from, "until", until)
}

// heldText says since when and until when a system was to keep something.
func heldText(c echo.Context, h registry.Holding) string {
	from, key := "", "catalogue.held.ever"
	if h.From != nil {
		from, key = page.FormatDay(page.Lang(c), registry.DateOf(*h.From, page.Zone(c))), "catalogue.held.since"
	}
	if h.Until == nil {
		return page.T(c, key+".open", "from", from)
	}
	return page.T(c, key+".closed", "from", from, "until", page.FormatDay(page.Lang(c), lastDay(*h.Until, page.Zone(c))))
}

// lastDay returns the last day before an end that is no longer part of the span.
func lastDay(end time.Time, zone *time.Location) registry.Date {
	return registry.DateOf(end.Add(-time.Millisecond), zone)
}

func systemNames(systems []registry.System) map[string]string {
	names := map[string]string{}
	for _, s := range systems {
		names[s.ID] = s.Name
	}
	return names
}

// change runs one change on the client that the address names, over the
// version that the form shows.
func (a *Area) change(c echo.Context, version int64, change func(*casework.ClientInput) error) (registry.Client, error) {
	return a.office.ChangeClient(c.Request().Context(), page.Practice(c), c.Param("id"), version, change)
}

// press runs a change that has a button of its own and returns to the client.
func (a *Area) press(c echo.Context, done string, change func(*casework.ClientInput) error) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	x, err := a.load(c)
	if err != nil {
		return err
	}
	_, err = a.change(c, versionOf(form), change)
	switch {
	case page.Mendable(err):
		a.say(c, err)
	case err != nil:
		return err
	default:
		a.site.Done(c, done)
	}
	return c.Redirect(http.StatusSeeOther, homeOf(x))
}
