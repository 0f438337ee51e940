package picture_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/web/picture"
)

func TestClockStates(t *testing.T) {
	const h = time.Hour
	ended := func(f picture.ClockFacts) picture.ClockFacts {
		f.EndedAt = aware.Add(10 * h)
		return f
	}
	open := func(f picture.ClockFacts) picture.ClockFacts {
		f.DueAt = time.Time{}
		return f
	}
	for _, tt := range []struct {
		name   string
		facts  picture.ClockFacts
		state  picture.State
		amount int
		unit   string
		shape  string
	}{
		{"runs with hours cut down", facts("client", 48, 16*h+time.Minute), picture.StateRunning, 31, "hours", "busy"},
		{"is soon in its last quarter", facts("client", 48, 36*h), picture.StateSoon, 12, "hours", "soon"},
		{"is not soon just before it", facts("client", 48, 36*h-time.Minute), picture.StateRunning, 12, "hours", "busy"},
		{"counts minutes under two hours", facts("authority", 72, 70*h+13*time.Minute), picture.StateSoon, 107, "minutes", "soon"},
		{"has no time left at the last instant and is not late", facts("authority", 72, 72*h), picture.StateSoon, 0, "minutes", "soon"},
		{"is a whole minute late one millisecond after", facts("authority", 72, 72*h+time.Millisecond), picture.StateLate, 1, "minutes", "late"},
		{"is hours late", facts("authority", 72, 78*h+59*time.Minute), picture.StateLate, 6, "hours", "late"},
		{"is days late after four days", facts("authority", 72, 72*h+97*h), picture.StateLate, 4, "days", "late"},
		{"counts days ahead when they are many", facts("controller", 240, 0), picture.StateRunning, 10, "days", "busy"},
		{"was met eleven hours before", met(facts("client", 48, 60*h), 37*h), picture.StateMet, 11, "hours", "done"},
		{"was met at the last instant", met(facts("client", 48, 60*h), 48*h), picture.StateMet, 0, "minutes", "done"},
		{"was met late", met(facts("authority", 72, 100*h), 80*h), picture.StateMetLate, 8, "hours", "late"},
		{"ended although time has passed", ended(facts("authority", 72, 100*h)), picture.StateEnded, 62, "hours", "blocked"},
		{"has no deadline", open(facts("client", 48, 5*h)), picture.StateOpen, 0, "", "busy"},
		{"was met without a deadline", met(open(facts("client", 48, 5*h)), 2*h), picture.StateMet, 0, "", "done"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := picture.DrawClock(tt.facts)
			if c.State != tt.state || c.Amount != tt.amount || c.Unit != tt.unit || c.Shape() != tt.shape {
				t.Errorf("got %s %d %s %s, want %s %d %s %s", c.State, c.Amount, c.Unit, c.Shape(), tt.state, tt.amount, tt.unit, tt.shape)
			}
			if want := !tt.facts.DueAt.IsZero(); c.Drawn != want {
				t.Errorf("drawn = %t, want %t", c.Drawn, want)
			}
		})
	}
}

func TestClockGeometry(t *testing.T) {
	const h = time.Hour
	for _, tt := range []struct {
		name                        string
		facts                       picture.ClockFacts
		fill, flag, overFrom, overW float64
		broken                      bool
	}{
		{"fills by the share that has gone", facts("client", 48, 24*h), 50 / 1.03, 100 / 1.03, 0, 0, false},
		{"is empty at its start", facts("client", 48, 0), 0, 100 / 1.03, 0, 0, false},
		{"is empty before its start", facts("client", 48, -h), 0, 100 / 1.03, 0, 0, false},
		{"ends at the right edge while it is late", facts("client", 48, 60*h), 80, 80, 80, 20, false},
		{"breaks an overrun that is too long", facts("client", 48, 480*h), 65, 65, 65, 35, true},
		{"stops where it was met", met(facts("client", 48, 400*h), 24*h), 50 / 1.03, 100 / 1.03, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := picture.DrawClock(tt.facts)
			for _, part := range []struct {
				name string
				got  picture.Percent
				want float64
			}{{"fill", c.Fill, tt.fill}, {"flag", c.Flag, tt.flag}, {"over from", c.Over.X, tt.overFrom}, {"over width", c.Over.Width, tt.overW}} {
				if math.Abs(float64(part.got)-part.want) > 0.01 {
					t.Errorf("%s = %s, want %.2f%%", part.name, part.got, part.want)
				}
			}
			if c.Broken != tt.broken {
				t.Errorf("broken = %t, want %t", c.Broken, tt.broken)
			}
		})
	}
}

func TestClockTicksLeaveTheDeadlineToTheFlag(t *testing.T) {
	c := picture.DrawClock(facts("client", 48, 37*time.Hour))
	var fired []bool
	for _, tick := range c.Ticks {
		fired = append(fired, tick.Fired)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, false}, fired); diff != "" {
		t.Errorf("ticks (-want +got):\n%s", diff)
	}
	if c.Fired != 3 {
		t.Errorf("fired = %d, want 3", c.Fired)
	}
}

func TestClockLeavesOutThresholdsBeforeItsStart(t *testing.T) {
	f := facts("contract", 12, time.Hour) // 24 hours before is before the start
	if got := len(picture.DrawClock(f).Ticks); got != 4 {
		t.Errorf("got %d ticks, want 4: at 6, 0, 8 and 11 hours", got)
	}
}

func TestSeventyTwoHoursAreThreeNights(t *testing.T) {
	c := picture.DrawClock(facts("authority", 72, 0))
	if len(c.Nights) != 3 {
		t.Fatalf("got %d nights, want 3", len(c.Nights))
	}
	for i, night := range c.Nights {
		if want := 8.0 / 72 / 1.03 * 100; math.Abs(float64(night.Width)-want) > 0.01 || !night.Whole {
			t.Errorf("night %d is %s wide (whole: %t), want %.2f%%, whole", i, night.Width, night.Whole, want)
		}
	}
	var days []int
	for _, day := range c.Days {
		days = append(days, day.Weekday)
	}
	if diff := cmp.Diff([]int{6, 0, 1}, days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestNightsFollowTheLocalClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		start time.Time
		hours float64
	}{
		{"an hour shorter when summer time begins", time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC), 7},
		{"an hour longer when it ends", time.Date(2027, 10, 30, 12, 0, 0, 0, time.UTC), 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := picture.ClockFacts{StartsAt: tt.start, DueAt: tt.start.Add(48 * time.Hour), Now: tt.start, Zone: zone}
			night := picture.DrawClock(f).Nights[0]
			if got := float64(night.Width) / 100 * 48 * 1.03; math.Abs(got-tt.hours) > 0.01 {
				t.Errorf("the night is %.2f hours long, want %.0f", got, tt.hours)
			}
		})
	}
}

func TestANightThatHasBegunIsCutAtTheStart(t *testing.T) {
	f := picture.ClockFacts{StartsAt: time.Date(2027, 3, 6, 2, 0, 0, 0, time.UTC), Zone: amsterdam} // three in the morning
	f.DueAt, f.Now = f.StartsAt.Add(24*time.Hour), f.StartsAt
	nights := picture.DrawClock(f).Nights
	if len(nights) != 2 || nights[0].X != 0 || nights[0].Whole || nights[1].Whole {
		t.Errorf("nights = %+v, want two, each cut by an end of the clock", nights)
	}
}

func TestTheFlagCoversNoMoon(t *testing.T) {
	for _, tt := range []struct {
		name  string
		start time.Time
		want  bool
	}{
		{"the last night is long over", time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC), true},
		{"the time ends as the last night ends", time.Date(2027, 3, 5, 6, 30, 0, 0, time.UTC), false},
		{"the last night is cut off", time.Date(2027, 3, 5, 2, 0, 0, 0, time.UTC), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := picture.DrawClock(picture.ClockFacts{StartsAt: tt.start, DueAt: tt.start.Add(72 * time.Hour), Now: tt.start, Zone: amsterdam})
			if got := c.ShowsMoon(c.Nights[len(c.Nights)-1]); got != tt.want {
				t.Errorf("the last night shows its moon: %t, want %t", got, tt.want)
			}
		})
	}
}

func TestLongSpansNameNoNights(t *testing.T) {
	c := picture.DrawClock(facts("controller", 24*30, time.Hour))
	if len(c.Nights) != 0 || len(c.Days) != 0 {
		t.Errorf("got %d nights and %d days, want none", len(c.Nights), len(c.Days))
	}
}

func TestToldBar(t *testing.T) {
	for _, tt := range []struct {
		name     string
		told, of int
		want     string
	}{
		{"is part full", 12, 48, "25.00%"},
		{"is full", 42, 42, "100.00%"},
		{"never overflows", 43, 42, "100.00%"},
		{"is empty while nobody knows how many", 3, 0, "0.00%"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := picture.DrawClock(people(facts("client", 48, 0), tt.told, tt.of)).ToldWidth.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
