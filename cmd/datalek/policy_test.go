package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// builtIn is a policy of the program as a file of one's own, to begin from.
func builtIn(t *testing.T, name, as string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "playbooks", "policies", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(raw), "id: "+name+"\n", "id: "+as+"\n", 1)
}

func written(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPolicyCheckSaysWhatAPolicyPromisesOrEveryFault(t *testing.T) {
	dir := t.TempDir()
	own := written(t, dir, "own.yaml", builtIn(t, "ballance", "own"))
	out, err := command(t, nil, "policy", "check", own)
	if err != nil {
		t.Fatalf("check: %v\n%s", err, out)
	}
	for _, want := range []string{"(own): geen fouten", "Zo snel mogelijk. U belooft geen vast aantal uren.", "Opdrachtgever: Hoort het alleen als het risico hoog is.",
		"Nog 7 jaar na het laatste contact. Daarna vernietigd, binnen 1 jaar. (Privacyreglement Ballance, artikelen 10.1 en 10.2)",
		"Versleutelde schijven: Computers van de praktijk", "U antwoordt binnen 4 weken.", "4 systemen, 1 verwerker"} {
		if !strings.Contains(out, want) {
			t.Errorf("not said: %q in\n%s", want, out)
		}
	}
	if out, err := command(t, nil, "policy", "check", own, "--language", "en"); err != nil || !strings.Contains(out, "For 7 years after the last contact. Then destroyed, within 1 year.") {
		t.Errorf("in English: %v\n%s", err, out)
	}
	bad := written(t, dir, "bad.yaml", strings.NewReplacer("hours: 0", "hours: 9000", "when: law", "when: later", "weeks: 4", "weaks: 4").Replace(builtIn(t, "ballance", "bad")))
	out, err = command(t, nil, "policy", "check", bad)
	for _, want := range []string{bad + ":12: client.hours: give 0", "telling.1.when: choose promise", "telling.2.when: choose promise", `unknown key "weaks"`} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("ended with %v, not told %q in\n%s", err, want, out)
		}
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, bad+":") && !strings.HasPrefix(line, "datalek: this policy cannot be used yet") {
			t.Errorf("a line is not FILE:LINE: message: %s", line)
		}
	}
}

func TestAFolderOfPoliciesStandsOverTheBuiltInOnes(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, "own.yaml", strings.Replace(builtIn(t, "ballance", "own"), "nl: Coaching in opdracht van werkgevers", "nl: Ons eigen beleid", 1))
	written(t, dir, "sample.yaml", strings.Replace(builtIn(t, "sample", "sample"), "nl: Voorbeeldpraktijk (48 uur)", "nl: Vervangen", 1))
	for _, given := range [][2][]string{{nil, {"--policies", dir}}, {{"DATALEK_POLICIES=" + dir}, nil}} {
		out, err := command(t, given[0], append([]string{"policy", "list"}, given[1]...)...)
		if err != nil || !strings.Contains(out, "own             Ons eigen beleid") || !strings.Contains(out, "Vervangen") || strings.Contains(out, "Voorbeeldpraktijk") ||
			!strings.Contains(out, "social-work-be  Maatschappelijk werk in België") {
			t.Errorf("%v: %v\n%s", given, err, out)
		}
	}
	out, err := command(t, nil, "practice", "add", "--data", t.TempDir(), "--name", "A", "--contact", "B", "--email", "b@x.example", "--policy", "own", "--policies", dir)
	if err != nil {
		t.Errorf("a practice with our own policy: %v\n%s", err, out)
	}
	written(t, dir, "own.yaml", "id: own\nhours: 3\n")
	out, err = command(t, nil, "serve", "--smtp", "smtp://127.0.0.1:1?tls=none", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--policies", dir)
	for _, want := range []string{"own.yaml:2: unknown key \"hours\"", "own.yaml:1: title.nl: this text is missing", "own.yaml:1: retention: end with a rule"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("a broken policy let the server start (%v), or did not say %q:\n%s", err, want, out)
		}
	}
}
