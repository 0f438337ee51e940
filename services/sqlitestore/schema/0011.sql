-- sub_processors: who uses a firm below one of its own processors. The ids stand in
-- the processor's doc; the triggers keep this table in step with every write of it,
-- and a processor that ended has none here.

CREATE TABLE sub_processors (
	below       TEXT NOT NULL,
	practice_id TEXT NOT NULL,
	processor   TEXT NOT NULL,
	PRIMARY KEY (below, practice_id, processor)
) STRICT, WITHOUT ROWID;
CREATE INDEX sub_processors_of ON sub_processors (practice_id, processor);

CREATE TRIGGER sub_processor_came AFTER INSERT ON processors WHEN NEW.ended = 0 BEGIN
	INSERT OR IGNORE INTO sub_processors (below, practice_id, processor)
		SELECT s.value, NEW.practice_id, NEW.id FROM json_each(NEW.doc, '$.sub_processors') s WHERE s.type = 'text';
END;
CREATE TRIGGER sub_processor_changed AFTER UPDATE ON processors BEGIN
	DELETE FROM sub_processors WHERE practice_id = OLD.practice_id AND processor = OLD.id;
	INSERT OR IGNORE INTO sub_processors (below, practice_id, processor)
		SELECT s.value, NEW.practice_id, NEW.id FROM json_each(NEW.doc, '$.sub_processors') s WHERE s.type = 'text' AND NEW.ended = 0;
END;
CREATE TRIGGER sub_processor_went AFTER DELETE ON processors BEGIN
	DELETE FROM sub_processors WHERE practice_id = OLD.practice_id AND processor = OLD.id;
END;
