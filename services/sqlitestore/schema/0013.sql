-- feeds: the suppliers' lists that are read, such as the message centre of
-- Microsoft 365. practice_id is '' for the host's.

CREATE TABLE feeds (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	next_at     INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX feeds_due ON feeds (next_at, practice_id, id);
