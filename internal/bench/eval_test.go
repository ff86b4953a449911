//go:build unix

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/promptflag/promptflag/evalkit/stats"
)

// knownModel answers as a model of known accuracy would: right with the chance
// that the system message names. The answer depends on the request alone.
type knownModel struct{ latency time.Duration }

func (m knownModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Messages []struct{ Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) != 2 {
		http.Error(w, `{"error":{"message":"what?"}}`, http.StatusBadRequest)
		return
	}
	time.Sleep(m.latency)
	var chance float64
	fmt.Sscanf(q.Messages[0].Content, "right %f", &chance)
	h := fnv.New64a()
	fmt.Fprint(h, q.Messages[0].Content, "\x00", q.Messages[1].Content)
	sum := h.Sum64()
	answer := "wrong"
	if rand.New(rand.NewPCG(sum, sum)).Float64() < chance {
		answer = "right"
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":"1","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":1,"total_tokens":21}}`, answer)
}

func (m knownModel) start() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: m}
	go s.Serve(l)
	return "http://" + l.Addr().String() + "/v1", func() { s.Close() }, nil
}

// evalTree is a repository of prompts with suites. Prompts differ by name, so
// that each has answers of its own.
type evalTree struct {
	dir   string
	cases int
	gate  string
}

func (t evalTree) write(prompts int, chance float64) error {
	if err := os.MkdirAll(filepath.Join(t.dir, "prompts"), 0o755); err != nil {
		return err
	}
	files := map[string]string{
		"promptflag.toml": "bucket = \"file://.promptflag/bucket\"\nunleash.url = \"file://.promptflag/flags\"\n[environments.production]\n" +
			"[endpoints.openai]\nconcurrency = 32\nkey_env = \"-\"\n[prices.mock]\ninput = 1\noutput = 1\n",
	}
	for i := range prompts {
		name := fmt.Sprintf("p%04d", i)
		files["prompts/"+name+".toml"] = fmt.Sprintf("model = \"mock\"\nvariables.q.type = \"string\"\n[[messages]]\nrole = \"system\"\ncontent = \"right %.2f of %s\"\n[[messages]]\nrole = \"user\"\ncontent = \"{{q}}\"\n", chance, name)
		files["prompts/"+name+".eval.toml"] = "[[defaults.assert]]\ntype = \"equals\"\nvalue = \"right\"\n" + t.gate
		var cases strings.Builder
		for c := range t.cases {
			fmt.Fprintf(&cases, "{\"id\":\"c%d\",\"vars\":{\"q\":\"%d\"}}\n", c, c)
		}
		files["prompts/"+name+".cases.jsonl"] = cases.String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(t.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// evalReport is what the figures need of report.json.
type evalReport struct {
	Verdict string
	Seconds float64
	Arms    []struct {
		PassRate *struct{ Value float64 }
		Versus   *struct{ Cases, Regressed, Improved int }
	}
}

// eval runs the program as people do, and reads what it wrote.
func (t evalTree) eval(ctx context.Context, program, url string, args ...string) (reports []evalReport, seconds, megabytes float64, err error) {
	cmd := exec.CommandContext(ctx, program, append([]string{"eval"}, args...)...)
	cmd.Dir = t.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.dir, "OPENAI_BASE_URL=" + url}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	seconds = time.Since(start).Seconds()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 4 {
		return nil, 0, 0, fmt.Errorf("promptflag eval: %w: %.2000s", err, out)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	data, err := os.ReadFile(filepath.Join(t.dir, ".promptflag", "eval", "report.json"))
	if err == nil {
		err = json.Unmarshal(data, &reports)
	}
	return reports, seconds, float64(usage.Maxrss) / 1024, err
}

// evaluation prints how fast suites run.
func evaluation(ctx context.Context, r *Report) error {
	dir, program, err := buildProgram(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const latency, concurrency, cases = 100 * time.Millisecond, 32, 1000
	url, stop, err := knownModel{latency}.start()
	if err != nil {
		return err
	}
	defer stop()
	t := evalTree{dir: filepath.Join(dir, "speed"), cases: cases, gate: "[gate.pass_rate]\nmin = 0.5\n"}
	if err := t.write(1, 0.9); err != nil {
		return err
	}
	ideal := math.Ceil(cases/float64(concurrency)) * latency.Seconds()
	var rates []float64
	for range 3 {
		reports, _, _, err := t.eval(ctx, program, url, "--against", "none")
		if err != nil {
			return err
		}
		rates = append(rates, reports[0].Seconds/ideal)
	}
	if _, _, _, err := t.eval(ctx, program, url, "--against", "none", "--record"); err != nil {
		return err
	}
	var replays []float64
	for range 3 {
		reports, seconds, _, err := t.eval(ctx, program, "http://127.0.0.1:1/v1", "--against", "none", "--replay")
		if err != nil {
			return err
		}
		if reports[0].Verdict != "pass" {
			return fmt.Errorf("replay: %+v", reports[0])
		}
		replays = append(replays, seconds)
	}
	fast, stopFast, err := knownModel{}.start()
	if err != nil {
		return err
	}
	defer stopFast()
	big := evalTree{dir: filepath.Join(dir, "big"), cases: 100_000, gate: "[gate.pass_rate]\nmin = 0.5\n"}
	if err := big.write(1, 0.9); err != nil {
		return err
	}
	_, seconds, megabytes, err := big.eval(ctx, program, fast, "--against", "none")
	if err != nil {
		return err
	}
	note("100,000 cases took %.0f s", seconds)
	return printAll(r, "", nil, value{"eval_1000_time", Median(rates)}, value{"eval_replay_1000", Median(replays)},
		value{"eval_100000_peak", megabytes}, value{"eval_statistics_10000", statistics()})
}

// statistics is how long the comparison of 10,000 cases takes, in seconds, by
// the method that costs most.
func statistics() float64 {
	random := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float64, 10_000), make([]float64, 10_000)
	for i := range a {
		a[i], b[i] = random.Float64(), random.Float64()
	}
	clusters := make([]string, len(a))
	start := time.Now()
	if _, err := stats.Compare(a, b, clusters, 0.95, 1); err != nil {
		return math.NaN()
	}
	return time.Since(start).Seconds()
}

func buildProgram(ctx context.Context) (dir, program string, err error) {
	if dir, err = os.MkdirTemp("", "promptflag-eval-"); err != nil {
		return "", "", err
	}
	program = filepath.Join(dir, "promptflag")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/promptflag/promptflag/action/promptflag").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build promptflag: %w: %s", err, out)
	}
	return dir, program, err
}

// verdicts prints how often the gate is wrong about a model of known accuracy:
// how often it passes a prompt that is 10 points worse, and fails one that is as
// good. The naive bootstrap judges the same answers.
func verdicts(ctx context.Context, r *Report) error {
	dir, program, err := buildProgram(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	url, stop, err := knownModel{}.start()
	if err != nil {
		return err
	}
	defer stop()
	for _, run := range []struct{ cases, prompts int }{{20, 200}, {50, 200}, {100, 400}, {200, 200}} {
		var rates []value
		for _, kind := range []struct {
			name string
			new  float64
			bad  string
		}{{"pass_worse", 0.80, "pass"}, {"fail_equal", 0.90, "fail"}} {
			here := evalTree{dir: filepath.Join(dir, fmt.Sprint(kind.name, run.cases)), cases: run.cases, gate: "[gate.pass_rate]\nmargin = 0.05\n"}
			before := here
			before.dir += "-before"
			if err := before.write(run.prompts, 0.9000001); err != nil {
				return err
			}
			// What is equally good is not the same text: its answers are others.
			if err := here.write(run.prompts, kind.new); err != nil {
				return err
			}
			if err := rename(here.dir, run.prompts); err != nil {
				return err
			}
			reports, _, _, err := here.eval(ctx, program, url, "--against", before.dir)
			if err != nil {
				return err
			}
			wrong, naive := 0.0, 0.0
			told := map[string]int{}
			for i, one := range reports {
				told[one.Verdict]++
				if one.Verdict == kind.bad {
					wrong++
				}
				if v := one.Arms[1].Versus; v == nil || v.Cases != run.cases {
					return fmt.Errorf("%s, n = %d: report %d compares %+v", kind.name, run.cases, i, v)
				} else if naiveVerdict(v.Cases, v.Improved, v.Regressed, uint64(i)) == kind.bad {
					naive++
				}
			}
			n := float64(len(reports))
			note("n = %d, %s: %v, naive bootstrap %.1f %%", run.cases, kind.name, told, 100*naive/n)
			rates = append(rates, value{fmt.Sprintf("eval_false_%s_%d", kind.name, run.cases), 100 * wrong / n},
				value{fmt.Sprintf("eval_false_%s_%d_naive_bootstrap", kind.name, run.cases), 100 * naive / n})
		}
		if err := printAll(r, "", nil, rates...); err != nil {
			return err
		}
	}
	return nil
}

// rename gives the prompts of a tree other words of the same meaning.
func rename(dir string, prompts int) error {
	for i := range prompts {
		file := filepath.Join(dir, "prompts", fmt.Sprintf("p%04d.toml", i))
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), " of p", " from p", 1)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// naiveVerdict is the percentile bootstrap with 1,000 resamples and the rule of
// the gate.
func naiveVerdict(n, improved, regressed int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 7))
	means := make([]float64, 1000)
	for i := range means {
		sum := 0
		for range n {
			switch k := random.IntN(n); {
			case k < improved:
				sum++
			case k < improved+regressed:
				sum--
			}
		}
		means[i] = float64(sum) / float64(n)
	}
	slices.Sort(means)
	lower, upper := means[24], means[974]
	switch {
	case lower > -0.05:
		return "pass"
	case upper < 0:
		return "fail"
	}
	return "inconclusive"
}
