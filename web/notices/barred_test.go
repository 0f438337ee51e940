package notices_test

import (
	"net/http"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestNoMessageLeavesFromADomainThatThePolicyBars(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.BarredSenders = []string{"lindehof-post.example"}
		return nil
	})
	must(t, err)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "Volgens uw beleid gaan berichten nooit vanaf dit adres.")
	if strings.Contains(body, `value="`+safe+`" checked`) {
		t.Error("the barred address is proposed")
	}
	form := r.approval(id)
	form.Set("sender", safe)
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a barred sender = %d, want 422", res.StatusCode)
	}
	wants(t, body, "Uw beleid zegt dat berichten nooit vanaf dit adres gaan. Kies een ander adres.", `href="#sender"`)
	closedAt(form, "9.15").Set("sender", hit)
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		t.Errorf("another sender = %d: %s", res.StatusCode, wordsOf(body))
	}
}
