package desk

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

type formAnswersPage struct {
	page.View
	Case   *incidents.Incident
	Action string
	Form   *page.Form
	Abroad []parts.Option
	Main   []parts.Option
	// Numbers and Given name the fields.
	Numbers []string
	Given   []string
}

// otherCountry is the choice of a country that has no authority the program knows.
const otherCountry = "other"

// formAnswers asks what only the authority's form asks.
func (a *Area) formAnswers(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showFormAnswers(c, inc)(http.StatusOK, givenForm(inc.ForAuthority))
}

func (a *Area) showFormAnswers(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		v := &formAnswersPage{View: page.NewView(c, "authority.answers.title").BackTo(homeOf(inc) + "/authority"), Case: inc, Action: c.Request().URL.Path, Form: form,
			Numbers: []string{"persons_min", "persons_max", "records_min", "records_max"}, Given: incidents.GivenKeys()}
		for _, answer := range []string{"yes", "no", unknown} {
			v.Abroad = append(v.Abroad, parts.Option{Value: answer, Text: page.T(c, "authority.answers."+answer), Or: answer == unknown})
		}
		for _, country := range []string{"NL", "BE", otherCountry} {
			v.Main = append(v.Main, parts.Option{Value: country, Text: page.T(c, "authority.answers.main."+country)})
		}
		v.Main = append(v.Main, parts.Option{Value: unknown, Text: page.T(c, "authority.answers.unknown"), Or: true})
		return a.site.Render(c, status, "desk/formanswers.html", v)
	}
}

// givenForm shows what was answered before.
func givenForm(a incidents.AuthorityAnswers) *page.Form {
	main, country := a.MainEstablishment, ""
	switch main {
	case "":
		main = unknown
	case "NL", "BE":
	default:
		main, country = otherCountry, a.MainEstablishment
	}
	form := page.FormOf("abroad", said(a.Abroad), "countries", a.Countries, "main_establishment", main, "main_country", country)
	for name, n := range map[string]*int{"persons_min": a.Persons.Min, "persons_max": a.Persons.Max, "records_min": a.Records.Min, "records_max": a.Records.Max} {
		if n != nil {
			form.Set(name, strconv.Itoa(*n))
		}
	}
	for key, text := range a.Given {
		form.Set(key, text)
	}
	return form
}

func (a *Area) postFormAnswers(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		answers, err := givenOf(form)
		if err != nil {
			return err
		}
		_, err = a.office.AnswerAuthority(c.Request().Context(), inc.PracticeID, inc.ID, answers, page.Actor(c))
		return err
	}
	return a.record(c, act, a.showFormAnswers(c, inc), "authority.answers.done", homeOf(inc)+"/authority")
}

// givenOf reads the form, and names every number that is none.
func givenOf(form *page.Form) (incidents.AuthorityAnswers, error) {
	var faults fault.List
	a := incidents.AuthorityAnswers{Given: map[string]string{}, Countries: form.Get("countries"),
		Persons: incidents.Amount{Min: wholeIn(form, "persons_min", &faults), Max: wholeIn(form, "persons_max", &faults)},
		Records: incidents.Amount{Min: wholeIn(form, "records_min", &faults), Max: wholeIn(form, "records_max", &faults)}}
	if v := form.Get("abroad"); v == "yes" || v == "no" {
		a.Abroad = new(v == "yes")
	}
	switch v := form.Get("main_establishment"); v {
	case "NL", "BE":
		a.MainEstablishment = v
	case otherCountry:
		if a.MainEstablishment = strings.ToUpper(form.Get("main_country")); len(a.MainEstablishment) != 2 {
			faults.Add("main_country", "error.country", "give the two letters of a country, such as DE")
		}
	}
	for _, key := range incidents.GivenKeys() {
		a.Given[key] = form.Text(key)
	}
	return a, faults.Err()
}

// wholeIn reads a whole number; nil when nothing was typed.
func wholeIn(form *page.Form, name string, faults *fault.List) *int {
	text := strings.ReplaceAll(strings.ReplaceAll(form.Get(name), ".", ""), " ", "")
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		faults.Add(name, "error.number_negative", "give a whole number from 0 on, or leave it open")
		return nil
	}
	return &n
}
