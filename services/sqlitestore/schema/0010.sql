-- receipts: whom a message is for, so that the host's can be listed; the page on which
-- its sender sees what became of it; and the sender's case that it belongs to.
-- reports: which processor and which receipt each comes from.

ALTER TABLE receipts ADD COLUMN practice_id TEXT NOT NULL DEFAULT '';
ALTER TABLE receipts ADD COLUMN status_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE receipts ADD COLUMN case_hash TEXT NOT NULL DEFAULT '';
UPDATE receipts SET practice_id = COALESCE(json_extract(doc, '$.practice_id'), '');
CREATE INDEX receipts_newest ON receipts (practice_id, received_at, id);
CREATE UNIQUE INDEX receipts_by_status ON receipts (status_hash) WHERE status_hash <> '';
CREATE INDEX receipts_of_case ON receipts (case_hash, received_at, id) WHERE case_hash <> '';

ALTER TABLE reports ADD COLUMN processor_id TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN receipt_id TEXT NOT NULL DEFAULT '';
UPDATE reports SET processor_id = COALESCE(json_extract(doc, '$.processor_id'), ''), receipt_id = COALESCE(json_extract(doc, '$.receipt_id'), '');
CREATE INDEX reports_of_processor ON reports (practice_id, processor_id, received_at, id) WHERE processor_id <> '';
CREATE INDEX reports_of_receipt ON reports (receipt_id, practice_id, state) WHERE receipt_id <> '';
