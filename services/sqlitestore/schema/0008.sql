-- looks: who looked at whose data. An id begins with the hour.

CREATE TABLE looks (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	client_id   TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX looks_at ON looks (practice_id, client_id, id);
CREATE INDEX looks_old ON looks (id);
