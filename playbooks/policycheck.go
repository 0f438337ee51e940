package playbooks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// ReadPolicy reads one policy from a file, whatever its place, and what a
// practice can begin with that chooses it, named in a language of the pages. It
// returns every fault at once as Faults.
func ReadPolicy(path, language string) (registry.Policy, PolicyChoice, Start, error) {
	raw, err := os.ReadFile(path) // #nosec G304 -- whoever asks names the file
	if err != nil {
		return registry.Policy{}, PolicyChoice{}, Start{}, fmt.Errorf("read policy: %w", err)
	}
	var faults Faults
	name, fits := strings.CutSuffix(filepath.Base(path), ".yaml")
	if !fits {
		faults.add(path, 0, "the name of a policy's file ends in .yaml")
	}
	f := readPolicy(raw, path, name, &faults)
	if err := faults.ordered(); err != nil {
		return registry.Policy{}, PolicyChoice{}, Start{}, err
	}
	return f.policy(), f.choice(), f.start(language), nil
}

// readPolicy reads one policy strictly; what is wrong goes into faults.
func readPolicy(raw []byte, file, name string, faults *Faults) policyFile {
	var f policyFile
	if doc, fine := decode(raw, file, &f, faults); fine {
		f.check(doc, name, pageLanguages())
	}
	return f
}

// check finds every fault of a policy, each with its line.
func (f policyFile) check(doc document, name string, languages []string) {
	if f.ID != name {
		doc.fault("must be the same as the file's name, "+name, "id")
	}
	doc.texts("title", f.Title, languages)
	doc.texts("explanation", f.Explanation, languages)
	f.checkHours(doc)
	f.checkAlarms(doc)
	f.PreliminaryNotice.check(doc, f.Client.Hours)
	f.checkSources(doc)
	var faults fault.List
	f.policy().CheckRules(&faults)
	doc.found(faults)
	f.rulesFile.check(doc, languages)
	f.startFile.check(doc, languages)
	f.checkNamed(doc)
}

func (f policyFile) checkHours(doc document) {
	if f.Client.Hours < 0 || f.Client.Hours > mostClientHours {
		doc.fault("give 0 (no promised hours) to 720", "client", "hours")
	}
	if f.Client.Hours == 0 && len(f.Client.WarnPercent) > 0 {
		doc.fault("without promised hours there is no share of them to warn at", "client", "warn_percent")
	}
	if !rising(f.Client.WarnPercent, 100) {
		doc.fault("give shares between 1 and 99, each larger than the one before", "client", "warn_percent")
	}
	if f.Authority.Hours < 1 || f.Authority.Hours > mostAuthorityHours {
		doc.fault("give 1 to 72: 72 takes the law's term of the day, fewer are your own", "authority", "hours")
	}
	if !rising(f.Authority.WarnHours, f.Authority.Hours) {
		doc.fault("give hours between 1 and the term, each larger than the one before", "authority", "warn_hours")
	}
}

// rising reports whether the numbers go up from at least 1 to below limit.
func rising(numbers []int, limit int) bool {
	before := 0
	for _, n := range numbers {
		if n <= before || n >= limit {
			return false
		}
		before = n
	}
	return true
}

// checkSources finds every rule that does not say where it comes from.
func (f policyFile) checkSources(doc document) {
	doc.source(f.Source)
	doc.source(f.Client.Source, "client")
	doc.source(f.Authority.Source, "authority")
	doc.source(f.Mail.Source, "mail")
	for i, x := range f.Telling {
		doc.source(x.Source, "telling", strconv.Itoa(i))
	}
	for i, x := range f.Retention {
		doc.source(x.Source, "retention", strconv.Itoa(i))
	}
	for i, x := range f.Protections {
		doc.source(x.Source, "protections", strconv.Itoa(i))
	}
	for i, x := range f.Statements {
		doc.source(x.Source, "statements", strconv.Itoa(i))
	}
	if f.Contact != nil {
		doc.source(f.Contact.Source, "contact")
	}
	if f.Secrecy != nil {
		doc.source(f.Secrecy.Source, "secrecy")
	}
	if f.Requests != nil {
		doc.source(f.Requests.Source, "requests")
	}
	if f.Audit != nil {
		doc.source(f.Audit.Source, "audit")
	}
}

func (f rulesFile) check(doc document, languages []string) {
	for i, s := range f.Statements {
		doc.textsAt(s.Text, languages, "statements", strconv.Itoa(i), "text")
	}
	if !slices.ContainsFunc(f.Retention, func(r retentionFile) bool { return r.rule().General() }) {
		doc.fault("end with a rule without systems and relations: how long everything else is kept", "retention")
	}
}

func (f startFile) check(doc document, languages []string) {
	f.checkPractice(doc)
	for i, x := range f.People {
		at := []string{"people", strconv.Itoa(i)}
		doc.source(x.Source, at...)
		doc.textsAt(x.Word, languages, append(at, "word")...)
		if !slices.Contains(registry.Relations(), x.Relation) {
			doc.fault("choose a relation from the list", append(at, "relation")...)
		}
	}
	start := f.start(languages[0])
	for i, x := range start.Processors {
		at := []string{"processors", strconv.Itoa(i)}
		doc.source(f.Processors[i].Source, at...)
		doc.found(fault.Fields(x.Validate()), at...)
		if slices.ContainsFunc(start.Processors[:i], func(other registry.Processor) bool { return other.ID == x.ID }) {
			doc.fault("this id stands in the list already", append(at, "id")...)
		}
	}
	for i, x := range start.Systems {
		at := []string{"systems", strconv.Itoa(i)}
		doc.source(f.Systems[i].Source, at...)
		doc.textsAt(f.Systems[i].Name, languages, append(at, "name")...)
		doc.found(nameless(fault.Fields(x.Validate())), at...)
		f.checkHeld(doc, i)
		if slices.ContainsFunc(start.Systems[:i], func(other registry.System) bool { return other.ID == x.ID }) {
			doc.fault("this id stands in the list already", append(at, "id")...)
		}
		if x.ProcessorID != "" && !slices.ContainsFunc(start.Processors, func(p registry.Processor) bool { return p.ID == x.ProcessorID }) {
			doc.fault("there is no such processor in this policy", append(at, "processor")...)
		}
	}
}

// checkHeld finds faults of whose data the nth system holds.
func (f startFile) checkHeld(doc document, n int) {
	at := []string{"systems", strconv.Itoa(n)}
	doc.notes(f.Systems[n].Rules, at)
	for i, r := range f.Systems[n].Rules {
		rule := append(slices.Clone(at), "rules", strconv.Itoa(i))
		doc.source(r.Source, rule...)
		named := slices.ContainsFunc(f.Systems, func(x startSystem) bool { return x.ID == r.KeySystem })
		if r.KeySystem != "" && !named {
			doc.fault("there is no such system in this policy", append(rule, "key_system")...)
		}
	}
}

// nameless leaves out the faults of names, which are told by language.
func nameless(faults fault.List) fault.List {
	return slices.DeleteFunc(faults, func(e *fault.Error) bool { return e.Field == "name" && e.Key == "error.missing" })
}

func (f startFile) checkPractice(doc document) {
	p := f.Practice
	if p.Authority != "" && !p.Authority.Valid() {
		doc.fault("choose AP or GBA", "practice", "authority")
	}
	if p.Language != "" && !slices.Contains(pageLanguages(), p.Language) {
		doc.fault("choose nl or en", "practice", "language")
	}
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "Local" {
		doc.fault("name a time zone such as Europe/Brussels", "practice", "time_zone")
	}
	for i, language := range p.FilingLanguages {
		if !slices.Contains(languages(), language) {
			doc.fault("choose nl, en, fr or de", "practice", "filing_languages", strconv.Itoa(i))
		}
	}
}

// checkNamed finds rules about systems that the policy does not have. A policy
// that lists no systems leaves them to the practice.
func (f policyFile) checkNamed(doc document) {
	if len(f.Systems) == 0 {
		return
	}
	known := map[string]bool{registry.OwnSystem: true}
	for _, s := range f.Systems {
		known[s.ID] = true
	}
	named := func(kind string, i int, systems []string) {
		for n, id := range systems {
			if !known[id] {
				doc.fault("there is no such system in this policy", kind, strconv.Itoa(i), "systems", strconv.Itoa(n))
			}
		}
	}
	for i, r := range f.Retention {
		named("retention", i, r.Systems)
	}
	for i, x := range f.Protections {
		named("protections", i, x.Systems)
	}
}

// source finds a rule, at keys, that does not name document and place.
func (d document) source(s *source, keys ...string) {
	if !s.whole() {
		d.fault("name the document and the place that this comes from", append(slices.Clone(keys), "source")...)
	}
}

// found notes the faults of the domain's own checks, whose fields are named as
// in the file, below keys.
func (d document) found(faults fault.List, keys ...string) {
	for _, e := range faults {
		d.fault(e.Message, append(slices.Clone(keys), strings.Split(e.Field, ".")...)...)
	}
}
