package desk_test

import (
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/webtest"
)

// Two suppliers who reported on one day are told apart by name, on the desk, in the
// list and on the case.
func TestACaseNamesTheSupplierThatReportedIt(t *testing.T) {
	r := newRig(t)
	_, err := r.store.PutProcessor(t.Context(), registry.Processor{ID: "contoso", PracticeID: "p1", Name: "Contoso & Zoon", UpdatedAt: r.Now()})
	r.must(err)
	cases := map[string]string{}
	for _, id := range []string{"contoso", "gone"} {
		inc, err := r.office.File(t.Context(), r.Practice("p1"), casework.NewCase{Source: incidents.FromWebhook, AwareAt: r.Now(), Basis: "Gemeld.",
			Facts: incidents.Facts{Playbook: "processor-breach", DiscoveredAt: r.Now(), ProcessorID: id}, Story: incidents.Story{Summary: "Er lekte iets."}},
			incidents.Actor{Kind: register.ActorProcessor, ID: id})
		r.must(err)
		cases[id] = "/incidents/" + inc.ID
	}
	for _, path := range []string{"/", "/incidents", cases["contoso"]} {
		if _, body := r.get(path); strings.Count(body, " · Contoso &amp; Zoon") != 1 {
			t.Errorf("%s names the supplier %d times", path, strings.Count(body, " · Contoso &amp; Zoon"))
		}
	}
	if res, body := r.get(cases["gone"]); res.StatusCode != 200 || strings.Contains(body, "Contoso") {
		t.Errorf("the case of a firm that is no supplier of the practice answers %d", res.StatusCode)
	}
}

// Whether the supplier was in time stands on the case and in its file, judged by the
// hours of its contract, and not on a case that no supplier reported.
func TestACaseSaysWhetherItsSupplierWasInTime(t *testing.T) {
	r := newRig(t)
	late := r.ReportedLate()
	for _, path := range []string{"", "/file"} {
		_, body := r.get("/incidents/" + late + path)
		webtest.Wants(t, body, "Was de leverancier op tijd?", "3 uur te laat volgens de afspraak van 24 uur.")
		_, body = r.get(r.at(path))
		webtest.Lacks(t, body, "Was de leverancier op tijd?")
	}
}
