-- outbox: what happened to the reading of a list, until the register tells of it.

ALTER TABLE feeds ADD COLUMN outbox TEXT;
CREATE INDEX feeds_pending ON feeds (practice_id, id) WHERE outbox IS NOT NULL;
