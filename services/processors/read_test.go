package processors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/services/processors"
)

// told is when the fixtures' messages came in.
var told = time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(raw []byte, media string) advisory.Advisory {
	return processors.Reader{}.Read(raw, map[string]string{"content-type": media}, told)
}

func at(s string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	t = t.UTC()
	return &t
}

func claim(name, s string) incidents.Claim { return incidents.Claim{Name: name, At: *at(s)} }

func count(n int) *int { return &n }

func TestEachSendersMessageIsReadWhole(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       advisory.Advisory
	}{
		{"our own contract", "own.json", advisory.Advisory{
			Kind: incidents.MessageReport, Format: advisory.Own, Reference: "CH-2027-0042", Stage: advisory.StageInitial, StageSaid: "initial",
			SaidAt: at("2027-03-05T16:42:10Z"), Claims: []incidents.Claim{claim("timestamp", "2027-03-05T16:42:10Z"), claim("processorAwareAt", "2027-03-04T09:00:00Z")},
			Text: "Strangers could read mail.", OccurredFrom: at("2027-03-02T02:48:00Z"), ProcessorAwareAt: at("2027-03-04T09:00:00Z"),
			Services: []string{"mail"}, Regions: []string{"West Europe"}, Customers: []string{"p-001"}, Categories: []registry.Category{registry.Contact, registry.Health},
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, SubjectKinds: []string{"clients"}, Subjects: &advisory.Count{Min: count(10), Max: count(60)},
			Unintelligible: incidents.UnintelligibleNo, Consequences: "Phishing.", Measures: "access revoked", Advice: []string{"reset passwords"},
			Reporter: "Contoso Hosting BV", Contact: advisory.Contact{Name: "Privacy desk", Email: "privacy@contoso.example", Phone: "+31201234567"},
			Links: []string{"https://contoso.example/status"},
		}},
		{"an Azure activity log alert", "azure-activity.json", advisory.Advisory{
			Kind: incidents.MessageReport, Format: advisory.AzureActivity, Reference: "0NIH-U2O", Message: "636439673646212912", Stage: advisory.StageInitial, StageSaid: "Active",
			SaidAt: at("2027-03-05T16:42:10.373Z"), Claims: []incidents.Claim{claim("eventTimestamp", "2027-03-05T16:42:10.373Z"), claim("submissionTimestamp", "2027-03-05T16:42:14.786Z")},
			Title: "Unauthorised access to mailbox data", Text: "Between 2 and 4 March 2027 a stranger could read mail.\n\n- We revoked the access.\n- See our page.",
			OccurredFrom: at("2027-03-02T02:48:00Z"), OccurredUntil: at("2027-03-04T11:00:00.123Z"), Services: []string{"Exchange Online"}, Regions: []string{"West Europe", "North Europe"},
			Customers: []string{"abc12c2c-dd3d-ee4e-ff5f-aaaaaa6a6xyz"}, Subscriptions: []string{"abc12c2c-dd3d-ee4e-ff5f-aaaaaa6a6xyz"}, Unintelligible: incidents.UnintelligibleUnknown, Reporter: "Microsoft Azure",
			Links: []string{"https://status.example/0NIH", "https://app.azure.com/h/0NIH-U2O/abcxyz"},
		}},
		{"an Azure alert of the common schema", "azure-common.json", advisory.Advisory{
			Kind: incidents.MessageReport, Format: advisory.AzureCommon, Reference: "0NIH-U2O", Message: "636439673646219999", Stage: advisory.StageUpdate, StageSaid: "Resolved",
			SaidAt: at("2027-03-05T18:42:10.373Z"), Claims: []incidents.Claim{claim("eventTimestamp", "2027-03-05T18:42:10.373Z"),
				claim("submissionTimestamp", "2027-03-05T18:42:14.786Z"), claim("firedDateTime", "2027-03-05T16:43:36.256Z")},
			Title: "Unauthorised access to mailbox data", Text: "Closed. 14 mailboxes were read.",
			OccurredFrom: at("2027-03-02T02:48:00Z"), Services: []string{"Exchange Online"}, Regions: []string{"West Europe"},
			Customers: []string{"abc12c2c-dd3d-ee4e-ff5f-aaaaaa6a6xyz", "p-001"}, Subscriptions: []string{"abc12c2c-dd3d-ee4e-ff5f-aaaaaa6a6xyz"}, Unintelligible: incidents.UnintelligibleUnknown, Reporter: "Microsoft Azure",
			Links: []string{"https://app.azure.com/h/0NIH-U2O/abcxyz"},
		}},
		{"a privacy post of Microsoft 365", "m365-privacy.json", advisory.Advisory{
			Kind: incidents.MessageReport, Format: advisory.Microsoft365, Reference: "MC990001", Message: "MC990001@2027-03-05T16:10:06.843Z",
			SaidAt: at("2027-03-05T16:10:06.843Z"), Claims: []incidents.Claim{claim("startDateTime", "2027-03-05T16:00:00Z"), claim("lastModifiedDateTime", "2027-03-05T16:10:06.843Z")},
			Title: "Data privacy notification: unauthorised access to mailbox items", Text: "What happened: mail of 14 users could be read.\n\nNext update by 7 March.",
			Services: []string{"Exchange Online"}, Unintelligible: incidents.UnintelligibleUnknown, Reporter: "Microsoft 365", Links: []string{"https://admin.example/notice"},
		}},
		{"a Google alert pushed by Pub/Sub", "google-push.json", advisory.Advisory{
			Kind: incidents.MessageReport, Format: advisory.GoogleWorkspace, Wrapped: []string{"pubsub"}, Reference: "7f1c0000-0000-4000-8000-000000000001",
			Message: "7f1c0000-0000-4000-8000-000000000001@2027-03-05T16:41:00Z", Stage: advisory.StageInitial, StageSaid: "CREATED", SaidAt: at("2027-03-05T16:41:00Z"),
			Claims: []incidents.Claim{claim("createTime", "2027-03-05T16:40:00Z"), claim("updateTime", "2027-03-05T16:41:00Z"), claim("publishTime", "2027-03-05T16:42:15Z")},
			Title:  "Drive: files visible to other users", Text: "Files of two of your users could be seen by others.\nWe closed it.",
			OccurredFrom: at("2027-03-02T02:48:00Z"), OccurredUntil: at("2027-03-04T11:00:00Z"), Customers: []string{"C01abcd", "praktijk.example"},
			People: []string{"jan@praktijk.example", "an@praktijk.example"}, Unintelligible: incidents.UnintelligibleUnknown, Reporter: "Google Workspace",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, read(fixture(t, tt.file), "application/json")); diff != "" {
				t.Errorf("advisory (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachMessageIsOfItsKind(t *testing.T) {
	for _, tt := range []struct {
		name, file, media string
		kind              incidents.MessageKind
		why               string
		format            advisory.Format
		holds             string // in title or text
	}{
		{"a trial of our own contract", "own-test.json", "application/json", incidents.MessageTest, "", advisory.Own, "A trial of the address."},
		{"Azure's own trial, whose services are a list", "azure-trial.json", "", incidents.MessageTest, "", advisory.AzureCommon, "This is a test notification."},
		{"the cause found is the last stage", "azure-rca.json", "", incidents.MessageReport, "", advisory.AzureCommon, "a leaked key"},
		{"planned work", "azure-maintenance.json", "", incidents.MessageBeside, advisory.WhyMaintenance, advisory.AzureActivity, "We replace disks."},
		{"an alarm of Defender is no advisory, whatever it names", "azure-defender.json", "", incidents.MessageBeside, advisory.WhyOwnMachine, advisory.AzureActivity, "Suspicious sign-in"},
		{"news of Microsoft 365", "m365-news.json", "", incidents.MessageBeside, advisory.WhyNoPrivacy, advisory.Microsoft365, "New buttons"},
		{"an outage of Microsoft 365", "m365-outage.json", "", incidents.MessageBeside, advisory.WhyOutage, advisory.Microsoft365, "Users wait for mail."},
		{"a password that leaked at Google", "google-password.json", "", incidents.MessageReport, "", advisory.GoogleWorkspace, "Leaked password"},
		{"all of a customer's data taken out at Google", "google-takeout.json", "", incidents.MessageReport, "", advisory.GoogleWorkspace, "Customer takeout"},
		{"phishing that a user reported at Google", "google-phishing.json", "", incidents.MessageBeside, advisory.WhyOtherAlert, advisory.GoogleWorkspace, "phishing"},
		{"our own contract within an event", "event-own.json", "application/cloudevents+json", incidents.MessageReport, "", advisory.Own, "It was more mail."},
		{"an Azure alert within an event", "event-azure.json", "application/cloudevents+json; charset=utf-8", incidents.MessageReport, "", advisory.AzureActivity, "could read mail"},
		{"a web form's body", "mailchimp.form", "application/x-www-form-urlencoded", incidents.MessageUnknown, "", advisory.FormBody, "data[email]: jan@weg.example\ndata[list_id]: a6b5da1054"},
		{"a web page", "notice.html", "text/html; charset=utf-8", incidents.MessageUnknown, "", "", "Somebody read our database.\n\nAccounts 133"},
		{"JSON of another kind", "invoice.json", "application/json", incidents.MessageUnknown, "", "", `"amount": 12`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(fixture(t, tt.file), tt.media)
			if a.Kind != tt.kind || a.Why != tt.why || a.Format != tt.format {
				t.Errorf("kind %q, why %q, format %q; want %q, %q, %q; fault %v", a.Kind, a.Why, a.Format, tt.kind, tt.why, tt.format, a.Fault)
			}
			if !strings.Contains(a.Title+"\n"+a.Text, tt.holds) {
				t.Errorf("%q is not in %q", tt.holds, a.Title+"\n"+a.Text)
			}
			if (a.Fault != nil) != (a.Kind == incidents.MessageUnknown) {
				t.Errorf("fault = %v of a message that is %s", a.Fault, a.Kind)
			}
		})
	}
}

// The three stages of one advisory, in two schemas, are one case; each
// communication is one message whatever it came in.
func TestStagesOfOneAdvisoryShareAReference(t *testing.T) {
	ranks := []advisory.Stage{advisory.StageInitial, advisory.StageUpdate, advisory.StageFinal}
	for n, file := range []string{"azure-activity.json", "azure-common.json", "azure-rca.json"} {
		a := read(fixture(t, file), "")
		if a.Reference != "0NIH-U2O" || a.Stage != ranks[n] {
			t.Errorf("%s: reference %q, stage %q", file, a.Reference, a.Stage)
		}
	}
	bare, wrapped := read(fixture(t, "azure-activity.json"), ""), read(fixture(t, "event-azure.json"), "")
	if bare.Message != wrapped.Message || wrapped.Wrapped[0] != "cloudevents" {
		t.Errorf("the same communication is %q and, within %v, %q", bare.Message, wrapped.Wrapped, wrapped.Message)
	}
}

func TestAnEventInBinaryModeIsReadFromItsHeaders(t *testing.T) {
	headers := map[string]string{"content-type": "application/json", "ce-specversion": "1.0", "ce-id": "ev-7", "ce-source": "https://contoso.example",
		"ce-type": processors.OwnType, "ce-time": "2027-03-05T16:42:10Z"}
	a := processors.Reader{}.Read([]byte(`{"reference":"CH-1","stage":"final","summary":"All is known."}`), headers, told)
	if a.Kind != incidents.MessageReport || a.Reference != "CH-1" || a.Message != "https://contoso.example ev-7" || a.Stage != advisory.StageFinal {
		t.Errorf("advisory = %+v", a)
	}
}
