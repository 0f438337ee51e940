package playbooks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// PolicyOrder is a policy that a program sends: the rules as in a policy's file, and
// beside them what it asks to do with them.
type PolicyOrder struct {
	Policy registry.Policy
	Reason string
	// Adopt are the ids of the open cases that take the rules too.
	Adopt []string
	// Version of the practice that the sender had before him; 0 when he named none.
	Version int64
}

// orderFile is a policy's file with the order about it. Its title and explanation
// may be left out: they say how it is called where policies are chosen.
type orderFile struct {
	policyFile `yaml:",inline"`
	Reason     string   `yaml:"reason"`
	Adopt      []string `yaml:"adopt"`
	Version    int64    `yaml:"version"`
}

// policyID is an id that can name a file too.
var policyID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// ReadPolicyOrder reads a policy from YAML as strictly as from a file. It returns
// every fault at once as a fault.List, each by the dotted way to its value, and with
// its line where lines are those of the sender.
func ReadPolicyOrder(raw []byte, lines bool) (PolicyOrder, error) {
	var found Faults
	var f orderFile
	doc, fine := decode(raw, "", &f, &found)
	if fine {
		if len(f.Title)+len(f.Explanation) == 0 {
			f.Title = map[string]string{}
			for _, language := range pageLanguages() {
				f.Title[language] = f.ID
			}
			f.Explanation = f.Title
		}
		if !policyID.MatchString(f.ID) {
			doc.fault("give small letters, digits and hyphens, such as own-rules", "id")
		}
		f.check(doc, f.ID, pageLanguages())
		f.checkOwnSources(doc)
	}
	if faults := asked(found, doc, lines); len(faults) > 0 {
		return PolicyOrder{}, faults
	}
	return PolicyOrder{Policy: f.policy(), Reason: f.Reason, Adopt: f.Adopt, Version: f.Version}, nil
}

// checkOwnSources finds sources that are no line of usual length, for the rules of
// which there is one each; those in lists are checked with their rules.
func (f orderFile) checkOwnSources(doc document) {
	p := f.policy()
	for field, text := range map[string]string{"source": p.Source, "client.source": p.Sources[registry.RuleClient], "authority.source": p.Sources[registry.RuleAuthority],
		"mail.source": p.Sources[registry.RuleMail], "contact.source": p.Sources[registry.RuleContact], "secrecy.source": p.Sources[registry.RuleSecrecy],
		"requests.source": p.Sources[registry.RuleRequests], "audit.source": p.Sources[registry.RuleAudit]} {
		var faults fault.List
		registry.CheckLine(&faults, field, text, 0, 200)
		doc.found(faults)
	}
}

// mostTold is how many faults a program is told of at most.
const mostTold = 200

// asked are the faults as a program is told of them.
func asked(found Faults, doc document, lines bool) fault.List {
	slices.SortStableFunc(found, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	var faults fault.List
	for _, f := range slices.Compact(found[:min(len(found), mostTold)]) {
		field, message := f.Field, strings.TrimPrefix(f.Message, f.Field+": ")
		if field == "" && f.Line > 0 {
			field = doc.at(f.Line)
		}
		if lines && f.Line > 0 {
			message = fmt.Sprintf("line %d: %.200s", f.Line, message)
		}
		faults.Add(fmt.Sprintf("%.100s", field), "error.policy_rule", fmt.Sprintf("%.220s", message))
	}
	return faults
}

// at returns the dotted way to the first value that begins on a line, or to the last
// before it.
func (d document) at(line int) string {
	best, from := "", 0
	var walk func(node *yaml.Node, way string)
	step := func(node, value *yaml.Node, way, name string) {
		way = strings.TrimPrefix(way+"."+name, ".")
		if node.Line <= line && node.Line > from {
			best, from = way, node.Line
		}
		walk(value, way)
	}
	walk = func(node *yaml.Node, way string) {
		for i := 0; i < len(node.Content); i++ {
			switch node.Kind {
			case yaml.MappingNode:
				if i%2 == 0 && i+1 < len(node.Content) {
					step(node.Content[i], node.Content[i+1], way, node.Content[i].Value)
				}
			case yaml.SequenceNode:
				step(node.Content[i], node.Content[i], way, strconv.Itoa(i))
			default:
				walk(node.Content[i], way)
			}
		}
	}
	walk(d.root, "")
	return best
}
