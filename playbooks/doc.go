// Package playbooks holds what the program knows as data: the policies a
// practice can choose (what it promised, by when it is warned), the playbooks
// for each kind of breach (what to do first, what to ask), and the texts of the
// notices, in Dutch, English, French and German. What only the practice itself
// reads (titles, first steps, questions, warnings) is in Dutch and English.
//
// Everything is embedded and can be replaced by a folder of the same shape:
//
//	policies/refleact-48.yaml     a policy
//	law/eu.yaml                   what the law asks, each rule with its days
//	kinds/mis-sent-email.yaml     a playbook: its tasks with due times, its questions
//	texts/nl/words.yaml           the names of data categories and of places
//	texts/nl/parts.tmpl           fragments that every text shares
//	texts/nl/clients.tmpl         one file per audience: its subject and order
//	texts/nl/young.tmpl           the text for a person of 12 to 15
//	texts/nl/mis-sent-email.tmpl  fragments of a playbook with texts of its own
//	texts/nl/generic.tmpl         fragments for playbooks that a folder adds without texts
//
// Loading is strict: an unknown key, a missing text or an impossible term
// refuses to start, with every fault, its file and its line at once.
//
// Rendering is pure: the same facts give the same words. A text is built from
// fragments chosen by the facts (known or unknown times, which kinds of data,
// readable or not), so that it says what is known and what is not yet known.
package playbooks
