package notifier_test

import (
	"testing"

	"datalek/notifier"
)

// Whatever comes over the bus is a job of ours, or none.
func FuzzJob(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", "[]", `{"practice":"p","incident":"i"}`, `{"practice":1}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		practice, ok := notifier.JobPractice(raw)
		if !ok && practice != "" {
			t.Errorf("%q is none of ours, of practice %q", raw, practice)
		}
		if of, incident, ok := notifier.ClockOf(string(raw)); ok && string(of)+"_"+incident != string(raw) {
			t.Errorf("%q is read as %q and %q", raw, of, incident)
		}
	})
}
