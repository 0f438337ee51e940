package picture_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/web/picture"
)

// TestAHiddenCountLooksTheSameWhateverItIs keeps a picture from telling what its
// table hides.
func TestAHiddenCountLooksTheSameWhateverItIs(t *testing.T) {
	draw := func(secret int) (picture.Columns, []picture.Rung) {
		list := []picture.Reading{{Text: "januari", Short: "jan", Count: 12}, {Text: "februari", Short: "feb", Count: secret, Words: "minder dan 5"}, {Text: "maart", Short: "mrt"}}
		return picture.DrawColumns(list), picture.DrawRungs(list, func(int) bool { return false })
	}
	columns, rungs := draw(1)
	for _, secret := range []int{0, 2, 4, 50} {
		otherColumns, otherRungs := draw(secret)
		if diff := cmp.Diff(columns, otherColumns) + cmp.Diff(rungs, otherRungs); diff != "" {
			t.Errorf("1 and %d look different:\n%s", secret, diff)
		}
	}
	if columns.Most != 12 || columns.Items[0].Height != 100 || columns.Items[2].Height != 0 || !columns.Items[1].Hidden {
		t.Errorf("columns %+v", columns)
	}
}

func TestColumnsStandInTheirPlaces(t *testing.T) {
	columns := picture.DrawColumns([]picture.Reading{{Count: 4}, {Count: 400}})
	first, second := columns.Items[0], columns.Items[1]
	if first.X+first.Width > 50 || second.X < 50 || second.X+second.Width > 100 {
		t.Errorf("columns overlap: %+v", columns.Items)
	}
	if first.Height < 3 || first.Top+first.Height != 100 {
		t.Errorf("four of four hundred stand %v high at %v", first.Height, first.Top)
	}
	if len(picture.DrawColumns(nil).Items) != 0 {
		t.Error("columns of nothing")
	}
}
