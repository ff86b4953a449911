package store

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDirOf(t *testing.T) {
	tests := []struct{ url, goos, want string }{
		{"file:///C:/x/y", "windows", "C:/x/y"},
		{"file:///C:/x/y", "linux", "/C:/x/y"},
		{"file:///srv/bucket", "linux", "/srv/bucket"},
		{"file:///srv/a%20b", "linux", "/srv/a b"},
	}
	for _, test := range tests {
		u, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dirOf(u, test.goos)
		if err != nil || filepath.ToSlash(got) != test.want {
			t.Errorf("dirOf(%s, %s) = %q, %v; want %q", test.url, test.goos, got, err, test.want)
		}
	}
}

func FuzzValidKey(f *testing.F) {
	for _, key := range []string{"blobs/sha256/00", "../x", "a//b", "a/.tmp", "a\\b", "C:", "a.", "", "ü", "a\x00"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if ValidKey(key) != nil {
			return
		}
		if path.Clean(key) != key || !filepath.IsLocal(key) || strings.ContainsAny(key, "\\:*?\"<>| \x00") || strings.Contains("/"+key, "/.") {
			t.Errorf("ValidKey(%q) = nil", key)
		}
		for i := range key {
			if err := ValidPrefix(key[:i]); err != nil {
				t.Errorf("ValidPrefix(%q) = %v, of the valid key %q", key[:i], err, key)
			}
		}
	})
}

// FuzzRecordKey: what a record's key says is what the record says.
func FuzzRecordKey(f *testing.F) {
	f.Add("support.triage", "production", "publish", "00ff", int64(1), true)
	f.Add("a", "eu-west-publish-3f9a2c1b04de-00ff-done", "off", "0", int64(1<<60), false)
	f.Add("a", "-", "x", "f", int64(-1), false)
	f.Fuzz(func(t *testing.T, name, environment, action, id string, nanos int64, done bool) {
		const hex = "3f9a2c1b04de0000000000000000000000000000000000000000000000000000"
		want := RecordKey{Name: name, Environment: environment, Action: action, ID: id, Version: hex[:12], Phase: Intent, Time: time.Unix(0, nanos).UTC()}
		if done {
			want.Phase = Done
		}
		key, err := recordKey(Record{
			Name: name, Environment: environment, Action: action, ID: id, Phase: want.Phase, Time: want.Time, Ref: name + "@sha256:" + hex,
		})
		if err != nil {
			return
		}
		want.Key = key
		if got, ok := parseRecordKey(key); !ok || got != want {
			t.Errorf("parseRecordKey(%q) = %+v, %v; want %+v", key, got, ok, want)
		}
	})
}
