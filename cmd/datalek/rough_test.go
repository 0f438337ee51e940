package main_test

import (
	"crypto/rand"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The bus holds only jobs: when its files are damaged it is made anew, and what
// came in before is done after all.
func TestADamagedBusLosesNothing(t *testing.T) {
	d := startDemo(t, "--empty")
	report := `{"type":"processor.breach.reported","timestamp":"` + d.now().UTC().Format(time.RFC3339) + `","data":{"reference":"D-1","stage":"initial","summary":"Inbraak."}}`
	if status, body := d.report(d.WebhookURL, d.WebhookSecret, "msg-1", report); status != http.StatusAccepted {
		t.Fatalf("the report was answered %d %s", status, body)
	}
	d.kill()
	damaged := 0
	err := filepath.WalkDir(filepath.Join(d.dir, "data", "nats"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		noise := make([]byte, 500)
		_, _ = rand.Read(noise) // never fails
		damaged++
		return os.WriteFile(path, noise, 0o600)
	})
	if err != nil || damaged == 0 {
		t.Fatalf("damaged %d files: %v", damaged, err)
	}
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	await(t, "the report is an incident", func() error {
		var list struct{ Items []object }
		d.must(200, "GET", "/incidents", nil, &list)
		if len(list.Items) != 1 {
			return errNot("%d incidents", len(list.Items))
		}
		return nil
	})
}

// Two posts with one Idempotency-Key at once: one acts, both get its answer.
func TestRequestsThatRaceWithOneKeyGetOneAnswer(t *testing.T) {
	d := startDemo(t, "--empty")
	at := d.now().UTC().Format(time.RFC3339)
	body := object{"playbook": "lost-letter", "summary": "Brief weg.", "discovered_at": at, "aware_at": at, "aware_basis": "Hij kwam niet aan."}
	ids := make([]string, 24)
	var racing sync.WaitGroup
	for i := range ids {
		racing.Go(func() {
			var filed struct{ ID string }
			if status := d.call("POST", "/incidents", body, &filed, "Idempotency-Key", "one"); status != http.StatusCreated {
				t.Errorf("answered %d, want 201", status)
			}
			ids[i] = filed.ID
		})
	}
	racing.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("ids %v, want the same for all", ids)
			break
		}
	}
}
