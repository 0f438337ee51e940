package catalogue

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// systemRow is one system in the list.
type systemRow struct {
	Href            string
	Name            string
	Processor       string // empty when the practice holds it itself
	Categories      string
	Identifiability string
	Ended           bool
}

type systemsPage struct {
	page.View
	Rows []systemRow
}

func (a *Area) systems(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	systems, err := a.allSystems(ctx, practice)
	if err != nil {
		return err
	}
	processors, err := a.allProcessors(ctx, practice)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, p := range processors {
		names[p.ID] = p.Name
	}
	v := &systemsPage{View: page.NewView(c, "catalogue.systems.title").Broad()}
	for _, s := range systems {
		v.Rows = append(v.Rows, systemRow{Href: "/systems/" + s.ID, Name: s.Name, Processor: names[s.ProcessorID], Ended: !s.EndedAt.IsZero(),
			Categories: categoryNames(c, s.Categories), Identifiability: page.IdentifiabilityText(c, s.Identifiability)})
	}
	return a.site.Render(c, http.StatusOK, "catalogue/systems.html", v)
}

// categoryNames lists kinds of data in words, on one line.
func categoryNames(c echo.Context, categories []registry.Category) string {
	names := make([]string, len(categories))
	for i, v := range categories {
		names[i] = page.CategoryText(c, v)
	}
	return strings.Join(names, "; ")
}
