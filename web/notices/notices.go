// Package notices is everything about telling people: drafting a message for
// an audience, reading it beside the facts it rests on, approving it, watching
// it go out, and recording who was told by phone, by letter or in person.
//
// It shows what the store holds; every change goes through casework.
package notices

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/pauses"
)

// store is what the pages read.
type store interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error)
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	User(ctx context.Context, id string) (registry.User, error)
	memberStore
	CountDeliveries(ctx context.Context, practice tenant.ID, notice string) (map[incidents.DeliveryState]int, error)
}

// office is what the pages change.
type office interface {
	preliminaryOffice
	Draft(ctx context.Context, p registry.Practice, incident string, audience incidents.Audience, by incidents.Actor) (*incidents.Notice, error)
	DraftUpdate(ctx context.Context, p registry.Practice, incident string, audience incidents.Audience, by incidents.Actor) (*incidents.Notice, error)
	Edit(ctx context.Context, practice tenant.ID, notice string, texts []incidents.Text, by incidents.Actor, still ...casework.Still) (*incidents.Notice, error)
	Withdraw(ctx context.Context, practice tenant.ID, notice string, by incidents.Actor) (*incidents.Notice, error)
	Readers(ctx context.Context, p registry.Practice, notice string) (*incidents.Notice, []incidents.Recipiency, error)
	Approve(ctx context.Context, p registry.Practice, notice string, a casework.Approval) (*incidents.Notice, error)
	Trial(ctx context.Context, p registry.Practice, notice string, voice incidents.Voice, email string) error
	Told(ctx context.Context, practice tenant.ID, delivery string, w casework.Word) (incidents.Delivery, error)
	Unreachable(ctx context.Context, practice tenant.ID, delivery string, w casework.Word) (incidents.Delivery, error)
	Letters(ctx context.Context, n *incidents.Notice, all bool, after string) (rows []incidents.Delivery, next string, err error)
	Posted(ctx context.Context, practice tenant.ID, notice string, ids []string, w casework.Word) (int, error)
	Tried(ctx context.Context, practice tenant.ID, delivery string, w casework.Word) (incidents.Delivery, error)
	AllCalls(ctx context.Context, inc *incidents.Incident, state incidents.CallState) ([]casework.Call, error)
	CountCalls(ctx context.Context, inc *incidents.Incident) (casework.CallCounts, error)
	Reach(ctx context.Context, inc *incidents.Incident) (casework.Reach, error)
	Announce(ctx context.Context, practice tenant.ID, incident string, n casework.NewAnnouncement) (*incidents.Incident, error)
	TakeBack(ctx context.Context, practice tenant.ID, incident, id, reason string, by incidents.Actor) (*incidents.Incident, error)
}

// playbookList names the kinds of breach.
type playbookList interface {
	Playbook(id string) (playbooks.Playbook, bool)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   playbookList
	// Pace is how often an open stream of progress looks at the store; 0 means
	// once a second.
	Pace time.Duration
	// Print writes letters as a PDF.
	Print printer
	// Pauses shows accounts that the mail server refuses; nil shows none.
	Pauses *pauses.Area
	// ReadingAt is the address of a practice's page for readers; nil, or "", has none.
	ReadingAt func(p registry.Practice) string
}

// Area registers the pages. Make it with New.
type Area struct {
	store  store
	office office
	book   playbookList
	pace   time.Duration
	paper  printer
	pauses *pauses.Area
	site   *page.Site
	pageOf func(p registry.Practice) string
}

// pageSize is how many people a page lists.
const pageSize = 50

// New returns the area.
func New(o Options) *Area {
	if o.Pace == 0 {
		o.Pace = time.Second
	}
	return &Area{store: o.Store, office: o.Office, book: o.Book, pace: o.Pace, paper: o.Print, pauses: o.Pauses, pageOf: o.ReadingAt}
}

// readingAt is the address of the practice's page for readers, "" for none.
func (a *Area) readingAt(c echo.Context) string {
	if a.pageOf == nil {
		return ""
	}
	return a.pageOf(page.Practice(c))
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeCases, registry.WorkOnCases)
	decide, approve := r.For(registry.Decide, registry.Decide), r.For(registry.Countersign, registry.Countersign)
	r.GET("/incidents/:id/notices", a.list)
	r.POST("/incidents/:id/notices", a.postDraft)
	r.GET("/incidents/:id/telling", a.telling)
	r.GET("/incidents/:id/preliminary", a.preliminary)
	r.GET("/incidents/:id/preliminary/:audience/readers", a.preliminaryReaders)
	r.GET("/incidents/:id/preliminary/:audience/mail", a.preliminaryMail)
	decide.POST("/incidents/:id/preliminary/stop", a.postStopPreliminary)
	decide.POST("/incidents/:id/preliminary/resume", a.postResumePreliminary)
	r.GET("/notices/:id", a.draft)
	r.POST("/notices/:id/text", a.postText)
	r.POST("/notices/:id/trial", a.postTrial)
	r.POST("/notices/:id/withdraw", a.postWithdraw)
	r.GET("/notices/:id/preview", a.preview)
	r.GET("/notices/:id/preview/html", a.previewHTML)
	r.GET("/notices/:id/readers", a.readers)
	approve.GET("/notices/:id/approve", a.approve)
	approve.POST("/notices/:id/approve", a.postApprove)
	r.GET("/notices/:id/progress", a.progress)
	r.GET("/notices/:id/answers", a.answers)
	r.GET("/notices/:id/calls", a.calls)
	r.Stream("/notices/:id/events", a.events)
	r.GET("/deliveries/:id", a.person)
	r.POST("/deliveries/:id/told", a.postTold)
	r.POST("/deliveries/:id/unreachable", a.postUnreachable)
	r.POST("/deliveries/:id/tried", a.postTried)
	r.GET("/incidents/:id/calls", a.caseCalls)
	r.GET("/incidents/:id/calls/print", a.printCalls)
	decide.GET("/incidents/:id/announcement", a.announcement)
	decide.POST("/incidents/:id/announcement", a.postAnnouncement)
	decide.POST("/incidents/:id/announcement/undo", a.postUndoAnnouncement)
	r.GET("/deliveries/:id/letter", a.letter)
	r.GET("/deliveries/:id/letter.pdf", a.letterPDF)
	r.GET("/notices/:id/letters", a.letters)
	r.GET("/notices/:id/letters.pdf", a.lettersPDF)
	r.POST("/notices/:id/letters/posted", a.postPosted)
}

// incident loads the case in the address, if it is this practice's.
func (a *Area) incident(c echo.Context) (*incidents.Incident, error) {
	return a.store.Incident(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
}

// notice loads the notice in the address, if it is this practice's.
func (a *Area) notice(c echo.Context) (*incidents.Notice, error) {
	return a.store.Notice(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
}

// incidentOf loads the case that a notice is about.
func (a *Area) incidentOf(c echo.Context, n *incidents.Notice) (*incidents.Incident, error) {
	return a.store.Incident(c.Request().Context(), n.PracticeID, n.IncidentID)
}

// approved reports whether a notice's text and readers are pinned.
func approved(n *incidents.Notice) bool {
	return n.State == incidents.NoticeIsApproved || n.State == incidents.NoticeIsSending || n.State == incidents.NoticeIsSent
}
