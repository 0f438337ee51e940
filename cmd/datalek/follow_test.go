package main_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// affectedList is what the API says of who is affected.
type affectedList struct {
	Items []struct {
		ExternalID string `json:"external_id"`
	}
	Complete bool
}

func (l affectedList) has(number string) bool {
	for _, i := range l.Items {
		if i.ExternalID == number {
			return true
		}
	}
	return false
}

// openCases files incidents about the mailbox and waits until each is assessed.
func openCases(t *testing.T, d *demo, n int) []string {
	t.Helper()
	at := d.now().UTC().Add(-time.Hour).Format(time.RFC3339)
	d.must(http.StatusCreated, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"contact"}}, nil)
	paths := make([]string, n)
	for i := range paths {
		var filed struct{ ID string }
		d.must(http.StatusCreated, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "discovered_at": at,
			"aware_at": at, "aware_basis": "Zelf gezien.", "systems": []string{"mailbox"}}, &filed)
		paths[i] = "/incidents/" + filed.ID
	}
	for _, path := range paths {
		awaitAffected(t, d, path, "")
	}
	return paths
}

func awaitAffected(t *testing.T, d *demo, path, number string) {
	t.Helper()
	await(t, "the affected list is complete", func() error {
		var list affectedList
		d.must(http.StatusOK, "GET", path+"/affected?limit=500", nil, &list)
		if !list.Complete || number != "" && !list.has(number) {
			return errNot("complete %t, with the client %t", list.Complete, list.has(number))
		}
		return nil
	})
}

func savedClient(number string) object {
	return object{"external_id": number, "name": "Persoon " + number, "email": number + "@voorbeeldpost.example", "guidance": []object{{"from": "2025-03-01"}},
		"holdings": []object{{"system": "mailbox", "categories": []string{"contact"}, "identifiability": "identified", "from": "2025-03-01T00:00:00+01:00"}}}
}

// Once a client is saved no list claims to be complete without him, and each
// gets him, though the program is killed right after the answer.
func TestASavedClientComesIntoEveryOpenCaseDespiteKills(t *testing.T) {
	d := startDemo(t, "--empty")
	paths := openCases(t, d, 12)
	for n := range 6 {
		number := fmt.Sprintf("k-%d", n)
		d.must(http.StatusCreated, "POST", "/clients", savedClient(number), nil)
		if n%2 == 1 {
			d.restart(true)
		}
		for _, path := range paths {
			var list affectedList
			if d.must(http.StatusOK, "GET", path+"/affected?limit=500", nil, &list); list.Complete && !list.has(number) {
				t.Errorf("the list claims to be complete without client %s", number)
			}
		}
		for _, path := range paths {
			awaitAffected(t, d, path, number)
		}
	}
}

// A hundred saves at once have each case assessed a few times, not a hundred.
func TestManySavesHaveEachCaseAssessedAFewTimes(t *testing.T) {
	d := startDemo(t, "--empty")
	path := openCases(t, d, 1)[0]
	version := func() int {
		var i struct{ Assessment struct{ Version int } }
		d.must(http.StatusOK, "GET", path, nil, &i)
		return i.Assessment.Version
	}
	before, began := version(), d.now()
	var saving sync.WaitGroup
	for n := range 100 {
		saving.Go(func() {
			if status := d.call("POST", "/clients", savedClient(fmt.Sprintf("m-%d", n)), nil); status != http.StatusCreated {
				t.Errorf("answered %d, want 201", status)
			}
		})
	}
	saving.Wait()
	seconds := int(d.now().Sub(began).Seconds()) + 1
	for n := range 100 {
		awaitAffected(t, d, path, fmt.Sprintf("m-%d", n))
	}
	if got, most := version()-before, 3+2*seconds; got < 1 || got > most {
		t.Errorf("100 saves in %d s led to %d assessments, want 1 to %d", seconds, got, most)
	}
}
