package registry

import (
	"fmt"
	"slices"

	"datalek/incidents/fault"
)

// ProtectionKind is a measure that stood before a breach. Some make data
// unintelligible to whoever has no right to it (GDPR Art. 34(3)(a)).
type ProtectionKind string

// The kinds of protection.
const (
	DiskEncryption     ProtectionKind = "disk_encryption"
	SecondFactor       ProtectionKind = "second_factor"
	OfficeAddress      ProtectionKind = "office_address" // only from the practice's own network
	TLSProtection      ProtectionKind = "tls"
	PasswordManager    ProtectionKind = "password_manager"
	FileEncryption     ProtectionKind = "file_encryption"
	MailAuthentication ProtectionKind = "mail_authentication" // SPF, DKIM and DMARC: nobody else sends in its name
)

// ProtectionKinds returns them in the order in which forms show them.
func ProtectionKinds() []ProtectionKind {
	return []ProtectionKind{DiskEncryption, FileEncryption, SecondFactor, OfficeAddress, TLSProtection, PasswordManager, MailAuthentication}
}

// Protection is one measure that the practice says it takes.
type Protection struct {
	Kind    ProtectionKind
	Systems []string // system ids; none: every one
	Source  string   // document and place
}

// Protects returns the measures that the policy names for a system.
func (p Policy) Protects(system string) []Protection {
	var out []Protection
	for _, x := range p.Protections {
		if len(x.Systems) == 0 || slices.Contains(x.Systems, system) {
			out = append(out, x)
		}
	}
	return out
}

func (p Policy) checkProtections(faults *fault.List) {
	tooMany(faults, "protections", len(p.Protections), mostRules)
	for i, x := range p.Protections {
		field := fmt.Sprintf("protections.%d.", i)
		if !slices.Contains(ProtectionKinds(), x.Kind) {
			faults.Add(field+"kind", "error.protection", "choose a protection from the list")
		}
		checkSystems(faults, field+"systems", x.Systems)
		CheckLine(faults, field+"source", x.Source, 0, mostSource)
	}
}

// Statement is a rule of the practice that the program shows beside the others
// and cannot itself obey: who decides, what a payer may hear.
type Statement struct {
	Words  map[string]string // by language of the pages
	Source string            // document and place
}

func (p Policy) checkStatements(faults *fault.List) {
	tooMany(faults, "statements", len(p.Statements), mostRules)
	for i, s := range p.Statements {
		field := fmt.Sprintf("statements.%d.", i)
		for language, words := range s.Words {
			CheckText(faults, field+"text."+language, words, 0, 500)
		}
		CheckLine(faults, field+"source", s.Source, 0, mostSource)
	}
}
