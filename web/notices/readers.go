package notices

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

type readersPage struct {
	page.View
	Head  head
	Count []string
	Rows  []readerRow
	Pager page.Pager
}

// readerRow is one reader of a draft, how he is reached and why so.
type readerRow struct {
	Name     string
	About    string // whom it is about, when that is another person
	Way      string
	Lines    []string // of the address or number
	Language string
	Why      string
}

// readers lists who would read a draft. Once it is approved the answers page
// shows the list that was pinned.
func (a *Area) readers(c echo.Context) error {
	n, readers, err := a.office.Readers(c.Request().Context(), page.Practice(c), c.Param("id"))
	if err != nil {
		return err
	}
	if approved(n) {
		return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID+"/answers")
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	v := &readersPage{View: page.NewView(c, "notices.readers.title").BackTo("/notices/" + n.ID).Broad(), Head: headOf(c, inc, n)}
	return a.renderReaders(c, v, readers)
}

// renderReaders shows one page of a list of readers.
func (a *Area) renderReaders(c echo.Context, v *readersPage, readers []incidents.Recipiency) error {
	pager := page.PagerOf(c)
	shown := readers
	if pager.After != "" {
		at := slices.IndexFunc(readers, func(r incidents.Recipiency) bool { return readerKey(r.Person, r.Reader) == pager.After })
		shown = readers[at+1:]
	}
	if len(shown) > pageSize {
		shown = shown[:pageSize]
		pager = pager.Follow(readerKey(shown[pageSize-1].Person, shown[pageSize-1].Reader))
	}
	v.Count, v.Pager = sizeOf(readers).lines(c), pager
	var err error
	if v.Rows, err = a.readerRows(c, shown); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "notices/readers.html", v)
}

// readerKey names a reader of a notice about one person, safe in addresses.
func readerKey(person, reader string) string { return person + "." + reader }

func (a *Area) readerRows(c echo.Context, readers []incidents.Recipiency) ([]readerRow, error) {
	var others []string
	for _, r := range readers {
		if r.Person != r.Reader {
			others = append(others, r.Person)
		}
	}
	names, err := a.names(c.Request().Context(), page.Practice(c).ID, others)
	if err != nil {
		return nil, err
	}
	var rows []readerRow
	for _, r := range readers {
		row := readerRow{Name: orFirst(r.Name, r.Email), Way: page.T(c, "notices.way."+string(r.Channel)), Language: voiceName(c, r.Voice())}
		if r.Person != r.Reader {
			row.About = names[r.Person]
		}
		if r.Why != "" {
			row.Why = whyText(c, r.Why)
		}
		row.Lines = linesOf(reachText(r.Channel, r.Email, r.Phone, r.Address))
		rows = append(rows, row)
	}
	return rows, nil
}

// names returns the names of clients by id.
func (a *Area) names(ctx context.Context, practice tenant.ID, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for part := range slices.Chunk(ids, 500) {
		clients, err := a.store.ClientsByIDs(ctx, practice, part)
		if err != nil {
			return nil, fmt.Errorf("look up names: %w", err)
		}
		for _, x := range clients {
			names[x.ID] = x.Person.Name
		}
	}
	return names, nil
}

// reachText is the address or number that belongs to a way.
func reachText(way registry.Channel, email, phone, address string) string {
	switch way {
	case registry.ByEmail:
		return email
	case registry.ByLetter:
		return address
	default:
		return phone
	}
}

// linesOf parts an address into its lines.
func linesOf(text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

func orFirst(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
