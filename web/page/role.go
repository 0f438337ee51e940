package page

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
)

// RoleName returns a role in the reader's words: "beheerder".
func RoleName(c echo.Context, r registry.Role) string { return T(c, "role."+string(r)) }
