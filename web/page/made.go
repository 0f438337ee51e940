package page

import "github.com/labstack/echo/v4"

// MadeLine says who made a paper or a file, and when: what leaves the program names
// its maker, as the register does.
func MadeLine(c echo.Context) string {
	return T(c, "core.made", "at", FormatInstant(Lang(c), Now(c), Zone(c)), "name", User(c).Name)
}
