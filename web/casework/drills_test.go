package casework_test

import (
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/web/casework"

	"github.com/google/go-cmp/cmp"
)

func TestADrillTellsThePracticeThatItWasBegunStoppedAndRemovedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.waiting()
	ctx := register.Acting(t.Context(), anna())
	drill, err := w.StartDrill(ctx, w.Practice("p1"), casework.NewDrill{Playbook: "lost-device", Pace: 60, By: anna()})
	w.must(err)
	home := w.Practice("p1")
	for range 2 { // the second changes nothing
		_, err = w.EndDrill(ctx, home, string(drill.ID), anna())
		w.must(err)
	}
	told := ofPractice(w.waiting(), "p1")
	w.must(w.DropDrill(ctx, home, drill.ID))
	told = append(told, ofPractice(w.waiting(), "p1")...)

	about := map[string]string{"playbook": "lost-device", "pace": "60"}
	want := []incidents.Event{ // those of one write by their kinds
		{PracticeID: "p1", Subject: string(drill.ID), Kind: incidents.DrillEnded, At: w.Now(), Actor: anna(), Facts: about},
		{PracticeID: "p1", Subject: string(drill.ID), Kind: incidents.DrillStarted, At: w.Now(), Actor: anna(), Facts: about},
		{PracticeID: "p1", Subject: string(drill.ID), Kind: incidents.DrillRemoved, At: w.Now(), Actor: anna()},
	}
	if d := cmp.Diff(want, told); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// ofPractice returns the events for one register, without their ids.
func ofPractice(events []incidents.Event, practice string) []incidents.Event {
	own := slices.DeleteFunc(events, func(e incidents.Event) bool { return string(e.PracticeID) != practice })
	for i := range own {
		own[i].ID = ""
	}
	return own
}
