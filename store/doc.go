// Package store is a bucket that keeps every version for ever.
package store
