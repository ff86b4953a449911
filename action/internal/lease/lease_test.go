package lease

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/store"
)

func TestEnded(t *testing.T) {
	run := func(url, id string) store.LeaseHolder {
		h := Holder(plan.Origin{Run: id, RunURL: url}, "publish")
		h.Process = "" // of another computer
		return h
	}
	const here = "https://ci.invalid/acme/prompts/runs/7"
	me := run(here, "7.2")
	for _, tt := range []struct {
		name   string
		holder store.LeaseHolder
		want   bool
	}{
		{"the attempt before", run(here, "7.1"), true},
		{"this attempt, another job", run(here, "7.2"), false},
		{"a later attempt", run(here, "7.3"), false},
		{"another run", run(here, "8.1"), false},
		{"another repository", run("https://ci.invalid/acme/other/runs/7", "7.1"), false},
		{"a person", run("", "c0ffee"), false},
		{"nothing is known", store.LeaseHolder{}, false},
	} {
		if got := Ended(me, tt.holder); got != tt.want {
			t.Errorf("%s: Ended = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestEndedProcess: on one computer a process that is gone has ended; what cannot
// be told has not.
func TestEndedProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can tell")
	}
	me := Holder(plan.Origin{}, "publish")
	if Ended(me, me) {
		t.Error("this process has ended")
	}
	reused := me
	reused.Process = me.Process[:strings.LastIndexByte(me.Process, '/')] + "/1"
	if !Ended(me, reused) {
		t.Error("another process had this PID, and has not ended")
	}
	elsewhere := me
	elsewhere.PID, elsewhere.Process = 1<<22+1, "other-boot/pid:[1]/1"
	if Ended(me, elsewhere) {
		t.Error("a process of another system has ended")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	gone := me
	gone.PID = cmd.Process.Pid
	if !Ended(me, gone) {
		t.Error("a process that is gone has not ended")
	}
}

var errAway = errors.New("the bucket is away")

// away is a backend that gives no leases.
type away struct{ store.Backend }

func (away) Create(context.Context, string, []byte, store.CreateOptions) error { return errAway }

// TestTakeEmergency: a rollback does not depend on leases.
func TestTakeEmergency(t *testing.T) {
	var said []string
	o := Options{Command: "rollback", NewID: func() string { return "ff" }, Say: func(text string) { said = append(said, text) }}
	b := store.New(away{store.NewMem()})
	if _, err := Take(t.Context(), b, "production", o); !errors.Is(err, errAway) {
		t.Errorf("Take = %v, want %v", err, errAway)
	}
	o.Emergency = true
	h, err := Take(t.Context(), b, "production", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Hold(t.Context()), h.Release(t.Context())); err != nil || len(h.Owed()) > 0 {
		t.Errorf("without a lease: %v, owed %v", err, h.Owed())
	}
	if len(said) != 1 || !strings.Contains(said[0], "rollback goes on without") {
		t.Errorf("said %q", said)
	}
}

// TestTake: a lease is given back, and the next one gets it.
func TestTake(t *testing.T) {
	b := store.New(store.NewMem())
	ids := 0
	o := Options{Command: "publish", Prompts: []string{"p"}, NewID: func() string { ids++; return strings.Repeat("f", ids) }}
	for _, owed := range []int{0, 1} {
		h, err := Take(t.Context(), b, "production", o)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Owed()) != owed {
			t.Errorf("owed %v, want %d", h.Owed(), owed)
		}
		if err := errors.Join(h.Hold(t.Context()), h.Release(t.Context(), "p")); err != nil {
			t.Error(err)
		}
	}
}
