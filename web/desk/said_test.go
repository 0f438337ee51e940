package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/risk"
)

func TestAnswersToTheKindsQuestionsWeighAndCanBeAdjusted(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/risk"))
	if strings.Contains(body, "Uit uw antwoorden") {
		t.Fatal("something follows from answers that nobody gave")
	}
	r.post(r.at("/answers"), url.Values{"playbook": {"phished-mailbox"}, "answer_4": {"phished-mailbox/copied/yes"}})
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "Uit uw antwoorden", "Een dader, zoals een dief of hacker", "Uit uw antwoord op ‘Is de hele mailbox gekopieerd?’: Ja", `href="/incidents/`+r.own.ID+`/risk/answers#malicious"`, "Een dader heeft de gegevens.", "Opzet: 0,5")
	_, body = r.get(r.at("/risk/answers"))
	hasAll(t, body, `value="criminal" checked`, `name="malicious" type="radio" value="yes" checked`, "Uit uw antwoord op ‘Is de hele mailbox gekopieerd?’: Ja")

	r.post(r.at("/risk/answers"), url.Values{"context": {"care"}, "recipient": {"criminal"}, "disclosed": {"yes"}, "malicious": {"no"}, "deletion_confirmed": {"unknown"}})
	f := r.stored().RiskFacts()
	if f.Malicious || f.Recipient != risk.Offender || f.Disclosed != risk.WasDisclosed {
		t.Errorf("weighed %+v, want that only the intent was taken back", f.Answers)
	}
	_, body = r.get(r.at("/risk"))
	if strings.Contains(body, "Opzet: 0,5") {
		t.Error("what was adjusted still weighs")
	}
	r.post(r.at("/answers"), url.Values{"playbook": {"phished-mailbox"}, "answer_4": {"phished-mailbox/copied/no"}})
	if f := r.stored().RiskFacts(); f.Disclosed != risk.PossiblyDisclosed || f.Recipient != "" {
		t.Errorf("weighed %+v, want what follows from the new answer", f.Answers)
	}
}

func TestANewAnswerReopensADecisionThatStoodOnTheOldOne(t *testing.T) {
	r := newRig(t)
	r.post(r.at("/risk"), url.Values{"answer": {"not_notifiable"}, "reason": {"Niemand zag iets."}})
	if _, standing := r.stored().Standing(incidents.AboutPersons); !standing {
		t.Fatal("the decision was not recorded")
	}
	r.post(r.at("/answers"), url.Values{"playbook": {"phished-mailbox"}, "answer_1": {"phished-mailbox/second-step/no"}})
	if _, standing := r.stored().Standing(incidents.AboutPersons); !standing {
		t.Error("an answer that says nothing of the risk opened the decision again")
	}
	r.post(r.at("/answers"), url.Values{"playbook": {"phished-mailbox"}, "answer_4": {"phished-mailbox/copied/yes"}})
	if _, standing := r.stored().Standing(incidents.AboutPersons); standing {
		t.Error("the decision stands although the whole mailbox was copied")
	}
}

func TestTheSheetProposesWhatTheBreachMayLeadTo(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/authority/sheet"))
	hasAll(t, body, "Iemand stuurt valse e-mails of belt met een smoes.", "Wij weten niet wat deze persoon heeft gelezen of bewaard.")
	r.post(r.at("/answers"), url.Values{"playbook": {"phished-mailbox"}, "answer_4": {"phished-mailbox/copied/yes"}})
	_, body = r.get(r.at("/authority/sheet"))
	hasAll(t, body, "Deze persoon heeft de hele mailbox gekopieerd.")
	r.post(r.at("/measures"), url.Values{"measures_taken": {"Wachtwoord veranderd."}, "consequences": {"Mijn eigen woorden."}})
	_, body = r.get(r.at("/authority/sheet"))
	hasAll(t, body, "Mijn eigen woorden.")
	if strings.Contains(body, "hele mailbox gekopieerd") {
		t.Error("the proposal stands beside the practitioner's own words")
	}
}

// What strangers could read stands the same on every page, whether it was recorded
// or follows from an answer, and looking at it records nothing.
func TestUnreadabilityThatFollowsFromAnAnswerStandsTheSameEverywhere(t *testing.T) {
	r := newRig(t)
	_, err := r.office.Change(t.Context(), "p1", r.own.ID, incidents.Change{Reason: "het was de laptop", By: incidents.System(), Apply: func(f *incidents.Facts, _ *incidents.Story) {
		f.Playbook, f.BreachKinds = "lost-device", nil
	}})
	r.must(err)
	_, body := r.get(r.at("/risk"))
	hasAll(t, body, "U koos nog niet. Dit is gewoonlijk zo bij deze soort datalek", "U koos nog niet wat er met de gegevens is gebeurd.")
	_, body = r.get(r.at("/answers"))
	r.post(r.at("/answers"), url.Values{"playbook": {"lost-device"}, nameOf(t, body, "lost-device/encrypted/yes"): {"lost-device/encrypted/yes"}})
	if got := r.stored(); got.Unreadable() != incidents.UnintelligibleYes || got.Facts.Unintelligible != incidents.UnintelligibleUnknown {
		t.Fatalf("recorded %s, weighed %s; want unknown and yes", got.Facts.Unintelligible, got.Unreadable())
	}
	for _, path := range []string{"/risk", ""} {
		_, body = r.get(r.at(path))
		_, row, _ := strings.Cut(body, ">Zijn de gegevens onleesbaar voor anderen?")
		row, _, _ = strings.Cut(row, "</div>")
		if !strings.Contains(row, "Ja") || strings.Contains(row, "niet bekend") {
			t.Errorf("%q says of unreadability: %s", path, row)
		}
	}
	_, body = r.get(r.at("/facts"))
	hasAll(t, body, `name="unintelligible" type="radio" value="yes" checked`, "Uit uw antwoord op")
}

// nameOf is the name of the field that offers a value.
func nameOf(t *testing.T, body, value string) string {
	t.Helper()
	before, _, some := strings.Cut(body, `value="`+value+`"`)
	_, name, named := strings.Cut(before[max(0, strings.LastIndex(before, "<input")):], `name="`)
	if !some || !named {
		t.Fatalf("nothing offers %s", value)
	}
	name, _, _ = strings.Cut(name, `"`)
	return name
}
