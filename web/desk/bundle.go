package desk

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// fileMaker makes a case's file for an authority.
type fileMaker interface {
	Prepare(ctx context.Context, p registry.Practice, id string, by incidents.Actor, name string) (reference string, write func(io.Writer) error, err error)
}

// postBundle answers with the case's file. That it is made is in the register before
// its first byte leaves.
func (a *Area) postBundle(c echo.Context) error {
	if a.files == nil {
		return fault.NotFound
	}
	reference, write, err := a.files.Prepare(c.Request().Context(), page.Practice(c), c.Param("id"), page.Actor(c), page.User(c).Name)
	if err != nil {
		return err
	}
	attach(c, "application/zip", "datalek-"+page.FileName(reference)+".zip")
	c.Response().WriteHeader(http.StatusOK)
	if err := write(c.Response()); err != nil {
		return fmt.Errorf("write a case's file: %w", err) // what was sent has no end, and is no case file
	}
	return nil
}
