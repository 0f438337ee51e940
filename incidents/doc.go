// Package incidents is the law's view of a security incident: what happened,
// whether personal data is involved, which clients it touches, what is due by
// when, and what was done about it. It is pure: standard library only, no I/O
// and no time.Now; every function that needs the time is given it, in UTC.
//
// An incident lives like this:
//
//	report ── Open ──> open ── Close ──> closed
//	                    │
//	                    ├─ assessed: each client with certainty and reasons
//	                    ├─ clocks: client promise, authority (GDPR Art. 33), ...
//	                    ├─ notices: draft ─ approved ─ sending ─ sent
//	                    └─ filings and decisions end the authority's clock
//
// Methods that change an aggregate also put the events that tell of the change
// into its outbox, so that one write saves both.
//
// Words: Practice is the controller (Art. 4(7)), Client the data subject
// (Art. 4(1)), Processor as in Art. 4(8); an incident is not a personal data
// breach (Art. 4(12)) until assessed; AwareAt is the recorded moment of
// awareness (Art. 33(1)), never a silent copy of when the report came in.
package incidents
