package intake

import (
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/kindform"
	"datalek/web/page"
	"datalek/web/parts"
)

func (a *Area) showWhose(c echo.Context, p *stepPage) error {
	p.Roles = page.RoleOptions(c)
	return nil
}

// showAbout begins with what is most likely: the data is the practice's own.
func (a *Area) showAbout(c echo.Context, p *stepPage) error {
	if p.Form.Get("role") == "" {
		p.Form.Set("role", string(incidents.AsController))
	}
	p.Roles = page.RoleOptions(c)
	return a.showPeople(c, p)
}

func (a *Area) showKind(c echo.Context, p *stepPage) error {
	p.Kind = kindform.Fields(c, p.reading.kind)
	return nil
}

func (a *Area) showWhat(c echo.Context, p *stepPage) error {
	for _, kind := range a.opts.Book.Playbooks() {
		p.Options = append(p.Options, parts.Option{Value: kind.ID, Text: kind.Title[page.Lang(c)], Hint: kind.Explanation[page.Lang(c)]})
	}
	return nil
}

// moment reads a moment for showing: what is typed, which field is at fault,
// and whether that reading came twice in the night.
func (p *stepPage) moment(c echo.Context, name, label string) page.Moment {
	m := p.Form.Moment(c, name)
	if !m.Empty() {
		_, _ = m.Read(page.Zone(c)) // only for what it notes; its fault is shown when the answer is judged
	}
	if m.Error == "" {
		m.Faulty = ""
	}
	m.Label = page.T(c, label)
	return m
}

func (a *Area) showWindow(c echo.Context, p *stepPage) error {
	p.Options = choices(c, "intake.window.", atOnce, overTime, unknownAt)
	p.Options[2].Or = true
	p.First = p.moment(c, "occurred_from", "intake.window.from")
	p.Second = p.moment(c, "occurred_until", "intake.window.until")
	p.Second.Hint = page.T(c, "intake.window.until_hint")
	p.First.AllowAbout, p.First.AllowUnknown = true, true
	p.Second.AllowAbout, p.Second.AllowUnknown, p.Second.Now = true, true, false
	return nil
}

// choices are options whose words stand under one prefix.
func choices(c echo.Context, prefix string, values ...string) []parts.Option {
	var options []parts.Option
	for _, v := range values {
		o := parts.Option{Value: v, Text: page.T(c, prefix+v)}
		if key := prefix + v + "_hint"; page.Has(c, key) {
			o.Hint = page.T(c, key)
		}
		options = append(options, o)
	}
	return options
}

func (a *Area) showFound(c echo.Context, p *stepPage) error {
	p.First = p.moment(c, "discovered_at", "intake.found.at")
	return nil
}

func (a *Area) showAware(c echo.Context, p *stepPage) error {
	if !p.Form.Has("aware", awareOther) && !p.Form.Failed() && p.Form.Get("aware") == "" {
		p.Form.Set("aware", awareFound)
	}
	p.Options = choices(c, "intake.aware.", awareFound, awareOther)
	if at := p.reading.newCase.Facts.DiscoveredAt; !at.IsZero() {
		p.Options[0].Hint = page.FormatInstant(page.Lang(c), at, page.Zone(c))
	}
	p.First = p.moment(c, "aware_at", "intake.aware.at")
	p.First.Hint = page.T(c, "intake.aware.at_hint")
	p.Help = []string{page.T(c, "intake.aware.why_1"), page.T(c, "intake.aware.why_2"), page.T(c, "intake.aware.why_3")}
	return nil
}

// showSystems puts first where a breach of this kind commonly is. Nothing of it is
// ticked: what leaked is never guessed.
func (a *Area) showSystems(c echo.Context, p *stepPage) error {
	for _, s := range p.reading.systems {
		o := parts.Option{Value: s.ID, Text: s.Name}
		if !s.EndedAt.IsZero() {
			o.Hint = page.T(c, "intake.systems.ended")
		} else if p.reading.kind.Usual(s.ID) {
			o.Hint = page.T(c, "intake.usual")
		}
		p.Options = append(p.Options, o)
	}
	usualFirst(c, p.Options)
	p.Options = append(p.Options, parts.Option{Value: unknownChoice, Text: page.T(c, "intake.unknown"), Or: len(p.Options) > 0})
	return nil
}

// usualFirst puts first what is common in this kind of breach, as its hint says.
func usualFirst(c echo.Context, options []parts.Option) {
	mark := page.T(c, "intake.usual")
	slices.SortStableFunc(options, func(a, b parts.Option) int {
		switch usual := a.Hint == mark; {
		case usual == (b.Hint == mark):
			return 0
		case usual:
			return -1
		default:
			return 1
		}
	})
}

// showData offers the kinds that the chosen systems hold first; without a
// chosen system the kinds that are in most mails and files. What is common in this
// kind of breach comes before the others, and is not ticked either.
func (a *Area) showData(c echo.Context, p *stepPage) error {
	held, likely := p.reading.held(), 10 // of the list, which begins with the most frequent
	p.Hint = page.T(c, "intake.data.hint")
	if len(held) > 0 {
		p.Hint, likely = page.T(c, "intake.data.hint_held"), 0
	}
	for n, o := range page.CategoryOptions(c) {
		o.Checked = p.Form.Has("categories", o.Value)
		usual := slices.Contains(p.reading.kind.Data, registry.Category(o.Value))
		if usual {
			o.Hint = page.T(c, "intake.usual")
		}
		if n < likely || usual && len(held) == 0 || slices.Contains(held, registry.Category(o.Value)) {
			p.Options = append(p.Options, o)
			continue
		}
		p.More, p.Opened = append(p.More, o), p.Opened || o.Checked
	}
	usualFirst(c, p.Options)
	usualFirst(c, p.More)
	p.Unknown = p.Form.Has("categories", unknownChoice)
	return nil
}

// held are the kinds of data that the chosen systems hold.
func (r *reading) held() []registry.Category {
	var held []registry.Category
	for _, s := range r.systems {
		if slices.Contains(r.newCase.Facts.Systems, s.ID) {
			held = append(held, s.Categories...)
		}
	}
	return held
}

func (a *Area) showPeople(c echo.Context, p *stepPage) error {
	if !p.Short {
		p.Options = choices(c, "intake.whom.", everyone, thesePeople)
		if p.Form.Get("whom") == "" && p.reading.kind.HandPicked && !p.Form.Failed() {
			p.Form.Set("whom", thesePeople)
		}
	}
	chosen := p.Form.All("person")
	for _, client := range p.reading.picked {
		p.People = append(p.People, personOption(c, client, true))
	}
	query := p.Form.Get("search")
	if c.QueryParam(actSearch) == "" {
		return nil
	}
	found, more, err := a.search(c, query)
	if err != nil {
		return err
	}
	for _, client := range found {
		if !slices.Contains(chosen, client.Person.ExternalID) {
			p.Found = append(p.Found, personOption(c, client, false))
		}
	}
	switch {
	case len([]rune(query)) < shortestSearch:
		p.Search = page.T(c, "intake.search.short")
	case len(found) == 0:
		p.Search = page.T(c, "intake.search.none")
	case len(p.Found) == 0:
		p.Search = page.T(c, "intake.search.chosen")
	case more:
		p.Search = page.T(c, "intake.search.more", "n", len(found))
	default:
		p.Search = page.T(c, "intake.search.found", "n", len(p.Found))
	}
	return nil
}

func personOption(c echo.Context, client registry.Client, chosen bool) parts.Option {
	hint := []string{page.T(c, "intake.person.number", "number", client.Person.ExternalID)}
	if client.Person.Email != "" {
		hint = append(hint, client.Person.Email)
	}
	return parts.Option{Value: client.Person.ExternalID, Text: client.Person.Name, Hint: strings.Join(hint, " · "), Checked: chosen}
}

// recipientRow is one address that data went to: the names of its fields.
type recipientRow struct {
	N           int
	Email, Kind string
	Kinds       []parts.Option
}

func (a *Area) showRecipients(c echo.Context, p *stepPage) error {
	shown := 1
	for n := range mostRecipients {
		if p.Form.Get(recipientField("email", n+1)) != "" {
			shown = n + 1
		}
	}
	if c.QueryParam(actMore) != "" {
		shown = min(shown+1, mostRecipients)
	}
	for n := range shown {
		p.Rows = append(p.Rows, recipientRow{N: n + 1, Email: recipientField("email", n+1), Kind: recipientField("kind", n+1),
			Kinds: page.RecipientOptions(c)})
	}
	p.AddRow = shown < mostRecipients
	p.Unknown = p.Form.Get("recipient_unknown") != ""
	return nil
}

// showSentTo asks beside the recipients what decides the risk and the words.
func (a *Area) showSentTo(c echo.Context, p *stepPage) error {
	p.Kind = kindform.ShortFields(c, p.reading.kind)
	return a.showRecipients(c, p)
}

// showProtected begins with what an answer to the kind's questions says already.
func (a *Area) showProtected(c echo.Context, p *stepPage) error {
	p.Options, p.Hint = protections(c), page.T(c, "intake.protected.hint")
	known := risk.Facts{}
	known.Heed(p.reading.kind.Says(p.reading.newCase.Story.Answers))
	if said := string(known.Unintelligible); said != "" && !p.touched() {
		p.Form.Set("unintelligible", said)
		p.Hint = page.T(c, "intake.protected.said")
	}
	return nil
}

func protections(c echo.Context) []parts.Option {
	options := page.UnintelligibleOptions(c)
	options[len(options)-1].Or = true // "weet ik niet" stands apart
	return options
}

// showFirstSteps shows what the playbook says comes first: some of it cannot wait
// until the form is filled in.
func (a *Area) showFirstSteps(c echo.Context, p *stepPage) error {
	p.Help = p.reading.kind.FirstSteps[page.Lang(c)]
	return nil
}

// showWhen begins with what is most likely: it came out just now.
func (a *Area) showWhen(c echo.Context, p *stepPage) error {
	if !p.touched() {
		p.Form.SetMoment(c, "discovered_at", a.site.Now().Truncate(time.Minute))
		p.Form.Set("noticed", waysNoticed()[0])
		p.Form.Set("aware", awareFound)
	}
	p.First = p.moment(c, "occurred_from", "intake.when.sent")
	p.First.AllowAbout, p.First.AllowUnknown = true, true
	p.Second = p.moment(c, "discovered_at", "intake.when.noticed_at")
	p.Third = p.moment(c, "aware_at", "intake.when.aware_at")
	p.Third.Hint = page.T(c, "intake.aware.at_hint")
	p.Options = choices(c, "intake.noticed.", waysNoticed()...)
	p.More = choices(c, "intake.when.aware_", awareFound, awareOther)
	p.Opened = p.Form.Has("aware", awareOther) || p.Third.Error != "" || p.Form.Error("aware_basis") != ""
	return nil
}

// touched reports whether the step was answered before.
func (p *stepPage) touched() bool {
	for _, list := range p.Form.Values {
		if slices.ContainsFunc(list, func(v string) bool { return v != "" }) {
			return true
		}
	}
	return p.Form.Failed()
}

func (a *Area) showContent(c echo.Context, p *stepPage) error {
	if !p.touched() {
		p.Form.Set("unintelligible", string(incidents.UnintelligibleNo))
	}
	p.Help, p.Protections = p.reading.kind.FirstSteps[page.Lang(c)], protections(c)
	return a.showData(c, p)
}
