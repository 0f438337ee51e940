package sqlitestore_test

import (
	"testing"

	"datalek/services/contract"
	"datalek/services/sqlitestore"
	"datalek/services/storetest"
)

var (
	_ contract.Store = (*sqlitestore.Store)(nil)
	_ contract.Keys  = (*sqlitestore.Store)(nil)
)

func TestTheStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return empty(t) })
}
