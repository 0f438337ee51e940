package intake_test

import (
	"strings"
	"testing"
)

// kindOfDraft begins a long form about one kind of breach.
func (v *visitor) kindOfDraft(playbook string) string {
	v.t.Helper()
	draft := v.begin("/incidents/new")
	v.must(draft+"/whose", "role", "controller")
	v.must(draft+"/what", "playbook", playbook)
	return draft
}

// before fails unless the words stand on the page in this order.
func before(t *testing.T, a answer, words ...string) {
	t.Helper()
	rest := a.text
	for _, w := range words {
		at := strings.Index(rest, w)
		if at < 0 {
			t.Fatalf("no %q in its place:\n%s", w, a.text)
		}
		rest = rest[at+len(w):]
	}
}

func TestWhereSuchABreachCommonlyIsStandsFirst(t *testing.T) {
	anke := newWorld(t).anke()
	mailbox := anke.get(anke.kindOfDraft("phished-mailbox") + "/systems")
	before(t, mailbox, "Mailbox Vaak bij dit soort lek", "Cliëntdossier", "Dat weet ik")
	file := anke.get(anke.kindOfDraft("open-share") + "/systems")
	before(t, file, "Cliëntdossier Vaak bij dit soort lek", "Mailbox")
	for _, a := range []answer{mailbox, file} {
		if strings.Contains(a.body, " checked") || strings.Count(a.text, "Vaak bij dit soort lek") != 1 {
			t.Errorf("something is chosen that nobody chose, or marked that is not common:\n%s", a.body)
		}
	}
}

func TestTheKindsOfDataThatAreCommonStandFirst(t *testing.T) {
	anke := newWorld(t).anke()
	draft := anke.kindOfDraft("lost-device")
	unknown := anke.get(draft + "/data")
	before(t, unknown, "Wachtwoorden", "Vaak bij dit soort lek", "Geboortedatum", "Andere soorten gegevens")
	anke.must(draft+"/systems", "systems", "client-file")
	held := anke.get(draft + "/data")
	before(t, held, "Vaak bij dit soort lek", "Andere soorten gegevens", "Vaak bij dit soort lek", "Gezondheid")
	if strings.Contains(unknown.body+held.body, " checked") {
		t.Errorf("something is chosen that nobody chose:\n%s", held.body)
	}
	anke.must(draft+"/data", "categories", "health")
	if again := anke.get(draft + "/data"); strings.Count(again.body, " checked") != 1 {
		t.Errorf("not only what was chosen is ticked:\n%s", again.body)
	}
}

func TestAnAnswerAboutEncryptionIsOfferedAgainToBeSeen(t *testing.T) {
	anke := newWorld(t).anke()
	draft := anke.kindOfDraft("lost-device")
	if a := anke.get(draft + "/protected"); strings.Contains(a.body, " checked") {
		t.Errorf("something is chosen that nobody answered:\n%s", a.body)
	}
	anke.must(draft+"/kind", "answer_1", "lost-device/encrypted/yes")
	a := anke.get(draft + "/protected")
	holds(t, a, "Dit volgt uit wat u over dit soort lek antwoordde.")
	if !strings.Contains(a.body, `value="yes" checked`) {
		t.Errorf("the answer is not taken over:\n%s", a.body)
	}
	anke.must(draft+"/protected", "unintelligible", "partly")
	if a := anke.get(draft + "/protected"); !strings.Contains(a.body, `value="partly" checked`) || strings.Contains(a.text, "Dit volgt uit") {
		t.Errorf("what was chosen is not what stands:\n%s", a.body)
	}
}
