package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/promptflag/promptflag/store"
)

var jsonObject = store.CreateOptions{ContentType: "application/json"}

func create(t *testing.T, b store.Backend, key, data string) {
	t.Helper()
	if err := b.Create(t.Context(), key, []byte(data), jsonObject); err != nil {
		t.Fatalf("Create: %v", err)
	}
}

func want(t *testing.T, b store.Backend, key, data string) {
	t.Helper()
	got, err := b.Get(t.Context(), key, store.MaxBlob)
	if err != nil {
		t.Errorf("Get: %v", err)
		return
	}
	if string(got) != data {
		t.Errorf("Get(%q) = %d bytes %.40q, want %d bytes %.40q", key, len(got), got, len(data), data)
	}
}

// wantErr wants an error that is sentinel and names the key.
func wantErr(t *testing.T, err, sentinel error, key string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Errorf("%s: error %v, want %v", key, err, sentinel)
		return
	}
	if !strings.Contains(err.Error(), key) {
		t.Errorf("error %q does not name %s", err, key)
	}
}

func list(t *testing.T, b store.Backend, prefix string) []store.Object {
	t.Helper()
	objects, err := collect(t.Context(), b, prefix)
	if err != nil {
		t.Fatalf("List(%q): %v", prefix, err)
	}
	return objects
}

func collect(ctx context.Context, b store.Backend, prefix string) ([]store.Object, error) {
	var objects []store.Object
	for o, err := range b.List(ctx, prefix) {
		if err != nil {
			return objects, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

func keysOf(objects []store.Object) []string {
	var keys []string
	for _, o := range objects {
		keys = append(keys, o.Key)
	}
	return keys
}

// parallel calls f(0) to f(n-1) at the same time and waits.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}
