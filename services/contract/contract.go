// Package contract is what every store of datalek does: one interface, kept by
// each engine and proven by the one suite in services/storetest.
//
// Everywhere: a practice's id stands in every query, so that no practice sees
// another's data; an unknown id, and another practice's, is fault.NotFound; a
// store that cannot answer is fault.Unavailable; times are UTC cut to
// milliseconds; lists come in key order, at most limit long, after the key
// given ("" begins); personal parts are sealed before they touch the disk.
package contract

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// Store is everything a store does. Consumers declare the few methods they call.
//
// The Update methods load the aggregate, run change on it, check that nobody
// else wrote meanwhile, and save state, clocks and outbox in one atomic write
// with Version one higher; they try again on a lost race a bounded number of
// times, then answer fault.Conflict. An error from change is returned as it is
// and nothing is written.
type Store interface {
	Practices
	Catalogue
	Clients
	Imports
	Reports
	Incidents
	Affected
	Notices
	Deliveries
	Returns
	Feeds
	Questions
	StuckWork
	Rights
	Erasures
	Register
	Access
	Outboxes
	Accounts
	Upkeep
}

// Practices keeps the controllers.
type Practices interface {
	CreatePractice(ctx context.Context, p registry.Practice) error // fault.Duplicate on a known id
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	PracticeByCode(ctx context.Context, publicCode string) (registry.Practice, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error)
	// PracticesUsing lists ids of practices with a processor that has not ended and is
	// the one of this id, or engages it as a sub-processor.
	PracticesUsing(ctx context.Context, processor string, after tenant.ID, limit int) ([]tenant.ID, error)
	// DropDrill removes a drill of the practice with all that was made up for it. A
	// real practice, another one's drill and one that is gone are fault.NotFound, and
	// nothing of them is touched.
	DropDrill(ctx context.Context, practice, id tenant.ID) error
	// NextNumber counts up a practice's series from 1 ("incidents-2027"); gaps may occur.
	NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error)
}

// Catalogue keeps systems, processors and the addresses processors report to.
//
// The Put methods create or replace by id and say whether it is new. Version 0
// writes over whatever stands; any other replaces that version alone, and is
// fault.Conflict when somebody else wrote meanwhile. Whoever writes a system marks
// cases, see Clients.
type Catalogue interface {
	PutSystem(ctx context.Context, s registry.System) (created bool, err error)
	System(ctx context.Context, practice tenant.ID, id string) (registry.System, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	PutProcessor(ctx context.Context, p registry.Processor) (created bool, err error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	CreateEndpoint(ctx context.Context, e registry.Endpoint) error // fault.Duplicate on a known token hash
	EndpointByToken(ctx context.Context, tokenHash string) (registry.Endpoint, error)
	// Endpoints lists a practice's own addresses for a processor; practice "" the operator's.
	Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error)
	// UpdateEndpoint changes an address under its version; practice "" for the operator's.
	UpdateEndpoint(ctx context.Context, practice tenant.ID, id string, change func(*registry.Endpoint) error) (registry.Endpoint, error)
	// TouchEndpoint notes an address's last message, beside its version.
	TouchEndpoint(ctx context.Context, practice tenant.ID, id string, at time.Time) error
}

// Clients keeps the data subjects. Names and addresses are found by keyed hash.
//
// Every write of a client or system marks each open case of the practice stale
// (Assessment.Stale, Version one higher) unless it is so already: in the same
// write where the engine can, else before the method returns, with a trace in
// the client or system by which FinishMarking does it after a crash.
type Clients interface {
	// CreateClient stores a new client; fault.Duplicate on a known id or external id.
	CreateClient(ctx context.Context, c registry.Client) (registry.Client, error)
	// PutClients creates or, by external id, replaces; each client is one atomic
	// write. A new client gets the ID it carries; an update keeps the stored ID,
	// which is written back into the slice. created is parallel to clients.
	PutClients(ctx context.Context, practice tenant.ID, clients []registry.Client) (created []bool, err error)
	UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error) // unknown ids are left out
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error) // any case
	// MatchableClients is Clients without the sealed Person: all that matching
	// needs, and fast (10,000 in well under 50 ms).
	MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	CountClients(ctx context.Context, practice tenant.ID) (int64, error)
	// RemoveClients removes people from the list; unknown ids are no error. Who was
	// cut off does it again, which marks the cases whether or not anybody was left.
	RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error
}

// Imports keeps lists of people on their way in.
type Imports interface {
	CreateImport(ctx context.Context, v roster.Import) error // fault.Duplicate on a known id
	Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error)
	UpdateImport(ctx context.Context, practice tenant.ID, id string, change func(*roster.Import) error) (roster.Import, error)
	// Imports lists newest first; after is the last id of the page before.
	Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error)
	// WorkingImports lists those that a worker goes on with.
	WorkingImports(ctx context.Context, limit int) ([]Key, error)
	// SavePart stores a part: Version 0 is a new one, any other replaces that version
	// alone; else fault.Conflict. It returns the part with its new version.
	SavePart(ctx context.Context, p roster.Part) (roster.Part, error)
	Part(ctx context.Context, practice tenant.ID, importID string, number int) (roster.Part, error)
	DropParts(ctx context.Context, practice tenant.ID, importID string) error // none is no error
}

// Reports keeps what came in: receipts of webhooks, and reports per practice.
type Reports interface {
	// SaveReceipt stores a processor's message before it is answered. A replay (same
	// DedupeKey) stores nothing and returns the first one's id and false.
	SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error)
	Receipt(ctx context.Context, id string) (incidents.Receipt, error)
	// AdvanceReceipt records how far fanning out has come; done ends it.
	AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error
	// PendingReceipts lists ids not fanned out, received before the instant, oldest first.
	PendingReceipts(ctx context.Context, before time.Time, limit int) ([]string, error)
	// ReceiptByStatus finds a receipt by the hash of its sender's page, fault.NotFound
	// for an unknown one and "".
	ReceiptByStatus(ctx context.Context, statusHash string) (incidents.Receipt, error)
	// FileReceipt records which of its sender's cases (incidents.CaseHash) it is of.
	FileReceipt(ctx context.Context, id, caseHash string) error
	// ReceiptsOfCase lists the messages of a sender's case, oldest first; none for "".
	ReceiptsOfCase(ctx context.Context, caseHash string, limit int) ([]incidents.Receipt, error)
	// Receipts lists what came for one practice, with "" for all of the host, newest
	// first; after is the last id of the page before.
	Receipts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Receipt, error)
	// CountReach counts the practices that have a report of one of the receipts: each
	// once, from what is stored.
	CountReach(ctx context.Context, receipts []string) (incidents.Reached, error)
	CreateReport(ctx context.Context, r *incidents.Report) error // fault.Duplicate on a known id
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error)
	// Reports lists newest first; state "" is all; after is the last id of the page before.
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	// ReportsOf lists what one processor reported to a practice, newest first; after is
	// the last id of the page before.
	ReportsOf(ctx context.Context, practice tenant.ID, processor, after string, limit int) ([]*incidents.Report, error)
	// DueReports lists (practice, id) of reports whose next threshold is due at the instant.
	DueReports(ctx context.Context, at time.Time, limit int) ([]Key, error)
}

// Incidents keeps the cases, clocks inside.
type Incidents interface {
	CreateIncident(ctx context.Context, i *incidents.Incident) error // fault.Duplicate on id, reference or case key
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (*incidents.Incident, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	// Incidents lists newest first; after is the last id of the page before.
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	// OpenIncidents lists open cases, nearest undone deadline first, those without one
	// after; after is the last id of the page before.
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	// MeasuredIncidents lists cases with measures still to be done, closed ones too,
	// the earliest last day first; after is the last id of the page before. After a
	// case whose measures are all done meanwhile it begins again.
	MeasuredIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	// DueIncidents lists (practice, id) of cases whose next threshold is due at the instant.
	DueIncidents(ctx context.Context, at time.Time, limit int) ([]Key, error)
	// UpcomingIncidents lists cases whose next threshold falls at the instant or
	// before, the earliest first, after the one given (the zero value begins).
	UpcomingIncidents(ctx context.Context, until time.Time, after Upcoming, limit int) ([]Upcoming, error)
	// UnassessedIncidents lists cases whose wanted assessment is not done, or is stale.
	UnassessedIncidents(ctx context.Context, limit int) ([]Key, error)
	// StaleIncidents lists cases that a write of a client or system marked.
	StaleIncidents(ctx context.Context, limit int) ([]Key, error)
	// FinishMarking marks the cases that a write was cut off from marking.
	FinishMarking(ctx context.Context) error
	// ArmedIncidents lists cases with a threshold still to fire, by key, for re-arming the bus.
	ArmedIncidents(ctx context.Context, after Key, limit int) ([]Key, error)
}

// Affected keeps the findings, one row per incident, version and person.
type Affected interface {
	// SaveAffected inserts rows; the same row again changes nothing.
	SaveAffected(ctx context.Context, practice tenant.ID, rows []incidents.Affected) error
	// AffectedPage lists one version by id. Empty groups is all.
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	// AffectedPersons lists the ids of one version that are certain or possible.
	AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error)
	// ReadersInScope maps every person in scope to those to tell for him.
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
}

// Notices keeps the texts.
type Notices interface {
	CreateNotice(ctx context.Context, n *incidents.Notice) error // fault.Duplicate on a known id
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
}

// Deliveries keeps one row per notice and reader.
type Deliveries interface {
	// PutDeliveries inserts; a row with a known id is left as it is.
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	// DropQueued removes the untouched rows of a notice whose approval was cut off.
	DropQueued(ctx context.Context, practice tenant.ID, notice string) error
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error)
	// DeliveriesOf lists a notice's rows by id; empty states is all.
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	// DeliveriesByIDs returns rows by id; unknown ids are left out.
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	// DeliveriesByCode lists a practice's rows with a reader's code; almost always
	// one or none.
	DeliveriesByCode(ctx context.Context, practice tenant.ID, code string, limit int) ([]incidents.Delivery, error)
	// RecordDeliveries saves rows as they were read and changed since, such as by
	// Delivery.Claim and Delivery.Record: all in one group, each only if nobody
	// wrote it meanwhile. It returns those saved, in their order. It is made for
	// small groups many times a second; what it returned is durable.
	RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error)
	// UnansweredDeliveries lists ids of a notice's e-mail rows that wait for their
	// last answer: queued, sending, deferred.
	UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) ([]string, error)
	// UnnotedDeliveries lists rows of a notice with attempts its log does not tell of.
	UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) ([]incidents.Delivery, error)
	// MarkNoted records that the log tells of as many attempts as each row has.
	MarkNoted(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	// CountDeliveries counts a notice's rows by state.
	CountDeliveries(ctx context.Context, practice tenant.ID, notice string) (map[incidents.DeliveryState]int, error)
	// CallRows lists by id a case's rows that stand on its call list in a state;
	// after is the last id of the page before.
	CallRows(ctx context.Context, practice tenant.ID, incident string, state incidents.CallState, after string, limit int) ([]incidents.Delivery, error)
	// CountCallRows counts a case's rows on its call list, by state and notice.
	CountCallRows(ctx context.Context, practice tenant.ID, incident string) ([]incidents.CallCount, error)
	// Tellings lists what an incident's rows say about their readers (no warnings).
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
	// DueDeliveries lists e-mail rows of approved notices and warnings that wait at
	// the instant: queued, deferred whose time has come, sending whose lease ended.
	DueDeliveries(ctx context.Context, at time.Time, limit int) ([]DueDelivery, error)
}

// Questions keeps what readers of notices ask.
type Questions interface {
	CreateQuestion(ctx context.Context, q incidents.ReaderQuestion) error // fault.Duplicate on a known id
	Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error)
	UpdateQuestion(ctx context.Context, practice tenant.ID, id string, change func(*incidents.ReaderQuestion) error) (incidents.ReaderQuestion, error)
	// Questions lists a practice's, oldest first; open leaves out the answered ones;
	// after is the last id of the page before.
	Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error)
	// QuestionsOf lists those about a case, oldest first; reader "" is everybody's.
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
	// CountOpenQuestions counts those of a case that wait for an answer; incident
	// "" counts the practice's.
	CountOpenQuestions(ctx context.Context, practice tenant.ID, incident string) (int64, error)
}

// StuckWork keeps what no worker could do until it is done.
type StuckWork interface {
	// PutStuck writes over whatever stands under the practice and id.
	PutStuck(ctx context.Context, v incidents.Stuck) error
	Stuck(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error)
	// StuckOf lists a practice's, "" the host's, by id.
	StuckOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Stuck, error)
	CountStuck(ctx context.Context, practice tenant.ID) (int64, error)
	// AllStuck lists it over all practices, by key, for the workers.
	AllStuck(ctx context.Context, after Key, limit int) ([]incidents.Stuck, error)
	DropStuck(ctx context.Context, practice tenant.ID, id string) error // unknown is no error
}

// Returns keeps mail that came back.
type Returns interface {
	// SaveReturn stores a message before it is answered, or its mailbox is read on.
	// The same again (PracticeID and RawHash) stores nothing and returns the first
	// one's id and false.
	SaveReturn(ctx context.Context, r incidents.Return) (id string, fresh bool, err error)
	Return(ctx context.Context, id string) (incidents.Return, error)
	// SettleReturn writes it over what is stored; fault.NotFound when it is not there.
	SettleReturn(ctx context.Context, r incidents.Return) error
	// WaitingReturns lists ids of those not settled, oldest first.
	WaitingReturns(ctx context.Context, limit int) ([]string, error)
	// UnmatchedReturns lists a practice's, "" the host's, that led to no mail, newest first.
	UnmatchedReturns(ctx context.Context, practice tenant.ID, limit int) ([]incidents.Return, error)
	CountUnmatchedReturns(ctx context.Context, practice tenant.ID) (int64, error)
	// DeliveriesNamed finds whose a delivery is: the one method that looks over all
	// practices by an id, since a returned message names no practice.
	DeliveriesNamed(ctx context.Context, id string, limit int) ([]incidents.Key, error)
}

// Register keeps the chained entries.
type Register interface {
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	// AppendEntries adds entries that follow the head, all or none where the engine
	// can, never with a gap; fault.Conflict when another worker was first, then
	// nothing that breaks the chain was written.
	AppendEntries(ctx context.Context, practice tenant.ID, entries []register.Entry) error
	// HasEvents returns which of the event ids are in the register.
	HasEvents(ctx context.Context, practice tenant.ID, eventIDs []string) (map[string]bool, error)
	Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error) // by number
	// EntriesOf lists one incident's entries newest first, before the number given (0: from the newest).
	EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error)
	RegisterTree
}

// Outboxes hands saved events to the relay.
type Outboxes interface {
	// PendingEvents lists aggregates with events not yet published.
	PendingEvents(ctx context.Context, limit int) ([]Pending, error)
	// MarkPublished removes published events from an aggregate's outbox. It does
	// not raise its Version, and never removes an event it was not given.
	MarkPublished(ctx context.Context, p Pending) error
}

// Accounts keeps who may come in.
type Accounts interface {
	CreateUser(ctx context.Context, u registry.User) error // fault.Duplicate on a known login
	User(ctx context.Context, id string) (registry.User, error)
	UserByLogin(ctx context.Context, login string) (registry.User, error)
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
	CountUsers(ctx context.Context) (int64, error)
	// UsersOf lists the members of a practice; Users everybody, for the host alone.
	UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error)
	Users(ctx context.Context, after string, limit int) ([]registry.User, error)
	CreateToken(ctx context.Context, t registry.Token) error
	TokenByHash(ctx context.Context, hash string) (registry.Token, error)
	Tokens(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Token, error)
	// TouchToken notes a token's last use; fault.NotFound for one that is gone.
	TouchToken(ctx context.Context, practice tenant.ID, id string, at time.Time) error
	// DropToken ends a token and keeps its notes in the same write; its row goes once
	// they are published. fault.NotFound for one that is gone.
	DropToken(ctx context.Context, practice tenant.ID, id string, notes register.Notes) error
	// Session, SaveSession and DropSession keep browser sessions; data is sealed.
	Session(ctx context.Context, tokenHash string, now time.Time) (data []byte, found bool, err error)
	SaveSession(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error
	DropSession(ctx context.Context, tokenHash string) error
	SaveDraft(ctx context.Context, d incidents.Draft) (incidents.Draft, error) // Version 0 creates; fault.Conflict on a stale one
	Draft(ctx context.Context, practice tenant.ID, id string) (incidents.Draft, error)
	Drafts(ctx context.Context, practice tenant.ID, user string, limit int) ([]incidents.Draft, error) // newest first
	DropDraft(ctx context.Context, practice tenant.ID, id string) error
	// BeginRequest claims an Idempotency-Key. A known key returns the first request
	// as stored; Status 0 means that it is still running.
	BeginRequest(ctx context.Context, r Request) (stored Request, fresh bool, err error)
	FinishRequest(ctx context.Context, r Request) error
	DropRequest(ctx context.Context, practice tenant.ID, key string) error
}

// Upkeep is what the program needs to keep itself well.
type Upkeep interface {
	// Setting reads a host-wide value; version 0 and no value when it is not there.
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	// PutSetting writes it if version is still the stored one (0: not there yet), else fault.Conflict.
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
	// SettingKeys lists the keys that begin with a prefix of letters, digits and slashes, in order.
	SettingKeys(ctx context.Context, prefix string, limit int) ([]string, error)
	// RemoveSetting removes a value if version is still the stored one, else fault.Conflict.
	RemoveSetting(ctx context.Context, key string, version int64) error
	// Expire removes sessions, idempotency keys (24 h), drafts (30 days) and the parts
	// of imports (30 days) that ran out.
	Expire(ctx context.Context, now time.Time) error
	Ping(ctx context.Context) error
	// Check looks for damage; full reads everything.
	Check(ctx context.Context, full bool) error
	Close() error
}

// The plain types of the contract, by the names that consumers know.
type (
	// Key names an aggregate of a practice.
	Key = incidents.Key
	// Upcoming is a case and the instant of its next threshold.
	Upcoming = incidents.Upcoming
	// DueDelivery names a message that waits to be sent.
	DueDelivery = incidents.DueDelivery
	// Pending is an aggregate's events that are not yet published.
	Pending = incidents.Pending
	// Request is a POST that carried an Idempotency-Key, and its answer.
	Request = incidents.Request
)
