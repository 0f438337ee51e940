package picture_test

import (
	"math"
	"testing"

	"datalek/web/picture"
)

func TestStackedBar(t *testing.T) {
	for _, tt := range []struct {
		name   string
		counts []int
		widths []float64
		cuts   int
		total  int
	}{
		{"shares by count", []int{40, 10, 0, 50}, []float64{40, 10, 0, 50}, 2, 100},
		{"keeps one among a hundred thousand visible", []int{1, 99999}, []float64{1.2, 98.8}, 1, 100000},
		{"draws nothing for nobody", []int{0, 0}, []float64{0, 0}, 0, 0},
		{"is whole for one group", []int{0, 7}, []float64{0, 100}, 0, 7},
		{"counts less than nothing as nothing", []int{-3, 3}, []float64{0, 100}, 0, 3},
		{"has no parts", nil, nil, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var given []picture.Part
			for _, n := range tt.counts {
				given = append(given, picture.Part{Count: n})
			}
			bar := picture.DrawStackedBar(given)
			if bar.Total.Int() != tt.total || len(bar.Cuts) != tt.cuts || len(bar.Segments) != len(tt.counts) {
				t.Fatalf("total %d, cuts %d, segments %d; want %d, %d, %d", bar.Total, len(bar.Cuts), len(bar.Segments), tt.total, tt.cuts, len(tt.counts))
			}
			x := 0.0
			for i, segment := range bar.Segments {
				if math.Abs(float64(segment.Width)-tt.widths[i]) > 0.01 || math.Abs(float64(segment.X)-x) > 0.01 {
					t.Errorf("segment %d at %s is %s wide, want at %.2f and %.2f wide", i, segment.X, segment.Width, x, tt.widths[i])
				}
				x += tt.widths[i]
			}
		})
	}
}

func TestDots(t *testing.T) {
	for _, tt := range []struct {
		name          string
		sent, waiting int
		dots          int
		width, height int
	}{
		{"one row for a few", 2, 1, 3, 60, 20},
		{"rows of twenty-five", 27, 15, 42, 500, 40},
		{"the most that get a dot", 150, 50, 200, 500, 160},
		{"a bar for more", 150, 51, 0, 0, 0},
		{"room for nobody", 0, 0, 0, 20, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dots := picture.DrawDots([]picture.Standing{{Glyph: "sent", Count: tt.sent}, {Glyph: "waiting", Count: tt.waiting}})
			if len(dots.Items) != tt.dots || dots.Width != tt.width || dots.Height != tt.height {
				t.Errorf("%d dots in %d by %d, want %d in %d by %d", len(dots.Items), dots.Width, dots.Height, tt.dots, tt.width, tt.height)
			}
			if dots.Total.Int() != tt.sent+tt.waiting || len(dots.Segments) != 2 {
				t.Errorf("total %d in %d rows, want %d in 2", dots.Total, len(dots.Segments), tt.sent+tt.waiting)
			}
			if drawn := len(dots.Bar.Segments) > 0; drawn != (tt.sent+tt.waiting > picture.MostDots) {
				t.Errorf("bar drawn: %t", drawn)
			}
		})
	}
}

func TestDotsStayInsideTheirPicture(t *testing.T) {
	dots := picture.DrawDots([]picture.Standing{{Glyph: "sent", Count: 199}})
	for i, dot := range dots.Items {
		if dot.X < 10 || dot.X > dots.Width-10 || dot.Y < 10 || dot.Y > dots.Height-10 {
			t.Errorf("dot %d lies at %d,%d outside %d by %d", i, dot.X, dot.Y, dots.Width, dots.Height)
		}
	}
}

func TestCountsAreGroupedByLanguage(t *testing.T) {
	for _, tt := range []struct {
		count picture.Count
		lang  string
		want  string
	}{
		{0, "nl", "0"}, {999, "nl", "999"}, {1000, "nl", "1.000"}, {98214, "en", "98,214"}, {1234567, "fr", "1\u202f234\u202f567"}, {-1000, "de", "-1.000"},
	} {
		if got := tt.count.Figure(tt.lang); got != tt.want {
			t.Errorf("%d in %s = %q, want %q", tt.count, tt.lang, got, tt.want)
		}
	}
}
