package incidents_test

import (
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestWhoAsksForEncryptedMailGetsItOnceHisKeyIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name, key, email string
		want             registry.Channel
		why              string
	}{
		{"with a key he is mailed", "the key", "x@x.example", registry.ByEmail, ""},
		{"without a key he is phoned", "", "x@x.example", registry.ByPhone, incidents.WhyWish},
		{"without an address he is phoned", "the key", "", registry.ByPhone, incidents.WhyNoEmail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Client{ID: "c", Language: "nl", Channel: registry.ByEncryptedEmail,
				Person: registry.Person{Name: "Cliënt", Email: tt.email, Phone: "06", OpenPGPKey: tt.key}}
			dir := incidents.Directory{Clients: map[string]registry.Client{"c": c}}
			affected := []incidents.Affected{{ID: "c", ClientID: "c", InScope: true, Certainty: incidents.Certain, Readers: []string{"c"}}}
			got := incidents.Recipients(&incidents.Incident{}, incidents.ToClients, affected, dir, 2027, "nl")
			if len(got) != 1 || got[0].Channel != tt.want || got[0].Why != tt.why {
				t.Fatalf("recipients %+v", got)
			}
			if mailed := tt.want == registry.ByEmail; (got[0].OpenPGPKey == tt.key) != mailed && tt.key != "" {
				t.Errorf("the key is %q for %s", got[0].OpenPGPKey, got[0].Channel)
			}
			d := incidents.NewDelivery(&incidents.Notice{}, got[0])
			if d.To.OpenPGPKey != got[0].OpenPGPKey {
				t.Error("the delivery forgets the key")
			}
		})
	}
}

// formerFamily is a former client of a given birth year with a mother and a father.
func formerFamily(birthYear int, agreed bool) ([]incidents.Affected, incidents.Directory) {
	child := registry.Client{ID: "kid", Language: "nl", BirthYear: birthYear, Guardians: []string{"mum", "dad"}, GuardiansAgreed: agreed,
		Person: registry.Person{Name: "Kind", Email: "kid@x.example"}}
	dir := incidents.Directory{Clients: map[string]registry.Client{"kid": child}, Sharing: map[string][]registry.Client{}}
	for _, id := range child.Guardians {
		dir.Clients[id] = registry.Client{ID: id, Language: "nl", Person: registry.Person{Name: id, Email: id + "@x.example"}}
	}
	return []incidents.Affected{{ID: "kid", ClientID: "kid", Group: incidents.Former, Certainty: incidents.Certain, Readers: incidents.Readers(child, 2027)}}, dir
}

func TestParentsOfAFormerClientReadOnceTheRiskIsHigh(t *testing.T) {
	none, both, all := []string(nil), []string{"dad", "mum"}, []string{"dad", "kid", "mum"}
	for _, tt := range []struct {
		name       string
		born       int
		agreed     bool // in Belgium the practitioner weighs capacity, and notes it so
		undecided  []string
		notifiable []string
	}{
		{"under 12 the parents alone", 2016, false, none, both},
		{"on the year of 12 both", 2015, false, []string{"kid"}, all},
		{"at 15 both", 2012, false, []string{"kid"}, all},
		{"from 16 the young person alone", 2011, false, []string{"kid"}, []string{"kid"}},
		{"at 17 the parents too where he agreed", 2010, true, []string{"kid"}, all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			persons, dir := formerFamily(tt.born, tt.agreed)
			read := func(inc *incidents.Incident) []string {
				var who []string
				for _, audience := range []incidents.Audience{incidents.ToFormerClients, incidents.ToParents} {
					for _, r := range incidents.Recipients(inc, audience, persons, dir, 2027, "nl") {
						who = append(who, r.Reader)
					}
				}
				slices.Sort(who)
				return who
			}
			inc := open(t, nil)
			if got := read(inc); !slices.Equal(got, tt.undecided) {
				t.Errorf("while nothing is decided %v read, want %v", got, tt.undecided)
			}
			decided(t, inc, incidents.NotNotifiable)
			if got := read(inc); !slices.Equal(got, tt.undecided) {
				t.Errorf("after a no %v read, want %v", got, tt.undecided)
			}
			decided(t, inc, incidents.Notify)
			if got := read(inc); !slices.Equal(got, tt.notifiable) {
				t.Errorf("after a yes %v read, want %v", got, tt.notifiable)
			}
		})
	}
}

func decided(t *testing.T, inc *incidents.Incident, answer incidents.Verdict) {
	t.Helper()
	err := inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: answer, Reason: "r", By: anna}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
}
