package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// lookWithin bounds how long a caller waits for one look at a message centre.
const lookWithin = 20 * time.Second

func (a *Area) feedRoutes(g doors) {
	g.GET("/processors/:id/feed", a.getFeed)
	g.POST("/processors/:id/feed", a.once(a.postFeed))
	g.POST("/processors/:id/feed/look", a.once(a.lookAtFeed))
	g.POST("/processors/:id/feed/remove", a.once(a.removeFeed))
}

// feedLoginBody is what proves that the program may read there.
type feedLoginBody struct {
	Tenant       string  `json:"tenant"`
	ClientID     string  `json:"client_id"`
	ClientSecret *string `json:"client_secret"`
}

// feedBody is how a message centre is read, without the secret.
type feedBody struct {
	On           bool       `json:"on"`
	Tenant       *string    `json:"tenant"`
	ClientID     *string    `json:"client_id"`
	ReadAt       *time.Time `json:"read_at"`
	ReadUpTo     *time.Time `json:"read_up_to"`
	NextAt       *time.Time `json:"next_at"`
	FailingSince *time.Time `json:"failing_since"`
	Fault        *string    `json:"fault"`
	Seen         int64      `json:"posts_read"`
	Kept         int64      `json:"posts_kept"`
	Odd          int64      `json:"posts_odd"`
}

func showFeed(f registry.Feed, on bool) feedBody {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return feedBody{On: on, Tenant: orNull(f.Login.Tenant), ClientID: orNull(f.Login.Client), ReadAt: at(f.ReadAt), ReadUpTo: at(f.Mark),
		NextAt: at(f.NextAt), FailingSince: at(f.FailingSince), Fault: orNull(string(f.Fault)), Seen: f.Seen, Kept: f.Kept, Odd: f.Odd}
}

func (a *Area) getFeed(c echo.Context) error {
	f, on, err := a.opts.Office.Feed(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showFeed(f, on))
}

// postFeed lets the message centre be read from now on.
func (a *Area) postFeed(c echo.Context) error {
	var b feedLoginBody
	if err := decode(c, &b); err != nil {
		return err
	}
	login := registry.FeedLogin{Tenant: b.Tenant, Client: b.ClientID}
	if b.ClientSecret != nil {
		login.Secret = *b.ClientSecret
	}
	who := callerOf(c)
	f, err := a.opts.Office.SetFeed(c.Request().Context(), who.practice.ID, c.Param("id"), login, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showFeed(f, true))
}

// lookAtFeed reads the message centre now and answers with what came of it.
func (a *Area) lookAtFeed(c echo.Context) error {
	f, on, err := a.opts.Office.Feed(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err == nil && !on {
		err = fault.NotFound
	}
	if err != nil {
		return err
	}
	if ok, wait := a.looks.Allow(string(f.PracticeID)); !ok {
		return page.TooMany(c, wait)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), lookWithin)
	defer cancel()
	if f, err = a.opts.Look(ctx, f.PracticeID, f.ID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showFeed(f, true))
}

func (a *Area) removeFeed(c echo.Context) error {
	who := callerOf(c)
	if err := a.opts.Office.DropFeed(c.Request().Context(), who.practice.ID, c.Param("id"), who.actor()); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showFeed(registry.Feed{}, false))
}
