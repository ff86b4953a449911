//go:build unix

package bench

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		figure Figure
		value  float64
		want   string
	}{
		{Figure{"calls", "allocs/op", 30}, 30, "calls\t30 allocs/op\t<= 30\tok"},
		{Figure{"calls", "allocs/op", 30}, 31, "calls\t31 allocs/op\t<= 30\tshort"},
		{Figure{"cpu", "x floor", 1.35}, 1.2678, "cpu\t1.268 x floor\t<= 1.35\tok"},
		{Figure{"cpu", "x floor", 1.35}, 1.3501, "cpu\t1.35 x floor\t<= 1.35\tshort"}, // not rounded first
		{Figure{"ready", "ms", 150}, math.NaN(), "ready\tNaN ms\t<= 150\tshort"},
		{Figure{"ready", "ms", 150}, math.Inf(1), "ready\t+Inf ms\t<= 150\tshort"},
		{Figure{"seen", "ms", 0}, 1e9, "seen\t1000000000 ms\t-\tok"},
	} {
		if got := tt.figure.Line(tt.value); got != tt.want {
			t.Errorf("line %q, want %q", got, tt.want)
		}
	}
}

// Every goal can be missed, and says so on a line of the promised form.
func TestEveryGoalCanFail(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9_]+\t[0-9.]+ [^\t]+\t(<= [0-9.]+|-)\t(ok|short)\n$`)
	for _, f := range figures() {
		for _, tt := range []struct {
			value float64
			short bool
		}{{f.Goal, false}, {f.Goal * 1.001, f.Goal != 0}} {
			var out bytes.Buffer
			r := NewReport(&out, figures())
			if err := r.Print(f.Name, tt.value); err != nil {
				t.Fatal(err)
			}
			if !form.MatchString(out.String()) {
				t.Errorf("line %q", out.String())
			}
			want, code := "\tok\n", 0
			if tt.short {
				want, code = "\tshort\n", 1
			}
			if strings.HasSuffix(f.Name, Stretch) {
				code = 0
			}
			if !strings.HasSuffix(out.String(), want) || r.Code() != code {
				t.Errorf("%q ends with %d, want %q and %d", out.String(), r.Code(), want, code)
			}
		}
	}
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	r := NewReport(&out, []Figure{{"a", "x", 1}, {"b", "x", 1}})
	if err := r.Print("a", 1); err != nil {
		t.Error(err)
	}
	if err := r.Print("a", 2); err == nil {
		t.Error("a figure was printed twice")
	}
	if err := r.Print("c", 2); err == nil {
		t.Error("a figure without a goal in the table was printed")
	}
	if got := r.Missing(); len(got) != 1 || got[0] != "b" {
		t.Errorf("missing %q, want b", got)
	}
	if r.Code() != 0 || out.String() != "a\t1 x\t<= 1\tok\n" {
		t.Errorf("%d, %q", r.Code(), out.String())
	}
	if err := r.Print("b", 2); err != nil {
		t.Error(err)
	}
	if r.Code() != 1 {
		t.Errorf("a figure is short, code %d", r.Code())
	}
	if r.Fail(); r.Code() != 2 {
		t.Errorf("a suite failed, code %d", r.Code())
	}
}

func TestFigureNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range figures() {
		if seen[f.Name] {
			t.Errorf("two figures %s: the second could not be printed", f.Name)
		}
		seen[f.Name] = true
	}
}
