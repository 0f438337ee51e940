package incidents_test

import (
	"testing"

	"datalek/incidents"
)

func TestACaseIsRenewedWhenItIsStaleAndNothingIsPending(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before incidents.Assessment
		renews bool
	}{
		{"assessed and not stale", incidents.Assessment{Wanted: 2, Done: 2}, false},
		{"assessed and stale", incidents.Assessment{Wanted: 2, Done: 2, Stale: true}, true},
		{"being assessed and stale", incidents.Assessment{Wanted: 2, Done: 1, Stale: true}, false},
		{"never assessed and stale", incidents.Assessment{Wanted: 1, Stale: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			inc.Outbox.Pending, inc.Assessment = nil, tt.before
			if got := inc.Renew(noon); got != tt.renews {
				t.Fatalf("renewed = %t, want %t", got, tt.renews)
			}
			want := tt.before
			if tt.renews {
				want.Wanted, want.Stale = want.Wanted+1, false
			}
			if inc.Assessment != want || (len(inc.Outbox.Pending) == 1) != tt.renews {
				t.Errorf("assessment %+v with %d events, want %+v", inc.Assessment, len(inc.Outbox.Pending), want)
			}
		})
	}
}

func TestAStaleCaseIsNotCompleteUntilTheNextVersionIsDone(t *testing.T) {
	inc := open(t, nil)
	inc.Assessed(1, incidents.Counts{}, 0, 0, noon)
	inc.Assessment.Stale = true
	if inc.Assessment.Complete() {
		t.Error("a stale assessment claims to be complete")
	}
	inc.Renew(noon)
	if inc.Assessment.Complete() || !inc.Assessment.Pending() {
		t.Errorf("assessment %+v, want one that is pending", inc.Assessment)
	}
	inc.Assessed(2, incidents.Counts{}, 0, 0, noon)
	if !inc.Assessment.Complete() {
		t.Errorf("assessment %+v, want a complete one", inc.Assessment)
	}
}

func TestFactsThatChangeTakeTheMarkWithThem(t *testing.T) {
	inc := open(t, nil)
	inc.Assessed(1, incidents.Counts{}, 0, 0, noon)
	inc.Assessment.Stale = true
	if err := inc.Override(incidents.Override{ClientID: "c-1", Reason: "was het niet", By: anna}, noon); err != nil {
		t.Fatal(err)
	}
	if inc.Assessment.Stale || inc.Assessment.Wanted != 2 {
		t.Errorf("assessment %+v: the version that is asked for reads clients as they are now", inc.Assessment)
	}
}
