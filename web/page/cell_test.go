package page_test

import (
	"testing"

	"datalek/web/page"
)

func TestNoCellIsAFormula(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"words stay words", "Een factuur - aan 2 mensen - ging mis; dat kan.", "Een factuur - aan 2 mensen - ging mis; dat kan."},
		{"nothing stays nothing", "", ""},
		{"at its beginning", "=1+1", "'=1+1"},
		{"after a tab at its beginning", "\t=1", "'\t'=1"},
		{"in wide letters", "＝1", "'＝1"},
		{"after a semicolon", "a; =1;\"@x", "a; '=1;\"'@x"},
		{"on a later line", "a\n-1", "a\n'-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := page.Cell(tt.text); got != tt.want {
				t.Errorf("Cell(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}
