//go:build unix

package faultmatrix

import (
	"slices"
	"testing"
)

// TestFaults runs the matrix. Rows wait most of the time, so many run at once.
func TestFaults(t *testing.T) {
	m := newMatrix(t)
	rows := slices.Concat(unleashRows(), bucketRows(), bothRows(), flagRows(), diskRows())
	m.rows = len(rows)
	t.Run("rows", func(t *testing.T) {
		for i, r := range rows {
			if r.alone {
				continue
			}
			t.Run(r.where+": "+r.what, func(t *testing.T) {
				t.Parallel()
				r.run(t, m, i)
			})
		}
	})
	for i, r := range rows {
		if r.alone {
			t.Run(r.where+": "+r.what, func(t *testing.T) { r.run(t, m, i) })
		}
	}
	m.compare(t)
}
