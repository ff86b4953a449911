package bench

import (
	"math"
	"runtime"
	"runtime/debug"
)

// Allocs returns how many objects and bytes one call of f allocates, rounded
// down as package testing does. It is the least of several sets of n calls:
// whatever else runs can only add.
func Allocs(n int, f func()) (objects, bytes uint64) {
	const sets = 5
	f() // what is made once
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	objects, bytes = math.MaxUint64, math.MaxUint64
	for range sets {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			f()
		}
		runtime.ReadMemStats(&after)
		objects = min(objects, (after.Mallocs-before.Mallocs)/uint64(n))
		bytes = min(bytes, (after.TotalAlloc-before.TotalAlloc)/uint64(n))
	}
	return objects, bytes
}

// Heap is memory of the Go heap in bytes.
type Heap struct {
	InUse int64 // of the spans that hold objects, with the free room between these
	Live  int64 // of the objects
}

// ReadHeap returns what is left after everything that can be freed was.
func ReadHeap() Heap {
	var m runtime.MemStats
	for range 3 { // finalizers and pools need more than one
		runtime.GC()
	}
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return Heap{int64(m.HeapInuse), int64(m.HeapAlloc)}
}

// Since is what was added after before.
func (h Heap) Since(before Heap) Heap { return Heap{h.InUse - before.InUse, h.Live - before.Live} }

// Room lets the process allocate that many bytes from one garbage collection to
// the next; restore undoes it. An empty process collects every 4 MB, all of
// which its caches hold: what is measured then is the collector. A service has
// a larger heap.
func Room(bytes int64) (restore func()) {
	old := debug.SetGCPercent(int(bytes * 100 / ReadHeap().InUse))
	return func() { debug.SetGCPercent(old) }
}
