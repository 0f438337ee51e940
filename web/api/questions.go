package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

func (a *Area) questionRoutes(g doors) {
	g.For(registry.SeeAllCases, registry.WorkOnCases).GET("/questions", a.getQuestions)
	g.GET("/incidents/:id/questions", a.getCaseQuestions)
	g.POST("/questions/:id/answered", a.once(a.postAnswered))
}

// questionView is what a reader of a notice asked, as the API shows it.
type questionView struct {
	ID         string  `json:"id"`
	IncidentID string  `json:"incident_id"`
	DeliveryID string  `json:"delivery_id"`
	AskedAt    *string `json:"asked_at"`
	Text       string  `json:"text"`
	State      string  `json:"state"`
	AnsweredAt *string `json:"answered_at"`
	AnsweredBy *string `json:"answered_by"`
	Note       *string `json:"note"`
}

func showQuestion(q incidents.ReaderQuestion) questionView {
	v := questionView{ID: q.ID, IncidentID: q.IncidentID, DeliveryID: q.DeliveryID, AskedAt: stamp(q.AskedAt), Text: q.Text, State: "open",
		AnsweredAt: stamp(q.AnsweredAt), AnsweredBy: orNull(q.By), Note: orNull(q.Note)}
	if !q.Open() {
		v.State = "answered"
	}
	return v
}

func questionID(q incidents.ReaderQuestion) string { return q.ID }

// getQuestions lists what readers asked, oldest first; ?state=open leaves out
// what is answered.
func (a *Area) getQuestions(c echo.Context) error {
	state := c.QueryParam("state")
	if state != "" && state != "open" {
		return invalidParam("state", "leave it out, or give open")
	}
	return answerList(c, func(after string, limit int) ([]incidents.ReaderQuestion, error) {
		return a.opts.Store.Questions(c.Request().Context(), callerOf(c).practice.ID, state == "open", after, limit)
	}, questionID, showQuestion)
}

// getCaseQuestions lists what readers asked about one case, oldest first.
func (a *Area) getCaseQuestions(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return answerList(c, func(after string, limit int) ([]incidents.ReaderQuestion, error) {
		return a.opts.Store.QuestionsOf(c.Request().Context(), inc.PracticeID, inc.ID, "", after, limit)
	}, questionID, showQuestion)
}

// postAnswered records how the practice answered a question itself.
func (a *Area) postAnswered(c echo.Context) error {
	var b struct {
		By   string  `json:"by"`
		Note *string `json:"note"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	q, err := a.opts.Office.AnswerQuestion(c.Request().Context(), who.practice.ID, c.Param("id"), b.By, text(b.Note), who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showQuestion(q))
}
