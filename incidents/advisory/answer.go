package advisory

// AnswerHeader is under what a kept answer names the sender's case. Only datalek
// itself sets it: no header that arrives is kept under this name.
const AnswerHeader = "datalek-answer"

// The fields of the form on which a supplier answers, one or more to a point.
const (
	FieldNature        = "summary"
	FieldFrom          = "occurred_from" // an instant of UTC, see AnswerTime
	FieldUntil         = "occurred_until"
	FieldSubjectKinds  = "subject_kinds"
	FieldSubjects      = "subjects" // a whole number
	FieldCategories    = "categories"
	FieldRecords       = "records" // a whole number
	FieldContactName   = "contact_name"
	FieldContactEmail  = "contact_email"
	FieldContactPhone  = "contact_phone"
	FieldConsequences  = "consequences"
	FieldMeasures      = "measures"
	FieldSubProcessors = "sub_processors"
	FieldNoSubs        = "no_sub_processors" // "yes"
	FieldNext          = "next_update"
)

// AnswerTime is how times are typed there, in UTC.
const AnswerTime = "2006-01-02 15:04"

// MostCounted is the largest number of people or records that is believed.
const MostCounted = 10_000_000_000
