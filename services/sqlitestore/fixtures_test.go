package sqlitestore_test

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// incidentOf returns a case with its clocks running and one event.
func incidentOf(practice tenant.ID, id string) *incidents.Incident {
	inc, err := incidents.Open(incidents.NewIncident{
		ID: id, PracticeID: practice, Reference: "2027-" + id, CaseKey: "microsoft-365 " + id, Source: incidents.FromForm,
		AwareAt: noon(), AwareBasis: "een klant belde", Policy: registry.Policy{ClientHours: 48, AuthorityHours: 72, AuthorityThresholds: []int{24, 48}},
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: noon(), Systems: []string{"mailbox"},
			Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Er is ingelogd op de mailbox."},
	}, noon())
	if err != nil {
		panic("the tests' incident is refused: " + err.Error())
	}
	return inc
}

func deliveryOf(notice, id string) incidents.Delivery {
	return incidents.Delivery{
		ID: id, PracticeID: "p1", IncidentID: "i1", NoticeID: notice, Person: "person-" + id, Reader: "person-" + id, Audience: incidents.ToClients,
		Language: "nl", Channel: registry.ByEmail, State: incidents.Queued, To: incidents.Reach{Name: "Klant", Email: id + "@example.org"},
	}
}

func receiptOf(id string) incidents.Receipt {
	return incidents.Receipt{ID: id, DedupeKey: "key-" + id, ProcessorID: "microsoft-365", ReceivedAt: noon(), Raw: []byte("{}"), SentAt: noon().Add(-time.Second)}
}
