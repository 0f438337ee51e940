package casework

import (
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// drillSystems are places of data under the ids that playbooks commonly name.
func drillSystems(p registry.Practice) []registry.System {
	names := map[string]string{"mailbox": "Mailbox", "agenda": "Agenda", "client-file": "Cliëntdossier", "drive": "Documenten in de cloud", "paper": "Papieren dossier",
		"laptop": "Laptop", "phone": "Telefoon", "external-drive": "Externe schijf", "newsletter": "Nieuwsbrief", "website": "Website", "video": "Videogesprekken", "backup": "Reservekopie"}
	if p.Language == "en" {
		names = map[string]string{"mailbox": "Mailbox", "agenda": "Diary", "client-file": "Client file", "drive": "Documents in the cloud", "paper": "Paper file",
			"laptop": "Laptop", "phone": "Phone", "external-drive": "External drive", "newsletter": "Newsletter", "website": "Website", "video": "Video calls", "backup": "Backup"}
	}
	basic := []registry.Category{registry.Name, registry.Contact}
	notes := []registry.Category{registry.Name, registry.Contact, registry.SessionNotes}
	var list []registry.System
	for _, id := range []string{"mailbox", "agenda", "client-file", "drive", "paper", "laptop", "phone", "external-drive", "newsletter", "website", "video", "backup"} {
		s := registry.System{ID: id, PracticeID: p.ID, Name: names[id], Categories: basic, Identifiability: registry.Identified}
		if slices.Contains([]string{"client-file", "drive", "paper", "laptop", "external-drive", "backup"}, id) {
			s.Categories = notes
		}
		list = append(list, s)
	}
	return list
}

// The made-up clients of a drill: most are told by mail, some are not.
const (
	drillByMail = 18
	drillByHand = 3
	drillFormer = 3
)

// drillClients are made-up people, each known by a number.
func drillClients(now time.Time) []ClientInput {
	today := registry.DateOf(now, time.UTC)
	var list []ClientInput
	for n := 1; n <= drillByMail+drillByHand+drillFormer; n++ {
		c := registry.Client{Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
			Guidance: []registry.Guidance{{From: today.AddMonths(-2 - n%12)}},
			Person: registry.Person{ExternalID: drillNumber(n), Name: fmt.Sprintf("Oefencliënt %02d", n), Email: drillAddress(fmt.Sprintf("client%02d", n)),
				Phone: fmt.Sprintf("+31 6 0000 00%02d", n), PostalAddress: fmt.Sprintf("Verzonnenweg %d\n9999 ZZ Nergenshuizen", n)}}
		switch {
		case n%6 == 0 && n <= drillByMail:
			c.Language = "en"
		case n > drillByMail+drillByHand:
			c.Guidance[0].Until = today.AddMonths(-1)
		case n == drillByMail+drillByHand:
			c.Channel = registry.ByLetter
		case n > drillByMail:
			c.Person.Email = ""
		}
		list = append(list, ClientInput{Client: c})
	}
	return list
}

func drillNumber(n int) string { return fmt.Sprintf("OEF-%02d", n) }

// drillCase makes up a case of a kind of breach. It was found out just now.
func drillCase(p registry.Practice, kind playbooks.Playbook, now time.Time) NewCase {
	from, until := now.Add(-36*time.Hour), now.Add(-12*time.Hour)
	language := pageLanguage(p)
	n := NewCase{Source: incidents.FromForm, AwareAt: now,
		Facts: incidents.Facts{Playbook: kind.ID, DiscoveredAt: now, OccurredFrom: &from, OccurredUntil: &until, BreachKinds: kind.BreachKinds,
			HandPicked: kind.HandPicked, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: drillWord(p) + ". " + kind.Explanation[language]},
	}
	n.Basis = map[string]string{"nl": "Verzonnen voor deze oefening.", "en": "Made up for this exercise."}[language]
	known := drillSystems(p)
	for _, id := range kind.Systems {
		if slices.ContainsFunc(known, func(s registry.System) bool { return s.ID == id }) {
			n.Facts.Systems = append(n.Facts.Systems, id)
		}
	}
	if kind.HandPicked {
		picked := 1
		if !kind.FastLane {
			picked = 8
		}
		for i := 1; i <= picked; i++ {
			n.Story.Subjects.ExternalIDs = append(n.Story.Subjects.ExternalIDs, drillNumber(i))
		}
	}
	if kind.AsksRecipients {
		n.Story.Recipients = []incidents.Recipient{{Email: drillAddress("verkeerde.ontvanger"), Kind: incidents.RecipientKnown}}
	}
	return n
}
