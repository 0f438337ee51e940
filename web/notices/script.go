package notices

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/page"
)

// script is what to say on the phone, in the reader's language: the opening
// that asks whether it suits, the notice in short pieces with room for
// questions, and the close.
type script struct {
	Language string
	Code     string // of the text
	Name     string // of the language, and of the readers when they have words of their own
	Opening  []string
	Told     string
	Closing  []string
}

// script writes the words for one call. reader may be "" for a list of calls.
func (a *Area) script(c echo.Context, n *incidents.Notice, d incidents.Delivery) script {
	t := n.TextFor(d.Voice(), page.Practice(c).Language)
	practice, words := page.Practice(c), a.site.Words()
	say := func(key string, pairs ...any) string {
		if t.For == incidents.ForYoung { // in the familiar form of address, as the text is
			if text, some := words.Lookup(t.Language, key+".young", pairs...); some {
				return text
			}
		}
		return words.T(t.Language, key, pairs...)
	}
	s := script{Language: t.Language, Code: voiceCode(t.Voice()), Name: voiceName(c, t.Voice()), Told: spokenPart(playbooks.Personalise(t.Body, ""))}
	if d.To.Name != "" {
		s.Opening = append(s.Opening, say("notices.script.is_it", "reader", d.To.Name))
	} else {
		s.Opening = append(s.Opening, say("notices.script.who"))
	}
	s.Opening = append(s.Opening, say("notices.script.me", "caller", orFirst(practice.Details.Contact.Name, practice.Details.Name)), say("notices.script.suits"))
	s.Closing = []string{say("notices.script.room"), say("notices.script.paper")}
	if phone := practice.Details.Contact.Phone; phone != "" {
		s.Closing = append(s.Closing, say("notices.script.call_back", "phone", phone))
	}
	return s
}

// spokenPart leaves out what is written and not said: the salutation and the
// signature.
func spokenPart(body string) string {
	blocks := strings.Split(strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n")), "\n\n")
	const longest = 60 // characters of a salutation
	if first := blocks[0]; len(blocks) > 1 && strings.HasSuffix(first, ",") && utf8.RuneCountInString(first) < longest {
		blocks = blocks[1:]
	}
	if last := blocks[len(blocks)-1]; len(blocks) > 1 {
		if line, _, _ := strings.Cut(last, "\n"); strings.HasSuffix(line, ",") {
			blocks = blocks[:len(blocks)-1]
		}
	}
	return strings.Join(blocks, "\n\n")
}

type callsPage struct {
	page.View
	Head    head
	Scripts []script
	People  []personRow
	More    bool // there are more than fit on the list
}

// mostCalls is how many phone tasks a printed list holds.
const mostCalls = 200

// calls is the list of people to phone with the words to say, to be printed.
func (a *Area) calls(c echo.Context) error {
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	if !approved(n) {
		return c.Redirect(http.StatusSeeOther, placeOf(n))
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	tasks, more, err := a.callTasks(c, n)
	if err != nil {
		return err
	}
	v := &callsPage{View: page.NewView(c, "notices.calls.title").BackTo("/notices/" + n.ID + "/progress"), Head: headOf(c, inc, n), More: more}
	v.PrintLine = inc.Reference + " · " + page.FormatShort(page.Lang(c), page.Now(c), page.Zone(c))
	slices.SortStableFunc(tasks, func(a, b incidents.Delivery) int {
		return strings.Compare(strings.ToLower(a.To.Name), strings.ToLower(b.To.Name))
	})
	for _, d := range tasks {
		d.To.Name = ""
		one := a.script(c, n, d)
		if !slices.ContainsFunc(v.Scripts, func(s script) bool { return s.Code == one.Code }) {
			v.Scripts = append(v.Scripts, one)
		}
	}
	if v.People, err = a.personRows(c, tasks, ""); err != nil {
		return err
	}
	for i, d := range tasks {
		v.People[i].Language = voiceName(c, n.TextFor(d.Voice(), page.Practice(c).Language).Voice())
	}
	return a.site.Render(c, http.StatusOK, "notices/calls.html", v)
}

// callTasks lists those to phone or to write over a messenger, and mails that were refused or
// came back where a number is known.
func (a *Area) callTasks(c echo.Context, n *incidents.Notice) (tasks []incidents.Delivery, more bool, err error) {
	for after := ""; ; {
		rows, err := a.store.DeliveriesOf(c.Request().Context(), n.PracticeID, n.ID, unfinished(), after, scanBatch)
		if err != nil {
			return nil, false, fmt.Errorf("list deliveries: %w", err)
		}
		for _, d := range rows {
			mailed := d.Channel == registry.ByEmail && (d.State == incidents.Refused || d.State == incidents.Bounced)
			if d.Channel != registry.ByPhone && d.Channel != registry.ByMessage && !mailed {
				continue
			}
			if len(tasks) == mostCalls {
				return tasks, true, nil
			}
			tasks = append(tasks, d)
		}
		if len(rows) < scanBatch {
			return tasks, false, nil
		}
		after = rows[len(rows)-1].ID
	}
}

// letterText is the notice as a letter to one reader: sender, reader, day, words.
func letterText(c echo.Context, n *incidents.Notice, d incidents.Delivery, reading ...string) string {
	t, details := n.TextFor(d.Voice(), page.Practice(c).Language), page.Practice(c).Details
	t = tellOfReading(c, t, n, d, reading)
	var out strings.Builder
	block := func(lines ...string) {
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
		if len(lines) > 0 {
			out.WriteString(strings.Join(lines, "\n") + "\n\n")
		}
	}
	block(orFirst(details.Contact.Name, details.Name), details.Street, details.Place)
	block(d.To.Name, d.To.PostalAddress)
	block(page.FormatDay(t.Language, registry.DateOf(page.Now(c), page.Zone(c))))
	block(t.Subject)
	out.WriteString(strings.TrimSpace(playbooks.Personalise(t.Body, d.To.Name)) + "\n")
	return out.String()
}

// letter is the letter alone, as plain text without anything of this program
// on it, to be printed.
func (a *Area) letter(c echo.Context) error {
	d, n, _, err := a.delivery(c)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(letterText(c, n, d, a.readingAt(c))))
}
