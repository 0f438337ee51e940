package notices

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
)

// A stream ends after streamLife; the browser opens the next by itself and
// shows again that it may. Silence is broken every silentTurns looks, so that
// a browser that went away is noticed.
const (
	streamLife  = 30 * time.Minute
	silentTurns = 15
)

// events tells the page that shows a sending when something moved, as
// server-sent events: the counts as JSON, and "done" after the last mail.
func (a *Area) events(c echo.Context) error {
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	c.Response().WriteHeader(http.StatusOK)
	ctx, cancel := context.WithTimeout(c.Request().Context(), streamLife)
	defer cancel()
	if err := say(c, "retry: 5000\n\n"); err != nil {
		return nil //nolint:nilerr // the browser went away; there is nobody to tell
	}
	return a.follow(ctx, c, n)
}

// follow sends the counts whenever they changed. Failures of the store are
// waited out: the page shows its counts, and the next look may succeed.
func (a *Area) follow(ctx context.Context, c echo.Context, n *incidents.Notice) error {
	look := time.NewTicker(a.pace)
	defer look.Stop()
	last, silent := "", 0
	for {
		chunk, done := a.chunk(ctx, n)
		if silent++; chunk != "" && chunk != last || silent >= silentTurns {
			out := chunk
			if chunk == last || chunk == "" {
				out = ": still here\n\n"
			}
			if err := say(c, out); err != nil {
				return nil //nolint:nilerr // the browser went away
			}
			silent = 0
			if chunk != "" {
				last = chunk
			}
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// chunk is the standing as one event, "" when the store cannot say; done
// reports that no mail is left.
func (a *Area) chunk(ctx context.Context, n *incidents.Notice) (text string, done bool) {
	fresh, err := a.store.Notice(ctx, n.PracticeID, n.ID)
	if err != nil {
		return "", false
	}
	count, err := a.store.CountDeliveries(ctx, n.PracticeID, n.ID)
	if err != nil {
		return "", false
	}
	raw, err := json.Marshal(count)
	if err != nil {
		return "", false
	}
	text = fmt.Sprintf("data: %s\n\n", raw)
	if done = fresh.State == incidents.NoticeIsSent || !approved(fresh); done {
		text += fmt.Sprintf("event: done\ndata: %s\n\n", raw)
	}
	return text, done
}

func say(c echo.Context, text string) error {
	if _, err := c.Response().Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(c.Response()).Flush()
}
