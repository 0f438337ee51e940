package main

import (
	"fmt"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
)

// samplePractice is a made-up practice that promises what Refleact's policy
// promises: 48 hours, every client in guidance whose data is traceable.
func samplePractice(id, code string, policy registry.Policy, now time.Time) registry.Practice {
	return registry.Practice{
		ID: tenant.ID(id), PublicCode: code, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", Policy: policy, CreatedAt: now,
		Details: registry.Details{
			Name: "Praktijk Lindehof", Street: "Voorbeeldlaan 12", Place: "1234 AB Voorbeeldstad",
			Contact: registry.ContactPerson{Name: "Anna Voorbeeld", Phone: "+31 6 12345678", Email: "anna@lindehof.example",
				Hours: "maandag tot en met vrijdag van 9 tot 17 uur"},
			Senders: []registry.Sender{
				{Email: "anna@lindehof.example", Name: "Anna Voorbeeld", System: "mailbox"},
				{Email: "bericht@lindehof-post.example", Name: "Anna Voorbeeld"},
			},
			WarnEmail: "anna@lindehof.example", SecondEmail: "anna.thuis@voorbeeldpost.example",
			StandInName: "Bram Waarnemer", StandInMail: "bram@waarnemer.example",
		},
	}
}

// barePractice has the promise and nothing else: for scripts that bring their own data.
func barePractice(id, code string, policy registry.Policy, now time.Time) registry.Practice {
	p := samplePractice(id, code, policy, now)
	p.Details.Name = "Lege praktijk"
	p.Details.Senders = p.Details.Senders[1:]
	p.Details.StandInName, p.Details.StandInMail = "", ""
	return p
}

func sampleProcessors(practice tenant.ID) []registry.Processor {
	day, two := 24, 48
	return []registry.Processor{
		{ID: "microsoft-365", PracticeID: practice, Name: "Microsoft", ContractHours: &day},
		{ID: "dossier-online", PracticeID: practice, Name: "Dossier Online BV (voorbeeld)", ContractHours: &two},
	}
}

func sampleSystems(practice tenant.ID) []registry.System {
	yes := true
	return []registry.System{
		{ID: "mailbox", PracticeID: practice, Name: "Mailbox", ProcessorID: "microsoft-365", Services: []string{"mail", "Exchange Online"},
			Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified},
		{ID: "agenda", PracticeID: practice, Name: "Agenda", ProcessorID: "microsoft-365", Services: []string{"calendar"},
			Categories: []registry.Category{registry.Name, registry.Appointments}, Identifiability: registry.Identified},
		{ID: "client-file", PracticeID: practice, Name: "Cliëntdossier", ProcessorID: "dossier-online",
			Categories:      []registry.Category{registry.Name, registry.Contact, registry.BirthDate, registry.SessionNotes, registry.Reports},
			Identifiability: registry.Identified, EncryptedAtRest: &yes},
		{ID: "learning-archive", PracticeID: practice, Name: "Leerarchief zonder namen",
			Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised},
		{ID: "key-list", PracticeID: practice, Name: "Sleutellijst in de kluis",
			Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, EncryptedAtRest: &yes},
	}
}

// sampleClients returns sixty made-up people of every kind a practice has.
func sampleClients(now time.Time) []casework.ClientInput {
	today := registry.DateOf(now, time.UTC)
	var people []casework.ClientInput
	for n := 1; n <= 38; n++ { // in guidance, reached by mail; every fourth in English
		people = append(people, person(n, today.AddMonths(-1-n%18), registry.Date{}, inUse(today.AddMonths(-1-n%18))))
	}
	for n := 39; n <= 46; n++ { // ended long ago, made nameless; the key lies in the safe
		people = append(people, person(n, today.AddMonths(-40), today.AddMonths(-20), nameless(today.AddMonths(-20))))
	}
	for n := 47; n <= 51; n++ { // ended, but mails were kept and are traceable
		people = append(people, person(n, today.AddMonths(-30), today.AddMonths(-7), keptMail(today.AddMonths(-30), today.AddMonths(-7))))
	}
	return append(people, specialPeople(today)...)
}

func specialPeople(today registry.Date) []casework.ClientInput {
	from := today.AddMonths(-5)
	noMail, noMail2 := person(52, from, registry.Date{}, inUse(from)), person(53, from, registry.Date{}, inUse(from))
	noMail.Client.Person.Email, noMail2.Client.Person.Email = "", ""
	noMail2.Client.Person.Phone = ""
	pair, pair2 := person(54, from, registry.Date{}, inUse(from)), person(55, from, registry.Date{}, inUse(from))
	pair.Client.Person.Email, pair2.Client.Person.Email = "thuis@voorbeeldpaar.example", "thuis@voorbeeldpaar.example"
	child, teen := person(56, from, registry.Date{}, inUse(from)), person(57, from, registry.Date{}, inUse(from))
	child.Client.BirthYear, child.Client.Person.Email, child.Guardians = today.Year-8, "", []string{"V-058"}
	teen.Client.BirthYear, teen.Guardians = today.Year-14, []string{"V-058"}
	parent := person(58, registry.Date{}, registry.Date{}, nil)
	parent.Client.Relation, parent.Client.Guidance = registry.RelationParent, nil
	parent.Client.Holdings = inUse(from)
	letter := person(59, from, registry.Date{}, inUse(from))
	letter.Client.Channel = registry.ByLetter
	organisation := person(60, from, registry.Date{}, inUse(from))
	organisation.Client.Relation, organisation.Client.Guidance = registry.RelationOrganisationContact, nil
	return []casework.ClientInput{noMail, noMail2, pair, pair2, child, teen, parent, letter, organisation}
}

func person(n int, from, until registry.Date, holdings []registry.Holding) casework.ClientInput {
	language := "nl"
	if n%4 == 0 {
		language = "en"
	}
	return casework.ClientInput{Client: registry.Client{
		Language: language, Relation: registry.RelationClient, Holdings: holdings,
		Guidance: []registry.Guidance{{From: from, Until: until}},
		Person: registry.Person{
			ExternalID: fmt.Sprintf("V-%03d", n), Name: fmt.Sprintf("Voorbeeldcliënt %03d", n),
			Email: fmt.Sprintf("client%03d@voorbeeldpost.example", n), Phone: fmt.Sprintf("+31 6 0000 0%03d", n),
			PostalAddress: fmt.Sprintf("Verzonnenweg %d\n9999 ZZ Nergenshuizen", n),
		},
	}}
}

func inUse(from registry.Date) []registry.Holding {
	at := from.Start(time.UTC)
	return []registry.Holding{
		{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified, From: &at},
		{System: "agenda", Categories: []registry.Category{registry.Name, registry.Appointments}, Identifiability: registry.Identified, From: &at},
		{System: "client-file", Categories: []registry.Category{registry.Name, registry.Contact, registry.SessionNotes}, Identifiability: registry.Identified, From: &at},
	}
}

func nameless(ended registry.Date) []registry.Holding {
	from, gone := ended.AddMonths(-20).Start(time.UTC), ended.AddDays(14).Start(time.UTC)
	return []registry.Holding{
		{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &from, Until: &gone, DestroyedAt: &gone},
		{System: "learning-archive", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised, KeySystem: "key-list", From: &gone},
	}
}

func keptMail(began, ended registry.Date) []registry.Holding {
	from, until := began.Start(time.UTC), ended.AddDays(1).Start(time.UTC)
	return []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence},
		Identifiability: registry.Identified, From: &from, Until: &until}}
}
