package intake

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// guess fills a form with what the mail's words may mean.
func (p *toldPage) guess(c echo.Context, r *incidents.Report, suppliers []registry.Processor, systems []registry.System) *page.Form {
	m := r.Words.Message
	g := advisory.GuessFrom(m.Title, r.Words.Text, page.Zone(c), r.ReceivedAt)
	form := page.FormOf("aware", awareTold, "summary", advisory.Advisory{Title: m.Title, Text: r.Words.Text}.Summary())
	mark := func(field, key string) { p.Guess[field] = page.T(c, "intake.told.guess."+key) }
	mark("summary", "summary")
	supplier := r.ProcessorID
	if supplier == "" {
		if supplier = supplierOf(suppliers, m.Mail); supplier != "" {
			mark("processor", "sender")
		}
	}
	form.Set("processor", supplier)
	if g.Reference != "" {
		form.Set("reference", g.Reference)
		mark("reference", "words")
	}
	for name, at := range map[string]*time.Time{"occurred_from": g.From, "occurred_until": g.Until} {
		if at != nil {
			form.SetMoment(c, name, *at)
			if g.Roughly {
				form.Set(name+"_precision", "about")
			}
			mark(name, "words")
		} else {
			form.Set(name+"_precision", "unknown")
		}
	}
	hit := []string{unknownChoice}
	if supplier != "" {
		if found := runBy(systems, supplier); len(found) > 0 {
			hit = found
			mark("systems", "systems")
		}
	}
	form.Set("systems", hit...)
	form.Set("categories", unknownChoice)
	if len(g.Categories) > 0 {
		form.Set("categories", texts(g.Categories)...)
		mark("categories", "words")
	}
	if g.People > 0 {
		form.Set("people", strconv.Itoa(g.People))
		mark("people", "words")
	}
	sent := r.ReceivedAt
	for _, claim := range m.Claims {
		if claim.Name == "Date" || claim.Name == "Received" {
			sent = claim.At // the last one: when it came into the mailbox
		}
	}
	form.SetMoment(c, "aware_at", sent)
	return form
}

// runBy are the systems that stand with a supplier.
func runBy(systems []registry.System, supplier string) []string {
	var ids []string
	for _, s := range systems {
		if s.ProcessorID == supplier && s.EndedAt.IsZero() {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func texts(all []registry.Category) []string {
	names := make([]string, len(all))
	for n, c := range all {
		names[n] = string(c)
	}
	return names
}

// supplierOf guesses from whom a mail is: by the domain that stands with a
// supplier, else by its name; "" when two could be.
func supplierOf(suppliers []registry.Processor, m *incidents.SupplierMail) string {
	if m.Domain == "" {
		return ""
	}
	label, _, _ := strings.Cut(m.Domain, ".")
	for _, fits := range []func(registry.Processor) bool{
		func(p registry.Processor) bool { return named(p.Contact, m.Domain) },
		func(p registry.Processor) bool {
			return slices.Contains(strings.FieldsFunc(strings.ToLower(p.Name), notLetter), label) || slices.Contains(strings.Split(p.ID, "-"), label)
		},
	} {
		var found []string
		for _, p := range suppliers {
			if p.EndedAt.IsZero() && fits(p) {
				found = append(found, p.ID)
			}
		}
		if len(found) > 0 {
			return one(found)
		}
	}
	return ""
}

func one(found []string) string {
	if len(found) == 1 {
		return found[0]
	}
	return ""
}

// named reports whether a domain, or an address or name under it, stands in a text.
func named(text, domain string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r != '.' && r != '-' && notLetter(r) }) {
		if word = strings.Trim(word, ".-"); word == domain || strings.HasSuffix(word, "."+domain) {
			return true
		}
	}
	return false
}

func notLetter(r rune) bool {
	return r < utf8.RuneSelf && !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
}
