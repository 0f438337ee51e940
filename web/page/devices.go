package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const (
	visitInSession = "visit" // id of the session in the user's list
	deviceCookie   = "datalek_device"
	deviceLife     = 400 * 24 * time.Hour // the longest that browsers keep a cookie (RFC 6265bis section 5.5)
	mostMark       = 64
)

// userStore keeps where a user is logged in; both of our stores are one. Without
// it sessions are neither listed nor ended one by one.
type userStore interface {
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
}

// enter puts the session that begins into the user's list, and tells of a device
// that was not used before: the register in the same write, people by mail. The very
// first device of an account is no news.
func (s *Site) enter(c echo.Context, user string, practice tenant.ID) error {
	store, able := s.opts.Store.(userStore)
	if !able {
		return nil
	}
	ctx, now := c.Request().Context(), s.Now()
	before := s.sessions.GetString(ctx, visitInSession)
	visit := registry.Session{ID: randomText(), PracticeID: practice, Device: DeviceName(c.Request().UserAgent()), FirstSeen: now, LastSeen: now, EndsAt: now.Add(sessionLife)}
	mark := s.deviceMark(c, user)
	first, known := false, false
	u, err := store.UpdateUser(ctx, user, func(u *registry.User) error {
		u.Leave(func(old registry.Session) bool { return old.ID == before })
		first = len(u.Devices) == 0
		known = u.Recognise(mark, now)
		u.Enter(visit, now)
		if !first && !known {
			incidents.MemberChange{Kind: incidents.DeviceAppeared, Subject: u.ID, Name: visit.Device,
				By: incidents.Actor{Kind: register.ActorUser, ID: u.ID}}.NoteIn(u, practice, now)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note session: %w", err)
	}
	s.sessions.Put(ctx, visitInSession, visit.ID)
	if first || known || s.opts.NewDevice == nil {
		return nil
	}
	if err := s.opts.NewDevice(ctx, u, visit); err != nil {
		return fmt.Errorf("tell of a new device: %w", err)
	}
	return nil
}

// deviceMark is the hash under which this browser is known to the user. The mark
// itself is random and lies in a cookie of the browser alone.
func (s *Site) deviceMark(c echo.Context, user string) string {
	name := deviceCookie
	if s.opts.Secure {
		name = "__Host-" + deviceCookie
	}
	mark := ""
	if cookie, err := c.Cookie(name); err == nil && len(cookie.Value) <= mostMark {
		mark = cookie.Value
	}
	if mark == "" {
		mark = randomText()
	}
	c.SetCookie(&http.Cookie{Name: name, Value: mark, Path: "/", MaxAge: int(deviceLife / time.Second), // #nosec G124 -- Secure wherever the site is reached over TLS
		Secure: s.opts.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	sum := sha256.Sum256([]byte("device " + user + " " + mark))
	return hex.EncodeToString(sum[:])
}

// listed reports whether the session still stands in the user's list, and notes
// now and then that it is used. A store that cannot keep that ends nothing.
func (s *Site) listed(ctx context.Context, u *registry.User) bool {
	store, able := s.opts.Store.(userStore)
	if !able {
		return true
	}
	id := s.sessions.GetString(ctx, visitInSession)
	visit, stands := u.Session(id)
	if !stands {
		return false
	}
	if now := s.Now(); now.Sub(visit.LastSeen) >= registry.SessionSeen {
		fresh, err := store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
			u.Seen(id, now)
			return nil
		})
		if err != nil {
			s.opts.Log.Warn("the use of a session is not noted", "error", err)
			return true
		}
		*u = fresh
	}
	return true
}

// leave takes the session out of the list of whoever is logged in.
func (s *Site) leave(ctx context.Context) error {
	store, able := s.opts.Store.(userStore)
	user, id := s.sessions.GetString(ctx, userInSession), s.sessions.GetString(ctx, visitInSession)
	if !able || user == "" || id == "" {
		return nil
	}
	_, err := store.UpdateUser(ctx, user, func(u *registry.User) error {
		u.Leave(func(old registry.Session) bool { return old.ID == id })
		return nil
	})
	return ignoreMissing(err)
}

// SessionID returns which of the user's sessions this request belongs to.
func (s *Site) SessionID(c echo.Context) string {
	return s.sessions.GetString(c.Request().Context(), visitInSession)
}

// SwitchTo lets the session work for another practice of the user. Who is no
// member there must have been refused before.
func (s *Site) SwitchTo(c echo.Context, practice tenant.ID) error {
	ctx := c.Request().Context()
	if store, able := s.opts.Store.(userStore); able {
		id := s.SessionID(c)
		_, err := store.UpdateUser(ctx, User(c).ID, func(u *registry.User) error {
			u.Sessions = append([]registry.Session(nil), u.Sessions...)
			for i := range u.Sessions {
				if u.Sessions[i].ID == id {
					u.Sessions[i].PracticeID = practice
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("note the practice of a session: %w", err)
		}
	}
	s.LeaveDrill(c)
	s.sessions.Put(ctx, practiceInSession, string(practice))
	return nil
}

// DeviceName says in words which browser a User-Agent header speaks of, such as
// "Firefox, Windows"; "" when it says nothing that is known. The words are ours:
// nothing of the header is shown.
func DeviceName(agent string) string {
	browser := firstOf(agent, [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}})
	system := firstOf(agent, [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Macintosh", "macOS"}, {"Linux", "Linux"}})
	return strings.Trim(browser+", "+system, ", ")
}

// firstOf returns the name of the first sign that is in text.
func firstOf(text string, signs [][2]string) string {
	for _, s := range signs {
		if strings.Contains(text, s[0]) {
			return s[1]
		}
	}
	return ""
}

// Known returns who is logged in, on public pages too; false for nobody.
func (s *Site) Known(c echo.Context) (registry.User, bool, error) {
	if err := s.identify(c); err != nil {
		return registry.User{}, false, err
	}
	return User(c), requestOf(c).user != nil, nil
}
