package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
)

const (
	clientsPerPage = 50
	// mostFound is how many people one search shows.
	mostFound = 50
	// mostOpened is how many people's names one search opens: they are sealed, so
	// that no index can hold them.
	mostOpened = 5000
	perOpening = 500
)

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
	Rows     []clientRow
	Total    int64
	Pager    page.Pager
	Form     *page.Form
	Searched bool
	First    parts.Link // the one next act while there is nobody
	Further  string     // the key from which to search further; empty when all was seen
}

func (a *Area) clients(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v := &clientsPage{View: page.NewView(c, "catalogue.clients.title").Broad(), Pager: page.PagerOf(c), Form: page.FormOf(),
		First: parts.Link{Href: "/clients/new", Text: page.T(c, "catalogue.clients.add")}}
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
	day := today(c)
	rows := make([]clientRow, len(clients))
	for i, x := range clients {
		rows[i] = clientRow{Href: homeOf(x), Name: x.Person.Name, Number: x.Person.ExternalID,
			Relation: page.RelationText(c, x.Relation), Guidance: page.T(c, "catalogue.guidance."+guidanceState(x, day))}
	}
	return rows
}

// guidanceState says where a client stands on a day: "now", "past", "later" or "never".
func guidanceState(x registry.Client, day registry.Date) string {
	switch {
	case x.InGuidance(day):
		return "now"
	case x.WasInGuidance(day):
		return "past"
	case len(x.Guidance) > 0:
		return "later"
	default:
		return "never"
	}
}

// searchClients finds people by exact address, by the practice's own number or
// by a part of the name. What is looked for travels in the body, so that no
// name stands in an address or a log.
func (a *Area) searchClients(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if form.Get("q") == "" {
		return c.Redirect(http.StatusSeeOther, "/clients")
	}
	found, further, err := a.find(c.Request().Context(), page.Practice(c).ID, form.Get("q"), form.Get("further"))
	if err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "catalogue/clients.html", &clientsPage{View: page.NewView(c, "catalogue.clients.title").Broad(),
		Form: form, Searched: true, Further: further, Rows: clientRows(c, found)})
}

// find returns who is looked for, and the key from which a search by name can
// go on.
func (a *Area) find(ctx context.Context, practice tenant.ID, asked, after string) (found []registry.Client, further string, err error) {
	if after != "" {
		return a.findByName(ctx, practice, asked, after)
	}
	if registry.ValidEmail(asked) {
		if found, err = a.store.ClientsByEmails(ctx, practice, []string{asked}); err != nil {
			return nil, "", fmt.Errorf("find by address: %w", err)
		}
	}
	if len(found) == 0 {
		if found, err = a.store.ClientsByExternalIDs(ctx, practice, []string{asked}); err != nil {
			return nil, "", fmt.Errorf("find by number: %w", err)
		}
	}
	if len(found) > 0 {
		return found[:min(len(found), mostFound)], "", nil
	}
	return a.findByName(ctx, practice, asked, "")
}

func (a *Area) findByName(ctx context.Context, practice tenant.ID, asked, after string) (found []registry.Client, further string, err error) {
	wanted := bare(asked)
	for range mostOpened / perOpening {
		clients, err := a.store.Clients(ctx, practice, after, perOpening)
		if err != nil {
			return nil, "", fmt.Errorf("find by name: %w", err)
		}
		for _, x := range clients {
			after = x.ID
			if !strings.Contains(bare(x.Person.Name), wanted) {
				continue
			}
			if found = append(found, x); len(found) == mostFound {
				return found, after, nil
			}
		}
		if len(clients) < perOpening {
			return found, "", nil
		}
	}
	return found, after, nil
}
