package risk

import "datalek/incidents/registry"

// Reason is why a factor or an answer is as it is. The words are in the locales.
type Reason struct {
	Code     Code
	Category registry.Category // the kind of data it is about; empty when none
}

// Code names a reason.
type Code string

// The reasons of the severity's factors.
const (
	MostSensitive      Code = "most_sensitive_category"
	ClientOfCare       Code = "known_to_care_giver"
	DataUnknown        Code = "categories_unknown"
	Unreadable         Code = "unintelligible"
	IdentifiersUnknown Code = "identifiers_unknown"
	NamedAndMore       Code = "name_and_identifier"
	NamedOnly          Code = "one_identifier"
	Findable           Code = "identified_with_effort"
	HardToFind         Code = "hardly_identifiable"
	ByHand             Code = "adjusted_by_hand"
)

// The reasons of the recommendation.
const (
	KeptByTrusted       Code = "trusted_recipient_deleted"
	TrustedNotConfirmed Code = "trusted_recipient_unconfirmed"
	NobodySaw           Code = "nobody_saw_it"
	FewKnown            Code = "known_recipient"
	ManyKnown           Code = "many_known_recipients"
	StrangersHaveIt     Code = "unknown_recipient"
	OffendersHaveIt     Code = "criminal_recipient"
	EveryoneCanSee      Code = "public"
	RecipientUnknown    Code = "recipient_unknown"
	PartlyReadable      Code = "partly_unintelligible"
	SpecialData         Code = "special_categories"
	FraudData           Code = "data_fit_for_fraud"
	PlainData           Code = "ordinary_data"
	TellingData         Code = "telling_data"
	VulnerablePeople    Code = "vulnerable_persons"
	ManyPeople          Code = "many_persons"
	OnPurpose           Code = "malicious_intent"
	SoonBack            Code = "restored_in_time"
	LateBack            Code = "restored_late"
	LostForGood         Code = "lost_for_good"
	BackupNotKnown      Code = "backup_unknown"
	HarmSerious         Code = "serious_harm_while_unavailable"
	HarmLimited         Code = "limited_harm_while_unavailable"
	Altered             Code = "altered"
	AlteredRecoverable  Code = "altered_recoverable"
	ScoreHigher         Code = "score_higher_than_practice"
	ScoreLower          Code = "score_lower_than_practice"
	HighRiskOnly        Code = "law_asks_high_risk"
	UsualKinds          Code = "usual_breach_kinds"
)

// Codes returns every reason, so that each language can have words for it.
func Codes() []Code {
	return []Code{
		MostSensitive, ClientOfCare, DataUnknown, Unreadable, IdentifiersUnknown, NamedAndMore, NamedOnly, Findable,
		HardToFind, ByHand, KeptByTrusted, TrustedNotConfirmed, NobodySaw, FewKnown, ManyKnown, StrangersHaveIt,
		OffendersHaveIt, EveryoneCanSee, RecipientUnknown, PartlyReadable, SpecialData, FraudData, PlainData,
		TellingData, VulnerablePeople, ManyPeople, OnPurpose, SoonBack, LateBack, LostForGood, BackupNotKnown,
		HarmSerious, HarmLimited, Altered, AlteredRecoverable, ScoreHigher, ScoreLower, HighRiskOnly, UsualKinds,
	}
}
