package desk

import (
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

// The states of a task, as the partial "task_list" names them.
const (
	todo    = "todo"
	busy    = "busy"
	done    = "done"
	blocked = "blocked"
	soon    = "soon"
	late    = "late"
	none    = "none"
)

// tasks returns what there is to do about a case, in the order in which most
// people do it; any order is allowed.
func tasks(c echo.Context, inc *incidents.Incident) []parts.Task {
	list := append([]parts.Task{affectedTask(c, inc)}, decidingTask(c, inc)...)
	list = append(list, riskTask(c, inc), noticesTask(c, inc))
	if inc.Facts.Role != incidents.AsController && inc.Clock(incidents.ControllerClock) != nil {
		list = append(list, controllerTask(c, inc))
	}
	if inc.Facts.Role != incidents.AsProcessor {
		list = append(list, authorityTask(c, inc))
	}
	list = append(list, newsTask(c, inc)...)
	list = append(list, updateTasks(c, inc)...)
	list = append(list, earlyTask(c, inc)...)
	return append(list, measuresTask(c, inc), closingTask(c, inc))
}

// nextTask returns the first task that can be done now, false when none is left.
func nextTask(list []parts.Task) (parts.Task, bool) {
	for _, wanted := range []string{late, soon} {
		for _, t := range list {
			if t.Status == wanted {
				return t, true
			}
		}
	}
	for _, t := range list {
		if t.Status == todo && t.Href != "" {
			return t, true
		}
	}
	for _, t := range list {
		if t.Status == busy {
			return t, true
		}
	}
	return parts.Task{}, false
}

func task(c echo.Context, inc *incidents.Incident, name, path, status, statusText string) parts.Task {
	return parts.Task{Href: homeOf(inc) + path, Text: page.T(c, "desk.task."+name), Hint: page.T(c, "desk.task."+name+"_hint"),
		Status: status, StatusText: statusText}
}

func affectedTask(c echo.Context, inc *incidents.Incident) parts.Task {
	status, text := busy, page.T(c, "desk.state.searching")
	if inc.Assessment.Complete() {
		n := affectedCount(inc.Assessment.Counts)
		status, text = done, page.T(c, "desk.state.affected", "n", n)
	}
	return task(c, inc, "affected", "/affected", status, text)
}

// newsTask stands while clients who were told do not know what a supplier said since.
func newsTask(c echo.Context, inc *incidents.Incident) []parts.Task {
	if !inc.OwesNews() {
		return nil
	}
	return []parts.Task{task(c, inc, "news", "/notices", soon, page.T(c, "desk.state.news"))}
}

func affectedCount(n incidents.Counts) int { return n.Affected() }

// decidingTask stands while the policy asks about people whether they are told.
func decidingTask(c echo.Context, inc *incidents.Incident) []parts.Task {
	n := inc.Assessment.Counts.Undecided
	if n == 0 || inc.State == incidents.StateClosed {
		return nil
	}
	status := dutyState(c, inc.Clock(incidents.ClientClock))
	if status == done {
		status = todo
	}
	return []parts.Task{task(c, inc, "deciding", "/affected?group="+string(incidents.Undecided), status, page.T(c, "desk.state.undecided_persons", "n", n))}
}

func riskTask(c echo.Context, inc *incidents.Incident) parts.Task {
	decision, standing := inc.Standing(incidents.AboutPersons)
	status, text := todo, ""
	switch {
	case standing:
		status, text = done, page.T(c, "desk.state.persons_"+string(decision.Answer))
	case decision.Answer != "":
		text = page.T(c, "desk.state.reopened")
	case inc.State == incidents.StateClosed:
		status, text = none, page.T(c, "desk.state.undecided")
	}
	return task(c, inc, "risk", "/risk", status, text)
}

func noticesTask(c echo.Context, inc *incidents.Incident) parts.Task {
	clock := inc.Clock(incidents.ClientClock)
	status, text := dutyState(c, clock), ""
	switch {
	case status == done && !clock.MetAt.IsZero():
		text = page.T(c, "desk.state.told_all", "n", clock.Told)
	case status == done:
		text = page.T(c, "desk.state.not_needed")
	case clock.Told > 0 && clock.InScope != nil:
		text = page.T(c, "desk.state.told", "told", clock.Told, "of", *clock.InScope)
		if status == todo {
			status = busy
		}
	}
	t := task(c, inc, "notices", "/notices", status, text)
	if len(inc.Story.Recipients) > 0 {
		t.Hint = page.T(c, "desk.task.notices_recipient_hint")
	}
	return t
}

func authorityTask(c echo.Context, inc *incidents.Incident) parts.Task {
	clock := inc.Clock(incidents.AuthorityClock)
	status, text := dutyState(c, clock), ""
	switch {
	case status == done && !clock.MetAt.IsZero():
		text = page.T(c, "desk.state.filed")
	case status == done:
		text = page.T(c, "desk.state.not_needed")
	}
	t := task(c, inc, "authority", "/authority", status, text)
	t.Text = page.T(c, "desk.clock.authority", "authority", string(page.Practice(c).Authority))
	return t
}

// controllerTask stands in the authority's place when the practice only
// processes the data, and beside it when the data are shared.
func controllerTask(c echo.Context, inc *incidents.Incident) parts.Task {
	clock := inc.Clock(incidents.ControllerClock)
	status, text := dutyState(c, clock), ""
	if status == done && !clock.MetAt.IsZero() {
		text = page.T(c, "desk.state.controller_told")
	}
	name := "controller"
	if inc.Facts.Role == incidents.AsJoint {
		name = "controller_joint"
	}
	return task(c, inc, name, "/controller", status, text)
}

// dutyState is a task's state as its clock says it.
func dutyState(c echo.Context, clock *incidents.Clock) string {
	switch draw(*clock, page.Now(c), page.Zone(c)).State {
	case picture.StateMet, picture.StateMetLate, picture.StateEnded:
		return done
	case picture.StateLate:
		return late
	case picture.StateSoon:
		return soon
	default:
		return todo
	}
}

func measuresTask(c echo.Context, inc *incidents.Incident) parts.Task {
	status := todo
	if inc.Story.MeasuresTaken != "" {
		status = done
	}
	text := ""
	if open, _ := inc.OpenMeasures(); open > 0 {
		status, text = busy, page.T(c, "steps.measures.state", "n", open, "count", open)
	}
	return task(c, inc, "measures", "/measures", status, text)
}

func closingTask(c echo.Context, inc *incidents.Incident) parts.Task {
	switch {
	case inc.State == incidents.StateClosed:
		return task(c, inc, "close", "/close", done, page.T(c, "desk.state.closed"))
	case slices.ContainsFunc(inc.Clocks, func(clock incidents.Clock) bool { return clock.Kind.OwnDuty() && stands(&clock) }):
		return task(c, inc, "close", "/close", blocked, "")
	default:
		return task(c, inc, "close", "/close", todo, "")
	}
}
