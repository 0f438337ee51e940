package desk

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// sheetView is an authority's sheet as the pages show it.
type sheetView struct {
	authority.Sheet
	Href                       string
	Parts                      []sheetPart
	Open                       int // personal things that nobody decided about
	Recorded, Derived, Missing int
	Gaps                       string
	Languages                  []parts.Link // none when the form has one language
	Query                      string       // "?language=fr", "" for the usual one
	Changed                    []authority.Difference
	Compared                   bool // there is a filing to compare with
	PDF                        bool // a PDF can be made
}

type sheetPart struct {
	Title   string
	Answers []answerView
}

// answerView is one answer that can be copied.
type answerView struct {
	authority.Answer
	ID       string
	Question string
	Lines    []string
	Rows     int  // of the text field
	Held     bool // something personal stands in it
	Note     string
}

func (a *Area) sheet(c echo.Context, inc *incidents.Incident) (authority.Sheet, []authority.Found, error) {
	practice := page.Practice(c)
	return a.office.Sheet(c.Request().Context(), practice, inc, authority.FormOf(practice.Authority), c.QueryParam("language"))
}

func (a *Area) found(c echo.Context, inc *incidents.Incident) ([]authority.Found, error) {
	_, open, err := a.sheet(c, inc)
	return open, err
}

func (a *Area) sheetView(c echo.Context, inc *incidents.Incident) (sheetView, error) {
	s, open, err := a.sheet(c, inc)
	if err != nil {
		return sheetView{}, err
	}
	held := map[string]bool{}
	for _, f := range open {
		held[f.Key] = true
	}
	v := sheetView{Sheet: s, Href: homeOf(inc) + "/authority", Open: len(open), Recorded: s.Count(authority.Recorded), Derived: s.Count(authority.Derived),
		Missing: s.Count(authority.Missing), Gaps: strings.Join(s.Form.Gaps, ", "), PDF: a.paper != nil}
	for _, p := range s.Parts {
		part := sheetPart{Title: strings.TrimSpace(p.Number + " " + p.Title)}
		for _, x := range p.Answers {
			note := ""
			if x.Key == "severity" {
				note = severityNote(c, inc, x.Mark)
			}
			part.Answers = append(part.Answers, answerView{Note: note, Answer: x, ID: "answer-" + x.Key, Question: strings.TrimSpace(x.Number + " " + x.Label), Lines: strings.Split(x.Text, "\n"), Rows: rowsOf(x.Text), Held: held[x.Key]})
		}
		v.Parts = append(v.Parts, part)
	}
	for _, language := range s.Form.Languages[1:] {
		if len(v.Languages) == 0 {
			v.Languages = append(v.Languages, parts.Link{Href: v.Href, Text: page.T(c, "authority.language."+s.Form.Languages[0])})
		}
		v.Languages = append(v.Languages, parts.Link{Href: v.Href + "?language=" + language, Text: page.T(c, "authority.language."+language)})
	}
	if s.Language != s.Form.Languages[0] {
		v.Query = "?language=" + s.Language
	}
	if s.Language == s.Form.Language(page.Practice(c).Language) { // filings are kept in that language
		v.Changed, v.Compared = authority.Since(s, inc.Filings)
	}
	return v, nil
}

// severityNote says how the severity was weighed that the form asks for, or what it
// takes to weigh it.
func severityNote(c echo.Context, inc *incidents.Incident, m authority.Mark) string {
	v := adviceOf(c, inc)
	if v == nil || m == authority.Missing {
		return page.T(c, "authority.severity_wait")
	}
	return page.T(c, "authority.severity_note", "level", v.Level, "score", v.Sum)
}

// rowsOf is how high a text field must be to show a text whole, more or less.
func rowsOf(text string) int {
	const width, most = 34, 14 // a phone is narrow
	rows := 0
	for line := range strings.SplitSeq(text, "\n") {
		rows++
		used := 0
		for word := range strings.FieldsSeq(line) {
			n := utf8.RuneCountInString(word)
			if used > 0 && used+n > width {
				rows, used = rows+1, 0
			}
			rows, used = rows+n/width, used+1+n%width
		}
	}
	return min(rows, most)
}

// leadText says which authority leads (GDPR Art. 56).
func leadText(c echo.Context, inc *incidents.Incident) string {
	lead, known := authority.Lead(inc.ForAuthority)
	switch {
	case !known:
		return page.T(c, "authority.lead.unknown")
	case lead == "":
		return page.T(c, "authority.lead.abroad", "country", inc.ForAuthority.MainEstablishment)
	case lead == page.Practice(c).Authority:
		return page.T(c, "authority.lead.own", "authority", string(lead))
	default:
		return page.T(c, "authority.lead.other", "authority", string(lead))
	}
}

// groundText names the kind of reason for a late filing, and that authorities
// reject it; "" for none.
func groundText(c echo.Context, g incidents.LateGround) string {
	if g == "" {
		return ""
	}
	text := page.T(c, "authority.late_ground."+string(g))
	if g.Rejected() {
		text += " (" + page.T(c, "authority.late_ground.was_rejected") + ")"
	}
	return text
}

// groundOptions offers every kind of reason; those that authorities reject say so.
func groundOptions(c echo.Context) []parts.Option {
	var options []parts.Option
	for _, g := range incidents.LateGrounds() {
		o := parts.Option{Value: string(g), Text: page.T(c, "authority.late_ground."+string(g))}
		if g.Rejected() {
			o.Hint = page.T(c, "authority.late_ground.rejected")
		}
		options = append(options, o)
	}
	return options
}

type sheetPage struct {
	page.View
	Case      *incidents.Incident
	Authority registry.Authority
	Head      []string
	Sheet     sheetView
}

// sheetPage is the sheet on paper.
func (a *Area) sheetPage(c echo.Context) error {
	inc, v, err := a.leavingSheet(c)
	if err != nil || inc == nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "desk/sheet.html", &sheetPage{View: page.NewView(c, "authority.sheet.title").BackTo(v.Href), Case: inc, Authority: page.Practice(c).Authority, Head: sheetHead(c, inc), Sheet: v})
}

// leavingSheet returns the sheet of a case that may leave; no case when the reader
// was sent to what must be decided first.
func (a *Area) leavingSheet(c echo.Context) (*incidents.Incident, sheetView, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, sheetView{}, err
	}
	v, err := a.sheetView(c, inc)
	if err == nil && v.Open > 0 {
		return nil, v, c.Redirect(http.StatusSeeOther, v.Href+"/check")
	}
	return inc, v, err
}

func sheetHead(c echo.Context, inc *incidents.Incident) []string {
	return []string{page.Practice(c).Details.Name + " · " + inc.Reference + " · " + page.MadeLine(c)}
}

// sheetPDF is the sheet as a file.
func (a *Area) sheetPDF(c echo.Context) error {
	inc, v, err := a.leavingSheet(c)
	if err != nil || inc == nil {
		return err
	}
	if a.paper == nil {
		return fault.NotFound
	}
	var out bytes.Buffer
	if err := a.paper(&out, v.Sheet, sheetHead(c, inc), page.Now(c)); err != nil {
		return fmt.Errorf("print the sheet: %w", err)
	}
	attach(c, "application/pdf", "sheet.pdf")
	return c.Blob(http.StatusOK, "application/pdf", out.Bytes())
}

// template is the EDPB's common template as a file.
func (a *Area) template(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	open, err := a.found(c, inc)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return c.Redirect(http.StatusSeeOther, homeOf(inc)+"/authority/check")
	}
	t, err := a.office.Template(c.Request().Context(), page.Practice(c), inc)
	if err != nil {
		return err
	}
	attach(c, "application/json", "edpb.json")
	return c.JSONPretty(http.StatusOK, t, "  ")
}
