package notices

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// personRow is one reader of an approved notice: where he stands, why, and how
// he can be reached.
type personRow struct {
	ID    string // of the delivery; "" when no notice is approved for him
	Name  string
	About string // whom it is about, when that is another person
	State string // in words
	Shape string
	Why   []said
	Reach string
	Lines []string // of Reach
	Tel   template.URL
	Href  string
	Act   string // the link's words
	// Language is the one in which he is spoken to, in words; of the call list.
	Language string
}

// unfinished are the states in which a reader still has to be told.
func unfinished() []incidents.DeliveryState {
	return []incidents.DeliveryState{incidents.Queued, incidents.Deferred, incidents.Refused, incidents.Bounced}
}

const (
	scanBatch = 500
	mostScans = 4 // batches of waiting mails that one page looks through
)

// untold lists who has not been told and waits for something: a mail that was
// refused, came back or was put off, a call, a letter. Mails that simply wait
// for their turn are counted, not listed.
func (a *Area) untold(c echo.Context, n *incidents.Notice) ([]personRow, page.Pager, error) {
	pager := page.PagerOf(c)
	var found []incidents.Delivery
	after := pager.After
	for range mostScans {
		rows, err := a.store.DeliveriesOf(c.Request().Context(), n.PracticeID, n.ID, unfinished(), after, scanBatch)
		if err != nil {
			return nil, pager, fmt.Errorf("list deliveries: %w", err)
		}
		for _, d := range rows {
			if d.State == incidents.Queued && d.Channel == registry.ByEmail {
				continue
			}
			if found = append(found, d); len(found) > pageSize {
				pager = pager.Follow(found[pageSize-1].ID)
				made, err := a.personRows(c, found[:pageSize], "")
				return made, pager, err
			}
		}
		if len(rows) < scanBatch {
			made, err := a.personRows(c, found, "")
			return made, pager, err
		}
		after = rows[len(rows)-1].ID
	}
	made, err := a.personRows(c, found, "")
	return made, pager.Follow(after), err
}

// personRows describes deliveries; from is the page to come back to.
func (a *Area) personRows(c echo.Context, rows []incidents.Delivery, from string) ([]personRow, error) {
	names, err := a.aboutNames(c.Request().Context(), page.Practice(c).ID, rows)
	if err != nil {
		return nil, err
	}
	unreached, err := a.unreached(c.Request().Context(), page.Practice(c).ID, rows)
	if err != nil {
		return nil, err
	}
	made := make([]personRow, len(rows))
	for i, d := range rows {
		made[i] = rowOf(c, d, names)
		if who, some := unreached[d.Reader]; some && noReach(d) {
			made[i].Why = append(made[i].Why, ours(howToFind(c, who)))
		}
		if from != "" {
			made[i].Href += "?from=" + from
		}
	}
	return made, nil
}

// aboutNames returns the names of those whom deliveries to others are about.
func (a *Area) aboutNames(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) (map[string]string, error) {
	var ids []string
	for _, d := range rows {
		if d.Person != d.Reader {
			ids = append(ids, d.Person)
		}
	}
	return a.names(ctx, practice, ids)
}

// noReach reports whether a person must tell the reader, and no number or address of
// him is known: he stayed anonymous, say.
func noReach(d incidents.Delivery) bool {
	return d.Channel != registry.ByEmail && d.To.Email == "" && reachText(d.Channel, "", d.To.Phone, d.To.PostalAddress) == ""
}

// unreached returns those readers of deliveries whose number or address nobody noted.
func (a *Area) unreached(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) (map[string]registry.Person, error) {
	var ids []string
	for _, d := range rows {
		if noReach(d) {
			ids = append(ids, d.Reader)
		}
	}
	people := map[string]registry.Person{}
	for part := range slices.Chunk(ids, 500) {
		clients, err := a.store.ClientsByIDs(ctx, practice, part)
		if err != nil {
			return nil, fmt.Errorf("look up numbers: %w", err)
		}
		for _, x := range clients {
			people[x.ID] = x.Person
		}
	}
	return people, nil
}

// howToFind says what is known of somebody without a number or address, and how the
// practice finds him: by its own number for him, and whoever guides him.
func howToFind(c echo.Context, who registry.Person) string {
	key := "notices.people.find"
	if who.Coach != "" {
		key += "_coach"
	}
	return page.T(c, key, "number", who.ExternalID, "coach", who.Coach)
}

func rowOf(c echo.Context, d incidents.Delivery, names map[string]string) personRow {
	r := personRow{ID: d.ID, Name: orFirst(d.To.Name, d.To.Email), State: stateText(c, d), Shape: deliveryShape(d), Why: whyNot(c, d),
		Reach: reachText(d.Channel, d.To.Email, d.To.Phone, d.To.PostalAddress), Href: "/deliveries/" + d.ID, Act: page.T(c, "notices.people.act."+actOf(d))}
	if d.Person != d.Reader {
		r.About = names[d.Person]
	}
	if d.Channel == registry.ByEmail && d.To.Phone != "" {
		r.Reach = d.To.Phone // the mail did not do it
	}
	if r.Reach == d.To.Phone {
		r.Tel = page.PhoneAddress(d.To.Phone)
	}
	r.Lines = linesOf(r.Reach)
	return r
}

// actOf names what a person can do about a delivery.
func actOf(d incidents.Delivery) string {
	switch {
	case d.Channel == registry.ByLetter:
		return "letter"
	case d.Channel == registry.ByEmail && d.To.Phone == "", d.Channel == registry.ByMessage:
		return "tell"
	default:
		return "call"
	}
}

// stateText names where a delivery stands; a task is told from a waiting mail.
func stateText(c echo.Context, d incidents.Delivery) string {
	if d.State == incidents.Queued && d.Channel != registry.ByEmail {
		return page.T(c, "notices.people.task."+string(d.Channel))
	}
	if n := len(d.Attempts); d.State == incidents.Sent && n > 0 && d.Attempts[n-1].Stage == incidents.StageHeld {
		return page.T(c, "notices.people.state.held")
	}
	return page.T(c, "notices.people.state."+string(d.State))
}

func deliveryShape(d incidents.Delivery) string {
	switch d.State {
	case incidents.Sent, incidents.ToldByPerson:
		return "done"
	case incidents.Refused, incidents.Bounced:
		return "late"
	case incidents.Deferred:
		return "soon"
	case incidents.Sending:
		return "busy"
	case incidents.Unreachable:
		return "none"
	default:
		return "todo"
	}
}

// whyNot says why a reader is not told yet, with the server's own words.
func whyNot(c echo.Context, d incidents.Delivery) []said {
	var lines []said
	if d.Why != "" {
		lines = append(lines, ours(whyText(c, d.Why)))
	}
	if d.Channel != registry.ByEmail && reachText(d.Channel, "", d.To.Phone, d.To.PostalAddress) == "" {
		lines = append(lines, ours(page.T(c, "notices.people.no_reach")))
	}
	if names := page.Practice(c).Policy.Messengers; d.Channel == registry.ByMessage && len(names) > 0 {
		lines = append(lines, ours(page.T(c, "notices.people.messengers", "names", strings.Join(names, ", "))))
	}
	if last, some := lastAttempt(d); some && !d.State.Told() {
		lines = append(lines, answerText(c, d, last))
	}
	lines = append(lines, returnedLines(c, d)...)
	if d.State == incidents.Deferred && !d.NextAt.IsZero() {
		lines = append(lines, ours(page.T(c, "notices.people.again", "at", page.FormatShort(page.Lang(c), d.NextAt, page.Zone(c)))))
	}
	return lines
}

func lastAttempt(d incidents.Delivery) (incidents.Attempt, bool) {
	if len(d.Attempts) == 0 {
		return incidents.Attempt{}, false
	}
	return d.Attempts[len(d.Attempts)-1], true
}

type answersPage struct {
	page.View
	Head  head
	Rows  []answerRow
	Pager page.Pager
	// Version is the fingerprint of the text that was approved.
	Version string
}

// answerRow is one reader with every answer the server gave about him.
type answerRow struct {
	personRow
	Way     string
	Tongue  string   // the language in which he is written to
	Sent    []string // through which servers, and under which Message-ID, his mail left
	Answers []answerLine
	None    string // when there is no answer
	Read    string // when the reader said that he read it
}

type answerLine struct {
	At string
	said
}

// answers lists every reader of an approved notice with the server's answers.
func (a *Area) answers(c echo.Context) error {
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
	pager := page.PagerOf(c)
	rows, err := a.store.DeliveriesOf(c.Request().Context(), n.PracticeID, n.ID, nil, pager.After, pageSize+1)
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		pager = pager.Follow(rows[pageSize-1].ID)
	}
	v := &answersPage{View: page.NewView(c, "notices.answers.title").BackTo("/notices/" + n.ID + "/progress").Broad(), Head: headOf(c, inc, n), Pager: pager, Version: n.TextHash}
	names, err := a.aboutNames(c.Request().Context(), n.PracticeID, rows)
	if err != nil {
		return err
	}
	for _, d := range rows {
		row := answersOf(c, d, names)
		row.Tongue, row.Sent = page.T(c, "notices.lang."+d.Language), sentLines(c, d, n.Sender.Email)
		v.Rows = append(v.Rows, row)
	}
	return a.site.Render(c, http.StatusOK, "notices/answers.html", v)
}

func answersOf(c echo.Context, d incidents.Delivery, names map[string]string) answerRow {
	row := answerRow{personRow: rowOf(c, d, names), Way: page.T(c, "notices.way."+string(d.Channel)), None: page.T(c, "notices.answers.none"), Read: readText(c, d)}
	if d.Channel != registry.ByEmail {
		row.None = page.T(c, "notices.answers.not_told")
	}
	row.Lines = linesOf(reachText(d.Channel, d.To.Email, d.To.Phone, d.To.PostalAddress))
	for _, x := range d.Attempts {
		row.Answers = append(row.Answers, answerLine{At: page.FormatShort(page.Lang(c), x.At, page.Zone(c)), said: answerText(c, d, x)})
	}
	for _, line := range returnedLines(c, d) {
		row.Answers = append(row.Answers, answerLine{said: line})
	}
	if told := toldText(c, d); told != "" {
		row.Answers = append(row.Answers, answerLine{said: ours(told)})
	}
	return row
}

// toldText says what a person recorded about a reader, "" when nobody did.
func toldText(c echo.Context, d incidents.Delivery) string {
	at := page.FormatMoment(page.Lang(c), d.ToldAt, page.Zone(c))
	switch d.State {
	case incidents.ToldByPerson:
		return page.T(c, "notices.people.told_by."+d.To.By, "at", at)
	case incidents.Unreachable:
		return page.T(c, "notices.people.given_up", "at", at)
	default:
		return ""
	}
}
