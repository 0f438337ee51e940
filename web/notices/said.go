package notices

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// said is a sentence in the page's language that may quote somebody else.
type said struct {
	Text string
	// Own are the words of a mail server, as it wrote them: nobody knows in which
	// language.
	Own   string
	After string // what follows from it
}

// ours is a sentence that quotes nobody.
func ours(text string) said { return said{Text: text} }

// stageCompose is where an attempt ended whose mail could not be made at all.
const stageCompose = "compose"

// answerText is what the server said about a reader, in its own words. A mail
// that could not be made was shown to no server.
func answerText(c echo.Context, d incidents.Delivery, x incidents.Attempt) said {
	if x.Stage == stageCompose && x.Kind == incidents.RefusedPerson {
		if d.To.OpenPGPKey != "" {
			return ours(page.T(c, "notices.answer.openpgp"))
		}
		return ours(page.T(c, "notices.answer.unmade"))
	}
	words := x.Text
	if code := strconv.Itoa(x.Code); x.Code != 0 && !strings.HasPrefix(words, code) {
		words = strings.TrimSpace(code + " " + words)
	}
	return said{Text: page.T(c, "notices.answer."+string(x.Kind)), Own: words}
}
