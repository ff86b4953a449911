//go:build unix

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/promptflag/promptflag/prompts"
)

// check prints what a whole `promptflag check` takes: the program is built once
// and run as people run it, in repositories that are written for it. It must be
// the first suite: on Linux the peak memory of a child is never less than that
// of the process that starts it.
func check(ctx context.Context, r *Report) error {
	dir, err := os.MkdirTemp("", "promptflag-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "promptflag")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/promptflag/promptflag/action/promptflag").CombinedOutput(); err != nil {
		return fmt.Errorf("build promptflag: %w: %s", err, out)
	}
	took := map[int][]float64{}
	peak, cpu := 0.0, 0.0
	for _, n := range []int{1000, 10000} {
		tree := filepath.Join(dir, fmt.Sprint(n))
		if err := writeTree(tree, n); err != nil {
			return err
		}
		for range 4 { // the first one warms up
			seconds, used, megabytes, err := runCheck(ctx, program, tree, n)
			if err != nil {
				return err
			}
			took[n] = append(took[n], seconds)
			peak, cpu = max(peak, megabytes), used
		}
	}
	small, large := took[1000][1:], took[10000][1:]
	note("1,000 prompts %.3f s, 10,000 prompts %.3f s, peak %.0f MB", small, large, peak)
	one, err := loadOne(filepath.Join(dir, "10000"))
	if err != nil {
		return err
	}
	return printAll(r, "", nil, value{"check_10000", Median(large)}, value{"check_10000_cpu", cpu}, value{"check_10000_peak", peak},
		value{"check_growth", Median(large) / Median(small)}, value{"check_one", one})
}

// runCheck returns the wall time, the CPU time and the peak resident memory of a
// process.
func runCheck(ctx context.Context, program, dir string, n int) (seconds, cpu, megabytes float64, err error) {
	cmd := exec.CommandContext(ctx, program, "check")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	seconds = time.Since(start).Seconds()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("promptflag check: %w: %.1000s", err, out)
	}
	if want := fmt.Sprintf("%d prompts", n); !bytes.Contains(out, []byte(want)) {
		return 0, 0, 0, fmt.Errorf("promptflag check prints %.1000q, want %q in it", out, want)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	unit := 1024.0 // of Maxrss
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return seconds, cpu, float64(usage.Maxrss) * unit / 1e6, nil
}

// loadOne is the time in milliseconds to load one prompt of a large repository,
// with the partials that it includes, when its files are in the system's cache.
func loadOne(dir string) (float64, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	var took []float64
	for range 21 {
		start := time.Now()
		tree, err := prompts.Load(root.FS(), "prompts", &prompts.LoadOptions{Names: []string{"team042.prompt04260"}})
		if err != nil {
			return 0, err
		}
		took = append(took, 1000*time.Since(start).Seconds())
		if n := len(tree.Definitions()); n != 1 {
			return 0, fmt.Errorf("loaded %d prompts, want 1", n)
		}
	}
	return Median(took[1:]), nil
}

// The generated repository is sound, and has what it is meant to have.
func TestWriteTree(t *testing.T) {
	dir := t.TempDir()
	if err := writeTree(dir, 200); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree, err := prompts.Load(root.FS(), "prompts", nil)
	if err != nil {
		t.Fatal(err)
	}
	definitions := tree.Definitions()
	tools, outputs, size := 0, 0, 0
	digests := map[prompts.Digest]bool{}
	for _, d := range definitions {
		digests[d.Prompt.Digest()] = true
		tools += len(d.Prompt.Tools())
		if _, ok := d.Prompt.Output(); ok {
			outputs++
		}
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(d.File)))
		if err != nil {
			t.Fatal(err)
		}
		size += int(info.Size())
	}
	if len(definitions) != 200 || len(digests) != 200 || tools != 50 || outputs != 67 || len(tree.Partials()) != partialsOfTree || len(tree.Findings()) > 0 {
		t.Errorf("%d prompts, %d digests, %d tools, %d outputs, %d partials, findings %.500v", len(definitions), len(digests), tools, outputs, len(tree.Partials()), tree.Findings())
	}
	if mean := size / 200; mean < promptSize || mean > promptSize*11/10 {
		t.Errorf("definitions have %d bytes, want about %d", mean, promptSize)
	}
}

func BenchmarkLoad10000(b *testing.B) {
	dir := b.TempDir()
	if err := writeTree(dir, 10000); err != nil {
		b.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	for b.Loop() {
		if _, err := prompts.Load(root.FS(), "prompts", nil); err != nil {
			b.Fatal(err)
		}
	}
}
