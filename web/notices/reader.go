package notices

import (
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/casework"
	"datalek/web/page"
)

// withReading adds to a reader's page what his own page has to do with: the code
// in his letter, and when he said that he read it.
func (a *Area) withReading(c echo.Context, v *personPage, n *incidents.Notice, d incidents.Delivery) *personPage {
	v.Text, v.Read = letterText(c, n, d, a.readingAt(c)), readText(c, d)
	return v
}

// tellOfReading adds the reader's code to his letter, when there is a page for it.
func tellOfReading(c echo.Context, t incidents.Text, n *incidents.Notice, d incidents.Delivery, reading []string) incidents.Text {
	return casework.WithReading(t, page.Practice(c), n, d, strings.Join(reading, ""))
}

// readText says when a reader said himself that he read it, "" while he did not.
// It tells nobody: the server's word or a person's does.
func readText(c echo.Context, d incidents.Delivery) string {
	if d.ReadAt.IsZero() {
		return ""
	}
	return page.T(c, "reading.read_at", "at", page.FormatMoment(page.Lang(c), d.ReadAt, page.Zone(c)))
}
