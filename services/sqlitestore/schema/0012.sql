-- outbox: what happened to a row itself, until the register tells of it.

ALTER TABLE systems ADD COLUMN outbox TEXT;
ALTER TABLE processors ADD COLUMN outbox TEXT;
ALTER TABLE endpoints ADD COLUMN outbox TEXT;
ALTER TABLE clients ADD COLUMN outbox TEXT;
ALTER TABLE imports ADD COLUMN outbox TEXT;
ALTER TABLE tokens ADD COLUMN outbox TEXT;
ALTER TABLE users ADD COLUMN outbox TEXT;
CREATE INDEX systems_pending ON systems (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX processors_pending ON processors (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX endpoints_pending ON endpoints (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX clients_pending ON clients (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX imports_pending ON imports (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX tokens_pending ON tokens (practice_id, id) WHERE outbox IS NOT NULL;
CREATE INDEX users_pending ON users (id) WHERE outbox IS NOT NULL;
