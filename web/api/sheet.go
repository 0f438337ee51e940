package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/authority"
	"datalek/incidents/fault"
	"datalek/web/casework"
)

type sheetView struct {
	Form          string       `json:"form"`
	Version       string       `json:"version"`
	From          string       `json:"from"`
	OfficialOrder bool         `json:"official_order"`
	Language      string       `json:"language"`
	Gaps          []string     `json:"gaps"`
	Answers       []answerView `json:"answers"`
}

type answerView struct {
	Number   string  `json:"number"`
	Question string  `json:"question"`
	Label    string  `json:"label"`
	Answer   *string `json:"answer"`
	State    string  `json:"state"`
	Unseen   bool    `json:"unseen"`
}

// getSheet answers with the sheet for an authority's form, unless something
// personal stands in it about which nobody has decided.
func (a *Area) getSheet(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	ctx, p, id := c.Request().Context(), callerOf(c).practice, authority.FormID(c.QueryParam("form"))
	switch id {
	case "":
		id = authority.FormOf(p.Authority)
	case authority.AP, authority.GBA:
	case authority.EDPB:
		t, err := a.opts.Office.Template(ctx, p, inc)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, t)
	default:
		return &fault.Error{Code: fault.Invalid, Field: "form", Key: "error.choice", Message: "choose ap, gba or edpb"}
	}
	s, open, err := a.opts.Office.Sheet(ctx, p, inc, id, c.QueryParam("language"))
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return casework.ErrTracesOpen()
	}
	return c.JSON(http.StatusOK, showSheet(s))
}

func showSheet(s authority.Sheet) sheetView {
	v := sheetView{Form: string(s.Form.ID), Version: s.Form.Version, From: s.Form.From, OfficialOrder: s.Form.OfficialOrder, Language: s.Language,
		Gaps: orEmpty(s.Form.Gaps), Answers: []answerView{}}
	for _, x := range s.Answers() {
		v.Answers = append(v.Answers, answerView{Number: x.Number, Question: x.Key, Label: x.Label, Answer: orNull(x.Text), State: string(x.Mark), Unseen: x.UnseenLabel || x.UnseenWords})
	}
	return v
}
