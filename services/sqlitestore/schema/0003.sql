-- measure_at: the earliest last day among the case's open measures, a far one when
-- none has any; NULL when nothing is to be done.

ALTER TABLE incidents ADD COLUMN measure_at INTEGER;
CREATE INDEX incidents_measured ON incidents (practice_id, measure_at, id) WHERE measure_at IS NOT NULL;
