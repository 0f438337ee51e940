package notices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
)

const (
	safe = "bericht@lindehof-post.example"
	hit  = "anna@lindehof.example"
)

// closedAt fills the moment at which the mailbox was shut, Monday 8 March 2027.
func closedAt(form url.Values, clock string) url.Values {
	form.Set("access_closed_at_day", "8")
	form.Set("access_closed_at_month", "3")
	form.Set("access_closed_at_year", "2027")
	form.Set("access_closed_at_time", clock)
	return form
}

func TestTheLastStopSaysWhatWillHappen(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "10 e-mails versturen?", "10 mensen krijgen ieder een eigen e-mail. Niemand ziet een ander.", "Talen: 3 Engels, 7 Nederlands.",
		"Daarna belt u zelf nog 3 mensen.", "U stuurt zelf nog 1 brief.", "kunt u niet terughalen", "Deze mailbox hoort bij het lek.",
		"Wanneer is de toegang tot de gelekte mailbox afgesloten?", "Verstuur 10 e-mails", `value="`+safe+`" checked`)
}

func TestApprovalInsistsOnASafeSender(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(url.Values)
		status int
		want   string
	}{
		{"no sender", func(f url.Values) { f.Del("sender") }, 422, "Kies een afzender"},
		{"an address of nobody's", func(f url.Values) { f.Set("sender", "x@evil.example") }, 422, "Kies een afzender"},
		{"the breached mailbox", func(f url.Values) { f.Set("sender", hit) }, 422, "Deze mailbox hoort bij het lek. Kies een andere afzender."},
		{"the breached mailbox with half a time", func(f url.Values) { closedAt(f, "").Set("sender", hit) }, 422, "Vul ook een tijd in"},
		{"the breached mailbox, closed in the future", func(f url.Values) { closedAt(f, "23:00").Set("sender", hit) }, 422, "Dit ligt in de toekomst."},
		{"the breached mailbox, closed this morning", func(f url.Values) { closedAt(f, "9.15").Set("sender", hit) }, 303, ""},
		{"another mailbox", func(f url.Values) { f.Set("sender", safe) }, 303, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			id := r.draft(incidents.ToClients)
			form := r.approval(id)
			tt.change(form)
			res, body := r.send("POST", "/notices/"+id+"/approve", form)
			if res.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, tt.status, wordsOf(body))
			}
			n, err := r.store.Notice(t.Context(), "p1", id)
			must(t, err)
			if tt.status == 303 {
				if n.State != incidents.NoticeIsApproved || n.Sender.Email != form.Get("sender") {
					t.Errorf("the notice is %s from %q", n.State, n.Sender.Email)
				}
				return
			}
			wants(t, body, tt.want)
			if n.State != incidents.NoticeIsDraft {
				t.Errorf("the notice is %s", n.State)
			}
			if form.Get("access_closed_at_day") != "" {
				wants(t, body, `name="access_closed_at_day" type="text" inputmode="numeric" autocomplete="off" value="8"`)
			}
		})
	}
}

func TestTheWordThatAccessIsClosedIsKept(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	form := closedAt(r.approval(id), "9.15")
	form.Set("sender", hit)
	if res, _ := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	inc, err := r.store.Incident(t.Context(), "p1", r.inc.ID)
	must(t, err)
	if want := time.Date(2027, 3, 8, 8, 15, 0, 0, time.UTC); inc.Facts.AccessClosedAt == nil || !inc.Facts.AccessClosedAt.Equal(want) {
		t.Errorf("closed at %v, want %v", inc.Facts.AccessClosedAt, want)
	}
	_, body := r.get("/notices/" + r.draft(incidents.ToClients) + "/approve")
	wants(t, body, "afgesloten op maandag 8 maart 2027 om 09.15 uur", "Zij krijgen er nu nog een.", "maar de toegang is afgesloten")
}

func TestApprovalHoldsForWhatWasSeen(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", safe)
	_, err := r.office.Edit(t.Context(), "p1", id, []incidents.Text{{Language: "nl", Subject: "Anders", Body: "Andere woorden."}}, incidents.System())
	must(t, err)
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != 409 {
		t.Fatalf("a changed text = %d, want 409", res.StatusCode)
	}
	wants(t, body, "De tekst is veranderd terwijl u keek.", "Andere woorden.", `<details class="govuk-details" open>`)
	form.Set("text_hash", hidden(t, body, "text_hash"))

	_, err = r.store.UpdateClient(t.Context(), "p1", "c-05", func(c *registry.Client) error {
		c.Person.Email = "nieuw@post.example"
		return nil
	})
	must(t, err)
	r.lookAgain()
	res, body = r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != 409 {
		t.Fatalf("a changed list = %d, want 409", res.StatusCode)
	}
	wants(t, body, "De lijst met ontvangers is veranderd terwijl u keek.")
	form.Set("recipients_hash", hidden(t, body, "recipients_hash"))
	if res, body = r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("after reading again = %d: %s", res.StatusCode, wordsOf(body))
	}
}

func TestASecondPressDoesNothingTwice(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", safe)
	for range 2 {
		if res, _ := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"/progress" {
			t.Fatalf("approval = %d to %s", res.StatusCode, res.Header.Get("Location"))
		}
	}
	rows, err := r.store.DeliveriesOf(t.Context(), "p1", id, nil, "", 100)
	must(t, err)
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	approvals := 0
	for _, e := range n.Outbox.Pending {
		if e.Kind == incidents.NoticeApproved {
			approvals++
		}
	}
	if len(rows) != 14 || approvals != 1 {
		t.Errorf("%d deliveries and %d approvals, want 14 and 1", len(rows), approvals)
	}
	if res, _ := r.get("/notices/" + id + "/approve"); res.Header.Get("Location") != "/notices/"+id+"/progress" {
		t.Errorf("the approval page of an approved notice leads to %q", res.Header.Get("Location"))
	}
}

func TestNothingIsApprovedWhileTheAffectedAreBeingFound(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", safe)
	_, err := r.office.Reassess(t.Context(), "p1", r.inc.ID, incidents.System())
	must(t, err)
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != 409 {
		t.Errorf("status %d, want 409", res.StatusCode)
	}
	wants(t, body, "zoekt nog uit wie geraakt is")
}

func TestATextForThePublicIsOnlyFixed(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToPublic)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "Deze tekst vastzetten?", "Zet de tekst vast", "U brengt de tekst zelf over")
	form := r.approval(id)
	form.Set("mails", "0")
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", res.StatusCode, wordsOf(body))
	}
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "U kunt hem nu zelf overbrengen", "data-copy=")
}

func TestAFormPressedTwiceActsOnce(t *testing.T) {
	r := newRig(t)
	twice := func(shown, path string, form url.Values) string {
		t.Helper()
		_, body := r.get(shown)
		form.Set(page.FormField, hidden(t, body, page.FormField))
		first, _ := r.send("POST", path, form)
		second, body := r.send("POST", path, form)
		if first.StatusCode != http.StatusSeeOther || second.StatusCode != http.StatusSeeOther || first.Location() != second.Location() {
			t.Fatalf("the presses led to %d %s and %d %s: %s", first.StatusCode, first.Location(), second.StatusCode, second.Location(), wordsOf(body))
		}
		return first.Location()
	}
	list := "/incidents/" + r.inc.ID + "/notices"
	draft := twice(list, list, url.Values{"audience": {"clients"}})
	if all, err := r.store.NoticesOf(t.Context(), "p1", r.inc.ID, "", 10); err != nil || len(all) != 1 {
		t.Errorf("%d drafts, %v; want 1", len(all), err)
	}
	twice(draft, draft+"/trial", url.Values{"language": {"nl"}, "email": {"anna@example.org"}})
	if due, err := r.store.DueDeliveries(t.Context(), r.now(), 10); err != nil || len(due) != 1 {
		t.Errorf("%d trial mails, %v; want 1", len(due), err)
	}
	approval := r.approval(strings.TrimPrefix(draft, "/notices/"))
	approval.Set("sender", safe)
	twice(draft+"/approve", draft+"/approve", approval)
	called := r.delivery(strings.TrimPrefix(draft, "/notices/"), func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	written := r.delivery(strings.TrimPrefix(draft, "/notices/"), func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	told := url.Values{"by": {"phone"}, "at_day": {"8"}, "at_month": {"3"}, "at_year": {"2027"}, "at_time": {"9:30"}}
	twice("/deliveries/"+called.ID, "/deliveries/"+called.ID+"/told", told)
	twice("/deliveries/"+written.ID, "/deliveries/"+written.ID+"/unreachable", url.Values{"reason": {"Drie keer gebeld."}})
}
