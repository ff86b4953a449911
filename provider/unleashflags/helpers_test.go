package unleashflags_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"go.uber.org/goleak"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "promptflag-cache")
	if err != nil {
		panic(err)
	}
	_ = os.Setenv("PROMPTFLAG_CACHE_DIR", cache) // of the examples
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if exampleDir != "" {
			_ = os.RemoveAll(exampleDir)
		}
		_ = os.RemoveAll(cache)
		os.Exit(code)
	}))
}

// artifact returns the bytes and the ref of testdata/artifacts/<key>.json.
func artifact(t testing.TB, key string) ([]byte, prompts.Ref) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "artifacts", key+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b, prompts.Ref{Name: key[:strings.LastIndex(key, ".")], Digest: prompts.DigestOf(b)}
}

func ref(t testing.TB, key string) string { _, r := artifact(t, key); return r.String() }

func version(t testing.TB, key string) string { _, r := artifact(t, key); return r.Version() }

// newBucket holds all artifacts of testdata.
func newBucket(t testing.TB) *store.Bucket {
	t.Helper()
	b, err := store.Open(context.Background(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("testdata/artifacts/*.json")
	if len(files) == 0 {
		t.Fatal("no artifacts")
	}
	for _, f := range files {
		data, _ := artifact(t, strings.TrimSuffix(filepath.Base(f), ".json"))
		if _, _, err := b.Put(context.Background(), data); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// flagsDir is an embedded default that tests edit.
type flagsDir struct {
	t           testing.TB
	dir         string
	environment string
}

// newFlags starts as the fixture, for the given environment.
func newFlags(t testing.TB, environment string) *flagsDir {
	t.Helper()
	return flagsIn(t, t.TempDir(), environment)
}

func flagsIn(t testing.TB, dir, environment string) *flagsDir {
	t.Helper()
	b, err := os.ReadFile("testdata/embedded/production.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &flagsDir{t, dir, environment}
	d.write(strings.ReplaceAll(string(b), `"environment": "production"`, fmt.Sprintf(`"environment": %q`, environment)))
	return d
}

func (d *flagsDir) url() string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(d.dir)}).String()
}

func (d *flagsDir) path() string { return filepath.Join(d.dir, d.environment+".json") }

func (d *flagsDir) write(doc string) {
	d.t.Helper()
	tmp := d.path() + ".tmp"
	if err := os.WriteFile(tmp, []byte(doc), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(tmp, d.path()); err != nil {
		d.t.Fatal(err)
	}
}

type object = map[string]any

// edit changes one feature of the document.
func (d *flagsDir) edit(flag string, change func(f object)) {
	d.t.Helper()
	b, err := os.ReadFile(d.path())
	if err != nil {
		d.t.Fatal(err)
	}
	var doc object
	if err := json.Unmarshal(b, &doc); err != nil {
		d.t.Fatal(err)
	}
	found := false
	for _, f := range doc["features"].([]any) {
		if f := f.(object); f["name"] == flag {
			found = true
			change(f)
		}
	}
	if !found {
		d.t.Fatalf("no feature %q", flag)
	}
	doc["revision"] = doc["revision"].(float64) + 1
	b, _ = json.Marshal(doc)
	d.write(string(b))
}

// strategy returns the first enabled strategy of f in role.
func strategy(f object, role string) object {
	for _, s := range f["strategies"].([]any) {
		s := s.(object)
		if r, _ := s["parameters"].(object)["promptflag"].(string); r == role && s["disabled"] == false {
			return s
		}
	}
	panic("no strategy in role " + role)
}

func setRollout(s object, percent string) { s["parameters"].(object)["rollout"] = percent }

func setRef(s object, ref string) {
	s["variants"].([]any)[0].(object)["payload"].(object)["value"] = ref
}

// service is a service's side: an API of its own with a provider and a client.
type service struct {
	*openfeature.Client
	t        testing.TB
	api      *openfeature.EvaluationAPI
	provider *provider.Provider

	mu     sync.Mutex
	events []event
}

type event struct {
	typ     openfeature.EventType
	flags   []string
	message string
}

func (d *flagsDir) options() unleashflags.Options {
	return unleashflags.Options{URL: d.url(), Environment: d.environment, RefreshInterval: 10 * time.Millisecond}
}

func serve(t testing.TB, o unleashflags.Options, blobs provider.Blobs, po *provider.Options) *service {
	t.Helper()
	source, err := unleashflags.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if po == nil {
		po = &provider.Options{}
	}
	po.NoCache = po.CacheDir == ""
	s := newService(t, provider.New(source, blobs, po))
	if err := s.api.SetProviderAndWait(context.Background(), s.provider); err != nil {
		t.Fatal(err)
	}
	return s
}

func newService(t testing.TB, p *provider.Provider) *service {
	s := &service{t: t, api: isolated.NewAPI(), provider: p}
	s.Client = s.api.NewClient()
	for _, typ := range []openfeature.EventType{openfeature.ProviderReady, openfeature.ProviderConfigChange, openfeature.ProviderStale, openfeature.ProviderError} {
		f := func(d openfeature.EventDetails) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, event{typ, d.FlagChanges, d.Message})
		}
		s.api.AddHandler(typ, &f)
	}
	t.Cleanup(func() {
		if err := s.api.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// seen returns the events of a type so far.
func (s *service) seen(typ openfeature.EventType) (out []event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.typ == typ {
			out = append(out, e)
		}
	}
	return out
}

func user(id string, attributes ...string) openfeature.EvaluationContext {
	m := map[string]any{}
	for i := 0; i < len(attributes); i += 2 {
		m[attributes[i]] = attributes[i+1]
	}
	return openfeature.NewEvaluationContext(id, m)
}

// split counts versions over n user ids, "user-0" and so on.
func (s *service) split(flag string, n int) map[string]int {
	s.t.Helper()
	out := map[string]int{}
	for i := range n {
		d, err := s.ObjectValueDetails(context.Background(), flag, nil, user(fmt.Sprintf("user-%d", i)))
		if err != nil {
			s.t.Fatal(err)
		}
		out[d.Variant]++
	}
	return out
}

// got is the answer to one evaluation, in a form to compare.
type got struct {
	Value   string
	Variant string
	Reason  openfeature.Reason
	Code    openfeature.ErrorCode
}

func (s *service) object(flag string, ec openfeature.EvaluationContext) (got, openfeature.FlagMetadata) {
	d, _ := s.ObjectValueDetails(context.Background(), flag, "default", ec)
	return got{fmt.Sprint(d.Value), d.Variant, d.Reason, d.ErrorCode}, d.FlagMetadata
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// gate is a bucket that holds back or refuses some blobs.
type gate struct {
	provider.Blobs
	mu     sync.Mutex
	refuse map[string]bool
	gets   map[string]int
}

func newGate(b provider.Blobs) *gate {
	return &gate{Blobs: b, refuse: map[string]bool{}, gets: map[string]int{}}
}

func (g *gate) set(digest prompts.Digest, refuse bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refuse[string(digest)] = refuse
}

func (g *gate) count(digest prompts.Digest) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gets[string(digest)]
}

func (g *gate) Get(ctx context.Context, digest string) ([]byte, error) {
	g.mu.Lock()
	g.gets[digest]++
	refused := g.refuse[digest]
	g.mu.Unlock()
	if refused {
		return nil, errors.New("refused by the test")
	}
	return g.Blobs.Get(ctx, digest)
}

var exampleDir string // removed by TestMain

// exampleBucket is a directory that holds the artifacts of testdata.
func exampleBucket() string {
	dir, err := os.MkdirTemp("", "promptflag-example-")
	if err != nil {
		panic(err)
	}
	exampleDir = dir
	bucket, err := store.OpenDir(dir)
	if err != nil {
		panic(err)
	}
	defer bucket.Close()
	files, _ := filepath.Glob("testdata/artifacts/*.json")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			panic(err)
		}
		if _, _, err := bucket.Put(context.Background(), b); err != nil {
			panic(err)
		}
	}
	return dir
}
