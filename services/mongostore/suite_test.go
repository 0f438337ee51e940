package mongostore_test

import (
	"os"
	"testing"

	"datalek/services/storetest"
)

// replicaSet names a real replica set for the release check.
const replicaSet = "DATALEK_TEST_MONGODB"

func TestStoreKeepsTheContractOnTheStandin(t *testing.T) {
	keepsTheContract(t, standinAt)
}

func TestStoreKeepsTheContractOnTheReplicaSetThatIsNamed(t *testing.T) {
	uri := os.Getenv(replicaSet)
	if uri == "" {
		t.Logf("%s is not set: the stand-in alone was asked", replicaSet)
		return
	}
	keepsTheContract(t, uri)
}

// keepsTheContract runs the suite and watches that it needs only the allowed commands.
func keepsTheContract(t *testing.T, uri string) {
	t.Helper()
	w := &watch{seen: map[string]int{}}
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, fresh(t, uri).Watched(w.monitor())) })
	w.report(t)
}

func BenchmarkStore(b *testing.B) {
	uri := os.Getenv(replicaSet)
	if uri == "" {
		uri = standinAt // says nothing of MongoDB's speed: it uses no index for guarded updates
	}
	storetest.Bench(b, func(b *testing.B) storetest.Store { return open(b, fresh(b, uri)) })
}
