package page

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/assets"
	"datalek/web/locales"
	"datalek/web/templates"
)

// store is what every page reads: who is looking, for which practice. One that
// is a requestStore too lets forms act once; both of ours are.
type store interface {
	Session(ctx context.Context, tokenHash string, now time.Time) (data []byte, found bool, err error)
	SaveSession(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error
	DropSession(ctx context.Context, tokenHash string) error
	User(ctx context.Context, id string) (registry.User, error)
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
}

// Options is what a Site is made of.
type Options struct {
	Store store
	Now   func() time.Time
	Log   *slog.Logger
	// Secure says that browsers reach the site over TLS: cookies are then sent
	// over TLS only, and HSTS is announced.
	Secure bool
	// BaseURL is the site's own address without a slash at the end, for links
	// that leave the site (mail, webhook addresses).
	BaseURL string
	// TrustedProxies are the networks whose X-Forwarded-For is believed; none
	// means that the connection's own address counts.
	TrustedProxies []netip.Prefix
	// Demo is set in the demo alone.
	Demo *Demo
	// KeeperLives reports whether the keeper of the clocks was heard of lately;
	// pages raise an alarm when not. Nil asks nothing.
	KeeperLives func(ctx context.Context) bool
	// StoreKeeps reports whether the store can keep what it is given; pages raise
	// an alarm when not. Nil asks nothing.
	StoreKeeps func(ctx context.Context) bool
	// NewDevice is told of a login on a device that the user never used before;
	// nil tells nobody.
	NewDevice func(ctx context.Context, u registry.User, s registry.Session) error
	// Nav is the main navigation for those who are logged in.
	Nav []NavItem
}

// Demo says where the demo shows the mail it caught.
type Demo struct {
	MailboxURL string
}

// NavItem is one entry of the main navigation. Key names its words; the entry
// is current on Href, on every page below it, and below the addresses in Also.
type NavItem struct {
	Key  string
	Href string
	Also []string
	// Drill is set in what stands there during a drill only.
	Drill bool
	// Needs is what a role must be allowed for the entry to stand there; "" asks nothing.
	Needs registry.Action
	// Only are the roles that it stands there for; none is every role.
	Only []registry.Role
}

// stands reports whether the entry is there for a role.
func (n NavItem) stands(r registry.Role) bool {
	return (n.Needs == "" || r.May(n.Needs)) && (len(n.Only) == 0 || slices.Contains(n.Only, r))
}

// holds reports whether the page at path belongs to the entry.
func (n NavItem) holds(path string) bool {
	below := func(address string) bool {
		return path == address || address != "/" && strings.HasPrefix(path, address+"/")
	}
	return below(n.Href) || slices.ContainsFunc(n.Also, below)
}

// Site renders pages and guards them. It is safe for concurrent use.
type Site struct {
	opts     Options
	words    *Words
	sessions *scs.SessionManager
	pages    *pageSet
	files    *assetSet
	origin   *http.CrossOriginProtection
	// byAddress and byAccount bound what one network address, and one account, may
	// ask of the pages.
	byAddress, byAccount *Limiter
	// streams ends when the server stops, so that open streams end too.
	streams    context.Context
	endStreams context.CancelFunc
	router     *echo.Echo
	// declared is what each route does, noted when it is registered.
	declared map[string]registry.Action
}

// New returns a site over the embedded templates, texts and assets.
func New(opts Options) (*Site, error) {
	return newSite(opts, templates.Files, locales.Files, assets.Files)
}

func newSite(opts Options, pages, texts, files fs.FS) (*Site, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	words, err := newWords(texts)
	if err != nil {
		return nil, err
	}
	s := &Site{opts: opts, words: words, origin: http.NewCrossOriginProtection(), declared: map[string]registry.Action{}}
	s.sessions = newSessions(opts)
	s.byAddress, s.byAccount = NewLimiter(pagesAtOnce, pagesEvery, mostAskers, opts.Now), NewLimiter(pagesAtOnce, pagesEvery, mostAskers, opts.Now)
	s.streams, s.endStreams = context.WithCancel(context.Background())
	if s.files, err = newAssets(files); err != nil {
		return nil, err
	}
	s.pages, err = newPages(pages, s.files)
	return s, err
}

// Now returns the present instant in UTC.
func (s *Site) Now() time.Time { return s.opts.Now().UTC() }

// BaseURL returns the site's own address without a slash at the end.
func (s *Site) BaseURL() string { return s.opts.BaseURL }

// Log returns the log. It never gets personal data, query strings or bodies.
func (s *Site) Log() *slog.Logger { return s.opts.Log }

// Words returns the catalogue of texts, for words outside a page's request.
func (s *Site) Words() *Words { return s.words }

// EndStreams ends every open stream; the server calls it when it stops.
func (s *Site) EndStreams() { s.endStreams() }

// Install puts the guards that stand before every route on e, the error
// handler, and the assets.
func (s *Site) Install(e *echo.Echo) {
	s.router = e
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = extractor(s.opts.TrustedProxies)
	e.HTTPErrorHandler = s.handleError
	e.Use(s.logAccess, s.recovered, s.begin, s.headers, s.chooseLanguage, s.moderate, s.sameOrigin, hurry, s.limitBody, s.withSession)
	e.GET("/assets/:version/:name", s.files.serve)
	e.HEAD("/assets/:version/:name", s.files.serve)
	e.GET("/robots.txt", func(c echo.Context) error {
		return c.String(http.StatusOK, "User-agent: *\nDisallow: /\n")
	})
}
