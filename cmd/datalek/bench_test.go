package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The figures of the README, measured against the real program in a process of
// its own, on the default store. Each prints a rate or a size of its own.

// BenchmarkReportAccepted posts signed reports to the processors' door: each is
// verified, stored durably and answered 202.
func BenchmarkReportAccepted(b *testing.B) {
	d := startDemo(b, "--empty")
	const senders = 8
	var next atomic.Int64
	b.ResetTimer()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				id := strconv.FormatInt(n, 10)
				if status, answer := d.report(d.WebhookURL, d.WebhookSecret, id, breach("B-"+id, "initial", "Bench.", "")); status != 202 {
					b.Errorf("answered %d %s", status, answer)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

// BenchmarkStart starts the demo with its sixty clients until /readyz is 200,
// and weighs it.
func BenchmarkStart(b *testing.B) {
	d := startDemo(b)
	for b.Loop() {
		d.stop()
		d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/stop-and-start")
	time.Sleep(3 * time.Second) // idle
	b.ReportMetric(residentMiB(b, d.cmd.Process.Pid), "MiB-idle")
	b.ReportMetric(releaseMiB(b), "MiB-binary")
}

// releaseMiB weighs the binary as `make build` makes it.
func releaseMiB(b *testing.B) float64 {
	b.Helper()
	path := filepath.Join(b.TempDir(), "datalek")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v: %s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / (1 << 20)
}

func residentMiB(b *testing.B, pid int) float64 {
	b.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64) // the kernel writes a number
			return kib / 1024
		}
	}
	return 0
}

// BenchmarkMailing tells 1,000 clients: from the approval until every mail was
// answered and recorded.
func BenchmarkMailing(b *testing.B) {
	const people = 1000
	d := startDemo(b, "--empty")
	fillClients(b, d, people)
	var spent time.Duration
	for b.Loop() {
		notice := draftToAll(b, d)
		began := time.Now()
		d.must(202, "POST", "/notices/"+notice.ID+"/approve", object{"text_hash": notice.TextHash, "recipients_hash": notice.RecipientsHash}, nil)
		await(b, "the notice is sent", func() error {
			var n noticeView
			d.must(200, "GET", "/notices/"+notice.ID, nil, &n)
			if n.State != "sent" {
				return errNot("%s", n.State)
			}
			return nil
		})
		spent += time.Since(began)
	}
	b.ReportMetric(float64(people*b.N)/spent.Seconds(), "mails/s")
}

// BenchmarkAffected finds, with reasons, and stores who of 10,000 clients is
// affected: from the filing until the assessment is complete.
func BenchmarkAffected(b *testing.B) {
	d := startDemo(b, "--empty")
	fillClients(b, d, 10_000)
	for b.Loop() {
		id := fileAboutMailbox(b, d)
		awaitAssessed(b, d, id)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/found-and-stored")
}

func fillClients(b *testing.B, d *demo, n int) {
	b.Helper()
	d.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"name", "contact"}}, nil)
	for start := 0; start < n; start += 1000 {
		var list []object
		for i := start; i < min(start+1000, n); i++ {
			list = append(list, object{"external_id": fmt.Sprintf("B-%05d", i), "name": fmt.Sprintf("Meetpersoon %05d", i), "email": fmt.Sprintf("m%05d@voorbeeldpost.example", i),
				"guidance": []object{{"from": "2025-01-01"}}, "holdings": []object{{"system": "mailbox", "categories": []string{"contact"}, "identifiability": "identified", "from": "2025-01-01T00:00:00Z"}}})
		}
		d.must(201, "POST", "/clients", list, nil)
	}
}

func fileAboutMailbox(b *testing.B, d *demo) string {
	b.Helper()
	now := d.now().UTC()
	at := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Meting.", "occurred_from": at(3), "occurred_until": at(2), "discovered_at": at(1), "aware_at": at(1), "aware_basis": "Meting.", "systems": []string{"mailbox"}}, &filed)
	return filed.ID
}

func awaitAssessed(b *testing.B, d *demo, incident string) {
	b.Helper()
	await(b, "the assessment is complete", func() error {
		var a struct{ Complete bool }
		if d.must(200, "GET", "/incidents/"+incident+"/affected?limit=1", nil, &a); !a.Complete {
			return errNot("not complete")
		}
		return nil
	})
}

// draftToAll files a case about everyone and waits for its draft.
func draftToAll(b *testing.B, d *demo) (n noticeView) {
	b.Helper()
	incident := fileAboutMailbox(b, d)
	await(b, "the draft", func() error {
		var list struct{ Items []noticeView }
		d.must(200, "GET", "/incidents/"+incident+"/notices", nil, &list)
		if len(list.Items) == 0 {
			return errNot("none yet")
		}
		n = list.Items[0]
		return nil
	})
	return n
}
