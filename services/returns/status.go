package returns

import (
	"regexp"
	"strconv"
	"strings"

	"datalek/incidents"
)

var (
	// statusPattern is an enhanced status code (RFC 3463), and no part of an IP
	// address or version.
	statusPattern = regexp.MustCompile(`(?:^|[\s(#;:=-])([245]\.\d{1,3}\.\d{1,3})(?:[\s)>,;:]|\.\s|$)`)
	// codePattern is an SMTP reply code followed by words.
	codePattern = regexp.MustCompile(`(?:^|[\s:;(])([245][0-5]\d)[ -]\S`)
)

func statusIn(text string) string {
	if m := statusPattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// codeIn returns the last server's reply code, 0 when none is given.
func codeIn(text string) int {
	m := codePattern.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // three digits
	return code
}

// preciser takes the server's own code where the report's says no more than the
// class, such as 5.0.0.
func preciser(status, said string) string {
	generic := status == "" || strings.HasSuffix(status, ".0.0")
	if generic && said != "" && (status == "" || said[0] == status[0]) {
		return said
	}
	return status
}

// passing are the failures of class 5 that say nothing against the address: a
// full mailbox, a fault of the sender's address, a system or route that is down, a
// policy about the sending server (RFC 3463 section 3). A mail that met one goes
// out again later; then it becomes a task like the others.
func passing(status string) bool {
	switch status {
	case "5.2.2", "5.1.7", "5.1.8", "5.4.2", "5.4.3", "5.4.5", "5.4.6", "5.4.7", "5.3.0", "5.3.1", "5.3.2", "5.3.3", "5.3.5":
		return true
	}
	return strings.HasPrefix(status, "5.7.")
}

// failure says what a failure that is final means.
func failure(status string, code int) incidents.ReturnKind {
	switch {
	case strings.HasPrefix(status, "4."), passing(status):
		return incidents.SoftReturn
	case strings.HasPrefix(status, "5."):
		return incidents.HardReturn
	case status == "" && code >= 400 && code < 500:
		return incidents.SoftReturn
	case status == "" && (code == 0 || code >= 500):
		return incidents.HardReturn
	}
	return incidents.UnknownReturn // failed with a code of success
}
