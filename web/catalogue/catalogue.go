// Package catalogue is where a practice says what it keeps about whom: its
// systems, the processors that hold some of them, and its clients, one by one
// or by a CSV file.
//
// Every change goes through casework, so that open cases are assessed anew.
package catalogue

import (
	"context"
	"fmt"
	"io"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
)

// store is what the pages read.
type store interface {
	System(ctx context.Context, practice, id string) (registry.System, error)
	Systems(ctx context.Context, practice, after string, limit int) ([]registry.System, error)
	Processor(ctx context.Context, practice, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice, after string, limit int) ([]registry.Processor, error)
	Client(ctx context.Context, practice, id string) (registry.Client, error)
	Clients(ctx context.Context, practice, after string, limit int) ([]registry.Client, error)
	ClientsByIDs(ctx context.Context, practice string, ids []string) ([]registry.Client, error)
	ClientsByExternalIDs(ctx context.Context, practice string, externalIDs []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice string, emails []string) ([]registry.Client, error)
	CountClients(ctx context.Context, practice string) (int64, error)
}

// office is what the pages change.
type office interface {
	SaveSystem(ctx context.Context, s registry.System, by incidents.Actor) (registry.System, bool, error)
	SaveProcessor(ctx context.Context, p registry.Processor) (registry.Endpoint, bool, error)
	Endpoint(ctx context.Context, practice, processor string) (registry.Endpoint, error)
	SaveClients(ctx context.Context, p registry.Practice, inputs []casework.ClientInput, by incidents.Actor) ([]registry.Client, []bool, error)
	Import(ctx context.Context, p registry.Practice, r io.Reader, dryRun bool, by incidents.Actor) (casework.ImportResult, error)
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
	r := site.Private(e)
	r.GET("/systems", a.systems)
	r.GET("/processors", a.processors)
	r.GET("/clients", a.clients)
}

const perRead = 200

// allSystems returns every system of the practice, ended ones too.
func (a *Area) allSystems(ctx context.Context, practice string) ([]registry.System, error) {
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
func (a *Area) allProcessors(ctx context.Context, practice string) ([]registry.Processor, error) {
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
