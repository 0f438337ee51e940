package page

import (
	"context"
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// mostCode is how long a practice's public code may be before the store is asked.
const mostCode = 200

// PracticeAt finds the practice of a public address (/p/:code), and shows times in
// its zone. An unknown code is fault.NotFound, a page that does not exist like any
// other.
func PracticeAt(c echo.Context, find func(ctx context.Context, code string) (registry.Practice, error)) (registry.Practice, error) {
	code := c.Param("code")
	if len(code) > mostCode {
		return registry.Practice{}, fault.NotFound
	}
	p, err := find(c.Request().Context(), code)
	if err != nil {
		if errors.Is(err, fault.NotFound) {
			return p, fault.NotFound
		}
		return p, fmt.Errorf("look up the practice: %w", err)
	}
	zone, err := p.Zone()
	if err != nil {
		return p, fmt.Errorf("time zone of practice %s: %w", p.ID, err)
	}
	UseZone(c, zone)
	requestOf(c).drill = p.IsDrill()
	return p, nil
}
