package bench

import (
	"runtime"
	"runtime/debug"
)

// Allocs returns how many objects and bytes one call of f allocates, over n
// calls, rounded down as package testing does. Nothing else may run meanwhile.
func Allocs(n int, f func()) (objects, bytes uint64) {
	f() // what is made once
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.Mallocs - before.Mallocs) / uint64(n), (after.TotalAlloc - before.TotalAlloc) / uint64(n)
}

// Heap returns the bytes of the heap that are in use, free room inside used
// spans included, after everything that can be freed was.
func Heap() uint64 {
	var m runtime.MemStats
	for range 3 { // finalizers and pools need more than one
		runtime.GC()
	}
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// Room lets the process allocate that many bytes from one garbage collection to
// the next; restore undoes it. An empty process collects every 4 MB, all of
// which its caches hold: what is measured then is the collector. A service has
// a larger heap.
func Room(bytes uint64) (restore func()) {
	old := debug.SetGCPercent(int(bytes * 100 / Heap()))
	return func() { debug.SetGCPercent(old) }
}

// Resident returns how many bytes of heap in use make has added, and what it
// returned, which is in use until then.
func Resident[T any](make func() (T, error)) (bytes int64, kept T, err error) {
	before := Heap()
	kept, err = make()
	bytes = int64(Heap()) - int64(before)
	runtime.KeepAlive(kept)
	return bytes, kept, err
}
