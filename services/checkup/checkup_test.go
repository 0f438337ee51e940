package checkup_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/checkup"
)

var noon = time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func wants(t *testing.T, check checkup.Check, state checkup.State, code string) checkup.Finding {
	t.Helper()
	got := checkup.Run(t.Context(), []checkup.Check{check})[0]
	if got.State != state || got.Code != code {
		t.Errorf("finding = %+v, want %s %s", got, state, code)
	}
	return got
}

func TestTheClockIsComparedWithAnother(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		w.WriteHeader(http.StatusMethodNotAllowed)
	}))
	defer server.Close()
	there := checkup.TimeAt(server.URL, nil)
	wants(t, checkup.Clock(there, at(noon.Add(20*time.Second))), checkup.Well, "clock_well")
	got := wants(t, checkup.Clock(there, at(noon.Add(-5*time.Minute))), checkup.Unwell, "clock_off")
	if got.Blanks[1] != "5m0s" {
		t.Errorf("off by %v, want 5m0s", got.Blanks[1])
	}
	wants(t, checkup.Clock(nil, at(noon)), checkup.Unchecked, "clock_alone")
	wants(t, checkup.Clock(checkup.TimeAt("http://127.0.0.1:1", nil), at(noon)), checkup.Unchecked, "clock_silent")
}

func TestTheKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "datalek.key")
	fits := func(context.Context) error { return nil }
	wants(t, checkup.Keys(file, fits), checkup.Unwell, "keys_unreadable")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, checkup.Keys(file, fits), checkup.Well, "keys_well")
	wants(t, checkup.Keys(file, func(context.Context) error { return errors.New("another key") }), checkup.Unwell, "keys_wrong")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	wants(t, checkup.Keys(file, fits), checkup.Note, "keys_open")
}

func TestTheDiskIsLookedAt(t *testing.T) {
	if got := checkup.Run(t.Context(), []checkup.Check{checkup.Disk(t.TempDir())})[0]; got.Code == "disk_unknown" || len(got.Blanks) != 2 {
		t.Errorf("finding = %+v, want how much is free", got)
	}
	wants(t, checkup.Disk(filepath.Join(t.TempDir(), "none")), checkup.Unchecked, "disk_unknown")
}

type answering incidents.Answer

func (a answering) Check(context.Context) incidents.Answer { return incidents.Answer(a) }

func TestTheMailServersWordsByTheirPlace(t *testing.T) {
	for code, a := range map[string]answering{
		"mail_well":     {Kind: incidents.Accepted, Stage: "auth"},
		"mail_starttls": {Kind: incidents.RefusedAccount, Stage: "starttls"},
		"mail_auth":     {Kind: incidents.RefusedAccount, Stage: "auth", Code: 535},
		"mail_greeting": {Kind: incidents.Later, Stage: "greeting"},
	} {
		state := checkup.Unwell
		if a.Kind == incidents.Accepted {
			state = checkup.Well
		}
		wants(t, checkup.Mail(a), state, code)
	}
}

func TestACheckThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		began := time.Now()
		got := checkup.Run(t.Context(), []checkup.Check{
			{Name: "disk", Run: func(context.Context) checkup.Finding { <-free; return checkup.Finding{} }},
			checkup.Whether("bus", func(context.Context) error { return nil }),
		})
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %s, want the ten seconds of a check", took)
		}
		if got[0].Code != "slow" || got[0].State != checkup.Unwell || got[0].Check != "disk" || got[1].Code != "bus_well" {
			t.Errorf("findings = %+v", got)
		}
		if checkup.Worst(got) != checkup.Unwell || checkup.Worst(got[1:]) != checkup.Well {
			t.Error("the worst of them is not what it should be")
		}
		close(free)
	})
}

func TestFindingsAreKeptForAMinute(t *testing.T) {
	var asked atomic.Int64
	now := noon
	doctor := checkup.NewDoctor(func(_ context.Context, practice tenant.ID) ([]checkup.Check, error) {
		if practice == "" {
			return nil, errors.New("no practice")
		}
		asked.Add(1)
		return []checkup.Check{checkup.Whether("bus", func(context.Context) error { return nil })}, nil
	}, func() time.Time { return now })
	look := func(practice tenant.ID, want int64) {
		t.Helper()
		r, err := doctor.Report(t.Context(), practice)
		if err != nil || len(r.Findings) != 1 || asked.Load() != want {
			t.Errorf("report %+v, %v after %d rounds, want %d", r, err, asked.Load(), want)
		}
	}
	look("a", 1)
	now = noon.Add(59 * time.Second)
	look("a", 1)
	look("b", 2)
	now = noon.Add(60 * time.Second)
	look("a", 3)
	if _, err := doctor.Report(t.Context(), ""); err == nil {
		t.Error("a doctor without checks found something")
	}
}
