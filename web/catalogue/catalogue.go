// Package catalogue is where a practice says what it keeps about whom: its
// systems, the processors that hold some of them, and its clients, one by one
// or by a list from another program.
//
// Every change goes through casework, where the API's go too.
package catalogue

import (
	"context"
	"fmt"
	"io"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
)

// store is what the pages read.
type store interface {
	System(ctx context.Context, practice tenant.ID, id string) (registry.System, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
	CountClients(ctx context.Context, practice tenant.ID) (int64, error)
	Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error)
	Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error)
}

// office is what the pages change.
type office interface {
	SaveSystem(ctx context.Context, s registry.System) (registry.System, bool, error)
	EndSystem(ctx context.Context, practice tenant.ID, id string) error
	ResumeSystem(ctx context.Context, practice tenant.ID, id string) error
	SaveProcessor(ctx context.Context, p registry.Processor) (registry.Endpoint, bool, error)
	EndProcessor(ctx context.Context, practice tenant.ID, id string) error
	ResumeProcessor(ctx context.Context, practice tenant.ID, id string) error
	SaveTokenDoor(ctx context.Context, practice tenant.ID, processor string, door registry.Door, claims registry.TokenClaims) (registry.Endpoint, bool, error)
	DoorOf(ctx context.Context, practice tenant.ID, processor string, door registry.Door) (registry.Endpoint, bool, error)
	CheckClients(ctx context.Context, p registry.Practice, inputs []casework.ClientInput) ([]registry.Client, error)
	RetentionOf(ctx context.Context, p registry.Practice, c registry.Client) ([]retention.Due, error)
	AddClient(ctx context.Context, p registry.Practice, in casework.ClientInput) (registry.Client, error)
	ChangeClient(ctx context.Context, p registry.Practice, id string, version int64, change func(*casework.ClientInput) error) (registry.Client, error)
	Import(ctx context.Context, p registry.Practice, r io.Reader, how casework.ImportHow) (casework.ImportResult, error)
	WaitingDoubles(ctx context.Context, job roster.Import, most int) ([]casework.LikelyDouble, bool, error)
	DecideDoubles(ctx context.Context, p registry.Practice, id string, decisions map[int]casework.DoubleDecision, all casework.DoubleDecision) (roster.Import, error)
	UndoOutlook(ctx context.Context, practice tenant.ID, job roster.Import) (casework.UndoOutlook, error)
	UndoImport(ctx context.Context, p registry.Practice, id, by string, rest bool) (roster.Import, error)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
}

// Area registers the pages. Make it with New.
type Area struct {
	store  store
	office office
	site   *page.Site
}

// New returns the area.
func New(opts Options) *Area { return &Area{store: opts.Store, office: opts.Office} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeSystems, registry.KeepSystems)
	r.GET("/systems", a.systems)
	r.GET("/systems/new", a.newSystem)
	r.POST("/systems/new", a.postNewSystem)
	r.GET("/systems/:id", a.system)
	r.POST("/systems/:id", a.postSystem)
	r.POST("/systems/:id/end", a.endSystem)
	r.POST("/systems/:id/resume", a.resumeSystem)
	r.GET("/processors", a.processors)
	r.GET("/processors/new", a.newProcessor)
	r.POST("/processors/new", a.postNewProcessor)
	r.GET("/processors/:id", a.processor)
	r.POST("/processors/:id", a.postProcessor)
	r.POST("/processors/:id/end", a.endProcessor)
	r.POST("/processors/:id/resume", a.resumeProcessor)
	keep := r.For(registry.KeepSystems, registry.KeepSystems) // these show a secret, and ask as the firm's addresses do
	for _, d := range a.tokenDoors() {
		keep.GET("/processors/:id/"+string(d.door), d.get, site.StepUp)
		keep.POST("/processors/:id/"+string(d.door), d.post, site.StepUp)
	}
	a.clientRoutes(r.For(registry.SeeClients, registry.KeepClients))
}

func (a *Area) clientRoutes(r page.Routes) {
	r.GET("/clients", a.clients)
	r.For(registry.SeeClients, registry.SeeClients).POST("/clients", a.searchClients)
	r.GET("/clients/new", a.newClient)
	r.POST("/clients/new", a.postNewClient)
	r.GET("/clients/import", a.importing)
	r.POST("/clients/import", a.postImport, page.Limit(mostUpload))
	r.GET("/clients/imports", a.imports)
	r.GET("/clients/imports/:id", a.importJob)
	r.POST("/clients/imports/:id/doubles", a.postDoubles)
	r.GET("/clients/imports/:id/undo", a.askUndo)
	r.POST("/clients/imports/:id/undo", a.postUndo)
	r.GET("/clients/:id", a.client)
	r.GET("/clients/:id/edit", a.editClient)
	r.POST("/clients/:id/edit", a.postClient)
	r.GET("/clients/:id/guidance/new", a.newGuidance)
	r.POST("/clients/:id/guidance/new", a.postNewGuidance)
	r.GET("/clients/:id/guidance/:n", a.guidance)
	r.POST("/clients/:id/guidance/:n", a.postGuidance)
	r.POST("/clients/:id/guidance/:n/end", a.endGuidance)
	r.POST("/clients/:id/guidance/:n/reopen", a.reopenGuidance)
	r.POST("/clients/:id/guidance/:n/remove", a.removeGuidance)
	r.POST("/clients/:id/keep", a.keepAgreed)
	r.POST("/clients/:id/holdings/by-hand", a.holdingsByHand)
	r.GET("/clients/:id/holdings/by-rule", a.askHoldingsByRule)
	r.POST("/clients/:id/holdings/by-rule", a.holdingsByRule)
	r.GET("/clients/:id/holdings/new", a.newHolding)
	r.POST("/clients/:id/holdings/new", a.postNewHolding)
	r.GET("/clients/:id/holdings/:n", a.holding)
	r.POST("/clients/:id/holdings/:n", a.postHolding)
	r.POST("/clients/:id/holdings/:n/remove", a.removeHolding)
	r.POST("/clients/:id/exceptions/without", a.holdsNothing)
	r.POST("/clients/:id/exceptions/end", a.endExceptions)
}

const perRead = 200

// allSystems returns every system of the practice, ended ones too.
func (a *Area) allSystems(ctx context.Context, practice tenant.ID) ([]registry.System, error) {
	var all []registry.System
	after := ""
	for {
		some, err := a.store.Systems(ctx, practice, after, perRead)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		if all = append(all, some...); len(some) < perRead {
			return all, nil
		}
		after = some[len(some)-1].ID
	}
}

// allProcessors returns every processor of the practice, ended ones too.
func (a *Area) allProcessors(ctx context.Context, practice tenant.ID) ([]registry.Processor, error) {
	var all []registry.Processor
	after := ""
	for {
		some, err := a.store.Processors(ctx, practice, after, perRead)
		if err != nil {
			return nil, fmt.Errorf("list processors: %w", err)
		}
		if all = append(all, some...); len(some) < perRead {
			return all, nil
		}
		after = some[len(some)-1].ID
	}
}
