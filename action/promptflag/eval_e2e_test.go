// The model here is a hand-made fake, to have answers of a known quality and to
// count them; flags and versions are on the real Unleash and the S3 server.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/store/cloud"
)

const gatedCases = 60

// gated is a team with one prompt whose suite decides what is published.
type gated struct {
	*team
	name  string // of the prompt
	mark  string // in everything that the model is asked
	calls *atomic.Int64
	down  *atomic.Bool
}

func newGated(t *testing.T) *gated {
	w := &team{T: t, unleash: teststack.Unleash(t), bucket: teststack.S3(t), prefix: teststack.Prefix(t)}
	g := &gated{team: w, mark: strings.TrimSuffix(w.prefix, "."), calls: new(atomic.Int64), down: new(atomic.Bool)}
	g.name = "e2e." + g.mark
	model := httptest.NewServer(g)
	t.Cleanup(model.Close)
	var cases strings.Builder
	for i := range gatedCases {
		fmt.Fprintf(&cases, "{\"id\": \"c%02d\", \"vars\": {\"q\": \"%s %d\", \"n\": \"%d\"}}\n", i, g.mark, i, i)
	}
	w.dir = evaluated(t, map[string]string{
		"promptflag.toml": fmt.Sprintf("bucket = %q\n[unleash]\nurl = %q\nflag_prefix = %q\n[environments.production]\npercent = 10\n[endpoints.openai]\nbase_url = %q\nkey_env = \"-\"\n[gate]\n",
			w.bucket, w.unleash.URL, w.prefix, model.URL),
		g.file(".toml"):        "model = \"gpt-4o-mini\"\nvariables.q.type = \"string\"\n[[messages]]\nrole = \"system\"\ncontent = \"Be good.\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{q}}\"\n",
		g.file(".eval.toml"):   "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"answer {{n}}\"\n[gate]\nmax_regressions = 2\n[gate.pass_rate]\nmin = 0.85\n",
		g.file(".cases.jsonl"): cases.String(),
	})
	return g
}

func (g *gated) file(suffix string) string { return "prompts/e2e/" + g.mark + suffix }

// ServeHTTP answers as well as the version says: good and better ones know
// everything, bad ones half of it, and shy ones make the endpoint refuse.
func (g *gated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Messages []struct{ Content string } }
	if g.calls.Add(1); g.down.Load() {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) != 2 {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	version, n := q.Messages[0].Content, 0
	fmt.Sscanf(q.Messages[1].Content, g.mark+" %d", &n)
	answer := fmt.Sprintf("answer %d", n)
	switch {
	case strings.Contains(version, "bad") && n%2 == 0:
		answer = "no idea"
	case strings.Contains(version, "shy") && n%2 == 0:
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"id": "known", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer}}},
		"usage":   map[string]any{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
	})
}

// asks runs a command that must ask the model so often and end with a code.
func (g *gated) asks(calls int64, code int, args ...string) string {
	g.Helper()
	before := g.calls.Load()
	if args[0] != "eval" {
		g.inWorkflow()
		defer func() { g.env = nil }()
	}
	if args[0] == "publish" {
		args = append(args, "--not-head") // there is no GitHub to ask
	}
	got, out := g.try(args...)
	if asked := g.calls.Load() - before; got != code || asked != calls {
		g.Fatalf("promptflag %v: exit code %d, want %d; %d calls, want %d\n%s", args, got, code, asked, calls, out)
	}
	return out
}

// inWorkflow makes the commands believe that they run in a workflow of the branch
// that publishes, whose receipts count.
func (g *gated) inWorkflow() {
	g.repository()
	dir := g.TempDir()
	g.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_REPOSITORY": "acme/prompts",
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
	}
}

// untouched runs a command that must not write the flag.
func (g *gated) untouched(command func() string) string {
	g.Helper()
	flag, events := g.flag(), g.events(g.prefix+g.name)
	out := command()
	if after := g.events(g.prefix + g.name); after != events {
		g.Errorf("the flag was written %d times\n%s", after-events, out)
	}
	if diff := cmp.Diff(flag, g.flag()); diff != "" {
		g.Errorf("the flag changed (-before +after)\n%s", diff)
	}
	return out
}

func (g *gated) flag() flags.Flag {
	g.Helper()
	f, err := g.admin().Read(g.Context(), g.prefix+g.name)
	if err != nil {
		g.Fatal(err)
	}
	return f
}

// roles are the versions on the flag.
func (g *gated) roles() (stable, candidate string) {
	g.Helper()
	r := flags.Recognise(g.flag(), g.name, "production")
	if r.Stable != nil {
		stable = r.Stable.ID
	}
	if r.Candidate != nil {
		candidate = r.Candidate.ID
	}
	return stable, candidate
}

// digest is that of the version in the files.
func (g *gated) digest() string {
	g.Helper()
	var list []struct{ Ref string }
	if err := json.Unmarshal([]byte(g.promptflag("list", "--json")), &list); err != nil || len(list) != 1 {
		g.Fatalf("list: %v, %+v", err, list)
	}
	return strings.TrimPrefix(list[0].Ref, g.name+"@")
}

// receipts are the verdicts of a version in the bucket, newest first.
func (g *gated) receipts(digest string) (verdicts []evalkit.Verdict) {
	g.Helper()
	b, err := cloud.Open(g.Context(), g.bucket)
	if err != nil {
		g.Fatal(err)
	}
	defer b.Close()
	keys, err := b.Receipts(g.Context(), digest)
	if err != nil {
		g.Fatal(err)
	}
	for _, k := range keys {
		data, err := b.Receipt(g.Context(), k.Key)
		if err != nil {
			g.Fatal(err)
		}
		c, err := evalkit.ParseReceipt(data)
		if err != nil || c.Ref != g.name+"@"+digest || c.Trust != evalkit.Trusted || strings.Contains(string(data), "Be good") {
			g.Errorf("receipt %s: %v\n%s", k.Key, err, data)
		}
		verdicts = append(verdicts, c.Verdict)
	}
	return verdicts
}

// recorded counts the answers to this test in the bucket.
func (g *gated) recorded() (n int) {
	g.Helper()
	b, err := blob.OpenBucket(g.Context(), g.bucket)
	if err != nil {
		g.Fatal(err)
	}
	defer b.Close()
	for list := b.List(&blob.ListOptions{Prefix: "recorded/"}); ; {
		o, err := list.Next(g.Context())
		if err == io.EOF {
			return n
		}
		if err != nil {
			g.Fatal(err)
		}
		data, err := b.ReadAll(g.Context(), o.Key)
		if err != nil {
			g.Fatal(err)
		}
		if strings.Contains(string(data), g.mark) {
			n++
		}
	}
}

// TestEvalEndToEnd follows versions of a prompt that their evaluation lets pass,
// stops, or says nothing about, from the file to the flag and back.
func TestEvalEndToEnd(t *testing.T) {
	g := newGated(t)
	says := func(out string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("no %q in\n%s", w, out)
			}
		}
	}
	evaluation := func(want string, got []evalkit.Verdict) {
		t.Helper()
		if fmt.Sprint(got) != want {
			t.Errorf("receipts %v, want %s", got, want)
		}
	}

	// The first version.
	says(g.asks(gatedCases, 0, "publish"), "pass: 2 rules hold; pass rate 1 (n=60), at least 0.85: pass")
	first := g.digest()
	evaluation("[pass]", g.receipts(first))
	if n := g.recorded(); n != gatedCases {
		t.Errorf("%d answers are recorded", n)
	}
	g.untouched(func() string { return g.asks(0, 0, "publish") })

	// A worse one is stopped; its answers and its receipt are kept.
	g.edit(g.file(".toml"), "Be good", "Be bad")
	bad := g.digest()
	says(g.untouched(func() string { return g.asks(gatedCases, 1, "publish") }), "the evaluation says no")
	says(g.untouched(func() string { return g.asks(0, 1, "publish") }), "the evaluation says no")
	evaluation("[fail fail]", g.receipts(bad))
	if n := g.recorded(); n != 2*gatedCases {
		t.Errorf("%d answers are recorded", n)
	}

	// One that cannot be judged is stopped too, and says so.
	g.edit(g.file(".toml"), "Be bad", "Be shy")
	shy := g.digest()
	says(g.untouched(func() string { return g.asks(gatedCases, 4, "publish") }), "the evaluation could not tell")
	evaluation("[inconclusive]", g.receipts(shy))

	// The team may say that it goes out all the same. What had no answer is asked again.
	g.edit("promptflag.toml", "[gate]\n", "[gate]\non_inconclusive = \"publish\"\n")
	says(g.asks(gatedCases/2, 0, "publish"), "the evaluation could not tell, and on_inconclusive")
	if _, c := g.roles(); c == "" {
		t.Error("the undecided version is no candidate")
	}
	g.edit("promptflag.toml", "on_inconclusive = \"publish\"\n", "")
	says(g.untouched(func() string { return g.asks(gatedCases/2, 4, "promote", g.name) }), "could not tell")

	// A good one becomes candidate, after a comparison with what is live: the
	// undecided one gets another chance.
	g.edit(g.file(".toml"), "Be shy", "Be better")
	says(g.asks(gatedCases+gatedCases/2, 0, "publish"), "pass")
	better := g.digest()
	evaluation("[pass]", g.receipts(better))
	// At home, answers are those of the repository: the bucket's are not read.
	says(g.asks(2*gatedCases, 0, "eval", "--record"), "production, stable, 90 %")
	g.edit(g.file(".toml"), "Be better", "Be better still")
	says(g.asks(gatedCases, 0, "eval", "--record", "--against", "live"), "production, stable, 90 %")
	var arms []string
	for _, a := range reportOf(t, g.dir).Arms {
		arms = append(arms, fmt.Sprintf("%s, gates %v", a.Title, a.Gates))
	}
	if diff := cmp.Diff([]string{"this change, gates false", "production, stable, 90 %, gates true", "production, candidate, 10 %, gates false"}, arms); diff != "" {
		t.Errorf("compared with (-want +got)\n%s", diff)
	}
	g.edit(g.file(".toml"), "Be better still", "Be better")

	// Who promotes it needs its receipt and no model.
	g.down.Store(true)
	says(g.asks(0, 0, "promote", g.name), "")
	g.asks(0, 0, "publish")

	// A candidate of which the only receipts say no stays where it is, however it
	// came there.
	g.edit(g.file(".toml"), "Be better", "Be bad")
	for _, suffix := range []string{".eval.toml", ".cases.jsonl"} {
		if err := os.Remove(filepath.Join(g.dir, filepath.FromSlash(g.file(suffix)))); err != nil {
			t.Fatal(err)
		}
	}
	g.asks(0, 0, "publish")
	says(g.untouched(func() string { return g.asks(0, 1, "promote", g.name) }), "the evaluation says no", "evaluated 20")
	says(g.untouched(func() string { return g.asks(0, 1, "dial", g.name, "100") }), "the evaluation says no")

	// Going back waits for nobody.
	g.asks(0, 0, "rollback", g.name)
	g.asks(0, 0, "rollback", g.name, "--to", first)
	g.asks(0, 0, "off", g.name)
}
