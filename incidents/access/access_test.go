package access_test

import (
	"testing"
	"time"

	"datalek/incidents/access"
	"datalek/incidents/register"
)

func TestLooksOfTheSameKindWithinAnHourAreOne(t *testing.T) {
	anna, bram := register.Actor{Kind: register.ActorUser, ID: "anna"}, register.Actor{Kind: register.ActorUser, ID: "bram"}
	nine := time.Date(2027, 3, 8, 9, 5, 0, 0, time.UTC)
	first := access.New("p1", anna, access.Client, "c1", "", nine)
	for name, tt := range map[string]struct {
		look access.Look
		same bool
	}{
		"again, later in the hour": {access.New("p1", anna, access.Client, "c1", "", nine.Add(50*time.Minute)), true},
		"in the next hour":         {access.New("p1", anna, access.Client, "c1", "", nine.Add(time.Hour)), false},
		"somebody else":            {access.New("p1", bram, access.Client, "c1", "", nine), false},
		"at somebody else":         {access.New("p1", anna, access.Client, "c2", "", nine), false},
		"through a case":           {access.New("p1", anna, access.Client, "c1", "i1", nine), false},
		"in another practice":      {access.New("p2", anna, access.Client, "c1", "", nine), false},
	} {
		if same := tt.look.ID == first.ID; same != tt.same {
			t.Errorf("%s: the same %v, want %v", name, same, tt.same)
		}
	}
	if later := access.New("p1", bram, access.Clients, "", "", nine.Add(time.Hour)); later.ID <= first.ID || first.ID < access.Since(nine) || access.Since(nine.Add(time.Hour)) > later.ID {
		t.Errorf("ids do not sort by hour: %s, %s", first.ID, later.ID)
	}
}
