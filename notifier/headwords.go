package notifier

import (
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// headText is the mail that brings a practice the fingerprint of its register. It
// names nobody and no breach.
func headText(p registry.Practice, head register.SignedHead) incidents.Text {
	subject := "De vingerafdruk van uw register"
	entries := fmt.Sprintf("%d regels", head.Size)
	body := "U hoeft niets te doen. Bewaar deze e-mail alleen.\n\n" +
		"Dit is de vingerafdruk van uw register in datalek, zoals het was op %s: %s. Verandert iemand later een regel, haalt hij er een weg " +
		"of knipt hij de laatste eraf, dan past het register niet meer bij deze vingerafdruk. Zo kunt u laten zien dat er niets aan veranderd is.\n\n" +
		"Hoe u dat nagaat, staat in datalek bij Register.\n\n%s"
	if head.Size == 1 {
		entries = "1 regel"
	}
	if p.Language == "en" {
		subject, entries = "The fingerprint of your register", fmt.Sprintf("%d entries", head.Size)
		body = "There is nothing you need to do. Just keep this email.\n\n" +
			"This is the fingerprint of your register in datalek as it was on %s: %s. If anyone later changes an entry, takes one out " +
			"or cuts off the newest, the register no longer fits this fingerprint. That is how you can show that nothing was changed.\n\n" +
			"How to check it stands in datalek under Register.\n\n%s"
		if head.Size == 1 {
			entries = "1 entry"
		}
	}
	zone, err := p.Zone()
	if err != nil {
		zone = time.UTC // the signed text has the instant too
	}
	return incidents.Text{Language: p.Language, Subject: subject, Body: fmt.Sprintf(body, playbooks.Instant(head.At, zone, p.Language), entries, head.Note)}
}
