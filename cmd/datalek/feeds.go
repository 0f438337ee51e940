package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/notifier"
	"datalek/services/graph"
)

// feedFlags say how the message centre of Microsoft 365 is reached, and the host's
// own login there.
type feedFlags struct {
	GraphURL              string `name:"graph-url" help:"Address of Microsoft Graph; empty is the global cloud's. National clouds have their own." env:"DATALEK_GRAPH_URL" placeholder:"URL"`
	GraphLoginURL         string `name:"graph-login-url" help:"Address where Microsoft gives out tokens; empty is the global cloud's." env:"DATALEK_GRAPH_LOGIN_URL" placeholder:"URL"`
	GraphTenant           string `name:"graph-tenant" help:"The host's own organisation at Microsoft, its id or domain name. Its message centre is read for every practice that uses --graph-processor. Empty reads none." env:"DATALEK_GRAPH_TENANT" placeholder:"ID"`
	GraphClientID         string `name:"graph-client-id" help:"Id of the app that may read there." env:"DATALEK_GRAPH_CLIENT_ID" placeholder:"ID"`
	GraphClientSecretFile string `name:"graph-client-secret-file" help:"File with the app's secret." env:"DATALEK_GRAPH_CLIENT_SECRET_FILE" placeholder:"FILE"`
	GraphProcessor        string `name:"graph-processor" help:"The processor of whom the host's message centre tells." default:"microsoft-365" env:"DATALEK_GRAPH_PROCESSOR" placeholder:"ID"`
}

// login is the host's own, as the flags give it.
func (f feedFlags) login() (registry.FeedLogin, error) {
	secret, err := secret(f.GraphClientSecretFile)
	return registry.FeedLogin{Tenant: f.GraphTenant, Client: f.GraphClientID, Secret: secret}, err
}

// validate refuses what cannot work.
func (f feedFlags) validate() error {
	if f.GraphTenant == "" {
		if f.GraphClientID+f.GraphClientSecretFile != "" {
			return errors.New("--graph-tenant is missing: name the host's organisation at Microsoft")
		}
		return nil
	}
	login, err := f.login()
	if err == nil {
		err = login.Validate()
	}
	if err != nil {
		return fmt.Errorf("--graph-tenant, --graph-client-id or --graph-client-secret-file: %w", err)
	}
	return nil
}

// openFeeds prepares the worker that reads the suppliers' lists.
func (a *app) openFeeds(ctx context.Context) error {
	reader, err := graph.New(graph.Options{Login: a.cfg.GraphLoginURL, Graph: a.cfg.GraphURL, Dial: a.cfg.gate().DialContext, Now: a.now})
	if err != nil {
		return fmt.Errorf("--graph-url or --graph-login-url: %w", err)
	}
	a.feeds = notifier.NewFeeds(notifier.FeedsOptions{Store: a.store, Reader: reader, Now: a.now, NewID: uuid.NewString, Nudge: a.notifier.Nudge, Looked: a.heard.looked, Log: a.log})
	if a.cfg.Mode == "web" {
		return nil
	}
	return a.hostFeed(ctx)
}

// hostFeed brings the host's own feed in line with the flags.
func (a *app) hostFeed(ctx context.Context) error {
	id := a.cfg.GraphProcessor
	if a.cfg.GraphTenant == "" {
		return a.store.DropFeed(ctx, "", id)
	}
	login, err := a.cfg.feedFlags.login()
	if err != nil {
		return err
	}
	_, err = a.store.UpdateFeed(ctx, "", id, func(f *registry.Feed) error {
		if f.Login != login {
			f.SetLogin(login, a.now())
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		f := registry.Feed{ID: id}
		f.SetLogin(login, a.now())
		err = a.store.CreateFeed(ctx, f)
	}
	if err != nil && !errors.Is(err, fault.Duplicate) { // another worker made it
		return fmt.Errorf("set the host's feed: %w", err)
	}
	return nil
}
