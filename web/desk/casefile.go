package desk

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

// longestFile is how many events a case file tells of.
const longestFile = 5_000

type filePage struct {
	page.View
	Case     *incidents.Incident
	Kind     string
	Address  []string
	Made     string // who has it made, and when
	Clocks   []clockView
	Aware    []awareRow
	Known    []parts.Row
	Groups   picture.StackedBar
	Held     []string // the rules by which the finding knew what was kept
	Decided  []decisionRow
	Filings  []filingRow
	Told     []controllerRow // the controller's; none when the practice is it
	Messages []messageRow
	Measures []parts.Row
	Steps    stepsView
	ToDo     []measureRow
	// Announced are the recorded publications of Art. 34(3)(c).
	Announced []announcedRow
	Events    []parts.Event
	More      bool
	Law       []parts.Row // the rules of law of the case
	Bundle    string      // where the file for an authority is made; "" for nowhere
}

type awareRow struct {
	incidents.Finding
	Who string
}

type decisionRow struct {
	incidents.Decision
	Text string
	Who  string
}

type messageRow struct {
	Audience string
	Notice   *incidents.Notice
}

// caseFile is everything about one case on paper, without the names of those
// affected.
func (a *Area) caseFile(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	v, err := a.filePage(c, inc)
	if err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "desk/file.html", v)
}

func (a *Area) filePage(c echo.Context, inc *incidents.Incident) (*filePage, error) {
	ctx, practice, t := c.Request().Context(), page.Practice(c), a.tellerOf(c)
	systems, err := a.systemNames(ctx, inc.PracticeID)
	if err != nil {
		return nil, err
	}
	v := &filePage{View: page.NewView(c, "desk.file.title", "reference", inc.Reference).BackTo(homeOf(inc)), Case: inc, Kind: a.kindOf(c, inc),
		Address: nonEmpty(practice.Details.Name, practice.Details.Street, practice.Details.Place), Made: page.MadeLine(c),
		Clocks: clocks(c, inc), Known: a.known(c, inc, systems, false), Groups: groupsBar(c, inc.Assessment.Counts), Measures: storyRows(c, inc), Steps: a.stepsOf(c, inc, true), ToDo: a.measureRows(c, inc), Law: a.lawRows(c, inc)}
	if v.Known, err = a.withPromptness(c, inc, v.Known); err != nil {
		return nil, err
	}
	v.Held = heldLines(c, inc, systems)
	for i := range v.Clocks {
		v.Clocks[i].Link.Href = ""
	}
	for _, f := range inc.Aware {
		v.Aware = append(v.Aware, awareRow{Finding: f, Who: t.who(f.By)})
	}
	for _, d := range inc.Decisions {
		v.Decided = append(v.Decided, decisionRow{Decision: d, Text: page.T(c, fmt.Sprintf("desk.event.decision.%s_%s", d.Question, d.Answer), "authority", string(practice.Authority)), Who: t.who(d.By)})
	}
	for _, f := range inc.Filings {
		v.Filings = append(v.Filings, filingRow{Filing: f, KindText: page.T(c, "desk.filing.kind."+string(f.Kind)), Who: t.who(f.By)})
	}
	v.Told = a.controllerRows(c, inc)
	v.Announced = announcedRows(c, inc, t)
	notices, err := a.notices(ctx, inc)
	if err != nil {
		return nil, err
	}
	for _, n := range notices {
		if n.State != incidents.NoticeIsSuperseded && n.State != incidents.NoticeIsDraft {
			v.Messages = append(v.Messages, messageRow{Audience: page.AudienceText(c, n.Audience), Notice: n})
		}
	}
	v.Events, v.More, err = a.timeline(c, inc, longestFile)
	v.PrintLine = printLine(c, inc)
	if a.files != nil && !page.Practice(c).IsDrill() {
		v.Bundle = homeOf(inc) + "/file/bundle"
	}
	return v, err
}

// heldLines are the rules by which the finding knew what was kept about whom.
func heldLines(c echo.Context, inc *incidents.Incident, systems map[string]string) []string {
	var lines []string
	for _, rule := range inc.HeldRules {
		lines = append(lines, page.WordsOf(c).HeldRule(page.Lang(c), rule, cmp.Or(systems[rule.System], rule.System)))
	}
	return lines
}

func storyRows(c echo.Context, inc *incidents.Incident) []parts.Row {
	s := inc.Story
	return []parts.Row{plainRow(c, "measures_taken", s.MeasuresTaken), plainRow(c, "measures_planned", s.MeasuresPlanned), plainRow(c, "consequences", s.Consequences)}
}
