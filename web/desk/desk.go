// Package desk is where a practitioner sees and handles cases: what must happen
// next, the home of one incident with its clocks, tasks and timeline, who is
// affected, the decisions, the authority's answer sheet, the register and the
// printable case file.
//
// It shows what the store holds; every change goes through casework.
package desk

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/law"
	"datalek/incidents/register"
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
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Feeds(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Feed, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
	Drafts(ctx context.Context, practice tenant.ID, user string, limit int) ([]incidents.Draft, error)
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error)
	EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error)
	Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error)
	TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error)
	User(ctx context.Context, id string) (registry.User, error)
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
	CountOpenQuestions(ctx context.Context, practice tenant.ID, incident string) (int64, error)
	CountStuck(ctx context.Context, practice tenant.ID) (int64, error)
	MeasuredIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
}

// office is what the pages change.
type office interface {
	Change(ctx context.Context, practice tenant.ID, id string, c incidents.Change) (*incidents.Incident, error)
	Decide(ctx context.Context, practice tenant.ID, id string, d incidents.Decision) (*incidents.Incident, error)
	RecordFiling(ctx context.Context, p registry.Practice, id string, f incidents.Filing) (*incidents.Incident, error)
	ExplainDelay(ctx context.Context, practice tenant.ID, id string, kind incidents.ClockKind, reason string, by incidents.Actor) (*incidents.Incident, error)
	TellController(ctx context.Context, practice tenant.ID, id string, n incidents.ControllerNotice) (*incidents.Incident, error)
	Override(ctx context.Context, practice tenant.ID, id string, o incidents.Override) (*incidents.Incident, error)
	Close(ctx context.Context, practice tenant.ID, id string, c incidents.Closing) (*incidents.Incident, error)
	Checklist(ctx context.Context, inc *incidents.Incident) ([]incidents.CheckPoint, error)
	MarkStep(ctx context.Context, p registry.Practice, id string, m incidents.StepMark) (*incidents.Incident, error)
	AnswerQuestions(ctx context.Context, practice tenant.ID, id string, answers map[string]string, reason string, by incidents.Actor) (*incidents.Incident, error)
	AddMeasure(ctx context.Context, practice tenant.ID, id string, m incidents.Measure) (*incidents.Incident, error)
	TakeLesson(ctx context.Context, p registry.Practice, id, lesson string, by incidents.Actor) (*incidents.Incident, error)
	ChangeMeasure(ctx context.Context, practice tenant.ID, id, measure string, m incidents.Measure) (*incidents.Incident, error)
	EndMeasure(ctx context.Context, practice tenant.ID, id, measure, note string, dropped bool, by incidents.Actor) (*incidents.Incident, error)
	DecidePerson(ctx context.Context, practice tenant.ID, id string, d incidents.PersonDecision) (*incidents.Incident, error)
	Promise(ctx context.Context, practice tenant.ID, id string, n incidents.NewUpdate) (*incidents.Incident, error)
	MoveUpdate(ctx context.Context, practice tenant.ID, id, update string, at time.Time, reason string, by incidents.Actor) (*incidents.Incident, error)
	KeepUpdate(ctx context.Context, practice tenant.ID, id, update, reason string, by incidents.Actor) (*incidents.Incident, error)
	CountCalls(ctx context.Context, inc *incidents.Incident) (casework.CallCounts, error)
	Reach(ctx context.Context, inc *incidents.Incident) (casework.Reach, error)
	Sheet(ctx context.Context, p registry.Practice, inc *incidents.Incident, id authority.FormID, language string) (authority.Sheet, []authority.Found, error)
	Template(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Template, error)
	AnswerAuthority(ctx context.Context, practice tenant.ID, id string, a incidents.AuthorityAnswers, by incidents.Actor) (*incidents.Incident, error)
	ChooseTraces(ctx context.Context, practice tenant.ID, id string, choices []incidents.TraceChoice) (*incidents.Incident, error)
	Suppliers(practice tenant.ID) *casework.Suppliers
	SeeAlarms(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) error
}

// calendar knows public holidays, for the background reading alone, and writes
// calendar files.
type calendar interface {
	Holiday(country incidents.Country, day registry.Date) bool
	File(list []incidents.Appointment, now time.Time) ([]byte, error)
}

// playbookList names the kinds of breach.
type playbookList interface {
	Playbook(id string) (playbooks.Playbook, bool)
	Playbooks() []playbooks.Playbook
	Law() law.Law
	LawOf(p registry.Practice, at time.Time) law.Set
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   playbookList
	// Calendar is asked for holidays and for calendar files.
	Calendar calendar
	// Pauses shows accounts that the mail server refuses; nil shows none.
	Pauses *pauses.Area
	// PrintSheet writes an authority's sheet as a PDF; nil offers none.
	PrintSheet func(w io.Writer, s authority.Sheet, head []string, made time.Time) error
	// HostPerson says that the host names somebody who hears last of an alarm.
	HostPerson bool
	// CaseFiles makes the file of a case for an authority; nil makes none.
	CaseFiles fileMaker
	// HeadKey checks the host's signatures under the register's heads.
	HeadKey string
}

// Area registers the pages. Make it with New.
type Area struct {
	store  store
	office office
	book   playbookList
	dates  calendar
	pauses *pauses.Area
	site   *page.Site
	paper  func(w io.Writer, s authority.Sheet, head []string, made time.Time) error
	// hostPerson says that the chain of an alarm goes on to the host.
	hostPerson bool
	headKey    string
	files      fileMaker
}

// New returns the area.
func New(opts Options) *Area {
	return &Area{store: opts.Store, office: opts.Office, book: opts.Book, dates: opts.Calendar, pauses: opts.Pauses, paper: opts.PrintSheet, hostPerson: opts.HostPerson, headKey: opts.HeadKey, files: opts.CaseFiles}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeCases, registry.WorkOnCases)
	decide := r.For(registry.Decide, registry.Decide)
	r.For(registry.SeeDesk, registry.SeeDesk).GET("/", a.overview)
	r.GET("/incidents", a.list)
	r.GET("/incidents/:id", a.home)
	r.GET("/incidents/:id/affected", a.affected)
	r.POST("/incidents/:id/affected/search", a.searchAffected)
	r.GET("/incidents/:id/affected/:client", a.override)
	r.POST("/incidents/:id/affected/:client", a.postOverride)
	decide.GET("/incidents/:id/affected/:client/decision", a.deciding)
	decide.POST("/incidents/:id/affected/:client/decision", a.postDeciding)
	r.GET("/incidents/:id/risk", a.risk)
	decide.POST("/incidents/:id/risk", a.postRisk)
	r.GET("/incidents/:id/risk/answers", a.weighing)
	r.POST("/incidents/:id/risk/answers", a.postWeighing)
	r.GET("/incidents/:id/authority", a.authority)
	r.GET("/incidents/:id/authority/sheet", a.sheetPage)
	r.GET("/incidents/:id/authority/sheet.pdf", a.sheetPDF)
	r.GET("/incidents/:id/authority/edpb.json", a.template)
	r.GET("/incidents/:id/authority/answers", a.formAnswers)
	r.POST("/incidents/:id/authority/answers", a.postFormAnswers)
	r.GET("/incidents/:id/authority/check", a.leaving)
	r.POST("/incidents/:id/authority/check", a.postLeaving)
	decide.GET("/incidents/:id/authority/filing", a.filing)
	decide.POST("/incidents/:id/authority/filing", a.postFiling)
	decide.GET("/incidents/:id/authority/decision", a.authorityDecision)
	decide.POST("/incidents/:id/authority/decision", a.postAuthorityDecision)
	decide.GET("/incidents/:id/controller", a.controller)
	decide.POST("/incidents/:id/controller", a.postController)
	r.GET("/incidents/:id/delay/:clock", a.delay)
	r.POST("/incidents/:id/delay/:clock", a.postDelay)
	r.GET("/incidents/:id/updates/:audience", a.update)
	r.POST("/incidents/:id/updates/:audience", a.postUpdate)
	r.POST("/incidents/:id/updates/:audience/move", a.postUpdateMove)
	r.POST("/incidents/:id/updates/:audience/kept", a.postUpdateKept)
	r.GET("/incidents/:id/deadlines.ics", a.deadlines)
	r.POST("/incidents/:id/seen", a.postSeen)
	r.GET("/incidents/:id/facts", a.facts)
	r.POST("/incidents/:id/facts", a.postFacts)
	r.GET("/incidents/:id/measures", a.measures)
	r.POST("/incidents/:id/measures", a.postMeasures)
	r.POST("/incidents/:id/measures/add", a.postMeasureAdd)
	r.GET("/incidents/:id/measures/:measure", a.measure)
	r.POST("/incidents/:id/measures/:measure", a.postMeasure)
	r.POST("/incidents/:id/measures/:measure/end", a.postMeasureEnd)
	r.For(registry.SeeAllCases, registry.WorkOnCases).GET("/measures", a.openMeasures)
	r.GET("/incidents/:id/steps/:step", a.step)
	r.POST("/incidents/:id/steps/:step", a.postStep)
	r.GET("/incidents/:id/answers", a.answers)
	r.POST("/incidents/:id/answers", a.postAnswers)
	r.GET("/incidents/:id/whose", a.whose)
	r.POST("/incidents/:id/whose", a.postWhose)
	decide.GET("/incidents/:id/close", a.closing)
	decide.POST("/incidents/:id/close", a.postClosing)
	r.GET("/incidents/:id/file", a.caseFile)
	r.For(registry.ExportRegister, registry.ExportRegister).POST("/incidents/:id/file/bundle", a.postBundle)
	r = r.For(registry.SeeRegister, registry.SeeRegister)
	r.GET("/register", a.registerPage)
	r.GET("/register/log", a.registerLog)
	r.For(registry.ExportRegister, registry.ExportRegister).GET("/register/export", a.export)
}

// load returns the incident that the address names. Another practice's is not
// found.
func (a *Area) load(c echo.Context) (*incidents.Incident, error) {
	inc, err := a.store.Incident(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return nil, fmt.Errorf("load incident: %w", err)
	}
	return inc, nil
}

// loadForm returns the incident that the address names, and the form sent to it.
func (a *Area) loadForm(c echo.Context) (*incidents.Incident, *page.Form, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, nil, err
	}
	form, err := page.ReadForm(c)
	return inc, form, err
}

// homeOf returns the address of an incident's home.
func homeOf(inc *incidents.Incident) string { return "/incidents/" + inc.ID }

// kindOf names the kind of breach in the page's language.
func (a *Area) kindOf(c echo.Context, inc *incidents.Incident) string {
	if p, known := a.book.Playbook(inc.Facts.Playbook); known {
		return p.Title[page.Lang(c)]
	}
	return inc.Facts.Playbook
}

// systemNames maps the ids of a practice's systems to their names.
func (a *Area) systemNames(ctx context.Context, practice tenant.ID) (map[string]string, error) {
	names := map[string]string{}
	after := ""
	for {
		systems, err := a.store.Systems(ctx, practice, after, 200)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		for _, s := range systems {
			names[s.ID] = s.Name
		}
		if len(systems) < 200 {
			return names, nil
		}
		after = systems[len(systems)-1].ID
	}
}
