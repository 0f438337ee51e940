package advisory

import "slices"

// Point is one thing that a controller needs to hear from its supplier, most of
// them because it must tell the authority.
type Point string

// The points of GDPR Art. 33(3), in its order, with the time of the breach, which
// the authorities' forms ask too.
const (
	PointNature       Point = "nature"        // (a) what happened
	PointWhen         Point = "when"          // from when until when
	PointSubjectKinds Point = "subject_kinds" // (a) what kinds of people
	PointSubjects     Point = "subjects"      // (a) approximately how many people
	PointDataKinds    Point = "data_kinds"    // (a) what kinds of data
	PointRecords      Point = "records"       // (a) approximately how many records
	PointContact      Point = "contact"       // (b) whom to ask
	PointConsequences Point = "consequences"  // (c) what it may lead to
	PointMeasures     Point = "measures"      // (d) what was done
	// PointSubProcessors is whether firms below the supplier were involved: a processor
	// answers for those it engages (Art. 28(2) and (4)).
	PointSubProcessors Point = "sub_processors"
	// PointNext is when the supplier tells more, as long as its case is not over
	// (Art. 33(4): information may come in phases).
	PointNext Point = "next_update"
)

// Points returns all points in their order.
func Points() []Point {
	return []Point{PointNature, PointWhen, PointSubjectKinds, PointSubjects, PointDataKinds, PointRecords,
		PointContact, PointConsequences, PointMeasures, PointSubProcessors, PointNext}
}

// Source is the rule of the GDPR that makes the controller ask for the point.
func (p Point) Source() string {
	switch p {
	case PointContact:
		return "33(3)(b)"
	case PointConsequences:
		return "33(3)(c)"
	case PointMeasures:
		return "33(3)(d)"
	case PointSubProcessors:
		return "28(2), 28(4)"
	case PointNext:
		return "33(4)"
	default:
		return "33(3)(a)"
	}
}

// InAll returns the points that stand in every list: those that a case still lacks
// when each of its messages lacks what its own list says.
func InAll(lists ...[]string) []Point {
	var open []Point
	for _, p := range Points() {
		lacking := len(lists) > 0
		for _, list := range lists {
			lacking = lacking && slices.Contains(list, string(p))
		}
		if lacking {
			open = append(open, p)
		}
	}
	return open
}

// Missing returns the points that none of the messages of one case says anything
// of, in their order; without a message that is all of them.
func Missing(messages ...Advisory) []Point {
	var missing []Point
	for _, p := range Points() {
		told := false
		for _, a := range messages {
			told = told || a.tells(p)
		}
		if !told {
			missing = append(missing, p)
		}
	}
	return missing
}

// tells reports whether the message says something of a point. A list of people
// by name tells how many there are.
func (a Advisory) tells(p Point) bool {
	switch p {
	case PointNature:
		return a.Text != "" || len(a.BreachKinds) > 0
	case PointWhen:
		return a.OccurredFrom != nil
	case PointSubjectKinds:
		return len(a.SubjectKinds) > 0
	case PointSubjects:
		return a.Subjects != nil || len(a.People) > 0
	case PointDataKinds:
		return len(a.Categories)+len(a.UnknownKinds) > 0
	case PointRecords:
		return a.Records != nil
	case PointContact:
		return a.Contact.Email != "" || a.Contact.Phone != ""
	case PointConsequences:
		return a.Consequences != ""
	case PointMeasures:
		return a.Measures != ""
	case PointSubProcessors:
		return a.SubProcessors != nil
	case PointNext:
		return a.NextAt != nil || a.Stage == StageFinal
	}
	return false
}
