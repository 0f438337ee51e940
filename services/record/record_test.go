package record_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// disguise is a Sealer that turns every bit and checks the place.
type disguise struct{}

func (disguise) Seal(_ context.Context, practice tenant.ID, collection, field, id string, plain []byte) ([]byte, error) {
	return append([]byte(place(string(practice), collection, field, id)+"\x00"), flip(plain)...), nil
}

func (disguise) Open(_ context.Context, practice tenant.ID, collection, field, id string, sealed []byte) ([]byte, error) {
	at, body, found := bytes.Cut(sealed, []byte{0})
	if !found || string(at) != place(string(practice), collection, field, id) {
		return nil, fmt.Errorf("sealed for %q, opened at %q", at, place(string(practice), collection, field, id))
	}
	return flip(body), nil
}

func (disguise) Index(_ context.Context, practice tenant.ID, field, normalised string) (string, error) {
	return fmt.Sprintf("%x", flip([]byte(string(practice)+field+normalised))), nil
}

func place(parts ...string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

func flip(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ 0xff
	}
	return out
}

// kind is one aggregate with its way to the record and back.
type kind struct {
	name  string
	value any      // pointer to a zero domain value
	plain []string // the paths whose text may stand readable
	store func(ctx context.Context, s record.Sealer, v any, codec codec) (any, error)
}

// codec brings a record to bytes and back.
type codec struct {
	name      string
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
	seen      *[]byte
}

// through stores v as R with the codec and returns what comes back.
func through[D, R any](from func(context.Context, record.Sealer, D) (R, error), to func(R, context.Context, record.Sealer) (D, error)) func(context.Context, record.Sealer, any, codec) (any, error) {
	return func(ctx context.Context, s record.Sealer, v any, c codec) (any, error) {
		domain, isPointer := v.(D)
		if !isPointer {
			domain = *v.(*D)
		}
		before, err := from(ctx, s, domain)
		if err != nil {
			return nil, err
		}
		raw, err := c.marshal(before)
		if err != nil {
			return nil, err
		}
		*c.seen = raw
		var after R
		if err := c.unmarshal(raw, &after); err != nil {
			return nil, err
		}
		back, err := to(after, ctx, s)
		if isPointer {
			return back, err
		}
		return &back, err
	}
}

func kinds() []kind {
	event := func(prefix string) []string {
		var out []string
		for _, name := range []string{"ID", "PracticeID", "IncidentID", "Subject", "Kind", "Actor.Kind", "Actor.ID", "Facts{key}", "Facts{}"} {
			out = append(out, prefix+name)
		}
		return out
	}
	clock := func(prefix string) []string {
		return []string{prefix + "Kind", prefix + "Thresholds[].Mark", prefix + "EndedBecause", prefix + "History[].What",
			prefix + "Alarms[].ID", prefix + "Alarms[].Mark", prefix + "Alarms[].EndedBy", prefix + "Alarms[].Level",
			prefix + "Alarms[].Steps[].Level", prefix + "Alarms[].Steps[].Tokens[]"}
	}
	outbox := event("Outbox.Pending[].")
	return []kind{
		{"practice", &registry.Practice{}, append([]string{"ID", "PublicCode", "Authority", "Language", "TimeZone", "Drill.Of", "Drill.Incident", "Drill.Playbook", "Drills[]", "Policy.ID", "Policy.Source",
			"Policy.Telling[].Relation", "Policy.Telling[].When", "Policy.Telling[].Source", "Policy.FirstChannel", "Policy.Messengers[]",
			"Policy.BarredSenders[]", "Policy.Retention[].Systems[]", "Policy.Retention[].Relations[]", "Policy.Retention[].From", "Policy.Retention[].Action", "Policy.Retention[].WithPermission[]",
			"Retained.Digest", "Retained.Cleared[].System", "Retained.Cleared[].Month", "Retained.Confirmed[].ID", "Retained.Confirmed[].System", "Retained.Confirmed[].Month",
			"Retained.Confirmed[].Only", "Retained.Confirmed[].Except[].Client", "Retained.Confirmed[].Except[].Why", "Retained.Confirmed[].By.Kind", "Retained.Confirmed[].By.ID",
			"Policy.Retention[].Source", "Policy.Protections[].Kind", "Policy.Protections[].Systems[]", "Policy.Protections[].Source",
			"Policy.Statements[].Words{key}", "Policy.Statements[].Words{}", "Policy.Statements[].Source", "Policy.Sources{key}", "Policy.Sources{}",
			"Invitations[].ID", "Invitations[].Hash", "Invitations[].Role", "Invitations[].By"}, outbox...),
			through(record.FromPractice, record.Practice.ToPractice)},
		{"system", &registry.System{}, []string{"ID", "PracticeID", "ProcessorID", "Categories[]", "Identifiability"},
			through(record.FromSystem, record.System.ToSystem)},
		{"processor", &registry.Processor{}, []string{"ID", "PracticeID", "SubProcessors[]"},
			through(record.FromProcessor, record.Processor.ToProcessor)},
		{"endpoint", &registry.Endpoint{}, []string{"ID", "TokenHash", "ProcessorID", "PracticeID", "Door"},
			through(record.FromEndpoint, record.Endpoint.ToEndpoint)},
		{"client", &registry.Client{}, []string{"ID", "PracticeID", "Language", "Relation", "Guardians[]", "Channel", "Holdings[].System",
			"Holdings[].Categories[]", "Holdings[].Identifiability", "Holdings[].KeySystem", "Without[]", "Gone[].System", "Gone[].Kept[]",
			"Exemptions[].System", "Exemptions[].Why", "Capacity", "ImportID"},
			through(record.FromClient, record.Client.ToClient)},
		{"import", &roster.Import{}, []string{"ID", "PracticeID"}, through(record.FromImport, record.Import.ToImport)},
		{"part of an import", &roster.Part{}, []string{"PracticeID", "ImportID"}, through(record.FromPart, record.ImportPart.ToPart)},
		{"feed", &registry.Feed{}, []string{"ID", "PracticeID"}, through(record.FromFeed, record.Feed.ToFeed)},
		{"report", &incidents.Report{}, slices.Concat([]string{"ID", "PracticeID", "Source", "State", "IncidentID", "ReceiptID", "ProcessorID"}, clock("Clock."), outbox),
			through(record.FromReport, record.Report.ToReport)},
		{"receipt", &incidents.Receipt{}, []string{"ID", "DedupeKey", "ProcessorID", "PracticeID", "RawHash", "Reached", "Proof", "StatusHash", "CaseHash"},
			through(record.FromReceipt, record.Receipt.ToReceipt)},
		{"incident", &incidents.Incident{}, slices.Concat([]string{"ID", "PracticeID", "Reference", "Source", "State", "ReportIDs[]",
			"Facts.Playbook", "Facts.Systems[]", "Facts.Categories[]", "Facts.BreachKinds[]", "Facts.Unintelligible", "Facts.Role", "Facts.ProcessorID",
			"Facts.Risk.PersonKinds[]", "Facts.Risk.Context", "Facts.Risk.Disclosed", "Facts.Risk.Recipient", "Facts.Risk.Backup", "Facts.Risk.Harm", "Facts.Risk.Severity.CB{key}",
			"Facts.Risk.Own[]", "Facts.Said[].Question", "Facts.Said[].Fact", "Facts.Said[].Value", "Facts.Usual[]", "Facts.Steps[].Step"},
			clock("Clocks[]."), outbox),
			through(record.FromIncident, record.Incident.ToIncident)},
		{"affected", &incidents.Affected{}, []string{"ID", "PracticeID", "IncidentID", "ClientID", "Group", "Certainty", "Reasons[].Code", "Reasons[].System", "Reasons[].Relation", "Readers[]"},
			through(record.FromAffected, record.Affected.ToAffected)},
		{"notice", &incidents.Notice{}, slices.Concat([]string{"ID", "PracticeID", "IncidentID", "Audience", "State", "TextHash", "RecipientsHash",
			"ApprovedBy.Kind", "ApprovedBy.ID", "First.By.Kind", "First.By.ID", "First.Role", "First.TextHash", "First.RecipientsHash"}, outbox),
			through(record.FromNotice, record.Notice.ToNotice)},
		{"delivery", &incidents.Delivery{}, []string{"ID", "PracticeID", "IncidentID", "NoticeID", "Person", "Reader", "Audience", "Language", "Channel", "Why", "State"},
			through(record.FromDelivery, record.Delivery.ToDelivery)},
		{"question", &incidents.ReaderQuestion{}, []string{"ID", "PracticeID", "IncidentID", "NoticeID", "DeliveryID", "Person", "Reader", "By", "AnsweredBy.Kind", "AnsweredBy.ID"},
			through(record.FromQuestion, record.Question.ToQuestion)},
		{"rights request", &request.Request{}, slices.Concat([]string{"ID", "PracticeID", "Kind", "State", "ClientID", "Channel", "Thresholds[].Mark", "Copy",
			"Identity.By.Kind", "Identity.By.ID", "Extension.By.Kind", "Extension.By.ID", "Outcomes[].Result", "Outcomes[].By.Kind", "Outcomes[].By.ID",
			"Erasing.By.Kind", "Erasing.By.ID", "Erasing.Removed{key}"}, outbox),
			through(record.FromRightsRequest, record.RightsRequest.ToRightsRequest)},
		{"stuck work", &incidents.Stuck{}, []string{"ID", "PracticeID", "IncidentID", "Queue", "Cause"},
			through(record.FromStuck, record.Stuck.ToStuck)},
		{"return", &incidents.Return{}, []string{"ID", "PracticeID", "Source", "State", "RawHash", "Kind", "Status", "Delivery.PracticeID", "Delivery.ID"},
			through(record.FromReturn, record.Return.ToReturn)},
		{"entry", &register.Entry{}, append(event("Event."), "WordsHash", "Prev", "Hash"),
			through(record.FromEntry, record.Entry.ToEntry)},
		{"user", &registry.User{}, []string{"ID", "PasswordHash", "Language", "Memberships[].PracticeID", "Memberships[].Role",
			"Sessions[].ID", "Sessions[].PracticeID", "Devices[].Hash", "Reset.Hash"},
			through(record.FromUser, record.User.ToUser)},
		{"token", &registry.Token{}, []string{"ID", "PracticeID", "Hash", "Scopes[]", "CreatedBy"},
			through(record.FromToken, record.Token.ToToken)},
		{"draft", &incidents.Draft{}, []string{"ID", "PracticeID", "UserID", "Kind"},
			through(record.FromDraft, record.Draft.ToDraft)},
		{"request", &incidents.Request{}, []string{"PracticeID", "Key", "BodyHash"},
			through(record.FromRequest, record.Request.ToRequest)},
	}
}

func codecs() []codec {
	return []codec{
		{"JSON", json.Marshal, json.Unmarshal, new([]byte)},
		{"BSON", func(v any) ([]byte, error) { return bson.Marshal(v) }, bson.Unmarshal, new([]byte)},
	}
}

func TestEveryFieldComesBack(t *testing.T) {
	for _, k := range kinds() {
		for _, c := range codecs() {
			for name, f := range map[string]*filler{"full": {}, "with empty lists": {empty: true}, "with nil lists": {none: true}} {
				t.Run(k.name+" "+name+" through "+c.name, func(t *testing.T) {
					want := fresh(k.value)
					f.words = map[string]string{}
					f.fill(want.Elem(), "")
					got, err := k.store(t.Context(), disguise{}, want.Interface(), c)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want.Interface(), got, rawAlike()); diff != "" {
						t.Errorf("stored and read again (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

func TestTheZeroValueComesBack(t *testing.T) {
	for _, k := range kinds() {
		for _, c := range codecs() {
			t.Run(k.name+" through "+c.name, func(t *testing.T) {
				want := fresh(k.value)
				got, err := k.store(t.Context(), disguise{}, want.Interface(), c)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.Interface(), got, rawAlike()); diff != "" {
					t.Errorf("stored and read again (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestOnlyNamedFieldsStandReadable(t *testing.T) {
	for _, k := range kinds() {
		for _, c := range codecs() {
			t.Run(k.name+" as "+c.name, func(t *testing.T) {
				f := &filler{words: map[string]string{}}
				v := fresh(k.value)
				f.fill(v.Elem(), "")
				if _, err := k.store(t.Context(), disguise{}, v.Interface(), c); err != nil {
					t.Fatal(err)
				}
				for path, word := range f.words {
					if bytes.Contains(*c.seen, []byte(word)) && !slices.Contains(k.plain, path) {
						t.Errorf("%s stands readable in the record", path)
					}
				}
				for _, path := range k.plain {
					if f.words[path] == "" || !bytes.Contains(*c.seen, []byte(f.words[path])) {
						t.Errorf("%s is listed as readable and is not there", path)
					}
				}
			})
		}
	}
}

func TestTimesAreCutToMillisecondsInUTC(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 8, 14, 30, 0, 123456789, amsterdam)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			f := &filler{words: map[string]string{}}
			v := fresh(k.value)
			f.fill(v.Elem(), "")
			setTimes(v.Elem(), at)
			got, err := k.store(t.Context(), disguise{}, v.Interface(), codecs()[0])
			if err != nil {
				t.Fatal(err)
			}
			want := at.UTC().Truncate(time.Millisecond)
			eachTime(reflect.ValueOf(got).Elem(), func(got *time.Time) {
				if *got != want {
					t.Errorf("time came back as %v, want %v", *got, want)
				}
			})
		})
	}
}

func TestARecordOpensOnlyInItsPlace(t *testing.T) {
	ctx := t.Context()
	r, err := record.FromClient(ctx, disguise{}, registry.Client{ID: "c1", PracticeID: "p1", Person: registry.Person{ExternalID: "1", Name: "An"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, moved := range map[string]func(*record.Client){
		"of another practice": func(r *record.Client) { r.PracticeID = "p2" },
		"of another client":   func(r *record.Client) { r.ID = "c2" },
	} {
		stolen := r
		moved(&stolen)
		if got, err := stolen.ToClient(ctx, disguise{}); err == nil {
			t.Errorf("a record %s opens as %v", name, got)
		}
	}
}

func TestARecordOfANewerProgramIsRefused(t *testing.T) {
	r, err := record.FromSystem(t.Context(), disguise{}, registry.System{ID: "mailbox", PracticeID: "p1"})
	if err != nil {
		t.Fatal(err)
	}
	r.Schema = record.Schema + 1
	if _, err := r.ToSystem(t.Context(), disguise{}); err == nil || !strings.Contains(err.Error(), "this program knows") {
		t.Errorf("a newer form gave %v", err)
	}
}

// What was stored while an address had one secret for good comes back as its newest.
func TestAnAddressOfBeforeItsSecretChangedComesBack(t *testing.T) {
	ctx := t.Context()
	made := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	r, err := record.FromEndpoint(ctx, disguise{}, registry.Endpoint{ID: "e1", PracticeID: "p1", CreatedAt: made})
	if err != nil {
		t.Fatal(err)
	}
	r.Sealed, err = disguise{}.Seal(ctx, "p1", record.Endpoints, "sealed", "e1", []byte(`{"token":"tok","secrets":["whsec_one"]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.ToEndpoint(ctx, disguise{})
	want := registry.Endpoint{ID: "e1", PracticeID: "p1", Token: "tok", CreatedAt: made, Secrets: []registry.EndpointSecret{{Value: "whsec_one", CreatedAt: made}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestADeliveryWaitsOnlyWhenItCanBeClaimed(t *testing.T) {
	now := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	for _, state := range []incidents.DeliveryState{incidents.Queued, incidents.Sending, incidents.Sent, incidents.Deferred,
		incidents.Refused, incidents.Bounced, incidents.ToldByPerson, incidents.Unreachable, incidents.DeliveryEnded} {
		for _, channel := range []registry.Channel{registry.ByEmail, registry.ByPhone, registry.ByLetter} {
			for _, next := range []time.Time{{}, now.Add(-time.Hour), now, now.Add(time.Hour)} {
				d := incidents.Delivery{ID: "d1", PracticeID: "p1", State: state, Channel: channel, NextAt: next}
				r, err := record.FromDelivery(t.Context(), disguise{}, d)
				if err != nil {
					t.Fatal(err)
				}
				waits := r.WaitsFor != nil && !r.WaitsFor.After(now)
				if claimed := d.Claim(now, time.Minute) == nil; waits != claimed {
					t.Errorf("%s by %s, next %v: record waits %v, claim succeeds %v", state, channel, next, waits, claimed)
				}
			}
		}
	}
}

// rawAlike takes a message without a body for the same, nil or empty.
func rawAlike() cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Raw" }, cmp.Comparer(bytes.Equal))
}

func fresh(v any) reflect.Value { return reflect.New(reflect.TypeOf(v).Elem()) }

func setTimes(v reflect.Value, at time.Time) { eachTime(v, func(t *time.Time) { *t = at }) }

// eachTime visits every time.Time inside v.
func eachTime(v reflect.Value, visit func(*time.Time)) {
	if v.CanAddr() {
		if at, isTime := v.Addr().Interface().(*time.Time); isTime {
			visit(at)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachTime(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachTime(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachTime(v.Index(i), visit)
		}
	default:
	}
}
