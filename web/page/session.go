package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/parts"
)

const (
	sessionLife    = 12 * time.Hour
	sessionTimeout = 5 * time.Second // for the store to find or keep a session
	sessionCookie  = "datalek"

	userInSession     = "user"
	practiceInSession = "practice"
	sinceInSession    = "since"    // when it began, in Unix seconds
	passwordInSession = "password" // a mark of the password's hash
	noticesInSession  = "notices"
)

func newSessions(opts Options) *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{store: opts.Store, now: opts.Now}
	m.Lifetime = sessionLife
	m.HashTokenInStore = true
	m.Cookie.Name = sessionCookie
	if m.Cookie.Secure = opts.Secure; opts.Secure {
		m.Cookie.Name = "__Host-" + sessionCookie // no other name of this machine can set it (RFC 6265bis section 4.1.3)
	}
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	return m
}

// sessionStore keeps browser sessions in the site's store. It is handed the
// token's hash only.
type sessionStore struct {
	store store
	now   func() time.Time
}

// FindCtx returns a session's data.
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	return s.store.Session(ctx, token, s.now())
}

// CommitCtx keeps a session. It expires by the site's own clock.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	return s.store.SaveSession(ctx, token, data, s.now().Add(sessionLife))
}

// DeleteCtx forgets a session.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	return s.store.DropSession(ctx, token)
}

// Find is FindCtx for callers without a context.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// withSession loads the session of a page's request and keeps what it became.
func (s *Site) withSession(next echo.HandlerFunc) echo.HandlerFunc {
	load := s.sessionLoader()
	return func(c echo.Context) error {
		if isMachine(c.Request().URL.Path) {
			return next(c)
		}
		return load(next)(c)
	}
}

// sessionLoader answers a store that cannot be asked as every other failure. A
// session that cannot be kept is one too when a form was sent: a login would
// lead to the login page again, without a word. What was only looked at is shown.
func (s *Site) sessionLoader() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			var err error
			var loaded context.Context
			before := c.Response().Writer
			held := &unlessRefused{ResponseWriter: before}
			manager := *s.sessions
			manager.ErrorFunc = func(_ http.ResponseWriter, _ *http.Request, failed error) {
				err = fmt.Errorf("session: %w", failed)
				held.refused = c.Request().Method == http.MethodPost
			}
			manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				loaded = r.Context()
				c.SetRequest(r)
				c.Response().Writer = w
				requestOf(c).session = true
				err = errors.Join(err, s.answer(c, next))
			})).ServeHTTP(held, c.Request())
			c.Response().Writer = before
			if held.refused {
				before.Header().Del("Location")
				c.SetRequest(c.Request().WithContext(loaded)) // the handler's own has ended
				c.SetResponse(echo.NewResponse(before, c.Echo()))
			}
			return err
		}
	}
}

// unlessRefused holds an answer back once it is refused, so that another one can
// be given.
type unlessRefused struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader sends the status, unless the answer was refused.
func (w *unlessRefused) WriteHeader(status int) {
	if !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write sends a part of the answer, unless it was refused.
func (w *unlessRefused) Write(part []byte) (int, error) {
	if w.refused {
		return len(part), nil
	}
	return w.ResponseWriter.Write(part)
}

// Unwrap gives the writer behind, for what streams.
func (w *unlessRefused) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer runs the handler and turns its error into a page while the session
// can still be read and kept.
func (s *Site) answer(c echo.Context, next echo.HandlerFunc) error {
	if err := next(c); err != nil {
		c.Error(err)
	}
	return nil
}

// LogIn begins a session for a user in one of his practices, under a new
// token, so that a token known before the login is worth nothing after it. The
// session lasts half a day, and no longer than the password.
func (s *Site) LogIn(c echo.Context, user string, practice tenant.ID) error {
	ctx := c.Request().Context()
	u, err := s.opts.Store.User(ctx, user)
	if err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	if err := s.enter(c, user, practice); err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	s.sessions.Put(ctx, userInSession, user)
	s.sessions.Put(ctx, practiceInSession, string(practice))
	s.sessions.Remove(ctx, drillInSession)
	s.sessions.Put(ctx, sinceInSession, s.Now().Unix())
	s.sessions.Put(ctx, passwordInSession, passwordMark(u))
	s.forgetHalf(ctx)
	s.Prove(c)
	return nil
}

// passwordMark changes with the user's password.
func passwordMark(u registry.User) string {
	sum := sha256.Sum256([]byte("session " + u.PasswordHash))
	return hex.EncodeToString(sum[:16])
}

// holds reports whether the session of a user has not ended: what it keeps is
// saved anew with each change, its beginning is not.
func (s *Site) holds(ctx context.Context, u registry.User) bool {
	since := time.Unix(s.sessions.GetInt64(ctx, sinceInSession), 0)
	return s.Now().Before(since.Add(sessionLife)) && s.sessions.GetString(ctx, passwordInSession) == passwordMark(u)
}

// LogOut ends the session.
func (s *Site) LogOut(c echo.Context) error {
	if err := s.leave(c.Request().Context()); err != nil {
		return err
	}
	return s.sessions.Destroy(c.Request().Context())
}

// identify finds who is looking, once per request. Nobody is no failure.
func (s *Site) identify(c echo.Context) error {
	r, ctx := requestOf(c), c.Request().Context()
	if r.identified || !r.session {
		return nil
	}
	r.identified = true
	id := s.sessions.GetString(ctx, userInSession)
	if id == "" {
		return nil
	}
	user, err := s.opts.Store.User(ctx, id)
	if err != nil {
		return ignoreMissing(err)
	}
	if !s.holds(ctx, user) || !s.listed(ctx, &user) {
		return nil
	}
	practiceID := s.sessions.GetString(ctx, practiceInSession)
	if _, member := user.In(tenant.ID(practiceID)); !member {
		return nil
	}
	practice, err := s.opts.Store.Practice(ctx, tenant.ID(practiceID))
	if err != nil {
		return ignoreMissing(err)
	}
	r.user, r.practice = &user, &practice
	acting(c, Actor(c))
	if err := s.intoDrill(c); err != nil {
		return err
	}
	return s.settle(c)
}

// settle takes over the zone and the language of those who are known.
func (s *Site) settle(c echo.Context) error {
	r := requestOf(c)
	zone, err := r.practice.Zone()
	if err != nil {
		return fmt.Errorf("time zone of practice %s: %w", r.practice.ID, err)
	}
	r.zone = zone
	if _, chosen := cookieLanguage(c.Request()); !chosen && r.user.Language != "" {
		r.lang = r.user.Language
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// RequireLogin sends those who are not logged in to the login page, and back
// afterwards.
func (s *Site) RequireLogin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.identify(c); err != nil {
			return err
		}
		if user := requestOf(c).user; user != nil {
			if ok, wait := s.byAccount.Allow(user.ID); !ok {
				return TooMany(c, wait)
			}
			if led, err := s.leadToFactors(c); led {
				return err
			}
			if refused, err := s.keepInDrill(c); refused {
				return err
			}
			return next(c)
		}
		back := "/"
		if c.Request().Method == http.MethodGet {
			back = c.Request().URL.RequestURI()
		}
		return c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(localPath(back)))
	}
}

// LocalPath returns next when it is an address within this site, else "/".
func LocalPath(next string) string { return localPath(next) }

func localPath(next string) string {
	u, err := url.Parse(next)
	clean := err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(next, "/") &&
		!strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t")
	if !clean {
		return "/"
	}
	return next
}

// Flash shows a notice on the next page the browser opens.
func (s *Site) Flash(c echo.Context, n parts.Notice) {
	ctx := c.Request().Context()
	notices := append(decodeNotices(s.sessions.GetString(ctx, noticesInSession)), n)
	if raw, err := json.Marshal(notices); err == nil {
		s.sessions.Put(ctx, noticesInSession, string(raw))
	}
}

// Done shows on the next page that something was done.
func (s *Site) Done(c echo.Context, key string, pairs ...any) {
	s.Flash(c, parts.Notice{Kind: "success", Text: T(c, key, pairs...)})
}

func (s *Site) takeNotices(c echo.Context) []parts.Notice {
	ctx := c.Request().Context()
	if !requestOf(c).session || !s.sessions.Exists(ctx, noticesInSession) {
		return nil
	}
	return decodeNotices(s.sessions.PopString(ctx, noticesInSession))
}

func decodeNotices(raw string) []parts.Notice {
	var notices []parts.Notice
	if raw == "" || json.Unmarshal([]byte(raw), &notices) != nil {
		return nil
	}
	return notices
}

// Keep stores a short text in the session under name, Kept reads it, Take
// reads and forgets it.
func (s *Site) Keep(c echo.Context, name, text string) {
	s.sessions.Put(c.Request().Context(), "kept."+name, text)
}

// Kept returns what Keep stored, "" when there is nothing.
func (s *Site) Kept(c echo.Context, name string) string {
	return s.sessions.GetString(c.Request().Context(), "kept."+name)
}

// Take returns what Keep stored and forgets it.
func (s *Site) Take(c echo.Context, name string) string {
	return s.sessions.PopString(c.Request().Context(), "kept."+name)
}
