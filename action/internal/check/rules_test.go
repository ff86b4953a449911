package check

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
)

const defaultConfig = "bucket = \"mem://\"\nunleash.url = \"https://unleash.example.com\"\n[environments.production]\n"

// testdata/rules has one archive for each rule: a repository below bad/ that
// has findings of the rule, one below good/ that has none, and what is found in
// the first. against/ in one of them is the tree that it is compared with, live/
// has the versions with traffic. UPDATE=1 writes what is found.
func TestEveryRule(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "rules", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives in testdata/rules (%v)", err)
	}
	var have []string
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		have = append(have, id)
		t.Run(id, func(t *testing.T) { testRule(t, id, file) })
	}
	var want []string
	for _, r := range Rules() {
		want = append(want, r.ID)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("rules without an archive, or archives without a rule (-rules +archives):\n%s", diff)
	}
}

func testRule(t *testing.T, id, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	bad, good := run(t, archive, "bad/"), run(t, archive, "good/")
	if !slices.ContainsFunc(bad.Findings, func(f prompts.Finding) bool { return f.Rule == id }) {
		t.Errorf("bad has no finding of %s:\n%v", id, bad.Findings)
	}
	if i := slices.IndexFunc(good.Findings, func(f prompts.Finding) bool { return f.Rule == id }); i >= 0 {
		t.Errorf("good has a finding: %v", good.Findings[i])
	}
	if errs := good.Errors(); len(errs) > 0 {
		t.Errorf("good has errors of other rules:\n%v", errs)
	}
	for _, f := range bad.Findings {
		if want := ruleByID(f.Rule); f.Rule == id && f.Severity != want.Severity {
			t.Errorf("severity of %v, want %s", f, want.Severity)
		}
	}
	last := &archive.Files[len(archive.Files)-1]
	got := []byte(bad.Findings.Error() + "\n")
	if last.Name != "want" {
		t.Fatalf("%s does not end with want", file)
	}
	if os.Getenv("UPDATE") == "1" && !bytes.Equal(last.Data, got) {
		last.Data = got
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(last.Data), string(got)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// run checks the part of an archive below prefix.
func run(t *testing.T, archive *txtar.Archive, prefix string) *Report {
	t.Helper()
	fsys, against, live := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	for _, f := range archive.Files {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok {
			continue
		}
		switch {
		case strings.HasPrefix(name, "against/"):
			against[strings.TrimPrefix(name, "against/")] = mapFile(f.Data)
		case strings.HasPrefix(name, "live/"):
			live[strings.TrimPrefix(name, "live/")] = mapFile(f.Data)
		default:
			fsys[name] = mapFile(f.Data)
		}
	}
	src := []byte(defaultConfig)
	if f := fsys[config.FileName]; f != nil {
		src = f.Data
	}
	cfg, err := config.Parse(src, "/repository")
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(Input{FS: fsys, Config: cfg, Against: compared(t, against, live)})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func compared(t *testing.T, against, live fstest.MapFS) *Against {
	t.Helper()
	if len(against) > 0 {
		a, err := Tree("main", against, "prompts")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if len(live) == 0 {
		return nil
	}
	a := &Against{Name: "live versions", Versions: map[string][]Version{}}
	tree, err := prompts.Load(live, "prompts", nil)
	if _, hasPrompts := live["prompts/a.toml"]; err != nil && hasPrompts {
		t.Fatal(err)
	}
	for _, d := range tree.Definitions() {
		a.Versions[d.Prompt.Name()] = []Version{{Prompt: d.Prompt, Ref: d.Prompt.Ref().String(), Where: "production, stable, 100 %"}}
	}
	if f := live["fault"]; f != nil {
		a.Versions["a"] = []Version{{Ref: "a@sha256:3f9a…", Where: "production, stable, 100 %", Fault: strings.TrimSpace(string(f.Data))}}
	}
	return a
}

var (
	byteToken   = regexp.MustCompile(`<0x([0-9a-f]{2})>`)
	secretToken = strings.Join([]string{"ghp", "R7k2Qm9Zt4Wc8Xv1Lp5Ns3Bd6Hf0Jg2Ya1Ke"}, "_") // in pieces: scanners would refuse the file
)

// mapFile puts in what cannot be written in an archive: <0xff> a byte, <CR>, <big>
// a text that is too large, <secret>, and <link>target for the whole file.
func mapFile(data []byte) *fstest.MapFile {
	if target, ok := bytes.CutPrefix(data, []byte("<link>")); ok {
		return &fstest.MapFile{Data: bytes.TrimSpace(target), Mode: fs.ModeSymlink | 0o777}
	}
	data = byteToken.ReplaceAllFunc(data, func(token []byte) []byte {
		b, _ := hex.DecodeString(string(token[3:5]))
		return b
	})
	data = bytes.ReplaceAll(data, []byte("<CR>"), []byte("\r"))
	data = bytes.ReplaceAll(data, []byte("<secret>"), []byte(secretToken))
	data = bytes.ReplaceAll(data, []byte("<big>"), bytes.Repeat([]byte("x"), 1<<20))
	return &fstest.MapFile{Data: data}
}

// TestRulesAreComplete: nothing that people read is missing.
func TestRulesAreComplete(t *testing.T) {
	names := map[string]string{}
	for _, r := range Rules() {
		if r.Name == "" || r.Summary == "" || r.Why == "" || r.Severity == "" {
			t.Errorf("%+v is not complete", r)
		}
		if other, twice := names[r.Name]; twice {
			t.Errorf("%s and %s are both called %s", other, r.ID, r.Name)
		}
		names[r.Name] = r.ID
	}
	if len(names) < 25 {
		t.Errorf("%d rules, want at least 25", len(names))
	}
	fmt.Fprintf(t.Output(), "%d rules\n", len(names))
}
