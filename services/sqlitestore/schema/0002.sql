-- stale: a client or system was written since the wanted assessment was asked for.

ALTER TABLE incidents ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
CREATE INDEX incidents_to_mark ON incidents (practice_id, id) WHERE state = 'open' AND stale = 0;
CREATE INDEX incidents_stale ON incidents (practice_id, id) WHERE stale = 1;
