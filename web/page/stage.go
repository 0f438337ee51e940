package page

import "github.com/labstack/echo/v4"

// StageText is the stage that a supplier gave its message: of our own contract in
// the reader's words, of any other sender in the sender's own.
func StageText(c echo.Context, stage string) string {
	if key := "core.stage." + stage; Has(c, key) {
		return T(c, key)
	}
	return stage
}
