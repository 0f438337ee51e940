-- outbox: what happened to a practice itself, such as a change of its rules.
-- practice_id is its own id, by which the relay finds events of every kind.

ALTER TABLE practices ADD COLUMN practice_id TEXT;
ALTER TABLE practices ADD COLUMN outbox TEXT;
UPDATE practices SET practice_id = id;
CREATE INDEX practices_pending ON practices (practice_id, id) WHERE outbox IS NOT NULL;
