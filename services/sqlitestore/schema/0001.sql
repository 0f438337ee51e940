-- The first form of the database. Every table keeps whole records as JSON (doc)
-- with what names a person sealed inside; columns beside it are what lists and
-- guards need. Times are milliseconds since 1970 in UTC, NULL for none.

CREATE TABLE keys (
	practice_id TEXT PRIMARY KEY,
	wrapped     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
	key     TEXT PRIMARY KEY,
	version INTEGER NOT NULL,
	doc     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
	practice_id TEXT NOT NULL,
	series      TEXT NOT NULL,
	value       INTEGER NOT NULL,
	PRIMARY KEY (practice_id, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE practices (
	id          TEXT PRIMARY KEY,
	version     INTEGER NOT NULL,
	public_code TEXT NOT NULL UNIQUE,
	doc         TEXT NOT NULL
) STRICT;

CREATE TABLE systems (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;

CREATE TABLE processors (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	ended       INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX processors_in_use ON processors (id, practice_id) WHERE ended = 0;

CREATE TABLE endpoints (
	id           TEXT PRIMARY KEY,
	token_hash   TEXT NOT NULL UNIQUE,
	practice_id  TEXT NOT NULL,
	processor_id TEXT NOT NULL,
	doc          TEXT NOT NULL
) STRICT;
CREATE INDEX endpoints_of ON endpoints (practice_id, processor_id, id);

-- matching is all of a client but the person, in a terse form that is read fast.
CREATE TABLE clients (
	practice_id    TEXT NOT NULL,
	id             TEXT NOT NULL,
	version        INTEGER NOT NULL,
	matching       BLOB NOT NULL,
	external_index TEXT NOT NULL,
	email_index    TEXT NOT NULL,
	sealed         BLOB NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX clients_by_number ON clients (practice_id, external_index);
CREATE INDEX clients_by_email ON clients (practice_id, email_index) WHERE email_index <> '';

CREATE TABLE receipts (
	id          TEXT PRIMARY KEY,
	dedupe_key  TEXT NOT NULL UNIQUE,
	received_at INTEGER NOT NULL,
	reached     TEXT NOT NULL,
	done_at     INTEGER,
	doc         TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_pending ON receipts (received_at, id) WHERE done_at IS NULL;

CREATE TABLE reports (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	state       TEXT NOT NULL,
	received_at INTEGER NOT NULL,
	next_at     INTEGER,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX reports_newest ON reports (practice_id, received_at, id);
CREATE INDEX reports_newest_in_state ON reports (practice_id, state, received_at, id);
CREATE INDEX reports_due ON reports (next_at, practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX reports_pending ON reports (practice_id, id) WHERE outbox IS NOT NULL;

CREATE TABLE incidents (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	reference   TEXT NOT NULL,
	case_index  TEXT NOT NULL,
	state       TEXT NOT NULL,
	created_at  INTEGER NOT NULL,
	due_at      INTEGER NOT NULL, -- the nearest undone deadline; the largest number for none
	next_at     INTEGER,
	unassessed  INTEGER NOT NULL,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE UNIQUE INDEX incidents_by_reference ON incidents (practice_id, reference);
CREATE UNIQUE INDEX incidents_by_case ON incidents (practice_id, case_index);
CREATE INDEX incidents_newest ON incidents (practice_id, created_at, id);
CREATE INDEX incidents_open ON incidents (practice_id, due_at, id) WHERE state = 'open';
CREATE INDEX incidents_due ON incidents (next_at, practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX incidents_armed ON incidents (practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX incidents_unassessed ON incidents (practice_id, id) WHERE unassessed = 1;
CREATE INDEX incidents_pending ON incidents (practice_id, id) WHERE outbox IS NOT NULL;

CREATE TABLE affected (
	practice_id TEXT NOT NULL,
	incident_id TEXT NOT NULL,
	version     INTEGER NOT NULL,
	id          TEXT NOT NULL,
	standing    TEXT NOT NULL, -- the group
	certainty   TEXT NOT NULL,
	in_scope    INTEGER NOT NULL,
	readers     TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, incident_id, version, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	incident_id TEXT NOT NULL,
	state       TEXT NOT NULL,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX notices_of ON notices (practice_id, incident_id, id);
CREATE INDEX notices_pending ON notices (practice_id, id) WHERE outbox IS NOT NULL;

CREATE TABLE deliveries (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	incident_id TEXT NOT NULL,
	notice_id   TEXT NOT NULL, -- '' for a warning
	person      TEXT NOT NULL,
	reader      TEXT NOT NULL,
	state       TEXT NOT NULL,
	told_at     INTEGER,
	waits_for   INTEGER, -- from when on it may be claimed
	attempts    INTEGER NOT NULL,
	noted       INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX deliveries_of ON deliveries (practice_id, notice_id, id);
CREATE INDEX deliveries_by_state ON deliveries (practice_id, notice_id, state);
CREATE INDEX deliveries_telling ON deliveries (practice_id, incident_id, person, reader, state, told_at) WHERE notice_id <> '';
CREATE INDEX deliveries_due ON deliveries (waits_for, practice_id, id) WHERE waits_for IS NOT NULL;
CREATE INDEX deliveries_unnoted ON deliveries (practice_id, notice_id, id) WHERE attempts > noted;

CREATE TABLE entries (
	practice_id TEXT NOT NULL,
	seq         INTEGER NOT NULL,
	event_id    TEXT NOT NULL,
	incident_id TEXT NOT NULL,
	hash        TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_by_event ON entries (practice_id, event_id);
CREATE INDEX entries_of ON entries (practice_id, incident_id, seq);

CREATE TABLE users (
	id          TEXT PRIMARY KEY,
	version     INTEGER NOT NULL,
	login_index TEXT NOT NULL UNIQUE,
	doc         TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
	id   TEXT PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE,
	doc  TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
	token_hash TEXT PRIMARY KEY,
	expires_at INTEGER NOT NULL,
	doc        TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_old ON sessions (expires_at);

CREATE TABLE drafts (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	user_id     TEXT NOT NULL,
	updated_at  INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX drafts_of ON drafts (practice_id, user_id, updated_at);
CREATE INDEX drafts_old ON drafts (updated_at);

CREATE TABLE requests (
	practice_id TEXT NOT NULL,
	key         TEXT NOT NULL,
	at          INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, key)
) STRICT;
CREATE INDEX requests_old ON requests (at);
