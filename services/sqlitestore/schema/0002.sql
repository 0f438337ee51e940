-- stale: a client or system was written since the wanted assessment was asked for.

ALTER TABLE incidents ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
CREATE INDEX incidents_to_mark ON incidents (practice_id, id) WHERE state = 'open' AND stale = 0;
CREATE INDEX incidents_stale ON incidents (practice_id, id) WHERE stale = 1;

-- sendings: what was written of mails going out and has not reached their rows
-- yet; each line is a group of records as they lie in deliveries.doc.

CREATE TABLE sendings (
	seq INTEGER PRIMARY KEY,
	doc TEXT NOT NULL
) STRICT;

-- One index lists a notice's rows by id, counts them by state and says who is
-- told. All that changes when a mail is answered lies in the order of the ids, in
-- which mails go out, so that many answers touch few pages.
DROP INDEX deliveries_of;
DROP INDEX deliveries_by_state;
DROP INDEX deliveries_telling;
CREATE INDEX deliveries_of ON deliveries (practice_id, notice_id, id, state, told_at, person, reader);
CREATE INDEX deliveries_unanswered ON deliveries (practice_id, notice_id, id) WHERE waits_for IS NOT NULL;

-- returns: mail that came back, waiting to be read or kept for a while.

CREATE TABLE returns (
	id          TEXT PRIMARY KEY,
	practice_id TEXT NOT NULL, -- '' for the host's
	raw_hash    TEXT NOT NULL,
	state       TEXT NOT NULL,
	received_at INTEGER NOT NULL,
	settled_at  INTEGER, -- NULL while it waits
	doc         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX returns_once ON returns (practice_id, raw_hash);
CREATE INDEX returns_waiting ON returns (received_at, id) WHERE settled_at IS NULL;
CREATE INDEX returns_old ON returns (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX returns_newest ON returns (practice_id, state, received_at, id);

-- A returned message names a delivery, and not whose it is.
CREATE INDEX deliveries_named ON deliveries (id, practice_id);

-- A reader's code, as a keyed hash, opens his notice again.
ALTER TABLE deliveries ADD COLUMN code_index TEXT;
CREATE INDEX deliveries_by_code ON deliveries (practice_id, code_index, id) WHERE code_index IS NOT NULL;

-- call: where a reader stands on the case's list of those whom a person must
-- tell, NULL for who is not on it.
ALTER TABLE deliveries ADD COLUMN call TEXT;
UPDATE deliveries SET call = CASE
	WHEN state IN ('told_otherwise', 'unreachable') THEN 'done'
	WHEN state IN ('refused', 'bounced') OR state = 'queued' AND json_extract(doc, '$.channel') <> 'email' THEN 'open'
	END WHERE notice_id <> '';
CREATE INDEX deliveries_calls ON deliveries (practice_id, incident_id, call, id) WHERE call IS NOT NULL;
CREATE INDEX deliveries_calls_of ON deliveries (practice_id, incident_id, call, notice_id) WHERE call IS NOT NULL;

-- questions: what readers of notices ask.

CREATE TABLE questions (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	incident_id TEXT NOT NULL,
	reader      TEXT NOT NULL,
	asked_at    INTEGER NOT NULL,
	open        INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX questions_newest ON questions (practice_id, asked_at, id);
CREATE INDEX questions_open ON questions (practice_id, asked_at, id, incident_id) WHERE open = 1;
CREATE INDEX questions_of ON questions (practice_id, incident_id, asked_at, id);
CREATE INDEX questions_by ON questions (practice_id, incident_id, reader, asked_at, id);
CREATE INDEX questions_open_of ON questions (practice_id, incident_id) WHERE open = 1;

-- stuck: work that no worker could do, waiting for a person.

CREATE TABLE stuck (
	practice_id TEXT NOT NULL, -- '' for the host's
	id          TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
