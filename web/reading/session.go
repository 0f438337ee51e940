package reading

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const (
	// idle is how long a session lasts after the last look, most how long in all.
	idle      = 30 * time.Minute
	most      = 2 * time.Hour
	renewal   = 5 * time.Minute // not every look is saved
	cookie    = "datalek-lees"
	mostToken = 64
)

// visit is a reader's session: it opens what one delivery opens, nothing else.
type visit struct {
	Practice string    `json:"practice"`
	Delivery string    `json:"delivery"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
}

func (a *Area) cookieName() string {
	if a.secure() {
		return "__Host-" + cookie // no other name of this machine can set it (RFC 6265bis section 4.1.3)
	}
	return cookie
}

// tokenHash is under what a session lies; it is none of those who log in.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte("reading session\x00" + token))
	return hex.EncodeToString(sum[:])
}

// begin starts a session and gives the browser its token.
func (a *Area) begin(c echo.Context, p registry.Practice, delivery string) error {
	a.drop(c)
	token, now := rand.Text()+rand.Text(), a.opts.Now()
	v := visit{Practice: string(p.ID), Delivery: delivery, Since: now, Until: now.Add(idle)}
	if err := a.save(c.Request().Context(), token, v); err != nil {
		return err
	}
	a.setCookie(c, token, 0)
	return nil
}

func (a *Area) setCookie(c echo.Context, token string, age int) {
	c.SetCookie(&http.Cookie{Name: a.cookieName(), Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteStrictMode}) //nolint:gosec // Secure over TLS; a house network has none
}

func (a *Area) save(ctx context.Context, token string, v visit) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a reader's session: %w", err)
	}
	if err := a.opts.Store.SaveSession(ctx, tokenHash(token), data, v.Until); err != nil {
		return fmt.Errorf("save a reader's session: %w", err)
	}
	return nil
}

// visit returns the session of a request at a practice, and keeps it alive.
func (a *Area) visit(c echo.Context, p registry.Practice) (v visit, some bool, err error) {
	token := a.token(c)
	if token == "" {
		return visit{}, false, nil
	}
	ctx, now := c.Request().Context(), a.opts.Now()
	data, found, err := a.opts.Store.Session(ctx, tokenHash(token), now)
	if err != nil {
		return visit{}, false, fmt.Errorf("read a reader's session: %w", err)
	}
	if !found || json.Unmarshal(data, &v) != nil || tenant.ID(v.Practice) != p.ID || !now.Before(v.Until) {
		return visit{}, false, nil
	}
	until := now.Add(idle)
	if end := v.Since.Add(most); until.After(end) {
		until = end
	}
	if until.Sub(v.Until) >= renewal {
		v.Until = until
		err = a.save(ctx, token, v)
	}
	return v, err == nil, err
}

func (a *Area) token(c echo.Context) string {
	k, err := c.Cookie(a.cookieName())
	if err != nil || len(k.Value) > mostToken {
		return ""
	}
	return k.Value
}

// drop ends the session of a request, here and in the browser.
func (a *Area) drop(c echo.Context) {
	token := a.token(c)
	if token == "" {
		return
	}
	if err := a.opts.Store.DropSession(c.Request().Context(), tokenHash(token)); err != nil {
		a.site.Log().Warn("a reader's session is not dropped; it ends by itself", "error", err)
	}
	a.setCookie(c, "", -1)
}
