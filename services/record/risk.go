package record

import "datalek/incidents/risk"

// Risk is the stored form of risk.Answers.
type Risk struct {
	PersonKinds   []string           `json:"person_kinds" bson:"person_kinds"`
	Context       string             `json:"context" bson:"context"`
	Disclosed     string             `json:"disclosed" bson:"disclosed"`
	Recipient     string             `json:"recipient" bson:"recipient"`
	Deleted       *bool              `json:"deleted" bson:"deleted"`
	Malicious     bool               `json:"malicious" bson:"malicious"`
	Backup        string             `json:"backup" bson:"backup"`
	RestoredAfter *float64           `json:"restored_after" bson:"restored_after"`
	Harm          string             `json:"harm" bson:"harm"`
	DPC           *float64           `json:"dpc" bson:"dpc"`
	EI            *float64           `json:"ei" bson:"ei"`
	CB            map[string]float64 `json:"cb" bson:"cb"`
	Own           []string           `json:"own" bson:"own"` // absent from what was stored before there was any
}

// Said is the stored form of risk.Said, field for field.
type Said struct {
	Question string `json:"question" bson:"question"`
	Fact     string `json:"fact" bson:"fact"`
	Value    string `json:"value" bson:"value"`
}

func fromSaid(s risk.Said) Said {
	return Said{Question: s.Question, Fact: string(s.Fact), Value: s.Value}
}

func (r Said) toSaid() risk.Said {
	return risk.Said{Question: r.Question, Fact: risk.Fact(r.Fact), Value: r.Value}
}

func fromRisk(a risk.Answers) Risk {
	r := Risk{PersonKinds: list(a.PersonKinds, asString), Context: string(a.Context), Disclosed: string(a.Disclosed), Recipient: string(a.Recipient),
		Deleted: a.Deleted, Malicious: a.Malicious, Backup: string(a.Backup), RestoredAfter: a.RestoredAfter, Harm: string(a.Harm), DPC: a.Severity.DPC, EI: a.Severity.EI, Own: list(a.Own, asString)}
	if a.Severity.CB != nil {
		r.CB = map[string]float64{}
	}
	for part, v := range a.Severity.CB {
		r.CB[string(part)] = v
	}
	return r
}

func (r Risk) toRisk() risk.Answers {
	a := risk.Answers{PersonKinds: list(r.PersonKinds, as[risk.PersonKind]), Context: risk.Context(r.Context), Disclosed: risk.Disclosed(r.Disclosed), Recipient: risk.Recipient(r.Recipient),
		Deleted: r.Deleted, Malicious: r.Malicious, Backup: risk.Backup(r.Backup), RestoredAfter: r.RestoredAfter, Harm: risk.Harm(r.Harm), Severity: risk.Override{DPC: r.DPC, EI: r.EI}, Own: list(r.Own, as[risk.Fact])}
	if r.CB != nil {
		a.Severity.CB = map[risk.Circumstance]float64{}
	}
	for part, v := range r.CB {
		a.Severity.CB[risk.Circumstance(part)] = v
	}
	return a
}
