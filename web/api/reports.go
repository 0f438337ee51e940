package api

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/tenant"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

// latenessView says whether a processor told in time (GDPR Art. 33(2)).
type latenessView struct {
	Word        string  `json:"word"`
	Since       *string `json:"since"`
	By          *string `json:"by"`
	ToldAt      *string `json:"told_at"`
	AgreedHours *int64  `json:"agreed_hours"`
	TookSeconds *int64  `json:"took_seconds"`
	LateSeconds int64   `json:"late_seconds"`
}

// askView is one question back to a processor.
type askView struct {
	Point   string `json:"point"`
	Article string `json:"article"`
	Text    string `json:"text"`
}

func showLateness(p incidents.Promptness) *latenessView {
	v := &latenessView{Word: string(p.Word), Since: stamp(p.Since), By: orNull(p.Claim), ToldAt: stamp(p.ToldAt), LateSeconds: seconds(p.Late)}
	if p.Within > 0 {
		hours := int64(p.Within / time.Hour)
		v.AgreedHours = &hours
	}
	if !p.Since.IsZero() {
		took := seconds(p.Took)
		v.TookSeconds = &took
	}
	return v
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// judgedReport is a report with what its processor's messages about the same case
// come to; reported is false when no processor reported a breach by it.
type judgedReport struct {
	*incidents.Report
	of       casework.SupplierCase
	reported bool
}

func (a *Area) showReport(c echo.Context, r judgedReport) reportView {
	v := reportView{ID: r.ID, Source: string(r.Source), State: string(r.State), ReceivedAt: stamp(r.ReceivedAt), IncidentID: orNull(r.IncidentID),
		Processor: orNull(r.ProcessorID), Text: r.Words.Text, Name: orNull(r.Words.Name), Reach: orNull(r.Words.Reach), Reference: orNull(r.Words.Reference),
		Message: showMessage(r.Words.Message), Clock: showClock(r.Clock, a.opts.Now()), Missing: []string{}, Questions: []askView{}}
	if !r.reported {
		return v
	}
	v.Lateness = showLateness(r.of.Promptness)
	for _, p := range r.of.Open {
		v.Missing = append(v.Missing, string(p))
		v.Questions = append(v.Questions, a.ask(c, p))
	}
	return v
}

func (a *Area) ask(c echo.Context, p advisory.Point) askView {
	return askView{Point: string(p), Article: p.Source(), Text: a.words.T(callerOf(c).practice.Language, "supplier.ask."+string(p))}
}

// answerReports answers with a page of reports. Each case is looked up once.
func (a *Area) answerReports(c echo.Context, load func(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Report, error)) error {
	ctx, practice := c.Request().Context(), callerOf(c).practice.ID
	judge := a.opts.Office.Suppliers(practice)
	return answerList(c, func(after string, limit int) ([]judgedReport, error) {
		found, err := load(ctx, practice, after, limit)
		if err != nil {
			return nil, err
		}
		judged := make([]judgedReport, len(found))
		for n, r := range found {
			judged[n].Report = r
			if judged[n].of, judged[n].reported, err = judge.Case(ctx, r); err != nil {
				return nil, err
			}
		}
		return judged, nil
	}, func(r judgedReport) string { return r.ID }, func(r judgedReport) reportView { return a.showReport(c, r) })
}

// getReports lists what waits for a person; ?state=all lists every report.
func (a *Area) getReports(c echo.Context) error {
	state := incidents.InTriage
	switch asked := c.QueryParam("state"); asked {
	case "", string(incidents.InTriage):
	case string(incidents.BecameIncident), string(incidents.Dismissed), string(incidents.KeptAside):
		state = incidents.ReportState(asked)
	case "all":
		state = ""
	default:
		return invalidParam("state", "choose triage, incident, dismissed, aside or all")
	}
	return a.answerReports(c, func(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Report, error) {
		return a.opts.Store.Reports(ctx, practice, state, after, limit)
	})
}

// getProcessorReports lists what one processor reported, newest first.
func (a *Area) getProcessorReports(c echo.Context) error {
	p, err := a.opts.Store.Processor(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return a.answerReports(c, func(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Report, error) {
		return a.opts.Store.ReportsOf(ctx, practice, p.ID, after, limit)
	})
}
