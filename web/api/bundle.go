package api

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

// fileMaker makes a case's file for an authority.
type fileMaker interface {
	Prepare(ctx context.Context, p registry.Practice, id string, by incidents.Actor, name string) (reference string, write func(io.Writer) error, err error)
}

// postCaseFile gives the file of a case for an authority: one signed ZIP. That it is
// made stands in the register; it is kept nowhere.
func (a *Area) postCaseFile(c echo.Context) error {
	if a.opts.CaseFiles == nil {
		return fault.NotFound
	}
	who := callerOf(c)
	reference, write, err := a.opts.CaseFiles.Prepare(c.Request().Context(), who.practice, c.Param("id"), who.actor(), "")
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="datalek-`+page.FileName(reference)+`.zip"`)
	h.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	if err := write(c.Response()); err != nil {
		return fmt.Errorf("write a case's file: %w", err)
	}
	return nil
}
