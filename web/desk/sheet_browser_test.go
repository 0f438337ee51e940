package desk_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/webtest"
)

// TestTheAuthoritysPagesInABrowser looks at what the other story does not hold:
// personal things to decide about, and a filing that is late.
func TestTheAuthoritysPagesInABrowser(t *testing.T) {
	r := newRig(t)
	r.tell(func(_ *incidents.Facts, s *incidents.Story) {
		s.Summary = "Elders Bewaard belde. Terugbellen op 06-12345678 of elders.bewaard.met.een.heel.lang.adres@een-lange-naam-van-een-huis.example."
	})
	r.Pass(80 * time.Hour)
	r.enter()
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	for _, v := range []webtest.View{
		{Name: "authority-check", Path: r.at("/authority/check")}, {Name: "authority-late", Path: r.at("/authority/filing")},
		{Name: "authority-held-en", Path: r.at("/authority?taal=en")},
	} {
		b.Look(t, v)
	}
}
