package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

const (
	flagsDir = "../../../provider/unleashflags/testdata"
	contract = "../../../internal/contract/bundle"
)

// embedded is the URL of the flags documents that the fixture is made of.
func embedded(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(flagsDir, "embedded"))
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(dir), "/")}).String()
}

// fixture returns a feed and the artifacts that it names.
func fixture(t *testing.T) ([]byte, Getter) {
	t.Helper()
	feed, err := unleashflags.ReadFeed(context.Background(), unleashflags.Options{URL: embedded(t), Environment: "production"})
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

func strategyText(role, rollout, more string, ref fmt.Stringer) string {
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
		`{"name":"x-b","enabled":false,"note":"kept","strategies":[` + strategyText("stable", "100", "", b1) + `],"dependencies":[{"feature":"parent"}]}`,
		`{"name":"x-a","enabled":true,"strategies":[` + strategyText("", "100", `,"constraints":[{"contextName":"tenantId","operator":"IN","values":["acme"]}]`, a3) + `,` +
			strategyText("candidate", "10", `,"segments":[7]`, a2) + `,` + strategyText("stable", "100", "", a1) + `]}`,
		`{"name":"parent","enabled":true,"strategies":[]}`, `{"name":"plain","enabled":true,"strategies":[]}`,
		`{"name":"a","enabled":true,"strategies":[` + strategyText("stable", "100", "", a1) + `]}`,
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
	missing := func(name string) prompts.Ref { _, r := artifact(name, "missing"); return r }
	blobs := map[string][]byte{}
	put := func(name string, data []byte) prompts.Ref {
		r := prompts.Ref{Name: name, Digest: prompts.DigestOf(data)}
		blobs[string(r.Digest)] = data
		return r
	}
	data, _ := artifact("b", "1")
	b1, misnamed, garbage := put("b", data), put("f", data), put("e", []byte(`{"promptflag":2}`))
	down := errors.New("connection refused")
	get := func(_ context.Context, digest string) ([]byte, error) {
		switch {
		case digest == string(missing("g").Digest):
			return nil, down
		case digest == string(missing("i").Digest):
			return nil, store.ErrCorrupt
		case blobs[digest] == nil:
			return nil, store.ErrNotFound
		}
		return blobs[digest], nil
	}
	feed := `{"features":[
		{"name":"a","strategies":[` + strategyText("stable", "100", "", missing("a")) + `]},
		{"name":"b","strategies":[` + strategyText("stable", "100", "", prompts.Ref{Name: "a", Digest: b1.Digest}) + `]},
		{"name":"c","strategies":[` + strategyText("candidate", "100", "", prompts.Ref{Name: "c", Digest: b1.Digest}) + `]},
		{"name":"d","strategies":[{"parameters":{"promptflag":"stable"},"variants":[{"weight":1000,"payload":{"type":"string","value":"edited by hand"}}]}]},
		{"name":"e","strategies":[` + strategyText("stable", "100", "", garbage) + `]},
		{"name":"f","strategies":[` + strategyText("stable", "100", "", misnamed) + `]},
		{"name":"g","strategies":[` + strategyText("stable", "100", "", missing("g")) + `]},
		{"name":"h","strategies":[{"parameters":{"promptflag":"stable"},"variants":7}]},
		{"name":"i","strategies":[` + strategyText("stable", "100", "", missing("i")) + `]},
		{"name":"plain","strategies":"of somebody else"}]}`
	_, err := Make(context.Background(), []byte(feed), Options{}, get)
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error = %v", err)
	}
	for _, want := range []string{
		"a: " + store.ErrNotFound.Error(), "b: strategy 1 names another prompt", "c: its flag has no stable", "d: strategy 1",
		"e: not an artifact to serve: e@", "f: not an artifact to serve: f@", "g: connection refused", "h: its flag cannot be read",
		"i: " + store.ErrCorrupt.Error(),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v\nwant %q in it", err, want)
		}
	}
	if len(problems.Unfit) != 7 || len(problems.Failed) != 2 || !errors.Is(problems.Failed[0], down) {
		t.Errorf("unfit %v\nfailed %v", problems.Unfit, problems.Failed)
	}
	for _, names := range [][]string{{"nothing"}, {"b", "x.*"}} {
		if _, err := Make(context.Background(), []byte(feed), Options{Names: names}, get); !errors.Is(err, ErrNothing) {
			t.Errorf("%v: %v, want ErrNothing", names, err)
		}
	}
	if _, err := Make(context.Background(), []byte(`{"features":[]}`), Options{}, get); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty feed: %v", err)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"features":[7]}`, `{"features":[{"enabled":true}]}`} {
		if _, err := Make(context.Background(), []byte(bad), Options{}, get); err == nil {
			t.Errorf("Make(%q) gives no error", bad)
		}
	}
}

// A prompt flag on which a chosen one depends is in the feed, so that what it
// names is in the bundle too; a parent with another prefix is a flag like any other.
func TestMakeParents(t *testing.T) {
	blobs := map[string][]byte{}
	ref := func(name string) prompts.Ref {
		data, r := artifact(name, "1")
		blobs[string(r.Digest)] = data
		return r
	}
	feed := `{"version":2,"features":[
		{"name":"x-child","strategies":[` + strategyText("stable", "100", "", ref("child")) + `],"dependencies":[{"feature":"x-parent"},{"feature":"other"},{"feature":"gone"}]},
		{"name":"x-parent","strategies":[` + strategyText("stable", "100", "", ref("parent")) + `]},
		{"name":"x-more","strategies":[` + strategyText("stable", "100", "", ref("more")) + `]},
		{"name":"other","strategies":[` + strategyText("stable", "100", "", ref("unprefixed")) + `]}]}`
	b, err := Make(context.Background(), []byte(feed), Options{Prefix: "x-", Names: []string{"child"}},
		func(_ context.Context, digest string) ([]byte, error) { return blobs[digest], nil })
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range b.Prompts {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"child", "parent"}, names); diff != "" || len(b.Blobs) != 2 {
		t.Errorf("%d artifacts, prompts (-want +got)\n%s", len(b.Blobs), diff)
	}
	if text := string(b.Feed); !strings.Contains(text, `"name": "other"`) || strings.Contains(text, "x-more") {
		t.Errorf("feed\n%s", text)
	}
}
