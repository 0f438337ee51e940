-- tokens: whose they are, so that a practice's can be listed.
-- members: the users of each practice. The memberships stand in the user's doc; the
-- triggers keep this table in step with every write of it.

ALTER TABLE tokens ADD COLUMN practice_id TEXT NOT NULL DEFAULT '';
UPDATE tokens SET practice_id = json_extract(doc, '$.practice_id');
CREATE INDEX tokens_of ON tokens (practice_id, id);

CREATE TABLE members (
	practice_id TEXT NOT NULL,
	user_id     TEXT NOT NULL,
	PRIMARY KEY (practice_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id);
INSERT OR IGNORE INTO members (practice_id, user_id)
	SELECT json_extract(m.value, '$.practice_id'), u.id FROM users u, json_each(u.doc, '$.memberships') m;

CREATE TRIGGER member_came AFTER INSERT ON users BEGIN
	INSERT OR IGNORE INTO members (practice_id, user_id)
		SELECT json_extract(m.value, '$.practice_id'), NEW.id FROM json_each(NEW.doc, '$.memberships') m;
END;
CREATE TRIGGER member_changed AFTER UPDATE OF doc ON users BEGIN
	DELETE FROM members WHERE user_id = OLD.id;
	INSERT OR IGNORE INTO members (practice_id, user_id)
		SELECT json_extract(m.value, '$.practice_id'), NEW.id FROM json_each(NEW.doc, '$.memberships') m;
END;
CREATE TRIGGER member_went AFTER DELETE ON users BEGIN
	DELETE FROM members WHERE user_id = OLD.id;
END;
