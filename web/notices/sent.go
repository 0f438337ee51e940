package notices

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// sentLines says through which servers, and under which Message-ID, a reader's mail
// left or tried to.
func sentLines(c echo.Context, d incidents.Delivery, sender string) []string {
	_, domain, _ := strings.Cut(sender, "@")
	var lines []string
	for _, x := range d.Attempts {
		line := page.T(c, "notices.answers.sent", "server", x.Server, "id", x.MessageID+"@"+domain)
		if x.Server != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
