// Package storetest is the conformance suite for every [store.Backend].
//
// A driver's test calls [Run] with a function that opens an empty backend. What
// passes may be used under a [store.Bucket]: the promises of the Backend
// interface hold, for readers and writers that race, for the keys promptflag
// uses, and for listings longer than a page.
package storetest
