package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

const (
	idempotencyHeader = "Idempotency-Key"
	mostKey           = 255
	// abandoned is how long a request may run before its key counts as cut off.
	abandoned = time.Minute
	// A request that meets the first one still running waits for its answer.
	waitForFirst, lookAgain = 10 * time.Second, 25 * time.Millisecond
)

// requestStore keeps requests that carried an Idempotency-Key.
type requestStore interface {
	BeginRequest(ctx context.Context, r incidents.Request) (stored incidents.Request, fresh bool, err error)
	FinishRequest(ctx context.Context, r incidents.Request) error
	DropRequest(ctx context.Context, practice tenant.ID, key string) error
}

// once lets a POST with an Idempotency-Key act one time: the same key and body
// get the first answer, another body is refused.
func (a *Area) once(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key := c.Request().Header.Get(idempotencyHeader)
		if key == "" {
			return next(c)
		}
		if len(key) > mostKey {
			return invalidParam(idempotencyHeader, "use at most 255 characters")
		}
		request, err := a.request(c, key)
		if err != nil {
			return err
		}
		stored, fresh, err := a.begin(c, request)
		if err != nil {
			return err
		}
		if !fresh {
			return replay(c, request, stored)
		}
		return a.perform(c, request, next)
	}
}

// request describes the call; the body is read and put back.
func (a *Area) request(c echo.Context, key string) (incidents.Request, error) {
	who := callerOf(c)
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return incidents.Request{}, err
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(append([]byte(c.Request().Method+" "+c.Request().URL.Path+"\n"), body...))
	return incidents.Request{PracticeID: who.practice.ID, Key: casework.HashToken(who.token + "\x00" + key),
		BodyHash: hex.EncodeToString(sum[:]), At: a.opts.Now()}, nil
}

// begin claims the key, or waits for the answer of the first request with it.
func (a *Area) begin(c echo.Context, r incidents.Request) (stored incidents.Request, fresh bool, err error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), waitForFirst)
	defer cancel()
	for {
		stored, fresh, err = a.claim(c, r)
		if err != nil || fresh || stored.Status != 0 || stored.BodyHash != r.BodyHash {
			return stored, fresh, err
		}
		select {
		case <-ctx.Done():
			return stored, false, nil
		case <-time.After(lookAgain):
		}
	}
}

// claim claims the key. One whose request never ended, because the process
// died, is claimed anew.
func (a *Area) claim(c echo.Context, r incidents.Request) (incidents.Request, bool, error) {
	ctx := c.Request().Context()
	stored, fresh, err := a.opts.Store.BeginRequest(ctx, r)
	if err != nil || fresh || stored.Status != 0 || stored.BodyHash != r.BodyHash || r.At.Sub(stored.At) < abandoned {
		return stored, fresh, err
	}
	if err := a.opts.Store.DropRequest(ctx, r.PracticeID, r.Key); err != nil {
		return stored, false, err
	}
	return a.opts.Store.BeginRequest(ctx, r)
}

func replay(c echo.Context, r, stored incidents.Request) error {
	switch {
	case stored.BodyHash != r.BodyHash:
		return invalidParam(idempotencyHeader, "this key was used with another request; use a new key")
	case stored.Status == 0:
		return fault.New(fault.Conflict, "error.request_running", "the first request with this key is still running; ask again in a moment")
	}
	if stored.Location != "" {
		c.Response().Header().Set("Location", stored.Location)
	}
	c.Response().Header().Set("Idempotent-Replay", "true")
	return c.Blob(stored.Status, echo.MIMEApplicationJSON, stored.Body)
}

// perform runs the handler and keeps a successful answer. A refused or failed
// call frees the key, so that it can be mended and sent again.
func (a *Area) perform(c echo.Context, r incidents.Request, next echo.HandlerFunc) error {
	kept := &recorder{ResponseWriter: c.Response().Writer}
	c.Response().Writer = kept
	err := next(c)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), 5*time.Second)
	defer cancel()
	if status := c.Response().Status; err == nil && status < http.StatusBadRequest {
		r.Status, r.Body, r.Location = status, kept.body.Bytes(), c.Response().Header().Get("Location")
		return a.opts.Store.FinishRequest(ctx, r)
	}
	if dropped := a.opts.Store.DropRequest(ctx, r.PracticeID, r.Key); dropped != nil && err == nil {
		return dropped
	}
	return err
}

// recorder passes an answer on and keeps a copy of its body.
type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.NewResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
