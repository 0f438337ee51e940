package playbooks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong in the data, and where.
type Fault struct {
	File    string // as the reader finds it, with the override folder in front
	Line    int    // 0 when it is about the whole file
	Message string
	// Field is the dotted way to the value at fault ("retention.0.from"), "" when the
	// reader of the file found the fault before its values were known.
	Field string
}

func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// Faults is every fault of the data at once, one a line.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// ordered returns the faults by file and line, each once, and nil for none.
func (f Faults) ordered() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return slices.Compact(f)
}

func (f *Faults) add(file string, line int, format string, args ...any) {
	*f = append(*f, Fault{File: file, Line: line, Message: fmt.Sprintf(format, args...)})
}

var (
	yamlPlace    = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	yamlUnknown  = regexp.MustCompile(`(?s)^field (\S+) not found in type .+$`)
	yamlWrong    = regexp.MustCompile("(?s)^cannot unmarshal \\S+ (`.*` )?into \\S+$")
	templateFile = regexp.MustCompile(`^template: ([^:]+\.tmpl):(\d+)(?::\d+)?: (.*)$`)
)

// addYAML notes one complaint of the YAML reader in words a person can use.
func (f *Faults) addYAML(file, complaint string) {
	line, message := 0, strings.TrimPrefix(complaint, "yaml: ")
	if m := yamlPlace.FindStringSubmatch(complaint); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits by the pattern
		message = m[2]
	}
	if m := yamlUnknown.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("unknown key %q", m[1])
	} else if m := yamlWrong.FindStringSubmatch(message); m != nil {
		message = strings.TrimSpace("this value has the wrong form " + m[1])
	}
	f.add(file, line, "%s", message)
}

// addTemplate notes one complaint of the template reader.
func (f *Faults) addTemplate(file string, err error) {
	message := err.Error()
	for { // an included fragment's error stands inside the including one's
		at := strings.Index(message[1:], "template: ")
		if at < 0 || templateFile.FindStringSubmatch(message[at+1:]) == nil {
			break
		}
		message = message[at+1:]
	}
	if m := templateFile.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[2]) // digits by the pattern
		f.add(m[1], line, "%s", m[3])
		return
	}
	f.add(file, 0, "%s", message)
}
