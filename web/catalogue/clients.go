package catalogue

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

const clientsPerPage = 50

// clientRow is one person in the list.
type clientRow struct {
	Href     string
	Name     string
	Number   string // the practice's own
	Relation string
	Guidance string
}

type clientsPage struct {
	page.View
	Rows  []clientRow
	Total int64
	Pager page.Pager
}

func (a *Area) clients(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v := &clientsPage{View: page.NewView(c, "catalogue.clients.title").Broad(), Pager: page.PagerOf(c)}
	clients, err := a.store.Clients(ctx, practice, v.Pager.After, clientsPerPage+1)
	if err != nil {
		return fmt.Errorf("list clients: %w", err)
	}
	if v.Total, err = a.store.CountClients(ctx, practice); err != nil {
		return fmt.Errorf("count clients: %w", err)
	}
	if len(clients) > clientsPerPage {
		clients = clients[:clientsPerPage]
		v.Pager = v.Pager.Follow(clients[clientsPerPage-1].ID)
	}
	v.Rows = clientRows(c, clients)
	return a.site.Render(c, http.StatusOK, "catalogue/clients.html", v)
}

func clientRows(c echo.Context, clients []registry.Client) []clientRow {
	today := registry.DateOf(page.Now(c), page.Zone(c))
	rows := make([]clientRow, len(clients))
	for i, x := range clients {
		rows[i] = clientRow{Href: "/clients/" + x.ID, Name: x.Person.Name, Number: x.Person.ExternalID,
			Relation: page.RelationText(c, x.Relation), Guidance: page.T(c, "catalogue.guidance."+guidanceState(x, today))}
	}
	return rows
}

// guidanceState says where a client stands today: "now", "past", "later" or "never".
func guidanceState(x registry.Client, today registry.Date) string {
	switch {
	case x.InGuidance(today):
		return "now"
	case x.WasInGuidance(today):
		return "past"
	case len(x.Guidance) > 0:
		return "later"
	default:
		return "never"
	}
}
