package dossier

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/web/page"
)

// Words are the texts of the program.
type Words interface {
	T(lang, key string, pairs ...any) string
	Reason(lang string, r incidents.Reason, system string, zone *time.Location) string
}

// speaker says things in one language.
type speaker struct {
	words Words
	lang  string
	zone  *time.Location
	d     request.Dossier
}

// Language is the one in which somebody gets his dossier: his own where the program
// speaks it, else the practice's.
func Language(d request.Dossier) string {
	if d.Client != nil && (d.Client.Language == page.Dutch || d.Client.Language == page.English) {
		return d.Client.Language
	}
	return d.Practice.Language
}

// maker names whoever had the dossier made.
func (s *speaker) maker() string {
	return cmp.Or(s.d.MadeBy, s.words.T(s.lang, "desk.actor.api"))
}

// Paper returns a dossier in words.
func Paper(w Words, d request.Dossier) (request.Paper, error) {
	zone, err := d.Practice.Zone()
	if err != nil {
		return request.Paper{}, fmt.Errorf("time zone of the practice: %w", err)
	}
	s := &speaker{words: w, lang: Language(d), zone: zone, d: d}
	p := request.Paper{Language: s.lang, Title: s.t("title"), Head: []string{
		s.t("head.practice", "name", d.Practice.Details.Name, "contact", strings.Join(filled(d.Practice.Details.Contact.Name, d.Practice.Details.Contact.Phone, d.Practice.Details.Contact.Email), ", ")),
		s.t("head.made", "at", s.at(d.MadeAt), "name", s.maker()), s.t("head.rights")}}
	p.Parts = append(p.Parts, s.person(), s.guidance(), s.holdings())
	if len(d.Cases) == 0 {
		p.Parts = append(p.Parts, request.PaperPart{Title: s.t("breaches"), Text: s.t("breaches.none")})
	}
	for _, c := range d.Cases {
		p.Parts = append(p.Parts, s.breach(c))
	}
	p.Parts = append(p.Parts, s.requests())
	if len(d.Reports) > 0 {
		p.Parts = append(p.Parts, s.reports())
	}
	return p, nil
}

func filled(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

func (s *speaker) t(key string, pairs ...any) string {
	return s.words.T(s.lang, "dossier."+key, pairs...)
}

func (s *speaker) choice(list, value string) string {
	return s.words.T(s.lang, "choice."+list+"."+value)
}

func (s *speaker) at(t time.Time) string { return page.FormatInstant(s.lang, t, s.zone) }

func (s *speaker) day(d registry.Date) string { return page.FormatDay(s.lang, d) }

// rows leaves out what is not known.
func rows(list ...request.PaperRow) []request.PaperRow {
	var out []request.PaperRow
	for _, r := range list {
		if strings.TrimSpace(r.Value) != "" {
			out = append(out, r)
		}
	}
	return out
}

func (s *speaker) person() request.PaperPart {
	part := request.PaperPart{Title: s.t("person")}
	c := s.d.Client
	if c == nil {
		p := s.d.Asked.Person
		part.Text = s.t("person.none")
		part.Rows = rows(s.row("name", p.Name), s.row("email", p.Email), s.row("reach", p.Reach))
		return part
	}
	born := ""
	if c.BirthYear > 0 {
		born = strconv.Itoa(c.BirthYear)
	}
	channel := ""
	if c.Channel != "" {
		channel = s.words.T(s.lang, "catalogue.channel."+string(c.Channel))
	}
	first, last := "", ""
	if !c.FirstContact.IsZero() {
		first = s.day(c.FirstContact)
	}
	if !c.LastContact.IsZero() {
		last = s.day(c.LastContact)
	}
	part.Rows = rows(s.row("name", c.Person.Name), s.row("number", c.Person.ExternalID), s.row("relation", s.choice("relation", string(c.Relation))),
		s.row("email", c.Person.Email), s.row("phone", c.Person.Phone), s.row("postal_address", c.Person.PostalAddress),
		s.row("language", s.words.T(s.lang, "catalogue.language."+c.Language)), s.row("channel", channel), s.row("birth_year", born),
		s.row("guardians", strings.Join(s.d.Guardians, "\n")), s.row("coach", c.Person.Coach), s.row("first_contact", first), s.row("last_contact", last),
		s.row("shared_mail", s.yes(c.SharedMailAgreed)), s.row("guardians_agreed", s.yes(c.GuardiansAgreed)), s.row("key", c.Person.OpenPGPKey))
	return part
}

func (s *speaker) yes(said bool) string {
	if !said {
		return ""
	}
	return s.t("yes")
}

func (s *speaker) row(key, value string) request.PaperRow {
	return request.PaperRow{Label: s.t("label." + key), Value: value}
}

func (s *speaker) guidance() request.PaperPart {
	part := request.PaperPart{Title: s.t("guidance")}
	if s.d.Client == nil || len(s.d.Client.Guidance) == 0 {
		part.Text = s.t("guidance.none")
		return part
	}
	for _, g := range s.d.Client.Guidance {
		until := s.t("still")
		if !g.Until.IsZero() {
			until = s.day(g.Until)
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: s.t("label.span"), Value: s.t("span", "from", s.day(g.From), "until", until)})
	}
	return part
}

func (s *speaker) holdings() request.PaperPart {
	part := request.PaperPart{Title: s.t("holdings"), Text: s.t("holdings.by_hand")}
	if s.d.ByRule {
		part.Text = s.t("holdings.by_rule")
	}
	if len(s.d.Holdings) == 0 {
		part.Text = s.t("holdings.none")
	}
	for _, h := range s.d.Holdings {
		kinds := make([]string, len(h.Categories))
		for i, c := range h.Categories {
			kinds[i] = s.choice("category", string(c))
		}
		lines := []string{strings.Join(kinds, ", "), s.choice("identifiability", string(h.Identifiability))}
		for _, x := range []struct {
			key string
			at  *time.Time
		}{{"since", h.From}, {"until", h.Until}, {"destroyed", h.DestroyedAt}} {
			if x.at != nil {
				lines = append(lines, s.t(x.key, "at", s.day(registry.DateOf(*x.at, s.zone))))
			}
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: s.system(h.System), Value: strings.Join(lines, "\n"), Break: true})
	}
	return part
}

func (s *speaker) system(id string) string {
	if name := s.d.Systems[id]; name != "" {
		return name
	}
	return id
}

func (s *speaker) breach(c request.CaseOf) request.PaperPart {
	state := s.t("open")
	if c.Closed {
		state = s.t("closed")
	}
	part := request.PaperPart{Title: s.t("breach", "reference", c.Reference), Text: s.t("breach.text", "at", s.at(c.AwareAt), "state", state)}
	if f := c.Finding; f != nil {
		lines := []string{s.choice("group", string(f.Group)), s.t("certainty." + string(f.Certainty))}
		for _, r := range f.Reasons {
			lines = append(lines, s.words.Reason(s.lang, r, s.system(r.System), s.zone))
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: s.t("label.finding"), Value: strings.Join(lines, "\n")})
	}
	for _, o := range c.Overrides {
		part.Rows = append(part.Rows, rows(request.PaperRow{Label: s.t("label.override"), Value: o.Reason, Break: true})...)
	}
	for _, d := range c.Decisions {
		said := s.t("told.no")
		if d.Tell {
			said = s.t("told.yes")
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: s.t("label.decision"), Value: strings.TrimSpace(s.at(d.At) + ": " + said + "\n" + d.Reason), Break: true})
	}
	for _, m := range c.Messages {
		part.Rows = append(part.Rows, s.message(m)...)
	}
	for _, q := range c.Questions {
		part.Rows = append(part.Rows, rows(request.PaperRow{Label: s.t("label.question"), Value: s.at(q.AskedAt) + "\n" + q.Text, Break: true},
			request.PaperRow{Label: s.t("label.answer"), Value: q.Note})...)
	}
	return part
}

func (s *speaker) message(m request.MessageTo) []request.PaperRow {
	d := m.Delivery
	to := strings.Join(filled(d.To.Name, d.To.Email, d.To.Phone, d.To.PostalAddress), ", ")
	if m.ToOther {
		to = s.t("to_other")
	}
	tried := make([]string, 0, len(d.Attempts)+len(d.Returned)+len(d.Tries))
	for _, a := range d.Attempts {
		tried = append(tried, s.t("attempt", "at", s.at(a.At), "outcome", s.t("outcome."+string(a.Kind)), "says", a.Text))
	}
	for _, r := range d.Returned {
		tried = append(tried, s.t("returned", "at", s.at(r.At), "says", r.Text))
	}
	for _, x := range d.Tries {
		tried = append(tried, s.t("tried", "at", s.at(x.At), "note", x.Note))
	}
	state := s.t("state." + string(d.State))
	if !d.ToldAt.IsZero() {
		state += ", " + s.at(d.ToldAt)
	}
	list := rows(request.PaperRow{Label: s.t("label.message"), Value: s.words.T(s.lang, "catalogue.channel."+string(d.Channel)) + "\n" + state, Break: true},
		s.row("to", to), s.row("note", d.To.Word), s.row("attempts", strings.Join(tried, "\n")))
	if m.Text.Body != "" {
		list = append(list, request.PaperRow{Label: m.Text.Subject, Value: m.Text.Body})
	}
	return list
}

func (s *speaker) requests() request.PaperPart {
	part := request.PaperPart{Title: s.t("requests")}
	for _, r := range s.d.Requests {
		lines := []string{s.t("received", "at", s.at(r.ReceivedAt), "due", s.day(r.DueOn))}
		lines = append(lines, filled(r.Person.Words)...)
		if r.Identity.How != "" {
			lines = append(lines, s.t("identity", "how", r.Identity.How))
		}
		for _, o := range r.Outcomes {
			lines = append(lines, strings.TrimSpace(s.at(o.At)+": "+s.words.T(s.lang, "requests.result."+string(o.Result))+" "+o.Ground))
		}
		part.Rows = append(part.Rows, request.PaperRow{Label: s.words.T(s.lang, "requests.kind."+string(r.Kind)), Value: strings.Join(lines, "\n"), Break: true})
	}
	return part
}

func (s *speaker) reports() request.PaperPart {
	part := request.PaperPart{Title: s.t("reports")}
	for _, r := range s.d.Reports {
		part.Rows = append(part.Rows, request.PaperRow{Label: s.at(r.ReceivedAt), Value: r.Words.Text, Break: true})
	}
	return part
}
