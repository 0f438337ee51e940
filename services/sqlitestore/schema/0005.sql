-- imports: lists of people on their way in, and import_parts what was taken from
-- them, until the import can be undone no more.

CREATE TABLE imports (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	created_at  INTEGER NOT NULL,
	working     INTEGER NOT NULL, -- a worker goes on with it
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_newest ON imports (practice_id, created_at, id);
CREATE INDEX imports_working ON imports (practice_id, id) WHERE working = 1;

CREATE TABLE import_parts (
	practice_id TEXT NOT NULL,
	import_id   TEXT NOT NULL,
	number      INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	created_at  INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, import_id, number)
) STRICT;
CREATE INDEX import_parts_old ON import_parts (created_at);
