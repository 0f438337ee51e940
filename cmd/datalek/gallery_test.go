package main_test

import "strings"

// The pages of every part, each with something on it.

func (w *world) deskPages() []view {
	views := []view{{name: "desk", path: "/"}, {name: "incidents", path: "/incidents"},
		{name: "home-running", path: w.running}, {name: "home-unsure", path: w.unsure}, {name: "home-overdue", path: w.overdue},
		{name: "home-closed", path: w.closed}, {name: "home-processor", path: w.processor}}
	for _, group := range []string{"in_guidance", "former", "other", "not_affected"} {
		views = append(views, view{name: "affected-" + group, path: w.running + "/affected?group=" + group})
	}
	for _, part := range []string{"affected", "facts", "risk", "risk/answers", "authority", "authority/sheet", "authority/answers", "authority/check", "authority/filing", "authority/decision", "measures", "answers", "whose", "close", "file"} {
		views = append(views, view{name: "running-" + flat(part), path: w.running + "/" + part})
	}
	return append(views, view{name: "affected-all-possible", path: w.unsure + "/affected"},
		view{name: "overdue-authority", path: w.overdue + "/authority"}, view{name: "overdue-delay", path: w.overdue + "/delay/client"},
		view{name: "overdue-filing", path: w.overdue + "/authority/filing"}, view{name: "overdue-facts", path: w.overdue + "/facts"},
		view{name: "closed-file", path: w.closed + "/file"}, view{name: "closed-authority", path: w.closed + "/authority"},
		view{name: "update-clients", path: w.running + "/updates/clients"}, view{name: "update-authority", path: w.overdue + "/updates/authority"},
		refused("refused-update", w.running+"/updates/clients", "Leg deze belofte vast"),
		view{name: "controller", path: w.processor + "/controller"}, refused("refused-controller", w.processor+"/controller", "Ik heb het verteld"),
		view{name: "step", path: w.unsure + "/steps/wipe"}, refused("refused-step", w.unsure+"/steps/wipe", "Leg vast: niet van toepassing"),
		view{name: "measure", path: w.running + "/measures/m1"}, refused("refused-measure-drop", w.running+"/measures/m1", "Leg vast: niet nodig"),
		view{name: "to-do", path: "/measures"},
		refused("refused-measure", w.running+"/measures", "Voeg deze maatregel toe"),
		refused("refused-close", w.running+"/close", "Rond dit datalek af"),
		refused("refused-risk", w.unsure+"/risk", "Leg dit besluit vast"), refused("refused-filing", w.overdue+"/authority/filing", "Leg deze melding vast"),
		refused("refused-decision", w.unsure+"/authority/decision", "Leg vast: niet melden"), refused("refused-delay", w.overdue+"/delay/client", "Bewaar de uitleg"),
		refused("refused-facts", w.unsure+"/facts", "Bewaar de verbetering"),
		view{name: "affected-found", path: w.running + "/affected", act: func(p *person) {
			p.fill("Zoek iemand", "cliënt 04")
			p.click("Zoek")
		}},
		view{name: "nothing-to-decide", path: w.running + "/affected" + strings.TrimPrefix(w.client, "/clients") + "/decision", status: 404}, // see web/desk
		view{name: "override", path: w.running + "/affected?group=in_guidance", act: func(p *person) { p.click("Haal weg") }},
		view{name: "refused-override", path: w.running + "/affected?group=in_guidance", status: 422, act: func(p *person) {
			p.click("Haal weg")
			p.click("Haal weg")
		}})
}

// refused is a page whose form is sent as it stands, which is not enough.
func refused(name, path, button string) view {
	return view{name: name, path: path, status: 422, act: func(p *person) { p.click(button) }}
}

// keepMail pastes what a supplier wrote.
func keepMail(p *person) {
	p.fill("Of plak de mail hier", "Van: Dossier Online <privacy@dossier-online.example>\nOnderwerp: Beveiligingsincident\nVerzonden: gisteren\n\n"+
		"Tussen 1 maart 2026 en 2 maart 2026 lazen vreemden de namen en e-mailadressen van 60 klanten.\nKenmerk: DO-2026-118. Zie https://status.dossier-online.example/2026/118")
	p.click("Bewaar deze mail")
}

func (w *world) intakePages() []view {
	var views []view
	for _, step := range []string{"whose", "what", "story", "kind", "window", "found", "aware", "systems", "data", "whom", "protected", "measures", "check"} {
		views = append(views, view{name: "long-" + step, path: w.long + "/" + step})
	}
	for _, step := range []string{"about", "to", "when", "content", "check"} {
		views = append(views, view{name: "short-" + step, path: w.short + "/" + step})
	}
	return append(views, view{name: "filed", path: w.filed}, view{name: "filed-long", path: w.running + "/filed"}, view{name: "filed-late", path: w.overdue + "/filed"},
		view{name: "drafts", path: "/incidents/drafts"}, view{name: "drop", path: "/incidents/drafts/" + w.long[len("/incidents/new/"):] + "/drop"},
		view{name: "new-whose", path: "/incidents/new"}, refused("refused-whose", "/incidents/new", "Ga verder"),
		view{name: "refused-what", path: "/incidents/new", status: 422, act: func(p *person) {
			p.choose("Van mijn eigen praktijk")
			p.click("Ga verder")
			p.click("Ga verder")
		}},
		refused("refused-when", w.short+"/when", "Ga verder"), refused("refused-content", w.short+"/content", "Ga verder"),
		refused("refused-check", w.short+"/check", "Leg dit datalek vast"),
		view{name: "search", path: w.short + "/about", act: func(p *person) {
			p.fill("Zoek een cliënt", "voorbeeld 05")
			p.click("Zoek")
		}},
		view{name: "confused", path: w.short + "/to", status: 422, act: func(p *person) {
			p.fill("E-mailadres van de ontvanger", "client010@voorbeeldpost.example")
			p.click("Ga verder")
		}},
		view{name: "public", path: w.public}, refused("refused-public", w.public, "Stuur dit bericht"), view{name: "thanks", path: w.public + "/thanks"},
		view{name: "triage", path: "/triage?show=all"}, view{name: "triage-aside", path: "/triage?show=aside"}, view{name: "report", path: w.report}, view{name: "report-dismissed", path: w.dismissed},
		refused("refused-report", w.report, "Dit is geen datalek"), view{name: "paste", path: "/triage/new"}, refused("refused-paste", "/triage/new", "Bewaar dit bericht"),
		view{name: "mail", path: "/triage/mail"}, refused("refused-mail", "/triage/mail", "Bewaar deze mail"), view{name: "told", path: "/triage/mail", act: keepMail},
		view{name: "refused-told", path: "/triage/mail", status: 422, act: func(p *person) {
			keepMail(p)
			p.fill("Wat is er gebeurd?", "")
			p.click("Leg dit vast als datalek")
		}})
}

func (w *world) noticePages() []view {
	breached := func(p *person) {
		p.click("Cliënten in begeleiding")
		p.click("Verder: ")
	}
	return []view{
		{name: "notices", path: w.running + "/notices"}, {name: "notices-processor", path: w.processor + "/notices"},
		{name: "draft", path: w.draft}, {name: "draft-editing", path: w.draft, act: func(p *person) { p.unfold("Verander deze tekst") }},
		{name: "draft-refused", path: w.draft, status: 422, act: func(p *person) {
			p.unfold("Verander deze tekst")
			p.fill("Onderwerp", "")
			p.click("Bewaar de tekst")
		}},
		{name: "preview", path: w.draft + "/preview?lang=nl"}, {name: "readers", path: w.draft + "/readers"}, {name: "approve", path: w.draft + "/approve"},
		{name: "approve-breached", path: w.unsure + "/notices", act: breached},
		{name: "progress-going", path: w.going + "/progress"}, {name: "progress-done", path: w.done + "/progress"}, {name: "approved-text", path: w.going},
		{name: "answers", path: w.going + "/answers"}, {name: "calls", path: w.going + "/calls"}, {name: "letters", path: w.going + "/letters"}, {name: "letters-all", path: w.going + "/letters?who=all"}, {name: "telling", path: w.running + "/telling"}, {name: "telling-overdue", path: w.overdue + "/telling"},
		{name: "person-phone", path: w.phone}, {name: "person-letter", path: w.letter}, {name: "person-told", path: w.told},
		{name: "refused-told", path: w.phone, status: 422, act: func(p *person) {
			p.fillIn("Wanneer was dat?", "Dag", "32")
			p.click("Leg vast: deze persoon weet het")
		}},
		refused("refused-unreachable", w.phone, "Leg vast: niet bereikt"),
	}
}

func (w *world) cataloguePages() []view {
	views := []view{{name: "systems", path: "/systems"}, {name: "system", path: "/systems/mailbox"}, {name: "system-new", path: "/systems/new"}, {name: "processors", path: "/processors"},
		{name: "processor", path: "/processors/microsoft-365"}, {name: "processor-new", path: "/processors/new"}, {name: "processor-entra", path: "/processors/microsoft-365/entra"}, {name: "processor-google", path: "/processors/microsoft-365/google"}, {name: "message-centre", path: "/processors/microsoft-365/message-centre"}, {name: "addresses", path: "/processors/microsoft-365/addresses"}, {name: "clients", path: "/clients"}, {name: "client-new", path: "/clients/new"}, {name: "import", path: "/clients/import"},
		{name: "imports", path: "/clients/imports"}, {name: "import-one", path: w.imported}, {name: "import-undo", path: w.imported + "/undo"}, {name: "import-unknown", path: "/clients/imports/none", status: 404},
		{name: "child", path: w.child}, {name: "client", path: w.client}}
	for _, part := range []string{"access", "edit", "guidance/new", "guidance/1", "holdings/by-rule", "holdings/new", "holdings/1"} {
		views = append(views, view{name: "client-" + flat(part), path: w.client + "/" + part})
	}
	return append(append(views, view{name: "mail", path: w.mail},
		view{name: "ack", path: w.ack}, view{name: "ack-thanks", path: w.ack, act: func(p *person) { p.click("Ik heb dit gezien en zorg ervoor") }},
		view{name: "ack-used", path: w.ack, status: 410}), w.readingPages()...)
}

func flat(path string) string {
	out := []rune(path)
	for i, r := range out {
		if r == '/' || r == '?' || r == '=' {
			out[i] = '-'
		}
	}
	return string(out)
}
