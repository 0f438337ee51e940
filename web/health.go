package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Check is one thing that must be well before the program is ready.
type Check struct {
	Name string // "store", "bus", "keeper"
	Run  func(ctx context.Context) error
}

// keeperSilence is how old the keeper's last sign of life may be.
const keeperSilence = 15 * time.Second

var errSilent = errors.New("the keeper of the clocks was not heard of lately")

// KeeperCheck fails when the keeper's last sign of life, as lastBeat reads it,
// is older than keeperSilence.
func KeeperCheck(lastBeat func(ctx context.Context) (time.Time, error), now func() time.Time) Check {
	return Check{Name: "keeper", Run: func(ctx context.Context) error {
		at, err := lastBeat(ctx)
		if err != nil {
			return err
		}
		if at.Before(now().Add(-keeperSilence)) {
			return errSilent
		}
		return nil
	}}
}

// checkTimeout bounds each check of /readyz.
const checkTimeout = 3 * time.Second

// readiness is the answer of /readyz.
type readiness struct {
	Status string            `json:"status"` // "ready" or "not_ready"
	Checks map[string]string `json:"checks"` // "ok" or "down"
}

func (s *Server) health() {
	s.echo.GET("/healthz", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
	})
	s.echo.GET("/readyz", s.ready)
	if s.opts.SecurityContact != "" {
		s.echo.GET("/.well-known/security.txt", s.securityText)
	}
}

func (s *Server) ready(c echo.Context) error {
	answer, status := readiness{Status: "ready", Checks: map[string]string{}}, http.StatusOK
	for _, check := range s.opts.Checks {
		answer.Checks[check.Name] = "ok"
		if err := run(c.Request().Context(), check); err != nil {
			answer.Status, answer.Checks[check.Name], status = "not_ready", "down", http.StatusServiceUnavailable
			s.noteDown(check.Name, err)
		} else if _, was := s.down.LoadAndDelete(check.Name); was {
			s.site.Log().Info("ready again", "check", check.Name)
		}
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(status, answer)
}

// noteDown logs that a check fails when it begins to: whoever watches asks often.
func (s *Server) noteDown(check string, err error) {
	if _, known := s.down.LoadOrStore(check, true); !known {
		s.site.Log().Warn("not ready", "check", check, "error", err)
	}
}

func run(ctx context.Context, check Check) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return check.Run(ctx)
}

// securityText says whom to tell of a weakness (RFC 9116). It expires in half a year.
func (s *Server) securityText(c echo.Context) error {
	expires := s.site.Now().AddDate(0, 6, 0).Format(time.RFC3339)
	return c.String(http.StatusOK, "Contact: "+s.opts.SecurityContact+"\nExpires: "+expires+"\nPreferred-Languages: nl, en\n")
}
