package unleashadmin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/internal/teststack"
)

// real is one flag of a test on the real server, and the client for it.
type real struct {
	*Client
	t      *testing.T
	server teststack.Server
	flag   string // not created yet
}

func newReal(t *testing.T, change ...func(*Options)) *real {
	t.Helper()
	t.Parallel()
	s := teststack.Unleash(t)
	o := Options{URL: s.URL, Environment: "production", Token: s.AdminToken, HTTPClient: &http.Client{Transport: noPut{t, http.DefaultTransport}}}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &real{c, t, s, teststack.Prefix(t) + "x"}
}

// noPut fails the test that sends a PUT.
type noPut struct {
	t    *testing.T
	next http.RoundTripper
}

func (n noPut) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut {
		n.t.Errorf("PUT %s", r.URL)
	}
	return n.next.RoundTrip(r)
}

// with returns the same test with other options of the client.
func (r *real) with(change func(*Options)) *real {
	r.t.Helper()
	o := Options{URL: r.server.URL, Environment: "production", Token: r.server.AdminToken}
	change(&o)
	c, err := New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	return &real{c, r.t, r.server, r.flag}
}

// ui does what a person does in the server's UI and returns the answer.
func (r *real) ui(method, path string, body any) []byte {
	r.t.Helper()
	return r.send(method, "/api/admin/"+path, r.server.AdminToken, body)
}

func (r *real) send(method, path, token string, body any) []byte {
	r.t.Helper()
	var data []byte
	if body != nil {
		var err error
		data, err = json.Marshal(body)
		r.must(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, bytes.NewReader(data))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		r.t.Fatalf("%s %s: %s, %v: %s", method, path, res.Status, err, answer)
	}
	return answer
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *real) create() {
	r.t.Helper()
	r.must(r.Create(r.t.Context(), flags.New{Name: r.flag, Prompt: "some.prompt", Description: "What it does."}))
}

func (r *real) add(s flags.Strategy) string {
	r.t.Helper()
	id, err := r.Add(r.t.Context(), r.flag, s)
	r.must(err)
	return id
}

func (r *real) read() flags.Flag {
	r.t.Helper()
	f, err := r.Read(r.t.Context(), r.flag)
	r.must(err)
	return f
}

// order writes strategies as their titles' first words, disabled ones in
// brackets.
func order(f flags.Flag) string {
	var out []string
	for _, s := range f.Strategies {
		word, _, _ := strings.Cut(s.Title, " ")
		if s.Disabled {
			word = "(" + word + ")"
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func (r *real) wantOrder(want string, enabled bool) {
	r.t.Helper()
	f := r.read()
	if got := order(f); got != want || f.Enabled != enabled {
		r.t.Errorf("strategies %s, enabled %v; want %s, %v", got, f.Enabled, want, enabled)
	}
}

func wantError(t *testing.T, err, is error, texts ...string) {
	t.Helper()
	if err == nil || is != nil && !errors.Is(err, is) {
		t.Errorf("error %v, want %v", err, is)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %v\nwant %s", err, text)
		}
	}
	if strings.Contains(err.Error(), "-token") {
		t.Errorf("error with a token: %v", err)
	}
}

func candidate(flag, digit string) flags.Strategy {
	return flags.Build(flags.Candidate, flag, flags.ID(flag, "production", "beef"+digit, "1"), ref("x", digit), strings.Repeat(digit, 12), "why", 10, "userId")
}

// TestServerLife is a prompt flag from its creation to its first promotion.
func TestServerLife(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	_, err := r.Read(ctx, r.flag)
	wantError(t, err, flags.ErrNotFound)
	r.create()
	r.create() // again, after a crash
	s, c := stable(r.flag, "a"), candidate(r.flag, "b")
	s.ID, c.ID = r.add(s), r.add(c)
	r.must(r.Switch(ctx, r.flag, true))
	r.must(r.Switch(ctx, r.flag, true))

	want := flags.Flag{Name: r.flag, Type: "kill-switch", Project: "default", Enabled: true, Strategies: []flags.Strategy{c, s}}
	if diff := cmp.Diff(want, r.read(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
	all, err := r.Export(ctx)
	r.must(err)
	want.Tags = []flags.Tag{{Type: flags.TagType, Value: "some.prompt"}}
	for i := range want.Strategies {
		want.Strategies[i].SortOrder = 0 // the export has none
	}
	byID := cmpopts.SortSlices(func(a, b flags.Strategy) bool { return a.ID < b.ID })
	if diff := cmp.Diff(want, all[r.flag], cmpopts.EquateEmpty(), byID); diff != "" {
		t.Errorf("Export (-want +got):\n%s", diff)
	}

	percent, sticky, title, stays := 100, flags.StickinessDefault, "candidate promoted", "yes"
	r.must(r.Patch(ctx, r.flag, c.ID, flags.Patch{
		Expect: c.Ref(), Rollout: &percent, Stickiness: &sticky, Title: &title,
		Parameters: map[string]*string{"a/b~c": &stays, flags.ParamRole: nil, "never-there": nil},
	}))
	got := r.read().Strategies[0]
	if got.Rollout() != 100 || got.Parameters["stickiness"] != sticky || got.Variants[0].Stickiness != sticky || got.Title != title ||
		got.Parameters["a/b~c"] != "yes" || got.Parameters[flags.ParamID] != c.Parameters[flags.ParamID] || got.Ref() != c.Ref() {
		t.Errorf("after Patch: %+v", got)
	}
	if role, ok := got.Parameters[flags.ParamRole]; ok {
		t.Errorf("role parameter is %q, want it gone", role)
	}

	r.must(r.Reorder(ctx, r.flag, map[string]int{c.ID: 1100, s.ID: 5}))
	r.wantOrder("stable candidate", true)
	for range 2 { // the second finds it gone
		r.must(r.Delete(ctx, r.flag, s.ID))
	}
	r.wantOrder("candidate", true)
	r.must(r.Switch(ctx, r.flag, false))
	r.wantOrder("candidate", false)
}

// TestServerOff: when the environment goes OFF by itself.
func TestServerOff(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	on, off := false, true // of "disabled"
	r.create()
	id := r.add(stable(r.flag, "a"))
	r.must(r.Switch(ctx, r.flag, true))
	r.must(r.Patch(ctx, r.flag, id, flags.Patch{Disabled: &off}))
	r.wantOrder("(stable)", false)
	r.must(r.Patch(ctx, r.flag, id, flags.Patch{Disabled: &on}))
	r.wantOrder("stable", false)
	r.must(r.Switch(ctx, r.flag, true))
	second := r.add(stable(r.flag, "b"))
	r.must(r.Delete(ctx, r.flag, id))
	r.wantOrder("stable", true)
	r.must(r.Delete(ctx, r.flag, second))
	r.wantOrder("", false)
}

// TestServerConflict: a patch that expects something else changes nothing.
func TestServerConflict(t *testing.T) {
	r := newReal(t)
	ctx := t.Context()
	r.create()
	id, plain := r.add(candidate(r.flag, "a")), r.add(flags.Strategy{Name: flags.StrategyName, Title: "plain"})
	before := r.read()
	percent := 77
	patch := func(id, expect string) error {
		return r.Patch(ctx, r.flag, id, flags.Patch{Expect: expect, Rollout: &percent})
	}
	wantError(t, patch(id, ref("x", "b")), flags.ErrConflict, "run the command again")
	wantError(t, patch(plain, ref("x", "b")), flags.ErrConflict, "run the command again")
	wantError(t, patch("01AAAAAAAAAAAAAAAAAAAAAAAA", ref("x", "a")), flags.ErrNotFound)
	other := r.with(func(*Options) {})
	other.flag += "2"
	other.create()
	wantError(t, other.Patch(ctx, other.flag, id, flags.Patch{Rollout: &percent}), flags.ErrNotFound, "has no strategy "+id)
	if diff := cmp.Diff(before, r.read()); diff != "" {
		t.Errorf("refused patches changed the flag (-before +after):\n%s", diff)
	}
	r.must(patch(id, ref("x", "a")))
	for _, s := range r.read().Strategies {
		if s.ID == id && s.Rollout() != percent {
			t.Errorf("rollout is %d after the patch that fits, want %d", s.Rollout(), percent)
		}
	}
}

// TestServerPeople: strategies of people come and go whole, and a save in the
// UI keeps what is ours.
func TestServerPeople(t *testing.T) {
	r := newReal(t)
	var segment struct {
		ID int `json:"id"`
	}
	r.must(json.Unmarshal(r.ui(http.MethodPost, "segments", map[string]any{"name": r.flag, "constraints": []any{}}), &segment))
	r.create()
	const constraint = `{"contextName":"appName","operator":"STR_STARTS_WITH","values":["acme-","globex-"],"inverted":true,"caseInsensitive":true}`
	theirs := flags.Strategy{
		Name: flags.StrategyName, Title: "tenant", SortOrder: 1,
		Constraints: []json.RawMessage{json.RawMessage(constraint)}, Segments: []int{segment.ID},
		Parameters: map[string]string{"rollout": "50", "stickiness": "sessionId", "groupId": "g", "note": "by hand"},
		Variants:   []flags.Variant{{Name: "v", Weight: 1000, WeightType: "variable", Stickiness: "sessionId", Payload: &flags.Payload{Type: "json", Value: `{"a":1}`}}},
	}
	theirs.ID = r.add(theirs)
	ours := candidate(r.flag, "a")
	ours.ID = r.add(ours)
	remote := r.add(flags.Strategy{Name: "remoteAddress", Title: "office", SortOrder: 2, Parameters: map[string]string{"IPs": "10.0.0.1"}})

	asJSON := cmp.Transformer("json", func(m json.RawMessage) any { var v any; r.must(json.Unmarshal(m, &v)); return v })
	f := r.read()
	if diff := cmp.Diff(theirs, f.Strategies[0], asJSON); diff != "" {
		t.Errorf("tenant's strategy (-want +got):\n%s", diff)
	}
	if got := f.Strategies[1]; got.ID != remote || got.Parameters["IPs"] != "10.0.0.1" {
		t.Errorf("remoteAddress strategy: %+v", got)
	}
	all, err := r.Export(t.Context())
	r.must(err)
	for _, s := range all[r.flag].Strategies {
		s.SortOrder = 1
		if diff := cmp.Diff(theirs, s, asJSON); s.ID == theirs.ID && diff != "" {
			t.Errorf("tenant's strategy in the export (-want +got):\n%s", diff)
		}
	}

	// What the UI sends when somebody drags the slider and saves.
	ours.Parameters["rollout"] = "37"
	body := map[string]any{"name": ours.Name, "title": ours.Title, "sortOrder": ours.SortOrder, "constraints": []any{}, "segments": []any{}, "parameters": ours.Parameters, "variants": ours.Variants}
	r.ui(http.MethodPut, r.strategies(r.flag, ours.ID), body)
	if diff := cmp.Diff(ours, r.read().Strategies[2], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("our strategy after a save in the UI (-want +got):\n%s", diff)
	}

	// The one request of Read gives what the list of strategies gives.
	var list []strategy
	r.must(json.Unmarshal(r.ui(http.MethodGet, r.strategies(r.flag), nil), &list))
	var want []flags.Strategy
	for _, s := range list {
		want = append(want, s.value())
	}
	inOrder(want)
	if diff := cmp.Diff(want, r.read().Strategies, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Read against the list of strategies (-list +Read):\n%s", diff)
	}
}

// TestServerCopies: the UI's copies of a flag, of a strategy and of an
// environment carry our parameters and are not taken for ours.
func TestServerCopies(t *testing.T) {
	r := newReal(t)
	r.create()
	s := stable(r.flag, "a")
	s.ID = r.add(s)
	copied := s
	copied.ID = ""
	r.add(copied)
	f := r.read()
	if roles := flags.Recognise(f, "x", "production"); roles.Stable == nil || roles.Stable.ID != s.ID || len(roles.Foreign) != 1 {
		t.Errorf("after copying a strategy: %+v", roles)
	}
	development := r.with(func(o *Options) { o.Environment = "development" })
	development.add(copied)
	if roles := flags.Recognise(development.read(), "x", "development"); roles.Stable != nil || len(roles.Foreign) != 1 {
		t.Errorf("after copying an environment: %+v", roles)
	}
	clone := r.with(func(*Options) {})
	clone.flag += "2"
	r.ui(http.MethodPost, r.Client.flag(r.flag, "clone"), map[string]any{"name": clone.flag, "replaceGroupId": true})
	got := clone.read()
	if roles := flags.Recognise(got, "x", "production"); len(got.Strategies) != 2 || roles.Stable != nil || len(roles.Foreign) != 2 {
		t.Errorf("after copying a flag: %+v", roles)
	}
}

// TestServerOrder: equal sort orders are settled by age; a strategy of the UI
// goes last.
func TestServerOrder(t *testing.T) {
	r := newReal(t)
	r.create()
	for i := range 4 {
		r.add(flags.Strategy{Name: flags.StrategyName, Title: fmt.Sprint(i), SortOrder: 7})
	}
	r.ui(http.MethodPost, r.strategies(r.flag), map[string]any{"name": "flexibleRollout", "title": "ui"})
	r.wantOrder("0 1 2 3 ui", false)
}

// TestServerCreateAtOnce: the tag type may be missing, and made by several.
func TestServerCreateAtOnce(t *testing.T) {
	r := newReal(t)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			n := flags.New{Name: fmt.Sprint(r.flag, i), Prompt: "long." + strings.Repeat("p", 20*(i%4))}
			if i == 0 {
				n.Prompt = "p" // too short for a tag
			}
			if err := r.Create(t.Context(), n); err != nil {
				t.Errorf("Create %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	all, err := r.Export(t.Context())
	r.must(err)
	for i, want := range []int{0, 25, 45, 50} {
		n := 0
		for _, tag := range all[fmt.Sprint(r.flag, i)].Tags {
			n += len(tag.Value)
		}
		if n != want {
			t.Errorf("tag of flag %d has %d characters, want %d", i, n, want)
		}
	}
}
