// Package web is the program's face: it puts every area's routes on one Echo
// server, together with what machines ask of it (liveness, readiness), and
// starts and stops it.
//
// Areas are packages of their own (desk, account, intake, catalogue, notices,
// mailbox, api, webhook); all stand on web/page.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// Area is a group of pages or addresses with something in common.
type Area interface {
	// Register puts the area's routes on e; pages go through site's Public and
	// Private, machines' addresses straight on e.
	Register(site *page.Site, e *echo.Echo)
}

// Options is what a Server is made of.
type Options struct {
	Page  page.Options
	Areas []Area
	// Checks must all pass for /readyz to answer 200.
	Checks []Check
	// TLS serves by it, with a certificate of our own; nil serves plain HTTP.
	TLS *tls.Config
	// PolicyBroken counts a browser's report that a page tried what the content
	// security policy forbids; both words are of a short list. May be nil.
	PolicyBroken func(directive, blocked string)
	// SecurityContact is the "Contact" of /.well-known/security.txt (RFC 9116), a
	// mailto: or https: address; empty leaves the file out.
	SecurityContact string
}

// Server serves the site. Its zero value is not usable; see New.
type Server struct {
	opts   Options
	site   *page.Site
	echo   *echo.Echo
	server *http.Server
	down   sync.Map // names of the checks that failed when last asked
}

// The limits of one connection. Writing has none for streams alone.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 2 * time.Minute // an import over a slow line
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	headerBytes   = 64 << 10
)

// New returns a server with every route registered.
func New(opts Options) (*Server, error) {
	if opts.TLS != nil {
		opts.Page.Secure = true
	}
	if opts.Page.Nav == nil {
		opts.Page.Nav = Navigation()
	}
	site, err := page.New(opts.Page)
	if err != nil {
		return nil, fmt.Errorf("prepare pages: %w", err)
	}
	s := &Server{opts: opts, site: site, echo: echo.New()}
	site.Install(s.echo)
	s.health()
	s.takePolicyReports()
	for _, area := range opts.Areas {
		area.Register(site, s.echo)
	}
	s.server = &http.Server{Handler: s.echo, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, TLSConfig: opts.TLS,
		ErrorLog: log.New(io.Discard, "", 0)} // it tells of strangers' connections, with their addresses
	s.server.RegisterOnShutdown(site.EndStreams)
	return s, nil
}

// Navigation returns the main navigation.
func Navigation() []page.NavItem {
	return []page.NavItem{
		{Key: "core.nav.desk", Href: "/", Needs: registry.SeeDesk},
		{Key: "core.nav.incidents", Href: "/incidents", Also: []string{"/mis-sent", "/notices", "/deliveries"}, Needs: registry.SeeCases},
		{Key: "core.nav.triage", Href: "/triage", Needs: registry.SeeReports},
		{Key: "core.nav.clients", Href: "/clients", Also: []string{"/retention", "/requests"}, Needs: registry.SeeClients},
		{Key: "core.nav.systems", Href: "/systems", Also: []string{"/processors"}, Needs: registry.SeeSystems},
		{Key: "core.nav.register", Href: "/register", Also: []string{"/report"}, Needs: registry.SeeRegister},
		{Key: "limited.own.title", Href: "/own", Needs: registry.SeeOwn, Only: []registry.Role{registry.RoleCoach}},
		{Key: "limited.own.report", Href: "/incidents/new", Also: []string{"/mis-sent"}, Needs: registry.FileCases, Only: []registry.Role{registry.RoleCoach}},
		{Key: "limited.sample.title", Href: "/sample", Needs: registry.SeeSample, Only: []registry.Role{registry.RoleAuditor}},
		{Key: "core.nav.drill", Href: "/drills", Drill: true, Needs: registry.Rehearse},
		{Key: "core.nav.settings", Href: "/settings", Also: []string{"/returns"}, Needs: registry.SeeSettings},
		{Key: "account.own.title", Href: "/settings/account", Needs: registry.KeepAccount, Only: []registry.Role{registry.RoleCoach, registry.RoleStandIn, registry.RoleAuditor}},
	}
}

// Handler returns the whole site as a handler, for tests.
func (s *Server) Handler() http.Handler { return s.echo }

// Site returns what the pages share.
func (s *Server) Site() *page.Site { return s.site }

// Serve answers on ln until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	var err error
	if s.server.TLSConfig != nil {
		err = s.server.ServeTLS(ln, "", "") // the configuration has the certificate
	} else {
		err = s.server.Serve(ln)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// Shutdown takes no new requests, ends the streams and waits for the rest
// until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stop the web server: %w", err), s.server.Close())
	}
	return nil
}
