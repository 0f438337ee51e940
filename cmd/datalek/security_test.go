package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// required are the numbers of OWASP ASVS 5.0.0 at levels 1 and 2: by section, the
// numbers within it.
func required() []string {
	var all []string
	for section, numbers := range map[string]string{
		"1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
		"2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1-1",
		"3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
		"4.1": "1-3", "4.2": "1-1", "4.3": "1-2", "4.4": "1-4",
		"5.1": "1-1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
		"6.1": "1-3", "6.2": "1-11", "6.3": "1-3", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
		"7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
		"8.1": "1-2", "8.2": "1-3", "8.3": "1-1", "8.4": "1-1",
		"9.1": "1-3", "9.2": "1-4",
		"10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
		"11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1-1", "11.6": "1-1",
		"12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
		"13.1": "1-1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
		"14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
		"15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
		"16.1": "1-1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
		"17.1": "1-1", "17.2": "1-4", "17.3": "1-2",
	} {
		var first, last int
		if _, err := fmt.Sscanf(numbers, "%d-%d", &first, &last); err != nil {
			panic(err) // a slip in this table
		}
		for n := first; n <= last; n++ {
			all = append(all, fmt.Sprintf("%s.%d", section, n))
		}
	}
	return all
}

var (
	inTicks   = regexp.MustCompile("`([^`]+)`")
	isTest    = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w+$`)
	isNumber  = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	isCommand = regexp.MustCompile(`^(datalek|go|make) |^tls=|^--[a-z-]+$`)
)

// SECURITY.md answers every requirement once, and every test and file that it
// names is there.
func TestSecurityAnswersEveryRequirementAndNamesWhatExists(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, answered := allTests(t), map[string]int{}
	_, table, _ := strings.Cut(string(raw), "\n## OWASP ASVS")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if numbers := numbersIn(cells[0]); len(numbers) > 0 {
			for _, n := range numbers {
				answered[n]++
			}
			checkAnswer(t, line, cells)
		}
	}
	for _, n := range required() {
		if answered[n] != 1 {
			t.Errorf("requirement %s is answered %d times", n, answered[n])
		}
		delete(answered, n)
	}
	if len(answered) > 0 {
		t.Errorf("these are no requirements of levels 1 and 2: %v", answered)
	}
	for _, named := range inTicks.FindAllStringSubmatch(string(raw), -1) {
		switch name := named[1]; {
		case isTest.MatchString(name):
			if !tests[name] {
				t.Errorf("there is no test %s", name)
			}
		case !isCommand.MatchString(name):
			if _, err := os.Stat(filepath.Join("..", "..", name)); err != nil {
				t.Errorf("there is no file %s", name)
			}
		}
	}
}

// numbersIn are the requirements in the first cell of a row.
func numbersIn(cell string) []string {
	var numbers []string
	for n := range strings.SplitSeq(strings.TrimSpace(cell), ", ") {
		if isNumber.MatchString(n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// checkAnswer fails on a row that says "met" and shows nothing, or says nothing.
func checkAnswer(t *testing.T, line string, cells []string) {
	t.Helper()
	if len(cells) != 6 {
		t.Errorf("this row has %d cells:\n%s", len(cells), line)
		return
	}
	state, where := strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
	if !slices.Contains([]string{"met", "partly", "no", "none"}, state) || where == "" || strings.TrimSpace(cells[2]) == "" {
		t.Errorf("this row says %q:\n%s", state, line)
	}
}

// allTests are the names of all tests and fuzz tests of the module.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	all := declaredTests(t)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range []string{"incidents", "notifier", "playbooks", "services", "web", "cmd"} {
		for _, file := range filesIn(t, filepath.Join("..", "..", folder)) {
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range declared.FindAllStringSubmatch(string(raw), -1) {
				all[name[1]] = true
			}
		}
	}
	return all
}
