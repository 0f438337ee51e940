// Package reading is the page on which who got a notice sees it again. He types
// the code from his mail and the address it came to, on the practice's own
// address; then he can say that he read it, and ask something. It also shows the
// practice what was asked.
//
// Nothing here tells a guesser what he hit: whatever is wrong gets the same words
// after the same time, and how often one may try is bounded. Codes and addresses
// come in forms alone; they stand in no address, log or figure.
package reading

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
)

// store is what the pages read, and where sessions lie.
type store interface {
	PracticeByCode(ctx context.Context, publicCode string) (registry.Practice, error)
	Session(ctx context.Context, tokenHash string, now time.Time) (data []byte, found bool, err error)
	SaveSession(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error
	DropSession(ctx context.Context, tokenHash string) error
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error)
	Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error)
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
}

// office is what opens notices, and what readers and the practice change.
type office interface {
	OpenReading(ctx context.Context, p registry.Practice, code, email string) (incidents.Delivery, error)
	Reading(ctx context.Context, p registry.Practice, delivery string) (casework.Reading, error)
	ConfirmRead(ctx context.Context, p registry.Practice, r casework.Reading, delivery string) error
	Ask(ctx context.Context, p registry.Practice, r casework.Reading, form, text string) error
	AnswerBy(p registry.Practice, asked time.Time) (registry.Date, bool)
	AnswerQuestion(ctx context.Context, practice tenant.ID, id, by, note string, actor incidents.Actor) (incidents.ReaderQuestion, error)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Now    func() time.Time
	// AnswerTime is how long every look at a code takes, whatever comes of it; 0
	// is a quarter of a second.
	AnswerTime time.Duration
}

// Area registers the pages. Make it with New.
type Area struct {
	opts   Options
	site   *page.Site
	limits *limits
}

const answerTime = 250 * time.Millisecond

// New returns the area.
func New(o Options) *Area {
	if o.AnswerTime == 0 {
		o.AnswerTime = answerTime
	}
	return &Area{opts: o, limits: newLimits(o.Now)}
}

// Path is where readers of a practice's notices go, below the site's address.
func Path(p registry.Practice) string { return "/p/" + url.PathEscape(p.PublicCode) + "/lees" }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	public := site.Public(e)
	public.GET("/p/:code/lees", a.show)
	public.POST("/p/:code/lees", a.open)
	public.POST("/p/:code/lees/read", a.confirm)
	public.POST("/p/:code/lees/question", a.ask)
	public.POST("/p/:code/lees/done", a.done)
	private := site.Private(e).For(registry.SeeCases, registry.WorkOnCases)
	private.For(registry.SeeAllCases, registry.WorkOnCases).GET("/questions", a.list)
	private.GET("/incidents/:id/questions", a.listOf)
	private.GET("/questions/:id", a.question)
	private.POST("/questions/:id/answered", a.answered)
}

// secure reports whether browsers reach the site over TLS.
func (a *Area) secure() bool { return strings.HasPrefix(a.site.BaseURL(), "https://") }
