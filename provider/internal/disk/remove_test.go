package disk

import (
	"errors"
	"io/fs"
	"testing"
)

func TestRemoveBlob(t *testing.T) {
	c := open(t, nil)
	data := []byte("hello")
	if err := c.RemoveBlob(digestOf(data)); err != nil {
		t.Errorf("no directory yet: %v", err)
	}
	if err := c.PutBlob(digestOf(data), data); err != nil {
		t.Fatal(err)
	}
	for range 2 { // that there is nothing is success
		if err := c.RemoveBlob(digestOf(data)); err != nil {
			t.Errorf("RemoveBlob: %v", err)
		}
	}
	if _, err := c.Blob(digestOf(data)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Blob after RemoveBlob: %v", err)
	}
	if err := c.RemoveBlob("../../state/x"); err == nil {
		t.Error("no digest: no error")
	}
}
