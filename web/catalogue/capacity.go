package catalogue

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// capacities are what can be decided about a minor's own judgement, "" for nothing
// yet. In Belgium that, and not his age, says who is told (Patients' Rights Act,
// Art. 12); the practitioner decides.
func capacities(c echo.Context) []parts.Option {
	options := []parts.Option{{Text: page.T(c, "catalogue.capacity.none")}}
	for _, k := range registry.Capacities() {
		options = append(options, parts.Option{Value: string(k), Text: page.T(c, "catalogue.capacity."+string(k))})
	}
	return options
}
