package desk_test

import (
	"net/url"
	"testing"

	"datalek/web/webtest"
)

// TestTheDecisionAboutAPersonInABrowser looks at the pages of a practice whose
// policy asks to decide about people, which the sample practice's does not.
func TestTheDecisionAboutAPersonInABrowser(t *testing.T) {
	r := accusedRig(t)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	form := r.at("/affected/c9/decision")
	for _, v := range []webtest.View{
		{Name: "deciding-task", Path: r.at("")}, {Name: "deciding-group", Path: r.at("/affected?group=undecided")},
		{Name: "deciding", Path: form}, {Name: "deciding-en", Path: form + "?taal=en"},
	} {
		b.Look(t, v)
	}
	if res, _ := r.post(form, url.Values{"answer": {"not"}, "ground": {"reveals"}, "reason": {"Hij weet niet van de klacht."}}); res.StatusCode != 303 {
		t.Fatalf("decide = %d", res.StatusCode)
	}
	r.reassess()
	for _, v := range []webtest.View{{Name: "deciding-all", Path: r.at("/affected?taal=nl")}, {Name: "deciding-again", Path: form}} {
		b.Look(t, v)
	}
}
