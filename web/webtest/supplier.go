package webtest

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"
)

// ReportedLate files a case that the supplier Contoso reported three hours after its
// term of 24 hours, and returns its id.
func (w *World) ReportedLate() string {
	w.t.Helper()
	day := 24
	_, err := w.Store.PutProcessor(w.t.Context(), registry.Processor{ID: "contoso", PracticeID: "p1", Name: "Contoso", ContractHours: &day, UpdatedAt: w.Now()})
	w.Must(err)
	words := incidents.ReportWords{Text: "Mail was read.", Reference: "CH-1", Message: incidents.Message{Kind: incidents.MessageReport,
		Claims: []incidents.Claim{{Name: incidents.ClaimAware, At: w.Now().Add(-27 * time.Hour)}}}}
	report, err := incidents.NewTriage("report-1", "p1", incidents.FromWebhook, words, w.Now(), registry.Term{}, incidents.System())
	w.Must(err)
	report.ProcessorID = "contoso"
	w.Must(w.Store.CreateReport(w.t.Context(), report))
	inc, err := w.Office.File(w.t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromWebhook, ReportID: report.ID, AwareAt: w.Now(), Basis: "Gemeld.",
		Facts: incidents.Facts{Playbook: "processor-breach", DiscoveredAt: w.Now(), ProcessorID: "contoso"}, Story: incidents.Story{Summary: "Er lekte iets."}},
		incidents.Actor{Kind: register.ActorProcessor, ID: "contoso"})
	w.Must(err)
	return inc.ID
}
