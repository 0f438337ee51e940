package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "datalek"

// importRule says what the packages under one folder may import of our own
// packages and of the drivers. Helper libraries (sessions, passwords, i18n) are
// free to stand where they are used.
type importRule struct {
	folder  string
	own     []string // folders below the module's root, with all that is in them
	drivers []string // import path prefixes out of driverPaths
	pure    bool     // the standard library without I/O, and pureLibraries
}

const (
	echo       = "github.com/labstack/echo"
	mongo      = "go.mongodb.org/mongo-driver"
	natsClient = "github.com/nats-io/nats.go"
	natsServer = "github.com/nats-io/nats-server"
	email      = "github.com/jordan-wright/email"
	smtp       = "github.com/emersion/go-smtp"
	sqlite     = "modernc.org/sqlite"
	tink       = "github.com/tink-crypto/tink-go"
	merkleTree = "golang.org/x/mod/sumdb"
	holidays   = "github.com/rickar/cal"
	icalendar  = "github.com/arran4/golang-ical"
)

// driverPaths are the libraries that meet the world outside, each kept behind
// the one adapter that wraps it.
func driverPaths() []string {
	return []string{echo, mongo, natsClient, natsServer, email, smtp, sqlite, tink, holidays, icalendar}
}

// pureLibraries are what the pure packages may import beyond the standard
// library: the Merkle tree of the register.
func pureLibraries() []string { return []string{merkleTree} }

// outsideWorld is the part of the standard library that does I/O, which a pure
// package leaves alone.
func outsideWorld() []string {
	return []string{"database/sql", "log", "log/slog", "net", "net/http", "net/smtp", "os", "os/exec", "os/signal", "syscall"}
}

// testOnly are our own packages that nothing but tests may import.
func testOnly() []string { return []string{"services/storetest", "web/webtest"} }

// importRules is the table of rules; of two that fit a package the longer
// folder counts.
func importRules() []importRule {
	return []importRule{
		{folder: "incidents", own: []string{"incidents"}, pure: true},
		{folder: "incidents/fault", pure: true},
		{folder: "incidents/registry", own: []string{"incidents/fault", "incidents/register", "incidents/tenant"}, pure: true},
		{folder: "incidents/register", own: []string{"incidents/fault", "incidents/tenant"}, pure: true},
		{folder: "incidents/tenant", pure: true},
		{folder: "playbooks", own: []string{"incidents", "playbooks"}},
		{folder: "notifier", own: []string{"incidents", "playbooks", "notifier"}},
		{folder: "web", own: []string{"incidents", "playbooks", "web"}, drivers: []string{echo}},
		// What the pages' tests share stands on a store, which the pages may not.
		{folder: "web/webtest", own: []string{"incidents", "playbooks", "web", "services/contacts", "services/record", "services/sqlitestore", "services/suppliermail", "services/vault"}, drivers: []string{echo, sqlite, tink}},

		// An adapter never imports another one. What both stores share is in
		// record, the contract they keep in contract; what the tests share is in storetest and devstack.
		{folder: "services", own: []string{"incidents"}},
		{folder: "services/record", own: []string{"incidents"}, drivers: []string{tink}},
		{folder: "services/vault", own: []string{"incidents", "services/record"}, drivers: []string{tink}},
		{folder: "services/mongostore", own: []string{"incidents", "services/record"}, drivers: []string{mongo, tink}},
		{folder: "services/sqlitestore", own: []string{"incidents", "services/record"}, drivers: []string{sqlite, tink}},
		{folder: "services/redact", own: []string{"incidents"}},
		{folder: "services/backupfile", drivers: []string{tink}}, // the wrapping key's own type
		{folder: "services/contract", own: []string{"incidents", "services/record"}},
		{folder: "services/storetest", own: []string{"incidents", "services/record", "services/contract"}, drivers: []string{tink}},
		{folder: "services/natsbus", own: []string{"incidents"}, drivers: []string{natsClient, natsServer}},
		{folder: "services/smtpmail", own: []string{"incidents"}, drivers: []string{email, smtp}},
		{folder: "services/calendar", own: []string{"incidents"}, drivers: []string{holidays, icalendar}},
		{folder: "services/devstack", own: []string{"incidents"}, drivers: []string{natsServer, natsClient, smtp}},

		{folder: "cmd", own: []string{"incidents", "playbooks", "notifier", "web", "services", "cmd"}, drivers: driverPaths()},
	}
}

// listedPackage is the part of `go list -json` that the rules look at.
type listedPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string // Imports, and theirs, to the end
}

func TestEveryPackageImportsOnlyWhatItMay(t *testing.T) {
	packages := listPackages(t)
	if !slices.ContainsFunc(packages, func(p listedPackage) bool { return p.ImportPath == module+"/incidents" }) {
		t.Fatal("go list shows no package incidents: the rules would be checked on nothing")
	}
	standard := make(map[string]bool)
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range packages {
		if !within(p.ImportPath, module) {
			continue
		}
		for _, fault := range importFaults(p, standard) {
			t.Error(fault)
		}
	}
}

func TestImportRulesFindWhatBreaksThem(t *testing.T) {
	standard := map[string]bool{"fmt": true, "net/http": true, "os": true}
	for _, tt := range []struct {
		name    string
		pkg     listedPackage
		allowed bool
	}{
		{"the domain may use the standard library", use("incidents", "fmt"), true},
		{"the domain does no I/O", use("incidents", "net/http"), false},
		{"the domain uses no library", use("incidents", "github.com/google/uuid"), false},
		{"the register may use the Merkle tree", use("incidents/register", merkleTree+"/tlog"), true},
		{"a case uses the registry", use("incidents", module+"/incidents/registry"), true},
		{"the registry does not know the case", use("incidents/registry", module+"/incidents"), false},
		{"any package may name a kind of failure", use("services/natsbus", module+"/incidents/fault"), true},
		{"playbooks may use a helper library", use("playbooks", "go.yaml.in/yaml/v3"), true},
		{"playbooks do not know the workers", use("playbooks", module+"/notifier"), false},
		{"the workers do not know NATS", use("notifier", natsClient), false},
		{"the workers do not know the web", use("notifier", module+"/web"), false},
		{"the web does not know the workers", use("web/desk", module+"/notifier"), false},
		{"the web may use Echo", use("web/desk", echo+"/v4"), true},
		{"the web does not know a store", use("web", module+"/services/sqlitestore"), false},
		{"a store may use the stored form", use("services/mongostore", module+"/services/record"), true},
		{"a store does not know the other one", use("services/mongostore", module+"/services/sqlitestore"), false},
		{"a worker knows no holidays", use("notifier", holidays+"/v2"), false},
		{"a store wraps its own driver only", use("services/sqlitestore", mongo+"/v2/bson"), false},
		{"a new adapter says which driver it wraps", use("services/contacts", smtp), false},
		{"a name that only begins alike is another package", use("notifier", module+"/playbooksextra"), false},
		{"the command may use everything", use("cmd/datalek", module+"/services/devstack"), true},
		{"production code does not use the stores' test suite", use("cmd/datalek", module+"/services/storetest"), false},
		{"a page does not use what the pages' tests share", use("web/desk", module+"/web/webtest"), false},
		{"what the pages' tests share may use the default store", use("web/webtest", module+"/services/sqlitestore"), true},
		{"a new folder needs a rule", use("helpers", "fmt"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			faults := importFaults(tt.pkg, standard)
			if got := len(faults) == 0; got != tt.allowed {
				t.Errorf("allowed = %t, want %t; faults: %v", got, tt.allowed, faults)
			}
		})
	}
}

// use makes a package under folder that imports one other.
func use(folder, imported string) listedPackage {
	return listedPackage{ImportPath: module + "/" + folder, Imports: []string{imported}, Deps: []string{imported}}
}

// importFaults says in words what p imports and may not. standard tells which
// packages are the standard library's.
func importFaults(p listedPackage, standard map[string]bool) []string {
	rule, ok := ruleFor(strings.TrimPrefix(p.ImportPath, module+"/"))
	if !ok {
		return []string{p.ImportPath + " has no import rule: say in importRules what it may import"}
	}
	var faults []string
	forbid := func(imported, why string) {
		faults = append(faults, fmt.Sprintf("%s imports %s: %s", p.ImportPath, imported, why))
	}
	for _, imported := range p.Imports {
		own := strings.TrimPrefix(imported, module+"/")
		switch {
		case slices.Contains(testOnly(), own):
			forbid(imported, "it is for tests alone")
		case within(imported, module) && !withinAny(own, rule.own):
			forbid(imported, "of our own packages it may import "+strings.Join(rule.own, ", "))
		case rule.pure && slices.Contains(outsideWorld(), imported):
			forbid(imported, "it is pure and does no I/O")
		}
	}
	for _, dep := range p.Deps {
		switch {
		case withinAny(dep, driverPaths()) && !withinAny(dep, rule.drivers):
			forbid(dep, "the driver belongs behind its own adapter")
		case rule.pure && !standard[dep] && !within(dep, module) && !withinAny(dep, pureLibraries()):
			forbid(dep, "it is pure and uses the standard library only")
		}
	}
	return faults
}

// ruleFor finds the rule with the longest folder that holds the package.
func ruleFor(folder string) (importRule, bool) {
	var found importRule
	for _, rule := range importRules() {
		if within(folder, rule.folder) && len(rule.folder) > len(found.folder) {
			found = rule
		}
	}
	return found, found.folder != ""
}

func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

func withinAny(path string, parents []string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return within(path, parent) })
}

// listPackages asks the go command for every package of the module and all that
// they import. Packages that do not compile are listed too: this test is about
// imports only.
func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	command.Dir = "../.."
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read what go list says: %v", err)
		}
		packages = append(packages, p)
	}
}
