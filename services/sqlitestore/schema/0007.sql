-- tree: what the entry added to the Merkle tree over its practice's register: its
-- leaf, then each subtree that it completes, 32 bytes each. NULL when an older
-- program wrote the entry and the tree has not grown over it yet.
-- tree_heads: the signed heads of it that were published.

ALTER TABLE entries ADD COLUMN tree BLOB;
CREATE INDEX entries_treeless ON entries (practice_id, seq) WHERE tree IS NULL;

CREATE TABLE tree_heads (
	practice_id TEXT NOT NULL,
	number      INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, number)
) STRICT, WITHOUT ROWID;
