package record

import (
	"maps"

	"datalek/incidents/registry"
)

// Policy is the stored form of registry.Policy. What was stored before a field
// was there reads as its zero value, which means what held until then.
type Policy struct {
	ID                     string            `json:"id" bson:"id"`
	ClientHours            int               `json:"client_hours" bson:"client_hours"`
	ClientThresholds       []int             `json:"client_thresholds" bson:"client_thresholds"`
	AuthorityHours         int               `json:"authority_hours" bson:"authority_hours"`
	AuthorityThresholds    []int             `json:"authority_thresholds" bson:"authority_thresholds"`
	NameInMail             bool              `json:"name_in_mail" bson:"name_in_mail"`
	Formal                 bool              `json:"formal" bson:"formal"`
	RetainMonths           int               `json:"retain_months" bson:"retain_months"`
	Source                 string            `json:"source" bson:"source"`
	ClientAlarms           []int             `json:"client_alarms" bson:"client_alarms"` // null: the usual ones
	AuthorityAlarms        []int             `json:"authority_alarms" bson:"authority_alarms"`
	EscalateMinutes        int               `json:"escalate_minutes" bson:"escalate_minutes"`
	EscalateShare          int               `json:"escalate_share" bson:"escalate_share"`
	PreliminaryLeadHours   int               `json:"preliminary_lead_hours" bson:"preliminary_lead_hours"`
	PreliminaryUpdateHours int               `json:"preliminary_update_hours" bson:"preliminary_update_hours"`
	Telling                []telling         `json:"telling" bson:"telling"`
	FirstChannel           string            `json:"first_channel" bson:"first_channel"`
	Messengers             []string          `json:"messengers" bson:"messengers"`
	BarredSenders          []string          `json:"barred_senders" bson:"barred_senders"`
	Retention              []retention       `json:"retention" bson:"retention"`
	Protections            []protection      `json:"protections" bson:"protections"`
	Secrecy                bool              `json:"secrecy" bson:"secrecy"`
	RequestWeeks           int               `json:"request_weeks" bson:"request_weeks"`
	AuditSamples           bool              `json:"audit_samples" bson:"audit_samples"`
	Statements             []statement       `json:"statements" bson:"statements"`
	Sources                map[string]string `json:"sources" bson:"sources"`
}

type telling struct {
	Relation registry.Relation `json:"relation" bson:"relation"`
	When     registry.TellWhen `json:"when" bson:"when"`
	Source   string            `json:"source" bson:"source"`
}

type retention struct {
	Systems      []string            `json:"systems" bson:"systems"`     // null: every one
	Relations    []registry.Relation `json:"relations" bson:"relations"` // null: everyone
	From         registry.RetainFrom `json:"from" bson:"from"`
	Months       int                 `json:"months" bson:"months"`
	WithinMonths int                 `json:"within_months" bson:"within_months"`
	// Action and WithPermission are absent from what was stored before they were asked.
	Action         registry.RetainAction `json:"action" bson:"action"`
	WithPermission []registry.Category   `json:"with_permission" bson:"with_permission"`
	Source         string                `json:"source" bson:"source"`
}

type protection struct {
	Kind    registry.ProtectionKind `json:"kind" bson:"kind"`
	Systems []string                `json:"systems" bson:"systems"` // null: every one
	Source  string                  `json:"source" bson:"source"`
}

type statement struct {
	Words  map[string]string `json:"words" bson:"words"` // by language
	Source string            `json:"source" bson:"source"`
}

func asTelling(t registry.Telling) telling              { return telling(t) }
func (t telling) asTelling() registry.Telling           { return registry.Telling(t) }
func asRetention(r registry.RetentionRule) retention    { return retention(r) }
func (r retention) asRetention() registry.RetentionRule { return registry.RetentionRule(r) }
func asProtection(p registry.Protection) protection     { return protection(p) }
func (p protection) asProtection() registry.Protection  { return registry.Protection(p) }
func asStatement(s registry.Statement) statement        { return statement{maps.Clone(s.Words), s.Source} }
func (s statement) asStatement() registry.Statement     { return registry.Statement(s) }

func fromPolicy(p registry.Policy) Policy {
	return Policy{
		ID: p.ID, ClientHours: p.ClientHours, ClientThresholds: p.ClientThresholds, AuthorityHours: p.AuthorityHours,
		AuthorityThresholds: p.AuthorityThresholds, NameInMail: p.NameInMail, Formal: p.Formal, RetainMonths: p.RetainMonths,
		Source: p.Source, ClientAlarms: p.ClientAlarms, AuthorityAlarms: p.AuthorityAlarms,
		EscalateMinutes: p.EscalateMinutes, EscalateShare: p.EscalateShare,
		PreliminaryLeadHours: p.PreliminaryLeadHours, PreliminaryUpdateHours: p.PreliminaryUpdateHours,
		Telling: list(p.Telling, asTelling), FirstChannel: string(p.FirstChannel), Messengers: p.Messengers, BarredSenders: p.BarredSenders,
		Retention: list(p.Retention, asRetention), Protections: list(p.Protections, asProtection), Secrecy: p.Secrecy,
		RequestWeeks: p.RequestWeeks, AuditSamples: p.AuditSamples, Statements: list(p.Statements, asStatement), Sources: maps.Clone(p.Sources),
	}
}

func (r Policy) toPolicy() registry.Policy {
	return registry.Policy{
		ID: r.ID, ClientHours: r.ClientHours, ClientThresholds: r.ClientThresholds, AuthorityHours: r.AuthorityHours,
		AuthorityThresholds: r.AuthorityThresholds, NameInMail: r.NameInMail, Formal: r.Formal, RetainMonths: r.RetainMonths,
		Source: r.Source, ClientAlarms: r.ClientAlarms, AuthorityAlarms: r.AuthorityAlarms,
		EscalateMinutes: r.EscalateMinutes, EscalateShare: r.EscalateShare,
		PreliminaryLeadHours: r.PreliminaryLeadHours, PreliminaryUpdateHours: r.PreliminaryUpdateHours,
		Telling: list(r.Telling, telling.asTelling), FirstChannel: registry.Channel(r.FirstChannel), Messengers: r.Messengers, BarredSenders: r.BarredSenders,
		Retention: list(r.Retention, retention.asRetention), Protections: list(r.Protections, protection.asProtection), Secrecy: r.Secrecy,
		RequestWeeks: r.RequestWeeks, AuditSamples: r.AuditSamples, Statements: list(r.Statements, statement.asStatement), Sources: r.Sources,
	}
}

// fromKept returns the record of the rules that a case kept, nil for none.
func fromKept(p *registry.Policy) *Policy {
	if p == nil {
		return nil
	}
	r := fromPolicy(*p)
	return &r
}

func (r *Policy) toKept() *registry.Policy {
	if r == nil {
		return nil
	}
	p := r.toPolicy()
	return &p
}
