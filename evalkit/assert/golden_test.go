package assert

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptflag/promptflag/evalkit/chat"
	"github.com/promptflag/promptflag/internal/golden"
	"github.com/promptflag/promptflag/prompts"
)

// vector is one case of testdata/<type>.json. UPDATE=1 rewrites what is wanted;
// read it in the diff.
type vector struct {
	Name      string          `json:"name"`
	Assertion map[string]any  `json:"assertion"`
	Output    string          `json:"output"`
	Refusal   string          `json:"refusal,omitempty"`
	Finish    string          `json:"finish,omitempty"`
	Latency   float64         `json:"latency_ms,omitempty"`
	Cost      *float64        `json:"cost,omitempty"`
	Logprobs  []float64       `json:"logprobs,omitempty"`
	ToolCalls []chat.ToolCall `json:"tool_calls,omitempty"`
	Tools     []prompts.Tool  `json:"tools,omitempty"`
	Vars      map[string]any  `json:"vars,omitempty"`
	Metadata  map[string]any  `json:"metadata,omitempty"`
	Want      wanted          `json:"want"`
}

type wanted struct {
	Pass   bool    `json:"pass"`
	Score  float64 `json:"score"`
	Reason string  `json:"reason,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func (v vector) input() Input {
	return Input{Vars: v.Vars, Metadata: v.Metadata, Cost: v.Cost, Tools: v.Tools, Output: chat.Response{Text: v.Output, Refusal: v.Refusal, Finish: v.Finish,
		Latency: time.Duration(v.Latency * float64(time.Millisecond)), Logprobs: v.Logprobs, ToolCalls: v.ToolCalls}}
}

// alwaysTold are the types that can be checked on every output.
const alwaysTold = " is-json contains-json is-refusal is-html contains-html "

func TestGolden(t *testing.T) {
	for _, k := range deterministic() {
		t.Run(k.name, func(t *testing.T) {
			file := filepath.Join("testdata", k.name+".json")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("every type has a golden: %v", err)
			}
			var vectors []vector
			if err := json.Unmarshal(data, &vectors); err != nil {
				t.Fatal(err)
			}
			var passes, fails, opposites, errors int
			for i, v := range vectors {
				a := mustParse(t, v.Assertion)
				if a.Type != k.name {
					t.Errorf("%s: the type is %s", v.Name, a.Type)
				}
				r := a.Run(t.Context(), v.input(), Services{})
				vectors[i].Want = wanted{r.Pass, r.Score, r.Reason, r.Error}
				switch {
				case r.Error != "":
					errors++
				case r.Pass:
					passes++
				default:
					fails++
				}
				if a.Not {
					opposites++
				}
			}
			if len(vectors) < 4 || passes == 0 || fails == 0 || opposites == 0 || errors == 0 && !strings.Contains(alwaysTold, " "+k.name+" ") {
				t.Errorf("%d cases: %d pass, %d fail, %d are negated, %d could not be checked", len(vectors), passes, fails, opposites, errors)
			}
			golden.Compare(t, file, pretty(t, vectors))
		})
	}
}

func pretty(t *testing.T, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every file of testdata belongs to a type, so that none is forgotten when its
// type goes.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); name != "promptfoo" && !slices.Contains(kindNames(), name) {
			t.Errorf("%s belongs to no type", file)
		}
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.Summary == "" || strings.HasPrefix(k.Name, not) || !strings.HasSuffix(k.Summary, ".") {
			t.Errorf("%+v", k)
		}
		if _, known := unsupported(k.Name); known {
			t.Errorf("%s is called unsupported too", k.Name)
		}
		seen[k.Name] = true
	}
}
