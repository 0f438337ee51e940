package page_test

import (
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

func TestWhetherASupplierWasInTimeIsSaidInWords(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    incidents.Promptness
		want string
		kind string
	}{
		{"late", incidents.Promptness{Word: incidents.ToldLate, Within: 24 * time.Hour, Took: 27*time.Hour + 10*time.Second, Late: 3*time.Hour + 10*time.Second}, "3 uur te laat volgens de afspraak van 24 uur.", "late"},
		{"late by less than a minute", incidents.Promptness{Word: incidents.ToldLate, Within: 24 * time.Hour, Late: time.Second}, "1 minuut te laat volgens de afspraak van 24 uur.", "late"},
		{"late by days", incidents.Promptness{Word: incidents.ToldLate, Within: 48 * time.Hour, Late: 10 * 24 * time.Hour}, "10 dagen te laat volgens de afspraak van 48 uur.", "late"},
		{"in time", incidents.Promptness{Word: incidents.ToldOnTime, Within: 24 * time.Hour, Took: 80 * time.Minute}, "Op tijd: na 80 minuten. Afgesproken was 24 uur.", "done"},
		{"at once", incidents.Promptness{Word: incidents.ToldOnTime, Within: 24 * time.Hour}, "Op tijd: na 0 minuten. Afgesproken was 24 uur.", "done"},
		{"nothing agreed", incidents.Promptness{Word: incidents.ToldNoTerm, Took: 30 * time.Hour}, "Na 30 uur. Er is geen termijn afgesproken; de wet vraagt het zonder onredelijke vertraging (artikel 33, lid 2 AVG).", "none"},
		{"it does not say", incidents.Promptness{Word: incidents.ToldUnsaid}, "Niet te zeggen: de leverancier noemt niet sinds wanneer het bekend was.", "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			server, _ := serve(t, nil, func(s *page.Site, e *echo.Echo) {
				s.Public(e).GET("/prompt", func(c echo.Context) error { got = page.PromptnessText(c, tt.p); return nil })
			})
			newBrowser(t, server).do("GET", "/prompt", "")
			if got != tt.want || page.PromptnessKind(tt.p) != tt.kind {
				t.Errorf("%q (%s), want %q (%s)", got, page.PromptnessKind(tt.p), tt.want, tt.kind)
			}
		})
	}
}
