// Package storetest is the one conformance suite that proves that a store keeps
// the contract of services/contract.
package storetest

import "datalek/services/contract"

// Store is everything a store does.
type Store = contract.Store

// Key names an aggregate of a practice.
type Key = contract.Key

// DueDelivery names a message that waits to be sent.
type DueDelivery = contract.DueDelivery

// Pending is an aggregate's events that are saved but not yet published.
type Pending = contract.Pending

// Request is a POST that carried an Idempotency-Key, and its answer.
type Request = contract.Request
