package record_test

import (
	"encoding/json"
	"testing"

	"datalek/services/record"
)

// Of an entry that was changed in the database nothing is taken for whole.
func FuzzReadEntryDoc(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"seq":1}`, `{"seq":1,"event":{"at":"2027-03-05T12:00:00Z"}}`, `{"seq":1e99}`, `{"event":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		entry, exact := record.ReadEntryDoc(raw)
		if again, err := json.Marshal(entry); exact && (err != nil || string(again) != string(raw)) {
			t.Errorf("%q is taken for what this program wrote; it writes %q, %v", raw, again, err)
		}
		entry.PlainEntry()
	})
}
