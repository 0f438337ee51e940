// Package risk weighs what a personal-data breach may do to people, and says what
// follows from that: the register alone, the authority (GDPR Art. 33), the persons
// too (Art. 34).
//
// Two readings stand side by side. The severity of ENISA ("Recommendations for a
// methodology of the assessment of severity of personal data breaches", working
// document v1.0, December 2013) is a number that anyone can compute again. The
// recommendation follows the worked practice of the EDPB (Guidelines 01/2021, and
// annex B of WP250), which weighs more than the number does: an agenda that was
// away for twenty minutes scores "high" and needs no notice.
//
// Nothing here decides. A person does, and writes why.
package risk
