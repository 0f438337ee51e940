package limited

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/traces"
	"datalek/web/page"
)

// mark stands for a person in one case: the same there each time, and another one
// in the next case, so that nobody is followed from case to case.
func mark(inc *incidents.Incident, person string) string {
	sum := sha256.Sum256([]byte("datalek mark 1\x00" + string(inc.PracticeID) + "\x00" + inc.ID + "\x00" + person))
	return strings.ToUpper(hex.EncodeToString(sum[:3]))
}

// masker returns what puts marks in the place of what could name somebody in the
// reasons of a case's decisions: addresses, numbers, and names of the practice's
// people.
func (a *Area) masker(c echo.Context, inc *incidents.Incident) (func(string) string, error) {
	words := traces.WordsOf()
	for _, d := range inc.Decisions {
		words.Add(d.Reason)
	}
	var names []string
	if !words.Empty() {
		err := a.eachClient(c.Request().Context(), inc.PracticeID, func(x registry.Client) {
			if words.Meet(x.Person.Name) {
				names = append(names, x.Person.Name)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return func(text string) string { return masked(c, text, names) }, nil
}

func masked(c echo.Context, text string, names []string) string {
	var out strings.Builder
	end := 0
	for _, t := range traces.Find(text, names) {
		out.WriteString(text[end:t.From])
		out.WriteString(page.T(c, "limited.mask."+string(t.Kind)))
		end = t.To
	}
	out.WriteString(text[end:])
	return out.String()
}
