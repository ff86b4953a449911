package disk

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkBlob reads 1,000 blobs of 4 KB, and in between the same files with
// os.ReadFile and one SHA-256 each: the floor. Allocations are those of Blob.
func BenchmarkBlob(b *testing.B) {
	c := open(b, nil)
	var digests, paths []string
	for i := range 1000 {
		data := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 2048)
		digests = append(digests, digestOf(data))
		paths = append(paths, filepath.Join(c.Dir(), filepath.FromSlash(blobDir), digests[i][7:]))
		if err := c.PutBlob(digests[i], data); err != nil {
			b.Fatal(err)
		}
	}
	var floor time.Duration
	b.ReportAllocs()
	for b.Loop() {
		for _, digest := range digests {
			if _, err := c.Blob(digest); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		floor += readFiles(b, paths)
		b.StartTimer()
	}
	n := float64(b.N * len(digests))
	ours, files := float64(b.Elapsed())/n, float64(floor)/n
	b.ReportMetric(ours, "ns/blob")
	b.ReportMetric(files, "ns/file")
	b.ReportMetric(ours/files, "x-floor")
}

func readFiles(b *testing.B, paths []string) time.Duration {
	start := time.Now()
	var sum [sha256.Size]byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		sum = sha256.Sum256(data)
	}
	if sum == ([sha256.Size]byte{}) {
		b.Fatal("no sum")
	}
	return time.Since(start)
}

func BenchmarkPutBlobThere(b *testing.B) {
	c := open(b, nil)
	data := make([]byte, 4096)
	digest := digestOf(data)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.PutBlob(digest, data); err != nil {
			b.Fatal(err)
		}
	}
}
