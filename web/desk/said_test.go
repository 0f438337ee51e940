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
