package bundle

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/casefile"
	"datalek/incidents/register"
	"datalek/incidents/request"
	"datalek/web/page"
	"datalek/web/revision"
)

func (g *gathering) t(key string, pairs ...any) string {
	return g.Words.T(g.practice.Language, key, pairs...)
}

func (g *gathering) at(t time.Time) string {
	if t.IsZero() {
		return g.t("desk.fact.unknown")
	}
	return page.FormatInstant(g.practice.Language, t, g.zone)
}

func (g *gathering) known(t *time.Time) string {
	if t == nil {
		return g.t("desk.fact.unknown")
	}
	return g.at(*t)
}

// readMe says what is in the file, and how to check it.
func (g *gathering) readMe(_ context.Context, w *casefile.Writer) error {
	return w.Add("read-me.txt", func(out io.Writer) error {
		_, err := io.WriteString(out, g.t("bundle.readme", "reference", g.inc.Reference, "practice", g.practice.Details.Name, "at", g.at(g.maker.At), "who", g.madeBy(), "key", g.Key))
		return err
	})
}

func (g *gathering) madeBy() string {
	if g.maker.Name != "" {
		return g.maker.Name
	}
	return g.t("desk.actor." + string(g.maker.Kind))
}

// report puts the case on paper.
func (g *gathering) report(ctx context.Context, w *casefile.Writer) error {
	events, err := g.events(ctx)
	if err != nil {
		return err
	}
	p := request.Paper{Language: g.practice.Language, Title: g.t("bundle.title", "reference", g.inc.Reference), Head: []string{
		g.practice.Details.Name, g.t("bundle.made", "at", g.at(g.maker.At), "who", g.madeBy())},
		Parts: []request.PaperPart{g.facts(), g.clocks(), g.found(), g.decided(), g.filed(), g.told(), events}}
	return w.Add("report.pdf", func(out io.Writer) error { return g.Print(out, p, g.maker.At) })
}

func (g *gathering) row(key, value string) request.PaperRow {
	if strings.TrimSpace(value) == "" {
		value = g.t("revision.nothing")
	}
	return request.PaperRow{Label: g.t(key), Value: value, Break: true}
}

func (g *gathering) facts() request.PaperPart {
	f, s, aware := g.inc.Facts, g.inc.Story, g.inc.Aware[len(g.inc.Aware)-1]
	kind := f.Playbook
	if p, known := g.Book.Playbook(kind); known {
		kind = p.Title[g.practice.Language]
	}
	part := request.PaperPart{Title: g.t("desk.home.known"), Rows: []request.PaperRow{
		g.row("desk.fact.role", g.t("choice.role."+string(f.Role))), g.row("desk.fact.playbook", kind), g.row("desk.fact.summary", s.Summary),
		g.row("desk.fact.occurred_from", g.known(f.OccurredFrom)), g.row("desk.fact.occurred_until", g.known(f.OccurredUntil)),
		g.row("desk.fact.discovered_at", g.at(f.DiscoveredAt)), g.row("desk.fact.discovered_how", s.DiscoveredHow),
		g.row("desk.fact.aware_at", g.at(aware.AwareAt)+"\n"+aware.Basis), g.row("desk.fact.systems", g.systemNames()),
		g.row("desk.fact.categories", g.coded("choice.category.", f.Categories == nil, "desk.fact.categories_all", texts(f.Categories))),
		g.row("desk.fact.breach_kinds", g.coded("choice.breach_kind.", f.BreachKinds == nil, "desk.fact.unknown", texts(f.BreachKinds))),
		g.row("desk.fact.unintelligible", g.t("choice.unintelligible."+string(g.inc.Unreadable()))),
		g.row("desk.fact.consequences", s.Consequences), g.row("desk.fact.measures_taken", s.MeasuresTaken), g.row("desk.fact.measures_planned", s.MeasuresPlanned)}}
	if g.promptness != nil {
		part.Rows = append(part.Rows, g.row("supplier.reports.prompt", page.PromptnessWords(g.t, *g.promptness)))
	}
	return part
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func (g *gathering) coded(prefix string, unknown bool, instead string, codes []string) string {
	if unknown {
		return g.t(instead)
	}
	for n := range codes {
		codes[n] = g.t(prefix + codes[n])
	}
	return strings.Join(codes, "\n")
}

func (g *gathering) systemNames() string {
	switch {
	case g.inc.Facts.HandPicked && g.inc.Facts.Systems == nil:
		return g.t("desk.fact.systems_by_hand")
	case g.inc.Facts.Systems == nil:
		return g.t("desk.fact.systems_unknown")
	}
	var names []string
	for _, id := range g.inc.Facts.Systems {
		names = append(names, g.systemName(id))
	}
	return strings.Join(names, "\n")
}

func (g *gathering) systemName(id string) string {
	if name := g.systems[id]; name != "" {
		return name
	}
	return id
}

func (g *gathering) clocks() request.PaperPart {
	part := request.PaperPart{Title: g.t("desk.home.clocks")}
	for _, c := range g.inc.Clocks {
		lines := []string{g.t("bundle.clock.from", "at", g.at(c.StartsAt))}
		if due, some := c.DueAt(); some {
			lines = append(lines, g.t("bundle.clock.due", "at", g.at(due)))
		}
		switch {
		case !c.MetAt.IsZero():
			lines = append(lines, g.t("bundle.clock.met", "at", g.at(c.MetAt)))
		case !c.EndedAt.IsZero():
			lines = append(lines, g.t("parts.clock.ended_because."+c.EndedBecause))
		default:
			lines = append(lines, g.t("bundle.clock.stands"))
		}
		if c.LateReason != "" {
			lines = append(lines, g.t("desk.word.late_reason")+": "+c.LateReason)
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: g.teller().Clock(c.Kind, g.practice.Authority), Value: strings.Join(lines, "\n"), Break: true})
	}
	return part
}

func (g *gathering) found() request.PaperPart {
	part := request.PaperPart{Title: g.t("desk.affected.title")}
	if g.inc.Assessment.Done == 0 {
		part.Text = g.t("desk.fact.unknown")
		return part
	}
	n := g.inc.Assessment.Counts
	for _, x := range []struct {
		key string
		n   int
	}{{"in_guidance", n.InGuidance}, {"former", n.Former}, {"other", n.Other}, {"possible", n.Possible}} {
		part.Rows = append(part.Rows, request.PaperRow{Label: g.t("desk.column." + x.key), Value: page.FormatNumber(g.practice.Language, int64(x.n))})
	}
	return part
}

func (g *gathering) decided() request.PaperPart {
	part := request.PaperPart{Title: g.t("desk.file.decisions")}
	for _, d := range g.inc.Decisions {
		part.Rows = append(part.Rows, request.PaperRow{Label: g.t("desk.event.decision."+string(d.Question)+"_"+string(d.Answer), "authority", string(g.practice.Authority)),
			Value: g.at(d.At) + "\n" + d.Reason, Break: true})
	}
	return g.orNone(part)
}

func (g *gathering) filed() request.PaperPart {
	part := request.PaperPart{Title: g.t("desk.authority.filings")}
	for _, f := range g.inc.Filings {
		part.Rows = append(part.Rows, request.PaperRow{Label: g.t("desk.filing.kind." + string(f.Kind)), Value: strings.TrimSpace(strings.Join([]string{
			string(f.Authority) + " " + f.Reference, g.at(f.FiledAt), f.LateReason}, "\n")), Break: true})
	}
	return g.orNone(part)
}

func (g *gathering) told() request.PaperPart {
	part := request.PaperPart{Title: g.t("desk.file.notices")}
	for _, n := range g.notices {
		if n.Approved() {
			part.Rows = append(part.Rows, request.PaperRow{Label: g.t("choice.audience." + string(n.Audience)),
				Value: g.t("desk.file.approved", "at", g.at(n.ApprovedAt)) + "\n" + g.t("desk.file.readers", "n", n.Recipients), Break: true})
		}
	}
	return g.orNone(part)
}

func (g *gathering) orNone(part request.PaperPart) request.PaperPart {
	if len(part.Rows) == 0 {
		part.Text = g.t("desk.file.none")
	}
	return part
}

func (g *gathering) teller() revision.Teller {
	return revision.Teller{Words: g.Words, Lang: g.practice.Language, Zone: g.zone, Name: g.systemName, Kind: func(id string) string {
		p, _ := g.Book.Playbook(id)
		return p.Title[g.practice.Language]
	}}
}

// mostTold is how many events the paper tells of; the data has them all.
const mostTold = 2_000

// events tells what happened, newest first.
func (g *gathering) events(ctx context.Context) (request.PaperPart, error) {
	part, before := request.PaperPart{Title: g.t("desk.home.story")}, int64(0)
	for len(part.Rows) < mostTold {
		entries, err := g.Store.EntriesOf(ctx, g.practice.ID, g.inc.ID, before, perRead)
		if err != nil {
			return part, fmt.Errorf("read the register: %w", err)
		}
		for _, e := range entries {
			row, err := g.event(ctx, e)
			if err != nil {
				return part, err
			}
			part.Rows, before = append(part.Rows, row), e.Seq
		}
		if len(entries) < perRead {
			return g.orNone(part), nil
		}
	}
	part.Text = g.t("desk.file.more")
	return part, nil
}

func (g *gathering) event(ctx context.Context, e register.Entry) (request.PaperRow, error) {
	who, err := g.who(ctx, e.Event.Actor)
	lines := []string{g.at(e.Event.At) + " · " + who + " · " + g.t("bundle.entry", "seq", e.Seq)}
	for _, word := range []string{"summary", "aware_basis", "reason", "late_reason", "reference", "to", "note", "places", "despite"} {
		if text := e.Event.Words[word]; text != "" {
			lines = append(lines, g.t("desk.word."+word)+": "+text)
		}
	}
	lines = append(lines, g.teller().Lines(e.Event)...)
	return request.PaperRow{Label: g.teller().Title(e.Event, g.practice.Authority), Value: strings.Join(lines, "\n"), Break: true}, err
}

func (g *gathering) who(ctx context.Context, a incidents.Actor) (string, error) {
	if a.Kind != register.ActorUser {
		return g.t("desk.actor." + string(a.Kind)), nil
	}
	if name, known := g.users[a.ID]; known {
		return name, nil
	}
	u, err := g.Store.User(ctx, a.ID)
	if err != nil && !isGone(err) {
		return "", fmt.Errorf("read who did it: %w", err)
	}
	if u.Name == "" {
		u.Name = g.t("desk.actor.user")
	}
	g.users[a.ID] = u.Name
	return u.Name, nil
}

// filings writes each form as it was filed, by the edition of that day.
func (g *gathering) filings(_ context.Context, w *casefile.Writer) error {
	for n, f := range g.inc.Filings {
		if len(f.Answers) == 0 {
			continue
		}
		p := request.Paper{Language: g.practice.Language, Title: f.Form, Head: []string{g.practice.Details.Name,
			g.t("desk.filing.kind."+string(f.Kind)) + " · " + g.at(f.FiledAt), string(f.Authority) + " " + f.Reference}}
		p.Parts = filedParts(f, g.practice.Language)
		if err := w.Add(fmt.Sprintf("filings/%03d.pdf", n+1), func(out io.Writer) error { return g.Print(out, p, f.RecordedAt) }); err != nil {
			return err
		}
	}
	return nil
}

// filedParts are a filing's answers under the form's own questions. What the edition
// does not ask, or an edition that is not known, keeps the keys.
func filedParts(f incidents.Filing, language string) []request.PaperPart {
	answers := map[string]string{}
	for _, a := range f.Answers {
		answers[a.Question] = a.Text
	}
	var parts []request.PaperPart
	if form, err := authority.LoadEdition(f.Form); err == nil {
		language = form.Language(language)
		for _, s := range form.Sections {
			part := request.PaperPart{Title: strings.TrimSpace(s.Number + " " + s.Title[language])}
			for _, q := range s.Questions {
				if text, some := answers[q.Key]; some {
					part.Rows = append(part.Rows, request.PaperRow{Label: strings.TrimSpace(q.Number + " " + q.Label[language]), Value: text, Break: true})
					delete(answers, q.Key)
				}
			}
			if len(part.Rows) > 0 {
				parts = append(parts, part)
			}
		}
	}
	var rest request.PaperPart
	for _, a := range f.Answers {
		if text, some := answers[a.Question]; some {
			rest.Rows = append(rest.Rows, request.PaperRow{Label: a.Question, Value: text, Break: true})
		}
	}
	if len(rest.Rows) > 0 {
		parts = append(parts, rest)
	}
	return parts
}
