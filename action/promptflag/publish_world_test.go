package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// for the test itself

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/internal/githubfake"
	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store/cloud"
)

// world is one repository with environment production, its flags on the real
// Unleash, and a part of the S3 bucket of its own.
type world struct {
	*team
	objects *blob.Bucket // what is in that part
	names   []string     // of its prompts
	program string       // "": this test
	runs    int
	hub     *githubfake.Fake // nil: a run without GitHub
}

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{
		team:  &team{T: t, unleash: teststack.Unleash(t), prefix: teststack.Prefix(t), dir: t.TempDir()},
		names: names,
	}
	w.bucket = bucketBelow(t, w.prefix)
	var err error
	if w.objects, err = blob.OpenBucket(t.Context(), w.bucket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.objects.Close() })
	w.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SHA": strings.Repeat("c0ffee", 7)[:40],
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/prompts", "GITHUB_ACTOR": "ada",
		"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": filepath.Join(w.dir, "event.json"), "GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": filepath.Join(w.dir, "output"),
	}
	w.file("event.json", `{"head_commit":{"message":"better prompts (#7)"}}`)
	w.configure(w.unleash.URL, w.bucket)
	w.repository()
	return w
}

// merged makes the tree the merge commit of pull request 7, which is what runs are
// for from now on.
func (w *world) merged() {
	w.Helper()
	git := func(args ...string) string {
		w.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=ada", "-c", "user.email=ada@example.com"}, args...)...)
		cmd.Dir = w.dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			w.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("add", "promptflag.toml")
	git("commit", "-q", "-m", "where everything is")
	settings, before := git("show", "HEAD:promptflag.toml"), git("rev-parse", "HEAD")
	git("add", "prompts")
	git("commit", "-q", "-m", "better prompts (#7)")
	head, files, now := git("rev-parse", "HEAD"), strings.Fields(git("show", "--name-only", "--format=", "HEAD")), time.Now()
	w.hub.Change(func(s *githubfake.State) {
		s.Branches["main"], s.Trees[before] = head, map[string]string{"promptflag.toml": settings}
		s.History = []githubfake.Commit{{SHA: before}, {SHA: head, Files: files}}
		s.Pulls[7] = &githubfake.Pull{Author: "ada", BaseRef: "main", Base: before, Head: strings.Repeat("4", 40), HeadRef: "change", Files: files,
			MergeCommit: head, MergedAt: &now, MergedBy: "ada"}
	})
	maps.Copy(w.env, map[string]string{"GITHUB_SHA": head, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_TOKEN": "of-the-run"})
	w.file("event.json", fmt.Sprintf(`{"ref":"refs/heads/main","before":%q,"after":%q,"head_commit":{"message":"better prompts (#7)"},"repository":{"full_name":"acme/prompts","default_branch":"main"}}`, before, head))
}

// command is that of the runs that are killed.
func (w *world) command() []string {
	if w.hub != nil {
		return []string{"publish"}
	}
	return []string{"publish", "--not-head"}
}

// told wants one comment with the result on the pull request.
func (w *world) told(when string) {
	w.Helper()
	if w.hub == nil {
		return
	}
	if all := w.hub.Comments(7); len(all) != 1 || !strings.Contains(all[0].Body, "What was published") {
		w.Errorf("%s: comments %v, want one with the result", when, all)
	}
}

// untold wants no comment on a pull request that changed no prompt, from no attempt.
func (w *world) untold() {
	w.Helper()
	if w.hub == nil {
		return
	}
	w.hub.Change(func(s *githubfake.State) {
		s.Pulls[7].Files, s.Comments = []string{"README.md"}, nil
	})
	out, err := w.process(2, w.command()...).CombinedOutput()
	if all := w.hub.Comments(7); err != nil || len(all) != 0 {
		w.Errorf("again, with nothing to do: %v, comments %v\n%s", err, all, out)
	}
}

// repository makes dir a checkout whose last commit has no promptflag.toml yet:
// what an environment asks for is read from the commit before.
func (w *team) repository() {
	w.Helper()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "-q", "--allow-empty", "-m", "nothing yet"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			w.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// build makes the program as it is sold: one that looks for data races takes ten
// times as long to start, and the tests start it a hundred times.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "promptflag")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// configure says where flags and bucket are.
func (w *world) configure(unleash, bucket string) {
	w.file("promptflag.toml", fmt.Sprintf("bucket = %q\n[unleash]\nurl = %q\nflag_prefix = %q\n[environments.production]\npercent = 10\n", bucket, unleash, w.prefix))
}

func (w *world) file(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
}

// tree makes prompts of "name=version".
func (w *world) tree(versions ...string) {
	for _, v := range versions {
		name, version, _ := strings.Cut(v, "=")
		w.file("prompts/"+name+".toml", fmt.Sprintf("model = \"m\"\n[[messages]]\nrole = \"system\"\ncontent = \"%s %s\"\n", name, version))
	}
}

// publish runs in this process, as a run of its own.
func (w *world) publish() string {
	w.Helper()
	w.runs++
	w.env["GITHUB_RUN_ID"] = strconv.Itoa(w.runs)
	return w.promptflag("publish", "--not-head")
}

// process is the program, not started yet; attempt is that of the run.
func (w *world) process(attempt int, args ...string) *exec.Cmd {
	program := w.program
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			w.Fatal(err)
		}
		program = self
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0], cmd.Dir = "promptflag", w.dir
	env := maps.Clone(w.env)
	env["GITHUB_RUN_ATTEMPT"], env["UNLEASH_ADMIN_TOKEN"] = strconv.Itoa(attempt), w.unleash.AdminToken
	env["GORACE"] = "atexit_sleep_ms=0"
	cmd.Env = os.Environ()
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	return cmd
}

// keys lists the bucket below prefix.
func (w *world) keys(prefix string) []string {
	w.Helper()
	var keys []string
	for it := w.objects.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(w.Context())
		if err == io.EOF {
			return keys
		}
		if err != nil {
			w.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
}

// flag reads a flag, nil if there is none.
func (w *world) flag(name string) *flags.Flag {
	w.Helper()
	f, err := w.admin().Read(w.Context(), w.prefix+name)
	if errors.Is(err, flags.ErrNotFound) {
		return nil
	}
	if err != nil {
		w.Fatal(err)
	}
	return &f
}

// twin is the same place with another tree.
func (w *world) twin(versions ...string) *world {
	other := *w
	team := *w.team
	other.team = &team
	other.dir = w.TempDir()
	other.env = maps.Clone(w.env)
	other.configure(w.unleash.URL, w.bucket)
	other.repository()
	other.file("event.json", `{"head_commit":{"message":"better prompts (#7)"}}`)
	other.env["GITHUB_EVENT_PATH"], other.env["GITHUB_OUTPUT"] = filepath.Join(other.dir, "event.json"), filepath.Join(other.dir, "output")
	other.tree(versions...)
	return &other
}

// clone makes flags and bucket those of another world.
func (w *world) clone(from *world) {
	w.Helper()
	admin := w.admin()
	for _, name := range from.names {
		f := from.flag(name)
		if f == nil {
			continue
		}
		if err := admin.Create(w.Context(), flags.New{Name: w.prefix + name, Prompt: name}); err != nil {
			w.Fatal(err)
		}
		for _, s := range f.Strategies {
			s.ID = ""
			s.Parameters = maps.Clone(s.Parameters)
			for key, value := range s.Parameters {
				s.Parameters[key] = strings.ReplaceAll(value, from.prefix, w.prefix)
			}
			if _, err := admin.Add(w.Context(), w.prefix+name, s); err != nil {
				w.Fatal(err)
			}
		}
		if err := admin.Switch(w.Context(), w.prefix+name, f.Enabled); err != nil {
			w.Fatal(err)
		}
	}
	for _, key := range slices.Concat(from.keys("blobs/"), from.keys("releases/")) {
		data, err := from.objects.ReadAll(w.Context(), key)
		if err == nil {
			err = w.objects.WriteAll(w.Context(), key, data, nil)
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

// state is everything that has to be the same however it came about: flags
// without ids, blobs, and of every version the newest record that is done.
type state struct {
	Flags map[string][]string
	Blobs []string
	Done  map[string]string
}

func (w *world) state() state {
	w.Helper()
	s := state{Flags: map[string][]string{}, Blobs: w.keys("blobs/"), Done: map[string]string{}}
	bucket, err := cloud.Open(w.Context(), w.bucket)
	if err != nil {
		w.Fatal(err)
	}
	defer bucket.Close()
	for _, name := range w.names {
		keys, err := bucket.RecordKeys(w.Context(), name)
		if err != nil {
			w.Fatal(err)
		}
		for _, k := range slices.Backward(keys) { // the oldest first
			if k.Phase == "done" {
				s.Done[name+" "+k.Version] = meaning(k.Action)
			}
		}
		f := w.flag(name)
		if f == nil {
			continue
		}
		lines := []string{fmt.Sprintf("%s %s enabled=%v links=%v", f.Type, f.Project, f.Enabled, w.links(name))}
		for _, x := range f.Strategies {
			p := maps.Clone(x.Parameters)
			delete(p, flags.ParamID)
			p["groupId"] = strings.TrimPrefix(p["groupId"], w.prefix)
			lines = append(lines, fmt.Sprint(x.Title, x.SortOrder, x.Disabled, p, x.Constraints, x.Segments, x.Ref()))
		}
		s.Flags[name] = lines
	}
	return s
}

// links are the addresses on the page of a flag.
func (w *world) links(name string) (all []string) {
	w.Helper()
	var doc struct{ Links []struct{ URL, Title string } }
	if err := json.Unmarshal(w.unleash.Admin(w.T, http.MethodGet, "/api/admin/projects/default/features/"+w.prefix+name, nil), &doc); err != nil {
		w.Fatal(err)
	}
	for _, l := range doc.Links {
		all = append(all, l.URL+" "+l.Title)
	}
	return all
}

// meaning is what an action says about a version, see plan.Action: the run after
// a crash may find another word for it.
func meaning(action string) string {
	switch action {
	case "create", "fold", "restore":
		return "stable"
	case "reject", "replace":
		return "held"
	}
	return action
}

// whole wants that no flag names what is not in the bucket, and that every flag
// that is on serves everybody; those in live are on.
func (w *world) whole(when string, live ...string) {
	w.Helper()
	blobs := w.keys("blobs/")
	for _, name := range w.names {
		f := w.flag(name)
		if f == nil || !f.Enabled {
			if slices.Contains(live, name) {
				w.Errorf("%s: %s is not on: %+v", when, name, f)
			}
			if f == nil {
				continue
			}
		}
		var last *flags.Strategy
		for i, s := range f.Strategies {
			ref, err := prompts.ParseRef(s.Ref())
			if err != nil || !slices.Contains(blobs, "blobs/sha256/"+strings.TrimPrefix(string(ref.Digest), "sha256:")) {
				w.Errorf("%s: %s names %q, which is not in the bucket (%v)", when, name, s.Ref(), err)
			}
			if !s.Disabled {
				last = &f.Strategies[i]
			}
		}
		if f.Enabled && (last == nil || last.Rollout() != 100 || last.Constrained() || last.Parameters["stickiness"] != "default") {
			w.Errorf("%s: %s does not serve everybody: %+v", when, name, f.Strategies)
		}
	}
}
