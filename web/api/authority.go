package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/fault"
)

// formBody is what only the authority's form asks. It replaces all that was answered.
type formBody struct {
	Given             map[string]string `json:"given"`
	Persons           *personsBody      `json:"persons"`
	Records           *personsBody      `json:"records"`
	Abroad            *bool             `json:"abroad"`
	Countries         *string           `json:"countries"`
	MainEstablishment *string           `json:"main_establishment"`
}

func (b *personsBody) amount() incidents.Amount {
	if b == nil {
		return incidents.Amount{}
	}
	return incidents.Amount{Min: b.Min, Max: b.Max}
}

func showForm(a incidents.AuthorityAnswers) formBody {
	b := formBody{Given: a.Given, Abroad: a.Abroad, Countries: orNull(a.Countries), MainEstablishment: orNull(a.MainEstablishment)}
	if b.Given == nil {
		b.Given = map[string]string{}
	}
	if a.Persons.Known() {
		b.Persons = &personsBody{Min: a.Persons.Min, Max: a.Persons.Max}
	}
	if a.Records.Known() {
		b.Records = &personsBody{Min: a.Records.Min, Max: a.Records.Max}
	}
	return b
}

func (a *Area) getFormAnswers(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showForm(inc.ForAuthority))
}

func (a *Area) postFormAnswers(c echo.Context) error {
	var b formBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	given := b.Given
	if given == nil {
		given = map[string]string{}
	}
	inc, err := a.opts.Office.AnswerAuthority(c.Request().Context(), who.practice.ID, c.Param("id"), incidents.AuthorityAnswers{Given: given,
		Persons: b.Persons.amount(), Records: b.Records.amount(), Abroad: b.Abroad, Countries: text(b.Countries), MainEstablishment: text(b.MainEstablishment)}, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showForm(inc.ForAuthority))
}

// traceView is something personal in a text for the authority.
type traceView struct {
	Question string `json:"question"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Around   string `json:"around"`
}

func showTraces(open []authority.Found) listed[traceView] {
	out := listed[traceView]{Items: []traceView{}}
	for _, f := range open {
		out.Items = append(out.Items, traceView{Question: f.Key, Kind: string(f.Kind), Text: f.Text, Around: f.Around})
	}
	return out
}

// getTraces lists what in the texts tells who someone is and stands undecided.
func (a *Area) getTraces(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	open, err := a.opts.Office.OpenTraces(c.Request().Context(), callerOf(c).practice, inc)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showTraces(open))
}

// postTraces decides about some of it, and answers with what is still open.
func (a *Area) postTraces(c echo.Context) error {
	var b struct {
		Choices []struct {
			Text   string  `json:"text"`
			Keep   bool    `json:"keep"`
			Reason *string `json:"reason"`
		} `json:"choices"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), callerOf(c)
	open, err := a.opts.Office.OpenTraces(ctx, who.practice, inc)
	if err != nil {
		return err
	}
	var choices []incidents.TraceChoice
	for n, choice := range b.Choices {
		at := slices.IndexFunc(open, func(f authority.Found) bool { return f.Text == choice.Text })
		if at < 0 {
			return &fault.Error{Code: fault.Invalid, Field: "choices." + strconv.Itoa(n) + ".text", Key: "error.choice", Message: "nothing open reads so; see GET"}
		}
		choices = append(choices, incidents.TraceChoice{Kind: open[at].Kind, Text: choice.Text, Keep: choice.Keep, Reason: text(choice.Reason), By: who.actor()})
	}
	if inc, err = a.opts.Office.ChooseTraces(ctx, who.practice.ID, inc.ID, choices); err != nil {
		return err
	}
	if open, err = a.opts.Office.OpenTraces(ctx, who.practice, inc); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showTraces(open))
}
