package incidents

import (
	"slices"
	"strings"
	"time"
)

// MessageKind is what a supplier's message turns out to be.
type MessageKind string

// The kinds of message.
const (
	MessageReport  MessageKind = "report"  // a breach, or what may well be one
	MessageTest    MessageKind = "test"    // a trial of the way in: no case, no clock
	MessageBeside  MessageKind = "beside"  // readable and no breach, such as maintenance: kept, no clock
	MessageUnknown MessageKind = "unknown" // a person must read it
)

// Message is what was made out of the supplier's message behind a report;
// stored sealed.
type Message struct {
	Kind   MessageKind
	Format string // the sender's form, such as "azure-common"; "" when it is not known
	Why    string // a code that says what it is beside, such as "maintenance"
	Title  string
	Stage  string  // in the sender's own word, such as "RCA"
	Claims []Claim // the times that the sender gives
	Links  []string
	// Missing are the points of GDPR Art. 33(3) that the message says nothing of.
	Missing []string
	// Changed are the fields of the case that a later stage changed, by their names.
	Changed []string
	// Because is why the message reached this practice; none for those of before
	// this was kept.
	Because []Cause
	// Mail is set when the message is a mail that was pasted, uploaded or found in a folder.
	Mail *SupplierMail
}

// Cause is one reason why a supplier's message reached a practice.
type Cause struct {
	Code  CauseCode
	Names []string // what it is about, in the practice's own words; may be empty
}

// CauseCode names such a reason.
type CauseCode string

// The reasons. What is not known counts as concerned.
const (
	CauseOwnAddress      CauseCode = "own_address"      // sent to the address of this practice alone
	CauseUses            CauseCode = "uses"             // the practice uses the firm
	CauseVia             CauseCode = "via"              // a firm that it uses engages the sender; Names: that firm
	CauseCustomer        CauseCode = "customer"         // the sender names the practice; Names: its references
	CauseCustomerUnknown CauseCode = "customer_unknown" // he names customers, and the practice noted nothing to compare
	CauseCustomerKind    CauseCode = "customer_kind"    // he names customers by another kind of reference than the practice noted
	CauseNotedLater      CauseCode = "noted_later"      // it came before the practice noted the firm, or what it uses of it
	CauseRegion          CauseCode = "region"           // he names a region of the practice; Names: the regions
	CauseRegionUnknown   CauseCode = "region_unknown"
	CauseService         CauseCode = "service" // he names a service that the practice uses; Names: the systems
	CauseServiceUnknown  CauseCode = "service_unknown"
	CauseOpenCase        CauseCode = "open_case" // he names others now, and the practice has a case of his
)

// Claim is one time that a sender claims, under his own name for it. It moves no
// clock: the practice is aware from when it was told.
type Claim struct {
	Name string
	At   time.Time // UTC
}

// keptHeaders are the headers of a message that say what it is and who sent it.
// What proves a secret, such as Authorization, is never among them.
func keptHeaders() []string {
	return []string{"content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"}
}

const (
	mostHeaders = 24  // kept of one message
	mostHeader  = 512 // bytes of one value
)

// KeepHeader reports whether a header of a supplier's message is worth keeping,
// and returns the name under which it is: CloudEvents in binary mode says in
// ce-* headers what the body is.
func KeepHeader(name string) (string, bool) {
	name = strings.ToLower(name)
	return name, slices.Contains(keptHeaders(), name) || strings.HasPrefix(name, "ce-")
}

// KeptHeaders returns those of the headers that matter, bounded.
func KeptHeaders(all map[string][]string) map[string]string {
	kept := map[string]string{}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if short, matters := KeepHeader(name); matters && len(kept) < mostHeaders {
			value := strings.ToValidUTF8(strings.Join(all[name], ", "), "")
			kept[short] = value[:min(len(value), mostHeader)]
		}
	}
	return kept
}
