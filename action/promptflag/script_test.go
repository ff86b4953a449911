package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/flagsfile"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"promptflag": main})
}

// scripts describes the behaviour of the binary. Besides promptflag itself
// they use:
//
//	example [-suites] [DIR]  lay out action/example, in a new git repository
//	commit MESSAGE           commit everything
//	append FILE FROM         add one file to the end of another
//	model FILE               start a model that answers by rules; asked and secret are about it
//	asked [-wait] N          how often it was asked since
//	github BASE              start a GitHub with a pull request
//	event NAME BASE [fork]   what GitHub tells the run: pull_request or merge_group
//	comment FILE             the one comment of the pull request
//	secret DIR               its key is in no file there and in nothing printed last
//	valid json|xml FILE      the file is well-formed
//	crlf FILE …              files get the line ends of Windows
//	undone DIR ACTION        take the done records of an action away, as if the run had died
//	person dial|disable|enable|delete|off|on …   what somebody does on the flag server
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("../testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts found: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GITHUB_ACTIONS", "")
			e.Setenv("CI", "")
			setupModel(e)
			setupHub(e)
			// The race detector holds every process up for a second at its end.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			e.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(e.WorkDir, "gitconfig"))
			return os.WriteFile(filepath.Join(e.WorkDir, "gitconfig"),
				[]byte("[user]\nname = Ada\nemail = ada@acme.invalid\n[init]\ndefaultBranch = main\n[commit]\ngpgsign = false\n"), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"example": cmdExample,
			"commit":  cmdCommit,
			"person":  cmdPerson,
			"exits":   cmdExits,
			"replace": cmdReplace,
			"append":  cmdAppend,
			"model":   cmdModel,
			"asked":   cmdAsked,
			"secret":  cmdSecret,
			"github":  cmdGitHub,
			"event":   cmdEvent,
			"comment": cmdComment,
			"valid":   cmdValid,
			"crlf":    cmdCRLF,
			"undone":  cmdUndone,
		},
	})
}

// cmdExample lays out the example: without its suites, which would ask for an
// evaluation of every change, unless -suites is said.
func cmdExample(ts *testscript.TestScript, _ bool, args []string) {
	suites := len(args) > 0 && args[0] == "-suites"
	if suites {
		args = args[1:]
	}
	dir := ts.MkAbs(".")
	if len(args) > 0 {
		dir = ts.MkAbs(args[0])
	}
	ts.Check(os.CopyFS(dir, example.FS()))
	if !suites {
		ts.Check(withoutSuites(dir))
	}
	ts.Check(ts.Chdir(dir))
	ts.Check(ts.Exec("git", "init", "-q"))
	cmdCommit(ts, false, []string{"first prompts"})
}

func cmdCommit(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "--allow-empty", "-m", args[0]))
}

// cmdExits runs a command and demands an exit code: exits 2 promptflag dial.
func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit interface{ ExitCode() int }
	if err != nil {
		var ok bool
		if exit, ok = err.(interface{ ExitCode() int }); !ok {
			ts.Fatalf("%v: %v", args[1:], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}

// cmdReplace edits a file: replace FILE OLD NEW; OLD must be there once.
func cmdReplace(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	if n := bytes.Count(data, []byte(args[1])); n != 1 {
		ts.Fatalf("%q is %d times in %s", args[1], n, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Replace(data, []byte(args[1]), []byte(args[2]), 1), 0o644))
}

// cmdAppend adds one file to the end of another: append FILE FROM.
func cmdAppend(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+ts.ReadFile(args[1])), 0o644))
}

// cmdValid reads a whole file: valid json|xml FILE.
func cmdValid(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[1]))
	switch args[0] {
	case "json":
		var v any
		ts.Check(json.Unmarshal(data, &v))
	case "xml":
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			_, err := d.Token()
			if err == io.EOF {
				return
			}
			ts.Check(err)
		}
	default:
		ts.Fatalf("valid %s", args[0])
	}
}

// cmdCRLF gives files the line ends of Windows: crlf FILE ….
func cmdCRLF(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(strings.ReplaceAll(ts.ReadFile(file), "\n", "\r\n")), 0o644))
	}
}

// cmdUndone takes done records away: undone DIR ACTION.
func cmdUndone(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*-"+args[1]+"-*-done.json"))
	if ts.Check(err); len(files) == 0 {
		ts.Fatalf("there is no done record of %s in %s", args[1], args[0])
	}
	for _, file := range files {
		ts.Check(os.Remove(file))
	}
}

// cmdPerson changes production's flag of a prompt in the embedded document:
// person VERB PROMPT [PERCENT].
func cmdPerson(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	f, err := flagsfile.New(ts.MkAbs(".promptflag/flags"), "production", nil)
	ts.Check(err)
	flag, err := f.Read(ctx, args[1])
	ts.Check(err)
	c := flags.Recognise(flag, args[1], "production").Candidate
	yes, no := true, false
	switch args[0] {
	case "dial":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		ts.Check(f.Patch(ctx, args[1], c.ID, flags.Patch{Rollout: &n}))
	case "disable":
		ts.Check(f.Patch(ctx, args[1], c.ID, flags.Patch{Disabled: &yes}))
	case "enable":
		ts.Check(f.Patch(ctx, args[1], c.ID, flags.Patch{Disabled: &no}))
	case "delete":
		ts.Check(f.Delete(ctx, args[1], c.ID))
	case "off", "on":
		ts.Check(f.Switch(ctx, args[1], args[0] == "on"))
	default:
		ts.Fatalf("a person cannot %s", args[0])
	}
	fmt.Fprintf(ts.Stdout(), "person: %v\n", args)
}
