package incidents_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
)

func refusal(stage, text string) incidents.Answer {
	return incidents.Answer{Kind: incidents.RefusedAccount, Stage: stage, Server: "mx.example:587", Code: 535, Text: text}
}

func TestAnAccountRestsLongerWithEachRefusal(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	var p incidents.Pause
	var waits []time.Duration
	for range 7 {
		p.Refused(refusal("auth", "no"), now, time.Time{})
		waits = append(waits, p.NextAt.Sub(now))
		now = p.NextAt
	}
	want := []time.Duration{5, 10, 20, 40, 60, 60, 60}
	for n, w := range waits {
		if w != want[n]*time.Minute {
			t.Errorf("rest %d is %s, want %d minutes", n+1, w, want[n])
		}
	}
	if p.Since != time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) || p.Refusals != 7 {
		t.Errorf("since %s after %d refusals", p.Since, p.Refusals)
	}
}

func TestARestLeavesTriesBeforeTheDueTime(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	p := incidents.Pause{Refusals: 9, Since: now.Add(-time.Hour)}
	p.Refused(refusal("auth", "no"), now, now.Add(2*time.Hour))
	if got := p.NextAt.Sub(now); got != 30*time.Minute {
		t.Errorf("rests %s, want a quarter of the two hours left", got)
	}
	if wait := p.Claim(now, now.Add(20*time.Minute), 2*time.Minute); wait.Sub(now) != 5*time.Minute || !p.NextAt.Equal(wait) {
		t.Errorf("a mail due sooner waits %s, and the account rests until %s", wait.Sub(now), p.NextAt)
	}
}

func TestOneMailAloneTriesAnAccountThatRested(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	var p incidents.Pause
	p.Refused(refusal("auth", "no"), now, time.Time{})
	if wait := p.Claim(now.Add(time.Minute), time.Time{}, 2*time.Minute); !wait.Equal(now.Add(5 * time.Minute)) {
		t.Errorf("a mail during the rest waits until %s", wait)
	}
	at := now.Add(5 * time.Minute)
	if wait := p.Claim(at, time.Time{}, 2*time.Minute); !wait.IsZero() {
		t.Errorf("after the rest the first waits until %s", wait)
	}
	if wait := p.Claim(at, time.Time{}, 2*time.Minute); !wait.Equal(at.Add(2 * time.Minute)) {
		t.Errorf("the second waits until %s, want the end of the first one's lease", wait)
	}
	back := now.Add(-2 * time.Hour)
	if wait := p.Claim(back, time.Time{}, time.Minute); !wait.IsZero() {
		t.Errorf("with the clock set back two hours mail waits until %s", wait)
	}
}

func TestAskingForATry(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	var p incidents.Pause
	if p.Ask(now) {
		t.Error("an account that was never refused was tried")
	}
	p.Refused(refusal("auth", "no"), now, time.Time{})
	p.Refused(refusal("auth", "no"), now, time.Time{})
	if !p.Ask(now.Add(time.Minute)) || !p.Wake || !p.NextAt.Equal(now.Add(time.Minute)) || !p.Active() {
		t.Errorf("asked: %+v", p)
	}
	p.Wake = false
	if p.Ask(now.Add(time.Minute + time.Second)) {
		t.Error("a second press a second later counts again")
	}
	p.Refused(refusal("auth", "no"), now.Add(2*time.Minute), time.Time{})
	if p.Refusals != 1 || p.NextAt.Sub(now) != 7*time.Minute || !p.Since.Equal(now) {
		t.Errorf("refused after it was asked for: %+v", p)
	}
	p.Ended = true
	if p.Active() || p.Ask(now.Add(time.Hour)) {
		t.Error("a pause that ended is tried")
	}
	p.Refused(refusal("mail", "no"), now.Add(time.Hour), time.Time{})
	if !p.Since.Equal(now.Add(time.Hour)) || p.Refusals != 1 || p.Stage != "mail" {
		t.Errorf("a new pause keeps of the old one: %+v", p)
	}
}

func TestWhatAPauseTellsHoldsNoAddress(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	var p incidents.Pause
	p.Refused(refusal("auth", "5.7.8 <bert@other.example>: login\n refused for bert@other.example (see https://help.example/535) "+strings.Repeat("x", 300)), now, time.Time{})
	if strings.Contains(p.Words, "@") || strings.Contains(p.Words, "bert") || !strings.HasPrefix(p.Words, "5.7.8 … login refused for … (see https://help.example/535)") || len([]rune(p.Words)) > 201 {
		t.Errorf("words %q", p.Words)
	}
}

func TestWhichAccountARefusalIsAbout(t *testing.T) {
	for stage, want := range map[string]string{"greeting": "", "starttls": "", "auth": "", "mail": "anna@x.example", "rcpt": "anna@x.example", "data": "anna@x.example", "compose": "anna@x.example"} {
		if got := incidents.AccountRefused(refusal(stage, ""), "Anna@X.example"); got != want {
			t.Errorf("at %s: %q, want %q", stage, got, want)
		}
	}
	for _, tt := range []struct {
		kind  incidents.AnswerKind
		stage string
		want  bool
	}{{incidents.Accepted, "data", true}, {incidents.RefusedPerson, "rcpt", true}, {incidents.Later, "rcpt", true}, {incidents.Lost, "data", true},
		{incidents.Later, "greeting", false}, {incidents.Later, "mail", false}, {incidents.RefusedAccount, "rcpt", false}} {
		if got := (incidents.Answer{Kind: tt.kind, Stage: tt.stage}).Passed(); got != tt.want {
			t.Errorf("%s at %s passed: %t", tt.kind, tt.stage, got)
		}
	}
}
