package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/web/agenda"
	"datalek/web/page"
)

// deadlines is the open deadlines of a case as a calendar file.
func (a *Area) deadlines(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	list := agenda.Of(page.WordsOf(c), page.Lang(c), a.site.BaseURL(), page.Practice(c), inc, page.Now(c))
	raw, err := a.dates.File(list, page.Now(c))
	if err != nil {
		return fmt.Errorf("deadlines of a case: %w", err)
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+agenda.FileName(inc)+`"`)
	return c.Blob(http.StatusOK, agenda.ContentType, raw)
}
