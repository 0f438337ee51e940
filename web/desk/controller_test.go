package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
)

var anna = incidents.Actor{Kind: register.ActorUser, ID: "anna"}

// as gives the practice another role for the breached data.
func (r *rig) as(role incidents.PracticeRole) {
	r.t.Helper()
	_, err := r.office.Change(r.t.Context(), "p1", r.own.ID, incidents.Change{Reason: "Nu weten we het.", By: anna,
		Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Role = role }})
	r.must(err)
}

// tellingForm is the form as filled in at 17.30 Dutch time, 12 minutes before now.
func tellingForm(clock string) url.Values {
	return url.Values{"at_day": {"8"}, "at_month": {"3"}, "at_year": {"2027"}, "at_time": {clock}, "by": {"phone"},
		"to": {"Gemeente <Voorbeeld>"}, "note": {"Zij melden het zelf."}}
}

func TestAProcessorsTaskIsTheControllerAndNotTheAuthority(t *testing.T) {
	r := newRig(t)
	r.as(incidents.AsProcessor)
	_, body := r.get(r.at(""))
	hasAll(t, body, r.at("/controller")+`"`, "zo snel mogelijk")
	if strings.Contains(body, r.at("/authority")+`"`) {
		t.Error("a practice that only processes is sent to the authority")
	}
	r.as(incidents.AsJoint)
	_, body = r.get(r.at(""))
	hasAll(t, body, r.at("/controller")+`"`, r.at("/authority")+`"`)
	r.as(incidents.AsController)
	if _, body = r.get(r.at("")); strings.Contains(body, r.at("/controller")+`"`) {
		t.Error("a controller is sent to another")
	}
}

func TestAPracticesOwnDataHaveNoControllersPage(t *testing.T) {
	r := newRig(t)
	if res, _ := r.get(r.at("/controller")); res.StatusCode != http.StatusNotFound {
		t.Errorf("page = %d, want 404", res.StatusCode)
	}
	if res, _ := r.post(r.at("/controller"), tellingForm("17:30")); res.StatusCode != http.StatusNotFound {
		t.Errorf("posting = %d, want 404", res.StatusCode)
	}
}

func TestTheControllersPageShowsTheDraftedText(t *testing.T) {
	r := newRig(t)
	r.as(incidents.AsProcessor)
	_, body := r.get(r.at("/controller"))
	hasAll(t, body, "Er is nog geen tekst om te sturen.", r.at("/notices"))
	r.Assess(r.own)
	p, err := r.store.Practice(t.Context(), "p1")
	r.must(err)
	n, err := r.office.Draft(t.Context(), p, r.own.ID, incidents.ToController, anna)
	r.must(err)
	_, body = r.get(r.at("/controller"))
	hasAll(t, body, "/notices/"+n.ID, n.Texts[0].Subject, "dl-mail__body")
}

func TestTellingTheControllerIsRecordedAndTold(t *testing.T) {
	r := newRig(t)
	r.as(incidents.AsProcessor)
	res, body := r.post(r.at("/controller"), tellingForm("17:30"))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("telling = %d: %s", res.StatusCode, body)
	}
	inc := r.stored()
	at := time.Date(2027, 3, 8, 16, 30, 0, 0, time.UTC)
	if c := inc.Clock(incidents.ControllerClock); !c.MetAt.Equal(at) {
		t.Errorf("met at %v, want %v", c.MetAt, at)
	}
	if n := inc.ControllerNotices; len(n) != 1 || n[0].To != "Gemeente <Voorbeeld>" || n[0].Channel != incidents.ByPhone || n[0].By != anna {
		t.Errorf("kept %+v", n)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, ">Verteld<", "Verteld aan de opdrachtgever of de andere organisatie", "Telefonisch, maandag 8 maart 2027 om 17.30 uur", "Gemeente &lt;Voorbeeld&gt;")
	for _, path := range []string{r.at("/controller"), r.at("/file")} {
		_, body = r.get(path)
		hasAll(t, body, "Gemeente &lt;Voorbeeld&gt;", "Zij melden het zelf.", "Aan de telefoon", "Anna de Wit")
	}
	_, body = r.get("/register")
	hasAll(t, body, "Opdrachtgever verteld: ma 8 mrt 2027, 17.30")
}

func TestAFaultyTellingSaysWhatToMend(t *testing.T) {
	r := newRig(t)
	r.as(incidents.AsProcessor)
	for _, tt := range []struct {
		name string
		edit func(url.Values)
		want string
	}{
		{"in the future", func(v url.Values) { v.Set("at_time", "23:00") }, "Dit ligt in de toekomst."},
		{"before the practice knew", func(v url.Values) { v.Set("at_time", "9:00") }, "Dit ligt voor het moment waarop u van het datalek wist."},
		{"without a time", func(v url.Values) { v.Del("at_time") }, "Vul ook een tijd in"},
		{"without a way", func(v url.Values) { v.Del("by") }, "Kies telefoon, e-mail of persoonlijk."},
		{"without a name", func(v url.Values) { v.Del("to") }, "Vul in aan wie u het vertelde."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := tellingForm("17:30")
			tt.edit(form)
			res, body := r.post(r.at("/controller"), form)
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("status %d, want 422", res.StatusCode)
			}
			hasAll(t, body, tt.want, "Zij melden het zelf.") // what was typed stays
		})
	}
	if n := len(r.stored().ControllerNotices); n != 0 {
		t.Errorf("%d tellings kept, want none", n)
	}
}
