package desk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/playbooks"
	"datalek/web/kindform"
	"datalek/web/page"
	"datalek/web/parts"
)

type answersPage struct {
	page.View
	Case   *incidents.Incident
	Action string
	Kind   string
	Form   *page.Form
	Fields []kindform.Field
}

// answers asks what the kind of breach adds to the form.
func (a *Area) answers(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	form := page.FormOf("playbook", inc.Facts.Playbook)
	kindform.Fill(form, a.playbookOf(inc), inc.Story.Answers)
	return a.showAnswers(c, inc)(http.StatusOK, form)
}

// playbookOf is the case's kind of breach, without anything when the book does
// not know it.
func (a *Area) playbookOf(inc *incidents.Incident) playbooks.Playbook {
	p, _ := a.book.Playbook(inc.Facts.Playbook)
	return p
}

func (a *Area) showAnswers(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		form.Set("playbook", inc.Facts.Playbook)
		return a.site.Render(c, status, "desk/answers.html", &answersPage{View: page.NewView(c, "steps.answers.title").BackTo(homeOf(inc)), Case: inc,
			Action: c.Request().URL.Path, Kind: a.kindOf(c, inc), Form: form, Fields: kindform.Fields(c, a.playbookOf(inc))})
	}
}

func (a *Area) postAnswers(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.AnswerQuestions(c.Request().Context(), inc.PracticeID, inc.ID, kindform.Read(form, a.playbookOf(inc)),
			page.T(c, "steps.answers.reason"), page.Actor(c))
		return err
	}
	return a.record(c, act, a.showAnswers(c, inc), "steps.answers.done", homeOf(inc))
}

// answersTask says how many of the kind's questions are answered.
func (a *Area) answersTask(c echo.Context, inc *incidents.Incident) (parts.Task, bool) {
	n, of := kindform.Answered(a.playbookOf(inc), inc.Story.Answers)
	t := parts.Task{Href: homeOf(inc) + "/answers", Text: page.T(c, "steps.answers.title"), Hint: page.T(c, "steps.answers.hint"),
		Status: todo, StatusText: page.T(c, "steps.answers.count", "done", n, "of", of)}
	switch {
	case n == of:
		t.Status = done
	case inc.State == incidents.StateClosed:
		t.Status = none
	case n > 0:
		t.Status = busy
	}
	return t, of > 0
}
