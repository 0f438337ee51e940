package desk

import (
	"fmt"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

// addQuestions adds what readers asked to a case's tasks, once somebody asked
// something. Closing stays last.
func (a *Area) addQuestions(c echo.Context, inc *incidents.Incident, v *homePage) error {
	ctx := c.Request().Context()
	asked, err := a.store.QuestionsOf(ctx, inc.PracticeID, inc.ID, "", "", 1)
	if err != nil {
		return fmt.Errorf("look for questions: %w", err)
	}
	if len(asked) == 0 {
		return nil
	}
	open, err := a.store.CountOpenQuestions(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return fmt.Errorf("count questions: %w", err)
	}
	t := parts.Task{Href: homeOf(inc) + "/questions", Text: page.T(c, "reading.task"), Hint: page.T(c, "reading.task_hint"), Status: done}
	if open > 0 {
		t.Status, t.StatusText = todo, page.T(c, "reading.task_open", "n", int(open), "count", int(open))
	}
	v.Tasks = slices.Insert(v.Tasks, max(len(v.Tasks)-1, 0), t)
	if next, some := nextTask(v.Tasks); some && inc.State == incidents.StateOpen {
		v.Next, v.HasNext = next, true
	}
	return nil
}
