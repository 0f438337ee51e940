package notices_test

import (
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// TestThePagesInABrowser looks at every page, also as they are refused.
func TestThePagesInABrowser(t *testing.T) {
	r := newRig(t)
	empty := r.file("p1")
	going, done := r.approved(), r.approved()
	draft, public := r.draft(incidents.ToClients), r.draft(incidents.ToPublic)
	r.answer(going, 5, accepted())
	r.answer(going, 1, refused())
	r.answer(going, 1, deferred())
	r.answer(done, 10, accepted())
	phone := r.delivery(going, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	letter := r.delivery(going, func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	told := r.delivery(done, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	_, err := r.office.Told(t.Context(), "p1", told.ID, word("phone", r.now()))
	must(t, err)
	form := r.approval(public)
	form.Set("mails", "0")
	r.send("POST", "/notices/"+public+"/approve", form)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	for _, tt := range []struct {
		name, path, act string
	}{
		{"list", "/incidents/" + r.inc.ID + "/notices", ""},
		{"list-empty", "/incidents/" + empty.ID + "/notices", ""},
		{"draft", "/notices/" + draft, ""},
		{"draft-editing", "/notices/" + draft, `const d = document.querySelector("#notice-nl").parentElement.querySelector("details"); d.open = true; d.querySelector("input[name=subject_nl]").value = ""; d.querySelector("form").submit()`},
		{"preview", "/notices/" + draft + "/preview?lang=nl", ""},
		{"readers", "/notices/" + draft + "/readers", ""},
		{"approve", "/notices/" + draft + "/approve", ""},
		{"approve-refused", "/notices/" + draft + "/approve", `document.querySelector("input[value='` + hit + `']").checked = true; document.querySelector("form.dl-interruption").submit()`},
		{"progress-going", "/notices/" + going + "/progress", ""},
		{"progress-done", "/notices/" + done + "/progress", ""},
		{"progress-public", "/notices/" + public + "/progress", ""},
		{"answers", "/notices/" + going + "/answers", ""},
		{"calls", "/notices/" + going + "/calls", ""},
		{"person-phone", "/deliveries/" + phone.ID, ""},
		{"person-faulty", "/deliveries/" + phone.ID, `document.querySelector("input[name=at_day]").value = "32"; document.querySelector("form[action$=told]").submit()`},
		{"person-letter", "/deliveries/" + letter.ID, ""},
		{"person-told", "/deliveries/" + told.ID, ""},
		{"telling", "/incidents/" + r.inc.ID + "/telling", ""},
		{"telling-empty", "/incidents/" + empty.ID + "/telling", ""},
	} {
		b.Look(t, webtest.View{Name: "notices-" + tt.name, Path: tt.path, Act: tt.act, Status: 422})
	}
}

// TestProgressMovesByItself watches a page that is not reloaded.
func TestProgressMovesByItself(t *testing.T) {
	r := newRig(t)
	b := webtest.OpenBrowser(t, r.site)
	id := r.approved()
	b.LogIn(t, r.visitor)
	b.Open(t, "/notices/"+id+"/progress")
	webtest.Evaluate[bool](t, b, `window.same = true`)
	r.answer(id, 10, accepted())
	b.Await(t, `window.same && document.querySelector("h1").textContent.startsWith("10 van 14")`)
}
