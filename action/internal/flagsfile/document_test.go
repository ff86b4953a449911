package flagsfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixture is the document that the provider's tests read too.
const fixture = "../../../provider/unleashflags/testdata/embedded/production.json"

func TestFixtureRoundTrip(t *testing.T) {
	want, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	d, err := decode(want, "production")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("decode, encode (-want +got):\n%s", diff)
	}
}

// TestEncodeKeepsText: what a person wrote is not escaped or respelt.
func TestEncodeKeepsText(t *testing.T) {
	src := `{"promptflagFlags":1,"environment":"production","revision":3,"features":[
	 {"name":"b","strategies":[
	  {"id":"2","name":"default","sortOrder":1,"parameters":{"z":"<&>","a":"ü"}},
	  {"id":"1","name":"default","sortOrder":1,"constraints":[{"operator":"NUM_GT","value":"1e3","x":1.50}]}],
	  "dependencies":[{"feature":"a"}]},
	 {"name":"a"}]}`
	d, err := decode([]byte(src), "production")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/encoded.json")
	if os.Getenv("UPDATE") != "" {
		want, err = got, os.WriteFile("testdata/encoded.json", got, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("encode (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const head = `{"promptflagFlags":1,"environment":"production",` + "\n"
	for name, c := range map[string]struct{ src, want string }{
		"empty":            {"", "1:1: unexpected end of JSON input"},
		"truncated":        {head + `"features":[`, "2:12: unexpected end of JSON input"},
		"not JSON":         {head + `"revision": x}`, "2:13: invalid character 'x'"},
		"byte order mark":  {"\ufeff{}", "1:1: invalid character"},
		"trailing data":    {`{"promptflagFlags":1,"environment":"production"} {}`, "1:50: invalid character '{' after top-level value"},
		"invalid UTF-8":    {head + "\"features\":[{\"name\":\"ü\xff\"}]}", "2:23: invalid UTF-8"},
		"wrong type":       {head + `"revision":"1"}`, "2:14: revision is a string, want int64"},
		"parameter number": {head + `"features":[{"name":"a","strategies":[{"id":"1","parameters":{"rollout":5}}]}]}`, "2:73: features.strategies.parameters"},
		"unknown member":   {head + `"features":[{"name":"a", "stale":true}]}`, `2:26: unknown member "stale"`},
		"unknown deep":     {head + `"features":[{"name":"a","strategies":[{"id":"1","variants":[{"overrides":[]}]}]}]}`, `2:62: unknown member "overrides"`},
		"no member name":   {head + `"features":[{"name":"a","":1}]}`, `2:25: unknown member ""`},
		"other case":       {head + `"Features":[]}`, `2:1: unknown member "Features"`},
		"member twice":     {head + `"revision":1,"features":[],"revision":2}`, `2:28: "revision" is there twice`},
		"twice in a map":   {head + `"features":[{"name":"a","strategies":[{"id":"1","parameters":{"a":"1","a":"2"}}]}]}`, `2:71: "a" is there twice`},
		"twice, unknown":   {head + `"segments":[{"a":[{"b":1,"b":2}]}]}`, `2:26: "b" is there twice`},
		"no format":        {`{}`, "promptflagFlags is 0, this version reads 1"},
		"newer format":     {`{"promptflagFlags":2,"environment":"production"}`, "promptflagFlags is 2"},
		"environment":      {`{"promptflagFlags":1,"environment":"development"}`, `about environment "development", not "production"`},
		"feature twice":    {head + `"features":[{"name":"a"},{"name":"a"}]}`, "feature a is there twice"},
		"feature unnamed":  {head + `"features":[{}]}`, "a feature has no name"},
		"feature null":     {head + `"features":[null]}`, "a feature has no name"},
		"strategy twice":   {head + `"features":[{"name":"a","strategies":[{"id":"1"}]},{"name":"b","strategies":[{"id":"1"}]}]}`, "strategy 1 of b is there twice"},
		"strategy no id":   {head + `"features":[{"name":"a","strategies":[{}]}]}`, "a strategy of a has no id"},
		"too deep":         {strings.Repeat("[", 20_000), "exceeded max depth"},
		"a list":           {"[]", "1:1: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode([]byte(c.src), "production")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("decode: error %v, want %q", err, c.want)
			}
		})
	}
}

// TestBrokenDocumentStays: no method writes over a document that it cannot read.
func TestBrokenDocumentStays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "production.json")
	broken := []byte("{\n  \"promptflagFlags\": 1,\n  <<<<<<< HEAD\n")
	if err := os.WriteFile(path, broken, 0o644); err != nil {
		t.Fatal(err)
	}
	f := newFile(t, dir)
	for name, err := range everyMethod(t, f) {
		if name == "Exposures" {
			continue // knows nothing either way
		}
		if err == nil || !strings.Contains(err.Error(), path+":3:3: invalid character '<'") || !strings.Contains(err.Error(), "left as it is") {
			t.Errorf("%s: error %v, want the position and that the document stays", name, err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, broken) {
		t.Errorf("document = %q, %v; want it as it was", got, err)
	}
}

func TestTooLarge(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "production.json")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxDocument+1); err != nil {
		t.Fatal(err)
	}
	if err := newFile(t, dir).Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "above 32 MiB") {
		t.Errorf("Ping: error %v, want above 32 MiB", err)
	}
}

// FuzzDecode: arbitrary bytes never panic, and what was read is written so that
// it reads and writes the same again.
func FuzzDecode(f *testing.F) {
	seed, err := os.ReadFile(fixture)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"promptflagFlags":1,"environment":"production","features":[{"name":"a","strategies":[{"id":"1","parameters":null}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode(data, "production")
		if err != nil {
			return
		}
		once, err := d.encode()
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		if whole := encodeWhole(t, d); !bytes.Equal(once, whole) {
			t.Fatalf("joined:\n%s\nin one pass:\n%s", once, whole)
		}
		d, err = decode(once, "production")
		if err != nil {
			if pos, ok := errors.AsType[*posError](err); ok {
				t.Fatalf("decode of what was encoded: %v\n%s", pos, once)
			}
			t.Fatal(err)
		}
		twice, err := d.encode()
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("encode again = %s, %v; want\n%s", twice, err, once)
		}
	})
}
