package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

const (
	flagsDir = "../../../provider/unleashflags/testdata"
	contract = "../../../internal/contract/bundle"
)

// fixture returns a feed and the artifacts that it names.
func fixture(t *testing.T) ([]byte, Getter) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(flagsDir, "embedded"))
	if err != nil {
		t.Fatal(err)
	}
	feed, err := unleashflags.ReadFeed(context.Background(), unleashflags.Options{URL: "file://" + filepath.ToSlash(dir), Environment: "production"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(flagsDir, "artifacts", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("artifacts: %v, %v", files, err)
	}
	blobs := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blobs[string(prompts.DigestOf(data))] = data
	}
	return feed, func(_ context.Context, digest string) ([]byte, error) {
		if blobs[digest] == nil {
			return nil, fs.ErrNotExist
		}
		return blobs[digest], nil
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The layout that package provider reads, frozen. UPDATE=1 writes it anew.
func TestContract(t *testing.T) {
	feed, get := fixture(t)
	b, err := Make(context.Background(), feed, Options{}, get)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	for range 2 { // the second one replaces the first
		if err := b.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := b.Write(contract); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(files(t, contract), files(t, dir)); diff != "" {
		t.Errorf("bundle (-want +got)\n%s", diff)
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the bundle: %v, %v", left, err)
	}
	again, err := Read(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.Prompts, again); diff != "" {
		t.Errorf("read again (-want +got)\n%s", diff)
	}
	for path := range files(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm()&0o044 != 0o044 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// artifact returns a prompt's bytes and its ref.
func artifact(name, text string) ([]byte, prompts.Ref) {
	data, _ := json.Marshal(map[string]any{"promptflag": 1, "name": name, "messages": []any{map[string]any{"role": "user", "content": text}}})
	return data, prompts.Ref{Name: name, Digest: prompts.DigestOf(data)}
}

func strategy(role, rollout, more string, ref fmt.Stringer) string {
	return fmt.Sprintf(`{"name":"flexibleRollout","parameters":{"promptflag":%q,"rollout":%q}%s,"variants":[{"name":"v","weight":1000,"payload":{"type":"string","value":%q}}]}`, role, rollout, more, ref)
}

// What is kept of a feed, and which versions.
func TestMake(t *testing.T) {
	blobs := map[string][]byte{}
	ref := func(name, text string) prompts.Ref {
		data, r := artifact(name, text)
		blobs[string(r.Digest)] = data
		return r
	}
	a1, a2, a3, b1 := ref("a", "1"), ref("a", "2"), ref("a", "3"), ref("b", "1")
	flags := []string{
		`{"name":"x-b","enabled":false,"note":"kept","strategies":[` + strategy("stable", "100", "", b1) + `],"dependencies":[{"feature":"parent"}]}`,
		`{"name":"x-a","enabled":true,"strategies":[` + strategy("", "100", `,"constraints":[{"contextName":"tenantId","operator":"IN","values":["acme"]}]`, a3) + `,` +
			strategy("candidate", "10", `,"segments":[7]`, a2) + `,` + strategy("stable", "100", "", a1) + `]}`,
		`{"name":"parent","enabled":true,"strategies":[]}`, `{"name":"plain","enabled":true,"strategies":[]}`,
		`{"name":"a","enabled":true,"strategies":[` + strategy("stable", "100", "", a1) + `]}`,
	}
	feed := func(order ...int) []byte {
		var list []string
		for _, i := range order {
			list = append(list, flags[i])
		}
		return []byte(`{"version":2,"features":[` + strings.Join(list, ",") + `],"segments":[{"id":8,"constraints":[]},{"id":7,"constraints":[]}],"query":{"environment":"production"},"meta":{"revisionId":` + fmt.Sprint(order[0]) + `}}`)
	}
	get := func(_ context.Context, digest string) ([]byte, error) {
		if blobs[digest] == nil {
			return nil, errors.New("no such blob")
		}
		return blobs[digest], nil
	}
	o := Options{Prefix: "x-"}
	got, err := Make(context.Background(), feed(0, 1, 2, 3, 4), o, get)
	if err != nil {
		t.Fatal(err)
	}
	want := []Prompt{{"a", []string{a3.Version(), a1.Version()}}, {"b", []string{b1.Version()}}}
	if diff := cmp.Diff(want, got.Prompts); diff != "" {
		t.Errorf("prompts (-want +got)\n%s", diff)
	}
	if len(got.Blobs) != 3 || got.Blobs[a2.Digest] != nil {
		t.Errorf("%d artifacts, the one of the dialled candidate is there: %t", len(got.Blobs), got.Blobs[a2.Digest] != nil)
	}
	text := string(got.Feed)
	for word, in := range map[string]bool{`"x-a"`: true, `"x-b"`: true, `"parent"`: true, `"plain"`: false, `"name": "a"`: false, `"note": "kept"`: true, `"id": 7`: true, `"id": 8`: false, "revisionId": false, `"environment": "production"`: true, a2.String(): true} {
		if strings.Contains(text, word) != in {
			t.Errorf("the feed has %s: %t\n%s", word, !in, text)
		}
	}
	again, err := Make(context.Background(), feed(4, 3, 2, 1, 0), o, get)
	if err != nil || string(again.Feed) != text {
		t.Errorf("the same flags in another order: %v\n%s", err, cmp.Diff(text, string(again.Feed)))
	}
	for names, want := range map[string]int{"a": 1, "*": 2, "b a": 2} {
		got, err := Make(context.Background(), feed(0, 1, 2), Options{Prefix: "x-", Names: strings.Fields(names)}, get)
		if err != nil || len(got.Prompts) != want {
			t.Errorf("%s: %v, %v", names, got, err)
		}
	}
}

// Everything that is wrong is told at once.
func TestMakeRefuses(t *testing.T) {
	_, missing := artifact("a", "missing")
	data, b1 := artifact("b", "1")
	get := func(_ context.Context, digest string) ([]byte, error) {
		if digest != string(b1.Digest) {
			return nil, errors.New("no such blob")
		}
		return data, nil
	}
	feed := `{"features":[
		{"name":"a","strategies":[` + strategy("stable", "100", "", missing) + `]},
		{"name":"b","strategies":[` + strategy("stable", "100", "", prompts.Ref{Name: "a", Digest: b1.Digest}) + `]},
		{"name":"c","strategies":[` + strategy("candidate", "100", "", prompts.Ref{Name: "c", Digest: b1.Digest}) + `]},
		{"name":"d","strategies":[{"parameters":{"promptflag":"stable"},"variants":[{"payload":{"type":"string","value":"edited by hand"}}]}]}]}`
	_, err := Make(context.Background(), []byte(feed), Options{}, get)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"a: no such blob", "b: strategy 1 names another prompt", "c: its flag has no stable", "d: strategy 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v\nwant %q in it", err, want)
		}
	}
	for _, names := range [][]string{{"nothing"}, {"b", "x.*"}} {
		if _, err := Make(context.Background(), []byte(feed), Options{Names: names}, get); !errors.Is(err, ErrNothing) {
			t.Errorf("%v: %v, want ErrNothing", names, err)
		}
	}
	if _, err := Make(context.Background(), []byte(`{"features":[]}`), Options{}, get); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty feed: %v", err)
	}
	for _, bad := range []string{``, `[]`, `{"features":[7]}`} {
		if _, err := Make(context.Background(), []byte(bad), Options{}, get); err == nil {
			t.Errorf("Make(%q) gives no error", bad)
		}
	}
}

// Nothing but a bundle is replaced.
func TestReadRefuses(t *testing.T) {
	for name, content := range map[string]map[string]string{
		"somebody's files": {"main.go": "package main"},
		"one more file":    {"feed.json": `{"features":[]}`, "notes.txt": ""},
		"no feed":          {"blobs/x": ""},
		"a broken feed":    {"feed.json": `{`},
	} {
		dir := t.TempDir()
		for path, text := range content {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Read(dir, ""); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v, want ErrForeign", name, err)
		}
	}
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if got, err := Read(dir, ""); err != nil || got != nil {
			t.Errorf("Read(%s) = %v, %v", dir, got, err)
		}
	}
}
