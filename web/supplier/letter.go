package supplier

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

type askPage struct {
	page.View
	Name    string
	Rows    []parts.Row
	Open    []question
	Letters []letter
}

// letter asks a supplier after what is open, in one language.
type letter struct{ ID, Language, Heading, Text string }

// ask shows what one report of a supplier leaves open, and a letter that asks it.
func (a *Area) ask(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	p, err := a.opts.Store.Processor(ctx, practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	r, err := a.opts.Store.Report(ctx, practice.ID, c.Param("report"))
	if err != nil {
		return err
	}
	of, some, err := a.opts.Office.Suppliers(practice.ID).Case(ctx, r)
	if err != nil {
		return err
	}
	if !some || r.ProcessorID != p.ID {
		return fault.NotFound
	}
	v := &askPage{View: page.NewView(c, "supplier.letter.title").BackTo("/processors/" + url.PathEscape(p.ID) + "/reports"), Name: p.Name, Open: questions(c, of.Open),
		Rows: []parts.Row{{Key: page.T(c, "supplier.status.at"), Value: moment(c, r.ReceivedAt)}, {Key: page.T(c, "supplier.reports.prompt"), Value: page.PromptnessText(c, of.Promptness)}}}
	if p.Contact != "" {
		v.Rows = append(v.Rows, parts.Row{Key: page.T(c, "supplier.letter.contact"), Value: p.Contact})
	}
	for _, lang := range page.Languages() {
		if len(of.Open) > 0 {
			v.Letters = append(v.Letters, a.letter(c, lang, p.Name, r, of))
		}
	}
	return a.site.Render(c, http.StatusOK, "supplier/ask.html", v)
}

// letter writes the letter in a language, whatever the page's own. It names nobody's
// client.
func (a *Area) letter(c echo.Context, lang, processor string, r *incidents.Report, of casework.SupplierCase) letter {
	say := func(key string, pairs ...any) string { return a.site.Words().T(lang, key, pairs...) }
	reference := cmp.Or(r.Words.Reference, "-")
	lines := []string{say("supplier.letter.subject", "reference", reference), say("supplier.letter.dear", "processor", processor),
		say("supplier.letter.told", "at", page.FormatInstant(lang, r.ReceivedAt, page.Zone(c)), "reference", reference), say("supplier.letter.need")}
	var asked []string
	for n, p := range of.Open {
		asked = append(asked, fmt.Sprintf("%d. %s (%s)", n+1, say("supplier.ask."+string(p)), say("supplier.letter.article", "article", p.Source())))
	}
	if of.Promptness.Word == incidents.ToldUnsaid {
		asked = append(asked, fmt.Sprintf("%d. %s (%s)", len(asked)+1, say("supplier.letter.when_knew"), say("supplier.letter.article", "article", "33(2)")))
	}
	lines = append(lines, strings.Join(asked, "\n"), say("supplier.letter.how", "reference", reference), say("supplier.letter.regards")+"\n"+page.Practice(c).Details.Name)
	return letter{ID: "letter-" + lang, Language: lang, Heading: page.T(c, "supplier.letter.in."+lang), Text: strings.Join(lines, "\n\n")}
}
