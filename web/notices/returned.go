package notices

import (
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// mostReturned is how many of the messages that came back are shown at a person.
const mostReturned = 5

// returnedText says what came back, and what follows from it.
func returnedText(c echo.Context, r incidents.Returned) said {
	at := page.FormatMoment(page.Lang(c), r.At, page.Zone(c))
	line := said{Text: page.T(c, "returns.said."+string(r.Kind), "at", at, "why", page.T(c, "returns.why."+whyReturned(r.Status))), Own: r.Text}
	if r.Effect != incidents.EffectNone {
		line.After = page.T(c, "returns.effect."+r.Effect)
	}
	return line
}

// whyReturned names the reason that an enhanced status code gives (RFC 3463).
func whyReturned(status string) string {
	_, detail, _ := strings.Cut(status, ".")
	switch detail {
	case "1.2", "1.10", "4.4":
		return "domain"
	case "2.1":
		return "disabled"
	case "2.2":
		return "full"
	case "2.3", "3.4":
		return "size"
	}
	switch subject, _, _ := strings.Cut(detail, "."); subject {
	case "1":
		return "address"
	case "7":
		return "blocked"
	}
	return "other"
}

// returnedLines are the newest messages that came back about a reader.
func returnedLines(c echo.Context, d incidents.Delivery) []said {
	var lines []said
	for _, r := range d.Returned[max(0, len(d.Returned)-mostReturned):] {
		lines = append(lines, returnedText(c, r))
	}
	return lines
}
