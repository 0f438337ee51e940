package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"datalek/services/sqlitestore"
)

// writerFolder names the folder in which this test binary, started again, only
// writes; openFolder the one that it only tries to open.
const (
	writerFolder = "DATALEK_TEST_WRITER_FOLDER"
	openFolder   = "DATALEK_TEST_OPEN_FOLDER"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(writerFolder) != "":
		writeUntilKilled(os.Getenv(writerFolder))
	case os.Getenv(openFolder) != "":
		dir := os.Getenv(openFolder)
		_, err := sqlitestore.Open(context.Background(), dir, options(dir))
		fmt.Fprintln(os.Stdout, err)
	default:
		os.Exit(m.Run())
	}
}

// writeUntilKilled saves receipts from eight goroutines and names each on
// standard output once it is acknowledged.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, dir, options(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var out sync.Mutex
	for w := range 8 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("receipt-%d-%d", w, n)
				if _, _, err := s.SaveReceipt(ctx, receiptOf(id)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Fprintln(os.Stdout, id)
				out.Unlock()
			}
		}()
	}
	select {} // until killed
}

func again(t *testing.T, env string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	acknowledged := 0
	for round := range 3 {
		ids := writeAndKill(t, dir, 200+100*round)
		s := open(t, dir)
		for _, id := range ids {
			if _, err := s.Receipt(t.Context(), id); err != nil {
				t.Errorf("round %d: %s was acknowledged: %v", round, id, err)
			}
		}
		if err := s.Check(t.Context(), true); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		acknowledged += len(ids)
	}
	t.Logf("%d acknowledged, all there", acknowledged)
}

// writeAndKill lets another process write, kills it after n acknowledgements and
// returns all that it gave.
func writeAndKill(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := again(t, writerFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		ids = append(ids, lines.Text())
		if len(ids) == n {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(ids) < n {
		t.Fatalf("the writer ended with %v after %d receipts", err, len(ids))
	}
	return ids[:len(ids)-1] // the last line may be cut off
}

func TestASecondProcessOnTheFolderIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, dir)
	out, err := again(t, openFolder+"="+dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "in use by another datalek process; stop that one first") {
		t.Errorf("the second process says %q", out)
	}
}
