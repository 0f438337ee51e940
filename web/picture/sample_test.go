package picture_test

import (
	"fmt"
	"time"

	"datalek/web/parts"
	"datalek/web/picture"
)

// amsterdam stands in for the practice's zone: an hour east of UTC, as in March.
var amsterdam = time.FixedZone("CET", 3600)

// aware is the moment at which the sample's clocks start: Friday evening.
var aware = time.Date(2027, 3, 5, 16, 42, 0, 0, time.UTC)

func facts(kind string, hours int, now time.Duration) picture.ClockFacts {
	span := time.Duration(hours) * time.Hour
	f := picture.ClockFacts{Kind: kind, StartsAt: aware, DueAt: aware.Add(span), Now: aware.Add(now), Zone: amsterdam}
	for _, before := range []time.Duration{span / 2, 24 * time.Hour, 12 * time.Hour, 4 * time.Hour, time.Hour, 0} {
		at := f.DueAt.Add(-before)
		threshold := picture.Threshold{At: at}
		if !at.After(f.Now) {
			threshold.FiredAt = at
		}
		f.Thresholds = append(f.Thresholds, threshold)
	}
	return f
}

func people(f picture.ClockFacts, told, of int) picture.ClockFacts {
	f.People, f.Told, f.InScope, f.InScopeKnown = true, told, of, of > 0
	return f
}

func met(f picture.ClockFacts, after time.Duration) picture.ClockFacts {
	f.MetAt = aware.Add(after)
	for i := range f.Thresholds {
		if f.Thresholds[i].At.After(f.MetAt) {
			f.Thresholds[i].FiredAt = time.Time{}
		}
	}
	return f
}

func clockParts(list ...picture.ClockFacts) []map[string]any {
	var all []map[string]any
	for i, f := range list {
		all = append(all, map[string]any{"Name": fmt.Sprintf("clock-%s-%d-%d", f.Kind, len(list), i), "Clock": picture.DrawClock(f)})
	}
	return all
}

func sample(page string) guide {
	g := guide{Frame: parts.Frame{
		Title: "Stijlgids", Practice: "Praktijk De Linde, psychosociale begeleiding", Account: "Anna-Magdalena van der Heijden-Vanderwesterlakenbeek", Mailbox: "/mailbox",
		Wide:      page != "question",
		Nav:       []parts.Link{{Href: "/home", Text: "Overzicht", Current: page == "home"}, {Href: "/m", Text: "Signalen"}, {Href: "/c", Text: "Cliënten"}, {Href: "/s", Text: "Systemen"}, {Href: "/r", Text: "Register"}},
		Languages: []parts.Link{{Href: "?lang=nl", Text: "Nederlands", Code: "nl", Current: true}, {Href: "?lang=en", Text: "English", Code: "en"}},
		PrintLine: "DL-2027-0042 · gemaakt op zondag 7 maart 2027 om 09.42 uur",
	}}
	switch page {
	case "home":
		g.Notices = []parts.Notice{{Kind: "success", Text: "De risicoafweging is bewaard."}}
		g.Clocks = clockParts(people(facts("client", 48, 17*time.Hour), 12, 42), facts("authority", 72, 17*time.Hour))
		g.Home = map[string]any{"Tasks": tasks(), "Events": events()}
	case "question":
		g.Back = parts.Link{Href: "/home"}
		g.HasFaults = true
		g.Faults = []parts.Fault{{Field: "aware-month", Message: "Vul een maand in van 1 tot 12."}, {Field: "systems", Message: "Kies ten minste één plek, of kies 'weet ik niet'."}, {Field: "reference", Message: "Vul hoogstens 40 tekens in."}}
		g.Kinds, g.Systems = kinds(), systems()
	case "clocks":
		g.Drill, g.Alarm = true, "De klokken worden sinds 09.31 uur niet bewaakt. Houd de termijnen nu zelf in de gaten."
		g.Clocks = clockParts(people(facts("client", 48, 40*time.Hour), 12, 42), facts("authority", 72, 78*time.Hour), facts("authority", 72, 700*time.Hour), people(facts("client", 48, time.Hour), 0, 0), facts("authority", 72, 71*time.Hour+13*time.Minute))
		open := people(facts("client", 48, 5*time.Hour), 3, 1000)
		open.DueAt, open.Settled = time.Time{}, 2
		ended := facts("authority", 72, 30*time.Hour)
		ended.EndedAt, ended.EndedBecause = aware.Add(30*time.Hour), "not_notifiable"
		g.MoreClocks = clockParts(met(people(facts("client", 48, 60*time.Hour), 42, 42), 37*time.Hour), met(facts("authority", 72, 100*time.Hour), 80*time.Hour), open, ended, facts("contract", 24, 3*time.Hour), facts("shadow", 72, 0))
	case "long":
		for n := range 1000 {
			g.Numbers = append(g.Numbers, 1000-n)
		}
	case "parts":
		fillParts(&g)
	}
	return g
}

func fillParts(g *guide) {
	g.Rows = []parts.Row{
		{Key: "Wat is er gebeurd?", Value: "Postvak gekaapt door een phishingmail", Href: "/q/1"},
		{Key: "Wie zag het?", Href: "/q/2"},
		{Key: "Arbeidsongeschiktheidsverzekeringsmaatschappij", Lines: []string{"mailbox", "cliëntdossier"}, Href: "/q/3"},
		{Key: "Bewaard op", Value: "zondag 7 maart 2027 om 09.42 uur"},
	}
	group := func(a, b, c, d int) picture.StackedBar {
		return picture.DrawStackedBar([]picture.Part{{Text: "In begeleiding", Count: a, Tone: picture.ToneStrong}, {Text: "Vroegere cliënten, nog te herleiden", Count: b, Tone: picture.ToneMiddle}, {Text: "Anderen", Count: c, Tone: picture.ToneLight}, {Text: "Niet geraakt", Count: d, Tone: picture.ToneEmpty}})
	}
	g.Few, g.Many, g.None = group(40, 8, 2, 10), group(1, 98214, 3, 1782), group(0, 0, 0, 0)
	sending := func(a, b, c, d, e int) picture.Dots {
		return picture.DrawDots([]picture.Standing{{Glyph: "sent", Text: "Gestuurd", Count: a}, {Glyph: "told", Text: "Anders verteld", Count: b}, {Glyph: "waiting", Text: "Wacht", Count: c}, {Glyph: "bounced", Text: "Teruggekomen", Count: d}, {Glyph: "refused", Text: "Geweigerd", Count: e}})
	}
	g.Dots, g.DotBar = sending(27, 2, 10, 2, 1), sending(700, 12, 270, 15, 3)
	year := []picture.Reading{{Text: "Een vergissing", Short: "jan", Count: 12}, {Text: "E-mail aan een verkeerde persoon", Short: "feb", Count: 7}, {Text: "Arbeidsongeschiktheidsverzekeringsmaatschappij", Short: "mrt", Words: "minder dan 5"}, {Text: "Storing", Short: "apr"}}
	g.Columns, g.Rungs = picture.DrawColumns(year), picture.DrawRungs(year, func(i int) bool { return i == 1 })
	g.Kinds9 = []string{"todo", "busy", "done", "blocked", "soon", "late", "certain", "possible", "none"}
	for _, f := range []picture.ClockFacts{facts("client", 48, 17*time.Hour), facts("client", 48, 46*time.Hour), facts("client", 48, 60*time.Hour), met(facts("client", 48, 60*time.Hour), 30*time.Hour)} {
		g.Lines = append(g.Lines, picture.DrawClock(f))
	}
	g.Pauses = []pause{{Title: "De mailserver weigert het adres bericht@arbeidsongeschiktheidsverzekeringsmaatschappij.example sinds zondag 7 maart 2027 om 09.42 uur.",
		Text: "Er wachten 42 e-mails. Niemand telt als bereikt of als geweigerd.", Do: "Kijk of het wachtwoord van het e-mailaccount nog klopt.", Said: "535 5.7.8 authentication credentials invalid"}}
	g.Addresses = []parts.Row{{Key: "x4WK", Value: "Werkt", Href: "done"}, {Key: "fCmP", Value: "Twee geheimen gelden", Href: "soon"}, {Key: "29yq", Value: "Ingetrokken op zondag 7 maart 2027 om 09.42 uur", Href: "none"}}
	g.Refused = []parts.Row{{Key: "Het bewijs is van een andere organisatie of een ander abonnement", Value: "1.234"}, {Key: "Het bericht was er al. Het is niet nog eens bewaard", Value: "2"}}
	g.Clocks = clockParts(facts("client", 240, 17*time.Hour), facts("authority", 672, 700*time.Hour))
	for i, title := range []string{"Volgende bericht aan de cliënten", "Aanvullen bij de Autoriteit Persoonsgegevens"} {
		g.Clocks[i]["Title"], g.Clocks[i]["Link"] = title, parts.Link{Href: "/update", Text: "Verplaats of rond af"}
	}
	g.Act, g.Cancel = parts.Link{Href: "/new", Text: "Datalek melden"}, parts.Link{Href: "/back"}
	g.Warn = []string{"42 mensen krijgen nu elk hun eigen e-mail. Dat kunt u niet terughalen.", "Drie mensen hebben geen e-mailadres. Voor hen staat er straks een beltaak klaar."}
}

func tasks() []parts.Task {
	return []parts.Task{
		{Href: "/affected", Text: "Nagaan wie het moeten weten", Hint: "40 zeker, 2 mogelijk", Status: "done"},
		{Href: "/risk", Text: "Het risico afwegen", Status: "done"},
		{Href: "/notices", Text: "Cliënten vertellen wat er is gebeurd", Hint: "12 van de 42 weten het", Status: "busy"},
		{Href: "/authority", Text: "Melden bij de Autoriteit Persoonsgegevens", Status: "soon"},
		{Href: "/measures", Text: "Vastleggen wat u hebt gedaan en nog gaat doen", Status: "todo"},
		{Text: "Het datalek afronden", Hint: "Kan als iedereen het weet en de melding is gedaan", Status: "blocked"},
	}
}

func events() []parts.Event {
	at := func(hours float64) time.Time { return aware.Add(time.Duration(hours * float64(time.Hour))) }
	return []parts.Event{
		{Kind: "mail", At: at(16.9), Title: "12 e-mails gestuurd", Who: "datalek", Lines: []string{"Nog 30 te gaan."}, Detail: []string{"De server van delinde.example nam elk bericht aan met antwoord 250."}},
		{Kind: "decision", At: at(15), Title: "Cliënten krijgen bericht", Who: "Anna van der Heijden-Vanderwesterlakenbeek", Lines: []string{"Reden: de dader kon in het postvak lezen."}},
		{Kind: "filing", At: at(14), Title: "Voorlopig gemeld bij de Autoriteit Persoonsgegevens", Who: "Anna van der Heijden"},
		{Kind: "clock", At: at(12), Title: "Waarschuwing: nog 36 uur", Who: "datalek"},
		{Kind: "report", At: at(0), Title: "Melding binnengekomen", Who: "formulier"},
	}
}

func kinds() []parts.Option {
	return []parts.Option{
		{Value: "mis-sent-email", Text: "E-mail naar de verkeerde persoon", Hint: "Eén bericht of bijlage kwam bij iemand anders terecht."},
		{Value: "phished-mailbox", Text: "Iemand anders kon in mijn postvak", Hint: "Bijvoorbeeld na een phishingmail."},
		{Value: "lost-device", Text: "Telefoon, laptop of schijf kwijt of gestolen"},
		{Value: "unknown", Text: "Dat weet ik (nog) niet", Or: true},
	}
}

func systems() []parts.Option {
	return []parts.Option{
		{Value: "mailbox", Text: "Mailbox", Checked: true},
		{Value: "file", Text: "Cliëntdossier"},
		{Value: "drive", Text: "Externe schijf met reservekopieën van het arbeidsongeschiktheidsverzekeringsdossier", Hint: "Versleuteld volgens uw lijst."},
		{Value: "unknown", Text: "Weet ik (nog) niet", Or: true},
	}
}
