// Package notifier holds the workers: each does one step of a case's way and
// leaves the rest to the next.
//
//	outbox ── relay ──> register (inline, before anything else)
//	            ├─────> warnings to the practitioner (rows in the store, inline)
//	            └─────> jobs: assess, draft, mail; clocks armed on the bus
//
//	receipt ─ intake ─> incident ─ assessor ─> affected ─ drafter ─> notice
//	approved notice ─ mailer ─> deliveries: claim, send, record the answer
//	keeper: each second, from the store: thresholds due, heartbeat
//
// The store decides, the bus wakes, a sweep repairs. Jobs hold names of
// records, never their content. Every step may run twice and in two processes
// at once: it reads the state first and changes it by compare-and-set. What the
// bus loses the sweeps find again in the store; while the bus cannot be reached
// this process does the jobs itself.
package notifier
