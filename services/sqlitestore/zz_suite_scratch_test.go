package sqlitestore_test

import (
	"testing"

	"datalek/services/storetest"
)

func TestZZSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return empty(t) })
}
