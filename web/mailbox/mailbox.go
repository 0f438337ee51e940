// Package mailbox shows the mail that the demo caught. It exists in the demo
// alone, where nothing leaves the machine, and asks for no login: people look
// over it, and scripts read it as JSON.
//
// Every mail is taken for hostile: its words are escaped, its HTML stands in a
// sandbox without scripts and without any address outside.
package mailbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/page"
)

// Caught is one mail as the demo's mail server took it.
type Caught struct {
	ID   string    // digits, growing
	At   time.Time // UTC
	From string    // envelope sender
	To   []string  // envelope recipients
	Raw  []byte    // as it came, CRLF line ends
}

// Mails is where caught mail is kept.
type Mails interface {
	// Mails lists the newest first, at most limit, older than the id before ("": the newest).
	Mails(before string, limit int) []Caught
	// Mail returns one mail, false when there is none of that id.
	Mail(id string) (Caught, bool)
}

// Options is what an Area is made of.
type Options struct {
	Mails Mails
}

// Area is the mailbox. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

const (
	pageSize  = 50
	mostItems = 500 // of one JSON list
)

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	public := site.Public(e)
	public.GET("/mailbox", a.list)
	public.GET("/mailbox.json", a.listJSON)
	public.GET("/mailbox/:id", a.one)
	public.GET("/mailbox/:id/html", a.html)
}

// line is one mail of the list.
type line struct {
	ID      string
	At      time.Time
	From    string
	To      string
	Subject string
}

type listPage struct {
	page.View
	Mails []line
	Pager page.Pager
}

func (a *Area) list(c echo.Context) error {
	pager := page.PagerOf(c)
	found := a.opts.Mails.Mails(pager.After, pageSize+1)
	if len(found) > pageSize {
		found = found[:pageSize]
		pager = pager.Follow(found[pageSize-1].ID)
	}
	v := &listPage{View: page.NewView(c, "mailbox.title").Broad(), Pager: pager}
	for _, m := range found {
		shown := read(m)
		v.Mails = append(v.Mails, line{ID: m.ID, At: m.At, From: shown.From, To: shown.To, Subject: shown.Subject})
	}
	return a.site.Render(c, http.StatusOK, "mailbox/list.html", v)
}

type mailPage struct {
	page.View
	ID   string
	At   time.Time
	Mail message
	// Envelope is who the server was told about, which the headers may hide.
	Envelope []string
	Raw      string
	Cut      bool // only the beginning of Raw is shown
}

// mostRaw is how much of a mail's source a page shows.
const mostRaw = 64 << 10

// one answers for a mail in each of its forms: the page, .json and .eml.
func (a *Area) one(c echo.Context) error {
	id := c.Param("id")
	if plain, asked := strings.CutSuffix(id, ".json"); asked {
		return a.oneJSON(c, plain)
	}
	if plain, asked := strings.CutSuffix(id, ".eml"); asked {
		return a.raw(c, plain)
	}
	m, found := a.opts.Mails.Mail(id)
	if !found {
		return fault.NotFound
	}
	shown := read(m)
	raw, cut := m.Raw, len(m.Raw) > mostRaw
	if cut {
		raw = raw[:mostRaw]
	}
	v := &mailPage{View: page.NewView(c, "mailbox.title").BackTo("/mailbox"), ID: m.ID, At: m.At, Mail: shown,
		Envelope: m.To, Raw: strings.ReplaceAll(valid(raw), "\r\n", "\n"), Cut: cut}
	if shown.Subject != "" {
		v.Title = shown.Subject
	}
	return a.site.Render(c, http.StatusOK, "mailbox/mail.html", v)
}

// html is the HTML part alone, for the frame on the mail's page.
func (a *Area) html(c echo.Context) error {
	m, found := a.opts.Mails.Mail(c.Param("id"))
	if !found {
		return fault.NotFound
	}
	page.Framed(c)
	noStore(c)
	return c.HTML(http.StatusOK, read(m).HTML)
}

func (a *Area) raw(c echo.Context, id string) error {
	m, found := a.opts.Mails.Mail(id)
	if !found {
		return page.Problem(c, fault.NotFound)
	}
	noStore(c)
	name := "mail.eml"
	if _, err := strconv.ParseUint(m.ID, 10, 64); err == nil {
		name = m.ID + ".eml"
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "message/rfc822", m.Raw)
}

// item is one mail of the JSON list.
type item struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	From    string    `json:"from"` // envelope
	To      []string  `json:"to"`   // envelope
	Subject string    `json:"subject"`
}

// whole is one mail as JSON.
type whole struct {
	item
	Headers map[string][]string `json:"headers"`
	Text    string              `json:"text"`
	HTML    string              `json:"html"`
}

func itemOf(m Caught, shown message) item {
	to := m.To
	if to == nil {
		to = []string{}
	}
	return item{ID: m.ID, At: m.At.UTC(), From: m.From, To: to, Subject: shown.Subject}
}

func (a *Area) listJSON(c echo.Context) error {
	limit := pageSize
	if asked := c.QueryParam("limit"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > mostItems {
			return page.Problem(c, &fault.Error{Code: fault.Invalid, Field: "limit", Key: "error.limit", Message: "ask for 1 to 500"})
		}
		limit = n
	}
	found := a.opts.Mails.Mails(c.QueryParam("before"), limit+1)
	answer := struct {
		Items []item  `json:"items"`
		Next  *string `json:"next"` // the "before" of the next page
	}{Items: []item{}}
	if len(found) > limit {
		found = found[:limit]
		answer.Next = &found[limit-1].ID
	}
	for _, m := range found {
		answer.Items = append(answer.Items, itemOf(m, read(m)))
	}
	return asJSON(c, answer)
}

func (a *Area) oneJSON(c echo.Context, id string) error {
	m, found := a.opts.Mails.Mail(id)
	if !found {
		return page.Problem(c, fault.NotFound)
	}
	shown := read(m)
	return asJSON(c, whole{item: itemOf(m, shown), Headers: shown.Headers, Text: shown.Text, HTML: shown.HTML})
}

func asJSON(c echo.Context, v any) error {
	noStore(c)
	c.Response().Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	c.Response().WriteHeader(http.StatusOK)
	return json.NewEncoder(c.Response()).Encode(v)
}

func noStore(c echo.Context) { c.Response().Header().Set("Cache-Control", "no-store") }
