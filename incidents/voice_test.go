package incidents_test

import (
	"errors"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// readers returns who reads a notice about one client, by reader.
func readersOf(t *testing.T, audience incidents.Audience, c registry.Client, group incidents.Group) map[string]incidents.TextFor {
	t.Helper()
	dir := incidents.Directory{Clients: map[string]registry.Client{c.ID: c}, Sharing: map[string][]registry.Client{}}
	for _, id := range c.Guardians {
		dir.Clients[id] = registry.Client{ID: id, Language: "nl", Relation: registry.RelationParent, Person: registry.Person{Name: id, Email: id + "@x.example"}}
	}
	persons := []incidents.Affected{{ID: c.ID, ClientID: c.ID, Group: group, InScope: group == incidents.InGuidance, Certainty: incidents.Certain,
		Readers: incidents.Readers(c, 2027)}}
	got := map[string]incidents.TextFor{}
	for _, r := range incidents.Recipients(&incidents.Incident{}, audience, persons, dir, 2027, "nl") {
		got[r.Reader] = r.For
		if d := incidents.NewDelivery(&incidents.Notice{}, r); d.For != r.For {
			t.Errorf("the delivery to %s is for %q, want %q", r.Reader, d.For, r.For)
		}
	}
	return got
}

func TestWhoReadsWhichWords(t *testing.T) {
	const everybody, young, organisation = incidents.ForEverybody, incidents.ForYoung, incidents.ForOrganisation
	for _, tt := range []struct {
		name     string
		audience incidents.Audience
		group    incidents.Group
		born     int
		relation registry.Relation
		parents  []string
		want     map[string]incidents.TextFor
	}{
		{"an adult client", incidents.ToClients, incidents.InGuidance, 1980, registry.RelationClient, nil, map[string]incidents.TextFor{"c": everybody}},
		{"a client whose age is not known", incidents.ToClients, incidents.InGuidance, 0, registry.RelationClient, nil, map[string]incidents.TextFor{"c": everybody}},
		{"a child of 11 without a known parent", incidents.ToClients, incidents.InGuidance, 2016, registry.RelationClient, nil, map[string]incidents.TextFor{"c": everybody}},
		{"at 12", incidents.ToClients, incidents.InGuidance, 2015, registry.RelationClient, []string{"mum"}, map[string]incidents.TextFor{"c": young}},
		{"at 15", incidents.ToClients, incidents.InGuidance, 2012, registry.RelationClient, []string{"mum"}, map[string]incidents.TextFor{"c": young}},
		{"at 15 without a known parent", incidents.ToClients, incidents.InGuidance, 2012, registry.RelationClient, nil, map[string]incidents.TextFor{"c": young}},
		{"at 16", incidents.ToClients, incidents.InGuidance, 2011, registry.RelationClient, []string{"mum"}, map[string]incidents.TextFor{"c": everybody}},
		{"the parent of a child of 14", incidents.ToParents, incidents.InGuidance, 2013, registry.RelationClient, []string{"mum"}, map[string]incidents.TextFor{"mum": everybody}},
		{"a former client of 14", incidents.ToFormerClients, incidents.Former, 2013, registry.RelationClient, []string{"mum"}, map[string]incidents.TextFor{"c": young}},
		{"a contact person", incidents.ToClients, incidents.InGuidance, 0, registry.RelationOrganisationContact, nil, map[string]incidents.TextFor{"c": organisation}},
		{"who gets the newsletter", incidents.ToFormerClients, incidents.OtherPeople, 0, registry.RelationNewsletter, nil, map[string]incidents.TextFor{"c": incidents.ForNewsletter}},
		{"who asked", incidents.ToFormerClients, incidents.OtherPeople, 0, registry.RelationEnquirer, nil, map[string]incidents.TextFor{"c": incidents.ForEnquirer}},
		{"who got an offer", incidents.ToFormerClients, incidents.OtherPeople, 1970, registry.RelationProspect, nil, map[string]incidents.TextFor{"c": incidents.ForEnquirer}},
		{"who complained", incidents.ToFormerClients, incidents.OtherPeople, 0, registry.RelationComplainant, nil, map[string]incidents.TextFor{"c": everybody}},
		{"a contact person outside guidance", incidents.ToFormerClients, incidents.OtherPeople, 1970, registry.RelationOrganisationContact, nil, map[string]incidents.TextFor{"c": organisation}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Client{ID: "c", Language: "nl", BirthYear: tt.born, Relation: tt.relation, Guardians: tt.parents,
				Person: registry.Person{Name: "Lezer", Email: "c@x.example"}}
			got := readersOf(t, tt.audience, c, tt.group)
			if len(got) != len(tt.want) {
				t.Fatalf("readers %v, want %v", got, tt.want)
			}
			for who, kind := range tt.want {
				if got[who] != kind {
					t.Errorf("%s reads %q, want %q", who, got[who], kind)
				}
			}
		})
	}
}

var (
	forNews    = incidents.Text{Language: "nl", For: incidents.ForNewsletter, Subject: "Bericht over uw gegevens", Body: "Goedendag,\n\nEr is iets gebeurd."}
	forYoung   = incidents.Text{Language: "nl", For: incidents.ForYoung, Subject: "Bericht over je gegevens", Body: "Hallo,\n\nEr is iets gebeurd."}
	forContact = incidents.Text{Language: "nl", For: incidents.ForOrganisation, Subject: "Bericht over uw gegevens", Body: "Goedendag,\n\nU bent onze contactpersoon."}
)

func TestNoReaderEverGetsTheWordsOfAnother(t *testing.T) {
	english := incidents.Text{Language: "en", Subject: "s", Body: "b"}
	n := incidents.Notice{Texts: []incidents.Text{dutch[0], english, forYoung}}
	for _, tt := range []struct {
		name  string
		voice incidents.Voice
		want  incidents.Text
	}{
		{"his language", incidents.Voice{Language: "en"}, english},
		{"the practice's language where his is missing", incidents.Voice{Language: "fr"}, dutch[0]},
		{"a young reader", incidents.Voice{Language: "nl", For: incidents.ForYoung}, forYoung},
		{"a young reader whose language is missing", incidents.Voice{Language: "en", For: incidents.ForYoung}, forYoung},
		{"a contact person without a text", incidents.Voice{Language: "nl", For: incidents.ForOrganisation}, incidents.Text{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := n.TextFor(tt.voice, "nl"); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestApprovalWantsTheWordsThatEachReaderNeeds(t *testing.T) {
	of := func(kind incidents.TextFor) incidents.Recipiency {
		r := reader("r-"+string(kind), "r@x.example")
		r.For = kind
		return r
	}
	all := []incidents.Recipiency{of(incidents.ForEverybody), of(incidents.ForYoung), of(incidents.ForOrganisation), of(incidents.ForNewsletter)}
	english := forYoung
	english.Language = "en"
	for _, tt := range []struct {
		name  string
		texts []incidents.Text
		key   string
	}{
		{"all are there", []incidents.Text{dutch[0], forYoung, forContact, forNews}, ""},
		{"none for the young", []incidents.Text{dutch[0], forContact, forNews}, "error.young_text_missing"},
		{"for the young in another language only", []incidents.Text{dutch[0], english, forContact, forNews}, "error.young_text_missing"},
		{"none for who signed up", []incidents.Text{dutch[0], forYoung, forContact}, "error.own_text_missing"},
		{"none for contact persons", []incidents.Text{dutch[0], forYoung, forNews}, "error.organisation_text_missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			n := incidents.NewNotice("n", inc, incidents.ToClients, tt.texts, all, noon, anna)
			a := incidents.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: registry.Sender{Email: "anna@y.example"}, By: anna}
			err := n.Approve(a, all, inc.Facts, noon)
			var f *fault.Error
			if tt.key == "" && err != nil || tt.key != "" && (!errors.As(err, &f) || f.Key != tt.key || n.State != incidents.NoticeIsDraft) {
				t.Errorf("state %s, %v; want %q", n.State, err, tt.key)
			}
		})
	}
}

func TestTheHashKnowsForWhomATextIs(t *testing.T) {
	swapped := forYoung
	swapped.For = incidents.ForOrganisation
	if incidents.HashTexts([]incidents.Text{dutch[0], forYoung}) == incidents.HashTexts([]incidents.Text{dutch[0], swapped}) {
		t.Error("a text for others has the same hash")
	}
	if incidents.HashTexts([]incidents.Text{dutch[0], forYoung}) != incidents.HashTexts([]incidents.Text{forYoung, dutch[0]}) {
		t.Error("the order of texts changes the hash")
	}
	// Pinned approvals of notices without such texts stand as they were.
	if got := incidents.HashTexts([]incidents.Text{{Language: "nl", Subject: "s", Body: "b"}}); got != "05b34e7e9bd0b1667d9bc1ac52f757ed5f7e4c6435bc8fba82642c6e1d183cc4" {
		t.Errorf("the hash of a text for everybody changed to %s", got)
	}
}

func TestOnlyTheTextThatIsNamedIsEdited(t *testing.T) {
	inc := open(t, nil)
	n := incidents.NewNotice("n", inc, incidents.ToClients, []incidents.Text{dutch[0], forYoung}, nil, noon, anna)
	edited := forYoung
	edited.Body = "Hallo,\n\nEen ander woord."
	if err := n.Edit([]incidents.Text{edited}, noon, anna); err != nil {
		t.Fatal(err)
	}
	if n.Texts[0] != dutch[0] || n.Texts[1] != edited {
		t.Errorf("texts %+v", n.Texts)
	}
	if err := n.Edit([]incidents.Text{forContact}, noon, anna); err == nil {
		t.Error("a text for readers that it does not have was taken")
	}
}
