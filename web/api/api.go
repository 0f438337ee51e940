// Package api is the machines' door: JSON under /api/v1, described by
// openapi.yaml, bound by a bearer token to one practice. Handlers decode, make
// one call of casework or the store, and answer.
package api

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

//go:embed openapi.yaml
var description []byte

// store is what the API reads without a change.
type store interface {
	TokenByHash(ctx context.Context, hash string) (registry.Token, error)
	TouchToken(ctx context.Context, practice tenant.ID, id string, at time.Time) error
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	System(ctx context.Context, practice tenant.ID, id string) (registry.System, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	ReportsOf(ctx context.Context, practice tenant.ID, processor, after string, limit int) ([]*incidents.Report, error)
	Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error)
	EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error)
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error)
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
	MeasuredIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	importStore
	requestStore
	rightsStore
	treeStore
}

// Options is what the area needs.
type Options struct {
	Store  store
	Office *casework.Office
	Now    func() time.Time
	// HTML makes a notice's HTML part from its text.
	HTML func(incidents.Text) string
	// StreamLife is how long a stream of events lasts; then the listener comes
	// again and shows anew that he may. 0 is half an hour.
	StreamLife time.Duration
	// Calendar writes calendar files.
	Calendar calendar
	// Print writes letters as one PDF; made stands in it as its date.
	Print func(w io.Writer, letters []incidents.Letter, made time.Time) error
	// Book is where policies that practices began with are called by their names.
	Book policyBook
	// CaseFiles makes the file of a case for an authority; nil makes none.
	CaseFiles fileMaker
	// PrintDossier writes all that is held about one person as a PDF.
	PrintDossier func(w io.Writer, p request.Paper, made time.Time) error
	// Look reads a processor's message centre now; fault.Conflict while somebody else does.
	Look func(ctx context.Context, practice tenant.ID, processor string) (registry.Feed, error)
	// HeadKey checks the host's signatures under the registers' heads.
	HeadKey string
	// ReadingAt is the address of a practice's page for readers; nil, or "", has none.
	ReadingAt func(p registry.Practice) string
}

// readingAt is the address of a practice's page for readers, "" for none.
func (a *Area) readingAt(p registry.Practice) string {
	if a.opts.ReadingAt == nil {
		return ""
	}
	return a.opts.ReadingAt(p)
}

type calendar interface {
	File(list []incidents.Appointment, now time.Time) ([]byte, error)
}

// Area is the API.
type Area struct {
	opts      Options
	words     *page.Words
	log       *slog.Logger
	baseURL   string
	byToken   *page.Limiter
	byAddress *page.Limiter
	looks     *page.Limiter // at message centres, by practice
	tries     *page.Limiter // of processors' addresses, by practice
	door      http.Handler  // the whole site, so that a test goes through the real door
	scopes    map[string]registry.Scope
}

// Limits: a machine token may make at least 100 requests a second (design
// section 10); an address without one may knock now and then.
const (
	jsonLimit    = 4 << 20
	importLimit  = 64 << 20
	tokenBurst   = 400
	tokenEvery   = 5 * time.Millisecond
	addressBurst = 60
)

// New returns the area.
func New(o Options) *Area {
	if o.StreamLife == 0 {
		o.StreamLife = 30 * time.Minute
	}
	return &Area{opts: o, scopes: Scopes(),
		looks:     page.NewLimiter(6, 20*time.Second, 10_000, o.Now),
		tries:     page.NewLimiter(12, 10*time.Second, 10_000, o.Now),
		byToken:   page.NewLimiter(tokenBurst, tokenEvery, 10_000, o.Now),
		byAddress: page.NewLimiter(addressBurst, time.Second, 10_000, o.Now)}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.words, a.baseURL, a.log, a.door = site.Words(), site.BaseURL(), site.Log(), e
	e.GET(prefix+"/openapi.yaml", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/yaml", description)
	})
	site.Public(e).Stream("/api/v1/events", a.getEvents, a.authenticate)
	site.Declare(http.MethodGet, "/api/v1/events", registry.SeeAllCases)
	group := e.Group(prefix, a.authenticate, bound)
	g := doors{site: site, group: group}
	a.questionRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.rightsRoutes(g.For(registry.SeeRequests, registry.AnswerRequests))
	a.catalogueRoutes(g.For(registry.SeeSystems, registry.KeepSystems))
	a.incidentRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.updateRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.stepRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.preliminaryRoutes(g.For(registry.SeeCases, registry.Decide))
	a.noticeRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.callRoutes(g.For(registry.SeeCases, registry.WorkOnCases))
	a.registerRoutes(g.For(registry.SeeRegister, registry.SeeRegister))
	a.treeRoutes(g.For(registry.CheckRegister, registry.CheckRegister))
	a.riskRoutes(g.For(registry.SeeCases, registry.SeeCases))
	a.annualRoutes(g.For(registry.SeeAnnual, registry.SeeAnnual))
	a.policyRoutes(g.For(registry.SeeSettings, registry.ChangeSettings))
	a.retentionRoutes(g.For(registry.SeeDestruction, registry.ConfirmDestruction))
	group.Any("/*", func(echo.Context) error { return fault.NotFound })
}

const practiceKey = "datalek.api.practice"

// caller is who calls: the practice the token is bound to, and the token.
type caller struct {
	practice registry.Practice
	token    string
	zone     *time.Location
	// secrets says that it may see and change the secrets of processors' addresses.
	secrets bool
}

func (c caller) actor() incidents.Actor {
	return incidents.Actor{Kind: register.ActorAPI, ID: c.token}
}

func callerOf(c echo.Context) caller {
	who, _ := c.Get(practiceKey).(caller)
	return who
}

// authenticate binds the request to the token's practice, or answers 401.
func (a *Area) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		scheme, token, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return a.refuse(c)
		}
		if ok, wait := a.byToken.Allow(token); !ok {
			return page.TooMany(c, wait)
		}
		known, err := a.opts.Store.TokenByHash(c.Request().Context(), casework.HashToken(token))
		if errors.Is(err, fault.NotFound) {
			return a.refuse(c)
		}
		if err != nil {
			return err
		}
		if err := a.mayCall(c, known); err != nil {
			return err
		}
		a.noteUse(c, known)
		practice, err := a.opts.Store.Practice(c.Request().Context(), known.PracticeID)
		if err != nil {
			return err
		}
		zone, err := practice.Zone()
		if err != nil {
			return err
		}
		who := caller{practice: practice, token: known.ID, zone: zone, secrets: known.May(registry.ScopeAddresses.Write())}
		c.Set(practiceKey, who)
		page.As(c, practice, who.actor())
		return next(c)
	}
}

// noteUse writes down that the token was used, once an hour. A store that cannot
// keep it stops nobody's call.
func (a *Area) noteUse(c echo.Context, t registry.Token) {
	now := a.opts.Now()
	if !t.Unnoted(now) {
		return
	}
	err := a.opts.Store.TouchToken(c.Request().Context(), t.PracticeID, t.ID, now)
	if err != nil && !errors.Is(err, fault.NotFound) {
		a.log.Warn("the use of a token is not noted", "practice", t.PracticeID, "token", t.ID, "error", err)
	}
}

func (a *Area) refuse(c echo.Context) error {
	if ok, wait := a.byAddress.Allow(page.Address(c)); !ok {
		return page.TooMany(c, wait)
	}
	c.Response().Header().Set("WWW-Authenticate", `Bearer realm="datalek"`)
	return echo.NewHTTPError(http.StatusUnauthorized, "send the practice's token as Authorization: Bearer …")
}

// bound keeps answers out of caches and limits the body and the time of every call; an import may take longer.
func bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		limit, within := int64(jsonLimit), 30*time.Second
		if strings.HasSuffix(c.Path(), "/clients/import") {
			limit, within = importLimit, 5*time.Minute
			page.TakeTime(c)
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}
