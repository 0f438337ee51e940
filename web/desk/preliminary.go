package desk

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/early"
	"datalek/web/page"
	"datalek/web/parts"
)

// earlyTask leads to the notice that goes by itself, while a person can still
// decide about it.
func earlyTask(c echo.Context, inc *incidents.Incident) []parts.Task {
	t := parts.Task{Href: early.Place(inc), Text: page.T(c, "desk.task.preliminary"), Hint: page.T(c, "desk.task.preliminary_hint"), Status: busy}
	switch inc.PreliminaryState() {
	case incidents.PreliminaryPlanned:
		at, _ := inc.PreliminaryAt()
		t.StatusText = page.T(c, "preliminary.task.planned", "at", page.FormatShort(page.Lang(c), at, page.Zone(c)))
	case incidents.PreliminaryBlocked:
		t.Status, t.StatusText = soon, page.T(c, "preliminary.task.blocked")
	case incidents.PreliminaryStopped:
		t.Status, t.StatusText = none, page.T(c, "preliminary.task.stopped")
	default:
		return nil
	}
	return []parts.Task{t}
}

// preliminary says when it goes or went, and to how many readers.
func (t teller) preliminary(e incidents.Event) []string {
	lines := []string{page.T(t.c, "preliminary.line.planned", "at", t.moment(e.Facts["planned_at"]))}
	if n, err := strconv.Atoi(e.Facts["readers"]); err == nil {
		lines = append(lines, page.T(t.c, "preliminary.line.readers", "n", n, "count", page.FormatNumber(page.Lang(t.c), int64(n))))
	}
	if e.Facts["late"] != "" {
		lines = append(lines, page.T(t.c, "preliminary.line.late"))
	}
	if e.Facts["assessment"] != "" {
		lines = append(lines, page.T(t.c, "preliminary.line.incomplete"))
	}
	return lines
}
