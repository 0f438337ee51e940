// Package intake is how incidents come in through pages: the form of one
// question a page, the short way for one mis-sent e-mail, the public form of a
// practice, and the list of reports that a person must look at.
//
// A form is kept as a draft at every step, as typed. The draft's id becomes
// the incident's, so that sending the last page twice makes one incident.
package intake

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
)

// store is what the pages here read and write.
type store interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
	PracticeByCode(ctx context.Context, publicCode string) (registry.Practice, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	Receipt(ctx context.Context, id string) (incidents.Receipt, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	SaveDraft(ctx context.Context, d incidents.Draft) (incidents.Draft, error)
	Draft(ctx context.Context, practice tenant.ID, id string) (incidents.Draft, error)
	Drafts(ctx context.Context, practice tenant.ID, user string, limit int) ([]incidents.Draft, error)
	DropDraft(ctx context.Context, practice tenant.ID, id string) error
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
}

// office is what files, keeps and dismisses.
type office interface {
	File(ctx context.Context, p registry.Practice, n casework.NewCase, by incidents.Actor) (*incidents.Incident, error)
	TriageOnce(ctx context.Context, p registry.Practice, id string, source incidents.Source, words incidents.ReportWords, by incidents.Actor) error
	TriageAt(ctx context.Context, p registry.Practice, source incidents.Source, words incidents.ReportWords, at time.Time, by incidents.Actor) (*incidents.Report, error)
	KeepMail(ctx context.Context, p registry.Practice, raw []byte, processor string, by incidents.Actor) (*incidents.Report, bool, error)
	FileTold(ctx context.Context, p registry.Practice, t casework.Told, by incidents.Actor) (inc *incidents.Incident, joined bool, err error)
	Dismiss(ctx context.Context, practice tenant.ID, report, reason string, by incidents.Actor) error
	Suppliers(practice tenant.ID) *casework.Suppliers
}

// book is where the kinds of breach come from.
type book interface {
	Playbook(id string) (playbooks.Playbook, bool)
	Playbooks() []playbooks.Playbook
	LawOf(p registry.Practice, at time.Time) law.Set
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   book
	Now    func() time.Time
	NewID  func() string
	// BoxSetting is the setting in which the reader of the folder of suppliers' mail
	// notes how it fares.
	BoxSetting string
}

// Area registers the pages. Make it with New.
type Area struct {
	opts       Options
	site       *page.Site
	byAddress  *page.Limiter
	byPractice *page.Limiter
}

// How much the public form takes: five messages at once from one address and
// then one every ten minutes; forty for one practice and then one a minute.
const (
	addressBurst  = 5
	addressEvery  = 10 * time.Minute
	practiceBurst = 40
	practiceEvery = time.Minute
	mostLimits    = 20_000
)

// New returns the area.
func New(opts Options) *Area {
	return &Area{opts: opts,
		byAddress:  page.NewLimiter(addressBurst, addressEvery, mostLimits, opts.Now),
		byPractice: page.NewLimiter(practiceBurst, practiceEvery, mostLimits, opts.Now)}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.FileCases, registry.FileCases)
	for _, l := range lanes() {
		private.GET(l.base, a.begin(l))
		private.GET(l.base+"/:draft/:step", a.step(l))
		private.POST(l.base+"/:draft/:step", a.postStep(l))
	}
	private.GET("/incidents/drafts", a.drafts)
	private.GET("/incidents/drafts/:draft/drop", a.dropping)
	private.POST("/incidents/drafts/:draft/drop", a.drop)
	private.GET("/incidents/:id/filed", a.filed)
	private = private.For(registry.SeeReports, registry.JudgeReports)
	private.GET("/triage", a.triage)
	private.GET("/triage/new", a.paste)
	private.POST("/triage/new", a.postPaste)
	private.GET("/triage/mail", a.mail)
	private.POST("/triage/mail", a.postMail, page.Limit(mostUpload))
	private.GET("/triage/:id", a.report)
	private.GET("/triage/:id/raw", a.raw)
	private.POST("/triage/:id/incident", a.postIncident)
	private.POST("/triage/:id/told", a.postTold)
	private.POST("/triage/:id/dismiss", a.postDismiss)
	public := site.Public(e)
	public.GET("/p/:code", a.public)
	public.POST("/p/:code", a.postPublic)
	public.GET("/p/:code/thanks", a.thanks)
}
