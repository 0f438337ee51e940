// Package storetest is the one conformance suite that proves that a store keeps
// the contract of services/contract.
package storetest

import "datalek/services/contract"

// Store is everything a store does.
type Store = contract.Store

// The plain types of the contract.
type (
	Key         = contract.Key
	DueDelivery = contract.DueDelivery
	Pending     = contract.Pending
	Request     = contract.Request
)
