package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// The answers on whom it concerns.
const (
	everyone    = "all"
	thesePeople = "these"
)

const (
	mostPeople     = 2_000 // addresses or clients named one by one
	mostFound      = 20
	shortestSearch = 2
	mostRecipients = 10
	clientsPage    = 500
)

// people looks up whom the answers name: clients picked from the list, and
// those that the typed addresses belong to.
func (a *Area) people(c echo.Context, r *reading) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	r.byEmail = map[string][]registry.Client{}
	r.typed = addresses(r.form.Text("emails"))
	picked := r.form.All("person")
	if len(picked) > mostPeople || len(r.typed) > mostPeople {
		return nil // readPeople says that it is too many
	}
	if len(picked) > 0 {
		found, err := a.opts.Store.ClientsByExternalIDs(ctx, practice, picked)
		if err != nil {
			return fmt.Errorf("look up chosen clients: %w", err)
		}
		r.picked = seen(c, found)
	}
	wanted := slices.DeleteFunc(slices.Clone(r.typed), func(e string) bool { return !registry.ValidEmail(e) })
	if len(wanted) == 0 {
		return nil
	}
	found, err := a.opts.Store.ClientsByEmails(ctx, practice, wanted)
	if err != nil {
		return fmt.Errorf("look up addresses: %w", err)
	}
	for _, client := range seen(c, found) {
		key := registry.NormalEmail(client.Person.Email)
		r.byEmail[key] = append(r.byEmail[key], client)
	}
	return nil
}

// addresses splits what was typed or pasted: one a line, or between commas or
// semicolons, with or without a name before <…>. Each address stands once.
func addresses(text string) []string {
	var found []string
	seen := map[string]bool{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		address := strings.TrimSpace(part)
		if _, inside, named := strings.Cut(address, "<"); named && strings.HasSuffix(inside, ">") {
			address = strings.TrimSpace(strings.TrimSuffix(inside, ">"))
		}
		if key := registry.NormalEmail(address); address != "" && !seen[key] {
			seen[key] = true
			found = append(found, address)
		}
	}
	return found
}

func (r *reading) whom() {
	switch r.form.Get("whom") {
	case everyone:
		if len(r.typed)+len(r.form.All("person")) > 0 {
			r.fail("whom", "error.people_and_all", "choose everybody, or these people; not both")
		}
	case thesePeople:
		r.about()
	default:
		r.fail("whom", "error.choose", "choose one of these")
	}
}

// about reads the persons it was about, chosen one by one.
func (r *reading) about() {
	f, s := &r.newCase.Facts, &r.newCase.Story
	f.HandPicked = true
	if r.lane.kind == misSent {
		f.Playbook = misSentPlaybook
		r.kind, _ = r.book.Playbook(misSentPlaybook)
	}
	numbers := r.form.All("person")
	if len(numbers) > mostPeople || len(r.typed) > mostPeople {
		r.fail("emails", "error.people_many", fmt.Sprintf("name at most %d people", mostPeople))
		return
	}
	for at, e := range r.typed {
		if !registry.ValidEmail(e) {
			r.fail("emails", "error.email_in_list", fmt.Sprintf("entry %d is no email address", at+1))
			return
		}
	}
	s.Subjects = incidents.Subjects{Emails: r.typed, ExternalIDs: numbers}
	if len(r.picked) < len(numbers) {
		r.fail("emails", "error.subject_unknown", "one of these numbers is no client of the practice")
	}
	if len(r.typed)+len(numbers) == 0 {
		r.fail("emails", "error.subjects_missing", "name at least one person it was about")
	}
	if r.confused() {
		r.fail("emails", "error.recipient_is_subject", "this address stands in both lists")
	}
}

// subjects are the addresses of everybody it was about.
func (r *reading) subjects() map[string]bool {
	about := map[string]bool{}
	for _, e := range r.typed {
		about[registry.NormalEmail(e)] = true
	}
	for _, client := range r.picked {
		about[registry.NormalEmail(client.Person.Email)] = true
	}
	delete(about, "")
	return about
}

// confused reports whether somebody it was about is also named as a person it
// went to. The two must never be mixed up: each gets another message.
func (r *reading) confused() bool {
	if r.lane.kind != misSent && (!r.asksRecipients() || r.form.Get("whom") == everyone) {
		return false
	}
	about := r.subjects()
	for n := range mostRecipients {
		if about[registry.NormalEmail(r.form.Get(recipientField("email", n+1)))] {
			return true
		}
	}
	return false
}

func (r *reading) asksRecipients() bool { return r.kind.AsksRecipients }

// recipientField names a field of the nth recipient, from 1.
func recipientField(part string, n int) string { return "recipient_" + part + "_" + strconv.Itoa(n) }

func recipientFields() []string {
	fields := []string{"recipient_unknown"}
	for n := range mostRecipients {
		fields = append(fields, recipientField("email", n+1), recipientField("kind", n+1))
	}
	return fields
}

func kindsOfRecipient() []string {
	return []string{string(incidents.RecipientTrusted), string(incidents.RecipientKnown), string(incidents.RecipientUnknown)}
}

func (r *reading) recipients() {
	unknown := r.form.Get("recipient_unknown") != ""
	about := r.subjects()
	for n := range mostRecipients {
		if r.form.Get(recipientField("email", n+1)) == "" {
			continue
		}
		r.recipient(n+1, about)
	}
	given := len(r.newCase.Story.Recipients) > 0 || len(r.faults[r.step]) > 0
	switch {
	case given && unknown:
		r.fail("recipient_unknown", "error.unknown_and_some", "choose some, or say that you do not know; not both")
	case !given && !unknown:
		r.fail(recipientField("email", 1), "error.recipient_missing", "give the address it went to")
	}
}

func (r *reading) recipient(n int, about map[string]bool) {
	address, kind := r.form.Get(recipientField("email", n)), r.form.Get(recipientField("kind", n))
	switch {
	case !registry.ValidEmail(address):
		r.fail(recipientField("email", n), "error.email", "give one email address such as anna@example.org")
	case about[registry.NormalEmail(address)] && (r.lane.kind == misSent || r.form.Get("whom") != everyone):
		r.fail(recipientField("email", n), "error.recipient_is_subject", "this address stands in both lists")
	}
	if !slices.Contains(kindsOfRecipient(), kind) {
		r.fail(recipientField("kind", n), "error.recipient_kind", "choose how well you know the recipient")
	}
	r.newCase.Story.Recipients = append(r.newCase.Story.Recipients, incidents.Recipient{Email: address, Kind: incidents.RecipientKind(kind)})
}

// search finds clients by address, by the practice's own number, or by parts
// of the name in any order and without regard to case and accents. They come
// by name; more than mostFound are cut off, and more says so.
func (a *Area) search(c echo.Context, query string) (found []registry.Client, more bool, err error) {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	query = strings.TrimSpace(query)
	if len([]rune(query)) < shortestSearch {
		return nil, false, nil
	}
	if registry.ValidEmail(query) {
		found, err = a.opts.Store.ClientsByEmails(ctx, practice, []string{query})
	} else if found, err = a.opts.Store.ClientsByExternalIDs(ctx, practice, []string{query}); err == nil && len(found) == 0 {
		found, err = a.named(ctx, practice, strings.Fields(plain(query)))
	}
	if err != nil {
		return nil, false, fmt.Errorf("search clients: %w", err)
	}
	found = seen(c, found)
	slices.SortFunc(found, func(x, y registry.Client) int {
		return cmp.Or(cmp.Compare(plain(x.Person.Name), plain(y.Person.Name)), cmp.Compare(x.Person.ExternalID, y.Person.ExternalID))
	})
	return found[:min(len(found), mostFound)], len(found) > mostFound, nil
}

// named lists the clients whose names hold every word. Names are sealed, so
// each is opened and looked at.
func (a *Area) named(ctx context.Context, practice tenant.ID, words []string) ([]registry.Client, error) {
	var found []registry.Client
	for after := ""; ; {
		some, err := a.opts.Store.Clients(ctx, practice, after, clientsPage)
		if err != nil {
			return nil, err
		}
		for _, client := range some {
			if hasAll(plain(client.Person.Name), words) {
				found = append(found, client)
			}
		}
		if len(some) < clientsPage {
			return found, nil
		}
		after = some[len(some)-1].ID
	}
}

func hasAll(name string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) })
}

// plain is a name in small letters without accents, as people search.
func plain(name string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name))
	return strings.ToLower(bare)
}

// seen leaves of some people those whom the user may see: a coach finds the own ones.
func seen(c echo.Context, found []registry.Client) []registry.Client {
	if page.May(c, registry.SeeClients) {
		return found
	}
	practice, user := page.Practice(c), page.User(c)
	return slices.DeleteFunc(found, func(x registry.Client) bool { return !practice.Guides(user, x) })
}
