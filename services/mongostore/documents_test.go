package mongostore_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/services/mongostore"
)

func TestWritingOverAnOlderDocumentTakesAwayWhatIsLeftOut(t *testing.T) {
	type sample struct {
		Name  string `bson:"name"`
		Again bool   `bson:"again,omitempty"`
	}
	for _, tt := range []struct {
		name       string
		record     sample
		set, unset []string
	}{
		{"a field that is there is set", sample{"a", true}, []string{"name", "again"}, nil},
		{"a field that is left out is taken away", sample{"a", false}, []string{"name"}, []string{"again"}},
		{"an empty field that is kept is set", sample{}, []string{"name"}, []string{"again"}},
	} {
		change, err := mongostore.Writing(tt.record, "_id")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := bson.Marshal(change)
		if err != nil {
			t.Fatal(err)
		}
		for operator, want := range map[string][]string{"$set": tt.set, "$unset": tt.unset} {
			fields := keysWithin(bson.Raw(raw).Lookup(operator))
			if len(fields) != len(want) {
				t.Errorf("%s: %s of %v, want %v", tt.name, operator, fields, want)
			}
			for n := range min(len(fields), len(want)) {
				if fields[n] != want[n] {
					t.Errorf("%s: %s of %v, want %v", tt.name, operator, fields, want)
				}
			}
		}
	}
}
