-- rights: what people ask about their own data. due_at is the end of the last day.

CREATE TABLE rights (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	state       TEXT NOT NULL,
	received_at INTEGER NOT NULL,
	due_at      INTEGER NOT NULL,
	next_at     INTEGER, -- when a worker must look again
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX rights_newest ON rights (practice_id, received_at, id);
CREATE INDEX rights_open ON rights (practice_id, due_at, id) WHERE state = 'open';
CREATE INDEX rights_due ON rights (next_at, practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX rights_pending ON rights (practice_id, id) WHERE outbox IS NOT NULL;
