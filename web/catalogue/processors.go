package catalogue

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/web/page"
)

// processorRow is one processor in the list.
type processorRow struct {
	Href  string
	Name  string
	Hours int // 0: no number was agreed
	Ended bool
}

type processorsPage struct {
	page.View
	Rows []processorRow
}

func (a *Area) processors(c echo.Context) error {
	processors, err := a.allProcessors(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	v := &processorsPage{View: page.NewView(c, "catalogue.processors.title").BackTo("/systems").Broad()}
	for _, p := range processors {
		row := processorRow{Href: "/processors/" + p.ID, Name: p.Name, Ended: !p.EndedAt.IsZero()}
		if p.ContractHours != nil {
			row.Hours = *p.ContractHours
		}
		v.Rows = append(v.Rows, row)
	}
	return a.site.Render(c, http.StatusOK, "catalogue/processors.html", v)
}
