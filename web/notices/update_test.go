package notices_test

import (
	"net/http"
	"strings"
	"testing"

	"datalek/incidents"
)

func TestAnApprovalCanPromiseMoreNews(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	page := "/notices/" + id + "/approve"
	_, body := r.get(page)
	wants(t, body, "Belooft dit bericht dat zij meer horen?")
	form := r.approval(id)
	form.Set("sender", safe)
	promise := func(day, clock string) {
		form.Set("promised_at_day", day)
		form.Set("promised_at_month", "3")
		form.Set("promised_at_year", "2027")
		form.Set("promised_at_time", clock)
	}
	for _, tt := range []struct{ name, day, clock, want string }{
		{"a time that is none", "12", "25:00", "Vul een tijd in, zoals 14:30."},
		{"a time gone by", "1", "12:00", "Dit moment is al voorbij."},
	} {
		promise(tt.day, tt.clock)
		res, body := r.send("POST", page, form)
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, tt.want) || !strings.Contains(body, `value="`+tt.clock+`"`) {
			t.Errorf("%s = %d, want 422 with %q and what was typed", tt.name, res.StatusCode, tt.want)
		}
	}
	promise("12", "12:00")
	if res, body := r.send("POST", page, form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("approval = %d: %s", res.StatusCode, wordsOf(body))
	}
	inc, err := r.Store.Incident(t.Context(), "p1", r.inc.ID)
	r.Must(err)
	u, stands := inc.StandingUpdate(incidents.UpdateToClients)
	if !stands || u.PromisedAt.Day() != 12 {
		t.Fatalf("promise %+v, want 12 March", u)
	}
	_, body = r.get("/incidents/" + r.inc.ID + "/notices")
	wants(t, body, "Bekijk wanneer cliënten meer horen", "/updates/clients")

	// The notice that made the promise does not keep it; the next one does.
	n, err := r.Store.Notice(t.Context(), "p1", id)
	r.Must(err)
	n.State, n.SentAt = incidents.NoticeIsSent, r.now()
	if inc.Sent(n, r.now()) {
		t.Error("the notice kept its own promise")
	}
	next := r.draft(incidents.ToClients)
	_, body = r.get("/notices/" + next + "/approve")
	wants(t, body, "Met dit bericht doet u dat.")
	if strings.Contains(body, "Belooft dit bericht") {
		t.Error("a second promise is asked for while one stands")
	}
}

func TestATextForThePublicPromisesNothing(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/notices/" + r.draft(incidents.ToPublic) + "/approve")
	if strings.Contains(body, "Belooft dit bericht") {
		t.Error("a text for the public asks when clients hear more")
	}
}
