// Package supplier holds two sides of one report. Its supplier opens a page by the
// secret link of the answer it was given, and sees what became of its message: how
// it was read, how many customers it reached, and what Art. 33(3) still lacks, which
// it can answer there. The practice sees all that a supplier reported, whether it
// was in time, and a letter that asks after the rest.
//
// The supplier's page names no practice and nobody's client. Its link works until
// three months after the last message of the case.
package supplier

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
)

type store interface {
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	ReceiptByStatus(ctx context.Context, statusHash string) (incidents.Receipt, error)
	ReceiptsOfCase(ctx context.Context, caseHash string, limit int) ([]incidents.Receipt, error)
	CountReach(ctx context.Context, receipts []string) (incidents.Reached, error)
	SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	ReportsOf(ctx context.Context, practice tenant.ID, processor, after string, limit int) ([]*incidents.Report, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
}

type office interface {
	Suppliers(practice tenant.ID) *casework.Suppliers
}

// reader makes out what a message says, as the workers do.
type reader interface {
	Read(raw []byte, headers map[string]string, received time.Time) advisory.Advisory
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Reader reader
	Now    func() time.Time
	NewID  func() string
	// Nudge tells workers in the same process that a receipt waits; may be nil.
	Nudge func()
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
	// byAddress bounds how often one sender may try links, byLink how often one link
	// is opened, answers how often it is answered.
	byAddress, byLink, answers *page.Limiter
}

const (
	mostToken  = 100
	mostKeys   = 10_000
	mostOfCase = 100 // messages of one case that a page looks at
)

// New returns the area.
func New(o Options) *Area {
	if o.Nudge == nil {
		o.Nudge = func() {}
	}
	return &Area{opts: o,
		byAddress: page.NewLimiter(30, 2*time.Second, mostKeys, o.Now),
		byLink:    page.NewLimiter(60, time.Second, mostKeys, o.Now),
		answers:   page.NewLimiter(10, time.Minute, mostKeys, o.Now)}
}

// Path is where the supplier's page of a token stands, below the site's address.
func Path(token string) string { return "/reported/" + token }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	public := site.Public(e)
	public.GET("/reported/:token", a.show)
	public.POST("/reported/:token", a.answer)
	private := site.Private(e).For(registry.SeeReports, registry.JudgeReports)
	private.GET("/processors/:id/reports", a.reports)
	private.GET("/processors/:id/reports/:report", a.ask)
}
