package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

func (a *Area) registerRoutes(g doors) {
	g.GET("/register", a.getRegister)
	g.For(registry.SeeReports, registry.JudgeReports).GET("/reports", a.getReports)
	g.For(registry.SeeReports, registry.JudgeReports).GET("/processors/:id/reports", a.getProcessorReports)
	g.For(registry.JudgeReports, registry.JudgeReports).POST("/reports/:id/incident", a.once(a.postReportIncident))
}

// getRegister lists entries by number as JSON, or all of them as CSV.
func (a *Area) getRegister(c echo.Context) error {
	switch c.QueryParam("format") {
	case "", "json":
		return a.registerJSON(c)
	case "csv":
		return a.registerCSV(c)
	default:
		return invalidParam("format", "choose json or csv")
	}
}

func (a *Area) registerJSON(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]register.Entry, error) {
		seq, err := seqCursor(after)
		if err != nil {
			return nil, err
		}
		return a.opts.Store.Entries(c.Request().Context(), who.practice.ID, seq, limit)
	}, entryKey, showEntry)
}

func (a *Area) registerCSV(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="register.csv"`)
	w := csv.NewWriter(c.Response())
	_ = w.Write([]string{"seq", "at", "incident", "kind", "actor", "facts", "words", "prev", "hash"}) // an error shows at Flush
	var after int64
	for {
		entries, err := a.opts.Store.Entries(c.Request().Context(), callerOf(c).practice.ID, after, 500)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			_ = w.Write(a.madeBy(c)) // who made it stands below what it is about
			w.Flush()
			return w.Error()
		}
		for _, e := range entries {
			_ = w.Write(csvRow(e))
		}
		after = entries[len(entries)-1].Seq
	}
}

// madeBy is the last line of a register as CSV: no entry, since it has no number.
func (a *Area) madeBy(c echo.Context) []string {
	actor := callerOf(c).actor()
	row := []string{"", a.opts.Now().UTC().Format(time.RFC3339), "", "file.made", string(actor.Kind), asText(map[string]string{"by": actor.ID}), "", "", ""}
	for i := range row {
		row[i] = page.Cell(row[i])
	}
	return row
}

func csvRow(e register.Entry) []string {
	v := e.Event
	row := []string{strconv.FormatInt(e.Seq, 10), v.At.UTC().Format(time.RFC3339Nano), v.IncidentID, string(v.Kind), string(v.Actor.Kind), asText(v.Facts), asText(v.Words), e.Prev, e.Hash}
	for i := range row {
		row[i] = page.Cell(row[i])
	}
	return row
}

func asText(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(raw)
}

// streamEvery is how often the stream looks for new entries.
const streamEvery = time.Second

// getEvents streams the practice's register entries as they come (server-sent
// events). Last-Event-ID resumes after an entry; without it only new ones come,
// and the number that they follow is said first, so that who is cut off before
// the first one misses none.
func (a *Area) getEvents(c echo.Context) error {
	after, err := a.streamStart(c)
	if err != nil {
		return err
	}
	control := http.NewResponseController(c.Response())
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	if _, err := fmt.Fprintf(c.Response(), "id: %d\n\n", after); err != nil {
		return nil //nolint:nilerr // the listener went away; there is nobody to tell
	}
	life, cancel := context.WithTimeout(c.Request().Context(), a.opts.StreamLife)
	defer cancel()
	ticker := time.NewTicker(streamEvery)
	defer ticker.Stop()
	for {
		if after, err = a.stream(life, c, control, after); err != nil {
			return nil // the listener went away, or comes again for what the store could not say
		}
		select {
		case <-life.Done():
			return nil // the listener left, his time is up, or the server stops
		case <-ticker.C:
		}
	}
}

func (a *Area) streamStart(c echo.Context) (int64, error) {
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		return seqCursor(last)
	}
	head, err := a.opts.Store.RegisterHead(c.Request().Context(), callerOf(c).practice.ID)
	return head.Seq, err
}

func (a *Area) stream(life context.Context, c echo.Context, control *http.ResponseController, after int64) (int64, error) {
	ctx, cancel := context.WithTimeout(life, 10*time.Second)
	defer cancel()
	entries, err := a.opts.Store.Entries(ctx, callerOf(c).practice.ID, after, 100)
	if err != nil {
		return after, err
	}
	for _, e := range entries {
		raw, err := json.Marshal(showEntry(e))
		if err != nil {
			return after, err
		}
		if _, err := fmt.Fprintf(c.Response(), "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Event.Kind, raw); err != nil {
			return after, err
		}
		after = e.Seq
	}
	if len(entries) == 0 {
		if _, err := fmt.Fprint(c.Response(), ": still here\n\n"); err != nil {
			return after, err
		}
	}
	return after, control.Flush()
}

type reportView struct {
	ID         string       `json:"id"`
	Source     string       `json:"source"`
	State      string       `json:"state"`
	ReceivedAt *string      `json:"received_at"`
	IncidentID *string      `json:"incident_id"`
	Processor  *string      `json:"processor"`
	Text       string       `json:"text"`
	Name       *string      `json:"name"`
	Reach      *string      `json:"reach"`
	Reference  *string      `json:"reference"`
	Message    *messageView `json:"message"`
	Clock      clockView    `json:"clock"`
	// Missing, Questions and Lateness are of the processor's whole case.
	Missing   []string      `json:"missing"`
	Questions []askView     `json:"questions"`
	Lateness  *latenessView `json:"lateness"`
}

// messageView is what was made out of a supplier's message.
type messageView struct {
	Kind    string        `json:"kind"`
	Format  *string       `json:"format"`
	Why     *string       `json:"why"`
	Title   *string       `json:"title"`
	Stage   *string       `json:"stage"`
	Claims  []claimView   `json:"claims"`
	Links   []string      `json:"links"`
	Missing []string      `json:"missing"`
	Changed []string      `json:"changed"`
	Because []becauseView `json:"because"`
}

// becauseView is one reason why the message reached the practice.
type becauseView struct {
	Code  string   `json:"code"`
	Names []string `json:"names"`
}

// claimView is a time that the sender claims, under his own name for it.
type claimView struct {
	Name string  `json:"name"`
	At   *string `json:"at"`
}

func showMessage(m incidents.Message) *messageView {
	if m.Kind == "" {
		return nil
	}
	v := &messageView{Kind: string(m.Kind), Format: orNull(m.Format), Why: orNull(m.Why), Title: orNull(m.Title), Stage: orNull(m.Stage),
		Claims: []claimView{}, Links: orEmpty(m.Links), Missing: orEmpty(m.Missing), Changed: orEmpty(m.Changed), Because: []becauseView{}}
	for _, g := range m.Because {
		v.Because = append(v.Because, becauseView{Code: string(g.Code), Names: orEmpty(g.Names)})
	}
	for _, c := range m.Claims {
		v.Claims = append(v.Claims, claimView{Name: c.Name, At: stamp(c.At)})
	}
	return v
}

// postReportIncident makes an incident of a triage item; aware_at left out is
// when the report came in.
func (a *Area) postReportIncident(c echo.Context) error {
	var b incidentBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	ctx := c.Request().Context()
	report, err := a.opts.Store.Report(ctx, who.practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if report.State != incidents.InTriage {
		return fault.New(fault.Conflict, "error.report_settled", "this report is settled already")
	}
	var faults fault.List
	n := b.newCase(&faults)
	n.ReportID, n.Source, n.ID = report.ID, report.Source, derivedID(string(who.practice.ID), "report", report.ID)
	if n.AwareAt.IsZero() && !b.AwareAt.fail {
		n.AwareAt = report.ReceivedAt
	}
	inc, err := a.opts.Office.File(ctx, who.practice, n, who.actor())
	if err = joinFaults(faults, err); err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/api/v1/incidents/"+inc.ID)
	return c.JSON(http.StatusCreated, a.showIncident(inc))
}
