package advisory

// Point is one thing that a controller must tell the authority and so needs to
// hear from its supplier.
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
)

// Points returns all points in their order.
func Points() []Point {
	return []Point{PointNature, PointWhen, PointSubjectKinds, PointSubjects, PointDataKinds, PointRecords,
		PointContact, PointConsequences, PointMeasures}
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
	}
	return false
}
