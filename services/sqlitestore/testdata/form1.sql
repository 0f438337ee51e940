-- A database of form 1 as the first version made it, with the key in form1.key.
-- It is never edited: it shows that later versions read what the first one wrote.
CREATE TABLE keys (
	practice_id TEXT PRIMARY KEY,
	wrapped     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settings (
	key     TEXT PRIMARY KEY,
	version INTEGER NOT NULL,
	doc     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counters (
	practice_id TEXT NOT NULL,
	series      TEXT NOT NULL,
	value       INTEGER NOT NULL,
	PRIMARY KEY (practice_id, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE practices (
	id          TEXT PRIMARY KEY,
	version     INTEGER NOT NULL,
	public_code TEXT NOT NULL UNIQUE,
	doc         TEXT NOT NULL
) STRICT;
CREATE TABLE systems (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE TABLE processors (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	ended       INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX processors_in_use ON processors (id, practice_id) WHERE ended = 0;
CREATE TABLE endpoints (
	id           TEXT PRIMARY KEY,
	token_hash   TEXT NOT NULL UNIQUE,
	practice_id  TEXT NOT NULL,
	processor_id TEXT NOT NULL,
	doc          TEXT NOT NULL
) STRICT;
CREATE INDEX endpoints_of ON endpoints (practice_id, processor_id, id);
CREATE TABLE clients (
	practice_id    TEXT NOT NULL,
	id             TEXT NOT NULL,
	version        INTEGER NOT NULL,
	matching       BLOB NOT NULL,
	external_index TEXT NOT NULL,
	email_index    TEXT NOT NULL,
	sealed         BLOB NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX clients_by_number ON clients (practice_id, external_index);
CREATE INDEX clients_by_email ON clients (practice_id, email_index) WHERE email_index <> '';
CREATE TABLE receipts (
	id          TEXT PRIMARY KEY,
	dedupe_key  TEXT NOT NULL UNIQUE,
	received_at INTEGER NOT NULL,
	reached     TEXT NOT NULL,
	done_at     INTEGER,
	doc         TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_pending ON receipts (received_at, id) WHERE done_at IS NULL;
CREATE TABLE reports (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	state       TEXT NOT NULL,
	received_at INTEGER NOT NULL,
	next_at     INTEGER,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX reports_newest ON reports (practice_id, received_at, id);
CREATE INDEX reports_newest_in_state ON reports (practice_id, state, received_at, id);
CREATE INDEX reports_due ON reports (next_at, practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX reports_pending ON reports (practice_id, id) WHERE outbox IS NOT NULL;
CREATE TABLE incidents (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	reference   TEXT NOT NULL,
	case_index  TEXT NOT NULL,
	state       TEXT NOT NULL,
	created_at  INTEGER NOT NULL,
	due_at      INTEGER NOT NULL, -- the nearest undone deadline; the largest number for none
	next_at     INTEGER,
	unassessed  INTEGER NOT NULL,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE UNIQUE INDEX incidents_by_reference ON incidents (practice_id, reference);
CREATE UNIQUE INDEX incidents_by_case ON incidents (practice_id, case_index);
CREATE INDEX incidents_newest ON incidents (practice_id, created_at, id);
CREATE INDEX incidents_open ON incidents (practice_id, due_at, id) WHERE state = 'open';
CREATE INDEX incidents_due ON incidents (next_at, practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX incidents_armed ON incidents (practice_id, id) WHERE next_at IS NOT NULL;
CREATE INDEX incidents_unassessed ON incidents (practice_id, id) WHERE unassessed = 1;
CREATE INDEX incidents_pending ON incidents (practice_id, id) WHERE outbox IS NOT NULL;
CREATE TABLE affected (
	practice_id TEXT NOT NULL,
	incident_id TEXT NOT NULL,
	version     INTEGER NOT NULL,
	id          TEXT NOT NULL,
	standing    TEXT NOT NULL, -- the group
	certainty   TEXT NOT NULL,
	in_scope    INTEGER NOT NULL,
	readers     TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, incident_id, version, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE notices (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	incident_id TEXT NOT NULL,
	state       TEXT NOT NULL,
	outbox      TEXT,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX notices_of ON notices (practice_id, incident_id, id);
CREATE INDEX notices_pending ON notices (practice_id, id) WHERE outbox IS NOT NULL;
CREATE TABLE deliveries (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	incident_id TEXT NOT NULL,
	notice_id   TEXT NOT NULL, -- '' for a warning
	person      TEXT NOT NULL,
	reader      TEXT NOT NULL,
	state       TEXT NOT NULL,
	told_at     INTEGER,
	waits_for   INTEGER, -- from when on it may be claimed
	attempts    INTEGER NOT NULL,
	noted       INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX deliveries_of ON deliveries (practice_id, notice_id, id);
CREATE INDEX deliveries_by_state ON deliveries (practice_id, notice_id, state);
CREATE INDEX deliveries_telling ON deliveries (practice_id, incident_id, person, reader, state, told_at) WHERE notice_id <> '';
CREATE INDEX deliveries_due ON deliveries (waits_for, practice_id, id) WHERE waits_for IS NOT NULL;
CREATE INDEX deliveries_unnoted ON deliveries (practice_id, notice_id, id) WHERE attempts > noted;
CREATE TABLE entries (
	practice_id TEXT NOT NULL,
	seq         INTEGER NOT NULL,
	event_id    TEXT NOT NULL,
	incident_id TEXT NOT NULL,
	hash        TEXT NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_by_event ON entries (practice_id, event_id);
CREATE INDEX entries_of ON entries (practice_id, incident_id, seq);
CREATE TABLE users (
	id          TEXT PRIMARY KEY,
	version     INTEGER NOT NULL,
	login_index TEXT NOT NULL UNIQUE,
	doc         TEXT NOT NULL
) STRICT;
CREATE TABLE tokens (
	id   TEXT PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE,
	doc  TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
	token_hash TEXT PRIMARY KEY,
	expires_at INTEGER NOT NULL,
	doc        TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_old ON sessions (expires_at);
CREATE TABLE drafts (
	practice_id TEXT NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	user_id     TEXT NOT NULL,
	updated_at  INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, id)
) STRICT;
CREATE INDEX drafts_of ON drafts (practice_id, user_id, updated_at);
CREATE INDEX drafts_old ON drafts (updated_at);
CREATE TABLE requests (
	practice_id TEXT NOT NULL,
	key         TEXT NOT NULL,
	at          INTEGER NOT NULL,
	doc         TEXT NOT NULL,
	PRIMARY KEY (practice_id, key)
) STRICT;
CREATE INDEX requests_old ON requests (at);
INSERT INTO keys (practice_id, wrapped) VALUES ('', x'7b22666f726d223a312c227365616c223a22456f304241532b30337a4552334d4264737767324b3135307575304370303970476f54514f7a746b56486d613152304a5a515264433444735146374e396b4f455a2f306a47482f59576d4c4f313951663542733449716e6246325a79766e7547625669462b306c44352f4b727a516d38656e4469434430536a424a7572456374497959514c6a4f59366e6b624b6f6e6f57392b7a4f4c78795078782b34367136336d4c2f5a59652b764f594e6f474c76394339416f5852464141365270464c56222c22696e646578223a224570494241532b30337a47574c6e33795378474c6a75647573736d2b4559436c474c43777879343751454b2f3349674d6e5262443375583359336662746f696a737a6f754d56687343756f32447357564b56655255666937665239487931667a6c715a45552b76647239636f476731767439534f62773830656e7374307a71534b7035356f4468497774597a6a2f76394e744a4c31565477787044526b52515563324e6d4e46466a7165736745324f2f436143392f30502b734c486d5a4951766f6179784b32773d227d');
INSERT INTO keys (practice_id, wrapped) VALUES ('p1', x'7b22666f726d223a312c227365616c223a22456f734241532b30337a487436496e30553176627278416a74353238486631307349763942674c306952494b4d3652456167704c7a3073582f354337664c546f642b4a414a4a413439626f34694b38796a71687a6d37694648465a6974504c31776e627257304a693333472f2f4f4c346a786e4b673664386d6a6a4a70594f5576705a564337303035527057624e5a564f4a417a73665544754139697046433868764c5775723376634a7430652f5968655163474a506a4c544a474754773d3d222c22696e646578223a224570494241532b30337a4846506a504a57514c677659623737316a4d32446f52587363624d6163304341485532705572483667344e6476577742542f4758704454306b7969704b45416754644933514d39416f4a513134464a756447555a4a62412f4d4d6e414a514b355467783544454c4943395054646768384465352b31744a4c557a6a57644a57456e765875636f634d71647a6c5a31554e4a4a5059766c7069616153624e50526b75314338346e2b36316d466f307975644b4d554e33745249564f6b576f3d227d');
INSERT INTO settings (key, version, doc) VALUES ('greeting', 1, '{"schema":1,"key":"greeting","version":1,"sealed":"ATXr4WUOzVH9ADFLWvhzfRxvW6gsrH1vKG55Vg/ZHf9X8F/+9Ms="}');
INSERT INTO practices (id, version, public_code, doc) VALUES ('p1', 1, 'code', '{"schema":1,"id":"p1","version":1,"public_code":"code","authority":"AP","language":"nl","time_zone":"Europe/Amsterdam","policy":{"id":"refleact-48","client_hours":48,"client_thresholds":null,"authority_hours":0,"authority_thresholds":null,"name_in_mail":false,"formal":false,"retain_months":0,"source":""},"created_at":"2027-03-08T12:00:00Z","sealed":"AQXVuqZT62WzgZI3LPH2/8n5NMBTWo4Lkbna8A5ewdQTVrE/2Lg3Iof/ev42+IchHOZ5+m4wOZBdGa7+hAHqyjkSJJ7qBWtxd/YAS+cBodeapaOgjIQGa4Fs8VTbb2RmIaEIPRCzcCmt3diaIKKFKHDOYyJbQOThUHhv9rEZyUhPNpXSKTJTjLQPMUKAIVcBmX2v2o0c0CJfy545gotd1t8m7A4rNaFG+uStghINvcLsmQfZPznjiKcxUgLyVUFgKVRz8eBH9mluEAFJxOsDVZWKlox7x3DhjdCfCd4VZDAxwnabkJBryGzBhFvlki2u"}');
INSERT INTO systems (practice_id, id, version, doc) VALUES ('p1', 'mailbox', 1, '{"schema":1,"id":"mailbox","practice_id":"p1","version":1,"processor_id":"","categories":["contact"],"identifiability":"identified","encrypted_at_rest":null,"ended_at":"0001-01-01T00:00:00Z","updated_at":"0001-01-01T00:00:00Z","sealed":"AQXVuqZj1uj3Gp8Pig6VCgcFn+X28Qkk4+PPzPW+xrVmYFqUNfFCzk3ASHT2vYpIhjJA5caZRAJIy5oN4kdumQLxog=="}');
INSERT INTO clients (practice_id, id, version, matching, external_index, email_index, sealed) VALUES ('p1', 'c1', 1, x'0102633102026e6c06636c69656e740000f81e80e895d084690002cad07e0002076d61696c626f780207636f6e746163740a6964656e746966696564000180e895d084690000', '6e268fb2f9536ea14a67e7cef481b5b8', 'da3ce4701bf01591792c6347a12c45e7', x'0105d5baa6c0a5477a0316e29f7aaab420398944af67971c6b6a2990aec8589ee61a8f2a1a45fa93075350de8e4deb87013c8116b13afa9d6ad7b24b990d38faf3be00c8c69f83864c7609d6e02d19a93e69a9709cec5669a1d1af524cf2682756b6bb98f8e916a219cfbcb703c733c5b02231f0b0e4ca5f59e505c3238353aafe78be69affe8365a3e076d9abf1ae0934ec67908415105023ee8683f5a1325e0aad');
INSERT INTO receipts (id, dedupe_key, received_at, reached, done_at, doc) VALUES ('r1', 'key-r1', 1804507200000, '', NULL, '{"schema":1,"id":"r1","dedupe_key":"key-r1","processor_id":"microsoft-365","practice_id":"","received_at":"2027-03-08T12:00:00Z","raw_hash":"","sent_at":"2027-03-08T11:59:59Z","reached":"","done":false,"done_at":"0001-01-01T00:00:00Z","sealed":"ATXr4WUm+1j9Yz+pWd2eSj5SQpunE35VIEbkrHm582FSNtM="}');
INSERT INTO incidents (practice_id, id, version, reference, case_index, state, created_at, due_at, next_at, unassessed, outbox, doc) VALUES ('p1', 'i1', 1, '2027-i1', '5a2a5ceb0e4cfc27f6986c36350bb677', 'open', 1804507200000, 1804680000000, 1804593600000, 1, '[{"id":"i1-1","practice_id":"p1","incident_id":"i1","subject":"","kind":"incident.opened","at":"2027-03-08T12:00:00Z","actor":{"kind":"","id":""},"facts":{"aware_at":"2027-03-08T12:00:00Z","playbook":"phished-mailbox","reference":"2027-i1","source":"form"},"sealed":"AQXVuqZuJF/9esj/Nymq4M3m07I9mW3avvoaoeSwNLh9WLN59eQyqejoFUYUrHYZcRZrNkbLvzc2kyUWkP2J77cO"}]', '{"schema":1,"id":"i1","practice_id":"p1","reference":"2027-i1","case_index":"5a2a5ceb0e4cfc27f6986c36350bb677","version":1,"source":"form","state":"open","created_at":"2027-03-08T12:00:00Z","closed_at":"0001-01-01T00:00:00Z","report_ids":null,"facts":{"playbook":"phished-mailbox","occurred_from":null,"occurred_until":null,"occurred_approx":false,"discovered_at":"2027-03-08T12:00:00Z","systems":["mailbox"],"categories":null,"breach_kinds":null,"unintelligible":"no","role":"controller","hand_picked":false,"processor_id":"","processor_aware_at":null,"access_closed_at":null},"clocks":[{"kind":"client","starts_at":"2027-03-08T12:00:00Z","within_ms":172800000,"thresholds":[{"mark":"due","at":"2027-03-10T12:00:00Z","fired_at":"0001-01-01T00:00:00Z","missed":false}],"met_at":"0001-01-01T00:00:00Z","ended_at":"0001-01-01T00:00:00Z","ended_because":"","told":0,"settled":0,"in_scope":null,"history":null},{"kind":"authority","starts_at":"2027-03-08T12:00:00Z","within_ms":259200000,"thresholds":[{"mark":"h24","at":"2027-03-09T12:00:00Z","fired_at":"0001-01-01T00:00:00Z","missed":false},{"mark":"h48","at":"2027-03-10T12:00:00Z","fired_at":"0001-01-01T00:00:00Z","missed":false},{"mark":"due","at":"2027-03-11T12:00:00Z","fired_at":"0001-01-01T00:00:00Z","missed":false}],"met_at":"0001-01-01T00:00:00Z","ended_at":"0001-01-01T00:00:00Z","ended_because":"","told":0,"settled":0,"in_scope":null,"history":null}],"assessment":{"wanted":1,"done":0,"at":"0001-01-01T00:00:00Z","counts":{"in_guidance":0,"former":0,"other":0,"not_affected":0,"certain":0,"possible":0,"in_scope":0},"came":0,"went":0},"next_at":"2027-03-09T12:00:00Z","due_at":"2027-03-10T12:00:00Z","unassessed":true,"outbox":{"seq":1,"pending":null},"sealed":"AQXVuqZ7trEK9Du4Ik4jUStB4xtVJ6x7+hNhFM1Ne6JMOJr4vjiI73F4EoeeH9SvaWcLIqRcJR5A6L3K9CgV+okMoWqQCm2Te9xj5N3BBstCtTnhugrT51W7HxC3on6e1JgStGgZgYhd2Q2uFbF3ZtowRLk63hUlCwhkkF7nMOta/YZX745nGY5nnhwlLbQffNqAlwWWBPN3csn/r6KLV/tQgRtCriP16ZL3zQTESUcFuyXT+qw5g0PKys9RwSy62ML3vjNKgh1FD7ez5peCX9K81MVxkonnOQ63gtOCfYTEd4r98RHvNXexpkIlbPAuvKq0u6wPjW8gWIubiXCdS04Muh03UIkXaEkeQ46xFMQ9L1eEA/Nz8DFQH1KK28heBx6PNBcRBjBHDXKeafXAggG/3UAJrv7ZCBTbk4UJvyxlyM/6HlU6nmS5BOf3gEeHb+oo9VLM5y1N6fc5Es0V0Z3jFELjiZfQT8g6+L3hYcfSYnLJ7G42TlT/InceNlFmFC6e1gcgdAS8FjEGORRLW+wtb2K01w15V1dzusgNczt9kbWcSxkyHnfLAZXCsVDL74n3dcp9g6XICBPHSGZ+fMra6hABsIyiY+132QvvbD7F7Yo4KlhMDW94OxRn9rpsiBO3FGtj3GTz65qEfXt3x3vT9mPDai5ZAvXMj16h"}');
INSERT INTO affected (practice_id, incident_id, version, id, standing, certainty, in_scope, readers, doc) VALUES ('p1', 'i1', 1, 'u-1', 'other', 'certain', 0, '[]', '{"schema":1,"id":"u-1","practice_id":"p1","incident_id":"i1","version":1,"client_id":"","group":"other","in_scope":false,"certainty":"certain","reasons":null,"readers":null,"sealed":"AQXVuqapZ+fPd47JsMl7Q9dIG6dDiC3roFTwtfHoioY+PSgMJstIuMje4ZN6R2lvLNy0SJpefPnhoQ4ooYw="}');
INSERT INTO deliveries (practice_id, id, version, incident_id, notice_id, person, reader, state, told_at, waits_for, attempts, noted, doc) VALUES ('p1', 'd1', 1, 'i1', 'n1', 'person-d1', 'person-d1', 'queued', NULL, 0, 0, 0, '{"schema":1,"id":"d1","practice_id":"p1","incident_id":"i1","notice_id":"n1","version":1,"person":"person-d1","reader":"person-d1","audience":"clients","language":"nl","channel":"email","why":"","state":"queued","next_at":"0001-01-01T00:00:00Z","told_at":"0001-01-01T00:00:00Z","attempts":0,"noted":0,"waits_for":"1970-01-01T00:00:00Z","sealed":"AQXVuqbh3Zan+5FSr/gqcqoBleewTNC6BOTyX9M27ncwbYfo36Y8q+wwBP0QeGKZTJ3jEWPZnmvKPA08pnuoBHk9RvxpY/CN/ZVhT5UOvNZCdPKTD4r3N01X4yC7pXycooIF6EJGORUaC4IowAZJ23z9//NGO5c4QWnFG/A9pDvVOwZIZuOnTvWRr8LtZ6fh4UKdHfKc07/ZCQzWozwsgaRNkPodZ5TNxJc="}');
INSERT INTO entries (practice_id, seq, event_id, incident_id, hash, doc) VALUES ('p1', 1, 'i1-1', 'i1', 'a1929b827d233e5decac84c316908a5db085fbc821dab1efd7c466aaac016a3d', '{"schema":1,"practice_id":"p1","seq":1,"event_id":"i1-1","incident_id":"i1","event":{"id":"i1-1","practice_id":"p1","incident_id":"i1","subject":"","kind":"incident.opened","at":"2027-03-08T12:00:00Z","actor":{"kind":"","id":""},"facts":{"aware_at":"2027-03-08T12:00:00Z","playbook":"phished-mailbox","reference":"2027-i1","source":"form"},"sealed":null},"words_hash":"a7ad4dff93ccdc12d61b24935c04fdfdc8a597d9d9a21d9da9bc00dfa9df0262","prev":"","hash":"a1929b827d233e5decac84c316908a5db085fbc821dab1efd7c466aaac016a3d","sealed":"AQXVuqZ9XelkHouF1E8TbhTHOwWpinVinqg9M6IYEaUEjagudWedRJP+9rZkR0cZWmZq318Xxl7CCLT6zdEwSY8fGsIVyGxRnK1PsF3Y7PyVkEnYGc9cILKfhxtb4o+CsNiH8k2NFAM9+bOyJTaIq+1QJykL9Q=="}');
INSERT INTO users (id, version, login_index, doc) VALUES ('u1', 1, '427ba3f9377c4575de1a545115cb2cbe', '{"schema":1,"id":"u1","version":1,"login_index":"427ba3f9377c4575de1a545115cb2cbe","password_hash":"","language":"","memberships":null,"created_at":"0001-01-01T00:00:00Z","sealed":"ATXr4WV2pkwmsmuL76tvdLrr7O1zO3yWUC8WhZawp3dh8Wo8oa34XUffbC3xozfAaXFjWtfkrYYwl+v88QsrsSi2UOLpSTPvLrZ0o+w="}');
PRAGMA user_version = 1;
