package schema

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
)

// unseen are rules about what a schema cannot know.
var unseen = map[string]string{
	"PF001": "reads files",
	"PF002": "about the path of the file; names inside of it are seen",
	"PF003": "not TOML yet",
	"PF004": "not TOML",
	"PF005": "about sizes",
	"PF011": "about the digits as written",
	"PF012": "not JSON",
	"PF016": "compares default, enum and required; a default beside required = true is seen, an item that is there twice too",
	"PF017": "reads templates",
	"PF018": "reads templates",
	"PF019": "reads templates",
	"PF020": "reads templates",
	"PF021": "reads templates",
	"PF023": "reads JSON Schemas",
	"PF024": "reads JSON Schemas",
	"PF026": "reads files",
	"PF027": "reads files",
	"PF028": "reads files; a path that leaves its form is seen",
	"PF029": "counts across the file",
	"PF030": "compares names; a name that is none is seen",
	"PF031": "reads examples",
	"PF032": "reads examples",
	"PF033": "reads JSON Schemas",
	"PF034": "reads JSON Schemas",
	"PF035": "compares names",
	"PF036": "about bytes",
	"PF039": "knows models",
}

// seenAllTheSame are files with findings of unseen rules only that the schema
// refuses.
var seenAllTheSame = map[string]string{
	"about_bad.toml":          "moved_from has no form of a name",
	"enum_bad.toml":           "an item is there twice",
	"key_too_deep.toml":       "the key is unknown, too",
	"number_beyond_2_53.toml": "seed has a range",
	"number_not_finite.toml":  "JSON has null in its place",
}

var ruleIDs = regexp.MustCompile(`PF[0-9]{3}`)

// TestRefusesWhatIsBad compares the schema with the goldens of findings.
func TestRefusesWhatIsBad(t *testing.T) {
	s := compiled(t, Prompt())
	refused, accepted, hit := 0, 0, map[string]bool{}
	judge := func(name string, src []byte, findings []string) {
		var ids []string
		for _, f := range findings {
			ids = append(ids, ruleIDs.FindString(f))
		}
		v, err := instance(src)
		if err != nil || len(ids) == 0 {
			return
		}
		visible := slices.ContainsFunc(ids, func(id string) bool { return unseen[id] == "" })
		err = s.Validate(v)
		_, more := seenAllTheSame[name]
		hit[name] = true
		if err != nil {
			refused++
		} else {
			accepted++
		}
		if (visible || more) != (err != nil) {
			t.Errorf("%s: the schema says %v, check says %q", name, err, findings)
		}
	}
	definitionsBelow(t, "../../../prompts/testdata/findings/*.toml", func(name string, src, want []byte) {
		judge(name, src, strings.Split(strings.TrimSpace(string(want)), "\n"))
	})
	definitionsBelow(t, "../../../prompts/testdata/trees/*.txtar", func(name string, src, want []byte) {
		_, file, _ := strings.Cut(name, "/")
		var own []string
		for line := range strings.SplitSeq(string(want), "\n") {
			if strings.HasPrefix(line, file+":") {
				own = append(own, line)
			}
		}
		judge(name, src, own)
	})
	for name := range seenAllTheSame {
		if !hit[name] {
			t.Errorf("%s is not there", name)
		}
	}
	t.Logf("%d refused, %d accepted", refused, accepted)
}

// TestRulesAreJudged: a new rule is put into the table, or seen.
func TestRulesAreJudged(t *testing.T) {
	seen := "PF006 PF007 PF008 PF009 PF010 PF013 PF014 PF015 PF022 PF025 PF037 PF038"
	for _, rule := range prompts.Rules() {
		if (unseen[rule.ID] != "") == strings.Contains(seen, rule.ID) {
			t.Errorf("%s (%s): can a schema see it?", rule.ID, rule.Name)
		}
	}
}

// parses says whether the strict parser takes a definition, warnings aside.
func parses(src string) (bool, error) {
	_, err := prompts.Parse("x.toml", "x", []byte(src))
	var findings prompts.Findings
	if err == nil || !errors.As(err, &findings) {
		return err == nil, err
	}
	return len(findings.Errors()) == 0, err
}

// TestParametersAgree gives each parameter values of every type, and numbers on
// both sides of each bound of the schema: schema and parser say the same.
func TestParametersAgree(t *testing.T) {
	s := compiled(t, Prompt())
	n := 0
	for name, v := range parameters() {
		values := []string{`true`, `"x"`, `""`, `" "`, `0`, `1`, `-1`, `0.5`, `1.0`, `1.5`, `2`, `3`, `-3`, `150`, `1e6`, `-1e6`, `[]`, `["a"]`, `["a", 1]`, `[1]`,
			`{}`, `{ a = 1 }`, `{ a = 100 }`, `{ a = 100.5 }`, `{ a = -101 }`, `{ a = "x" }`, `{ a = { b = 1 } }`, `1979-05-27`}
		for _, bound := range []string{"minimum", "maximum"} {
			switch b := v.(Node)[bound].(type) {
			case int64:
				values = append(values, fmt.Sprint(b), fmt.Sprint(b-1), fmt.Sprint(b+1))
			case float64:
				f := func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }
				values = append(values, f(b), f(b-0.001), f(b+0.001))
			}
		}
		for _, value := range values {
			src := "model = \"m\"\n[[messages]]\nrole = \"user\"\ncontent = \"x\"\n[parameters]\n" + name + " = " + value + "\n"
			ok, err := parses(src)
			v, decodeErr := instance([]byte(src))
			if decodeErr != nil {
				t.Fatal(decodeErr)
			}
			schemaErr := s.Validate(v)
			if err != nil && schemaErr == nil && strings.Contains(err.Error(), "PF012") {
				continue // a date, which Taplo makes a text
			}
			if ok != (schemaErr == nil) {
				t.Errorf("%s = %s: the parser says %v, the schema %v", name, value, err, schemaErr)
			}
			n++
		}
	}
	t.Logf("%d values", n)
}

// TestShapesAgree does so for the other keys, with a definition around them.
func TestShapesAgree(t *testing.T) {
	s := compiled(t, Prompt())
	const head, say = "model = \"m\"\n", "[[messages]]\nrole = \"user\"\ncontent = \"{{x}}\"\n"
	variable := func(text string) string { return head + "[variables.x]\n" + text + "\n" + say }
	message := func(text string) string { return head + "[[messages]]\n" + text + "\n" }
	part := func(text string) string {
		return head + "[[messages]]\nrole = \"user\"\ncontent = [" + text + "]\n"
	}
	rest := func(text string) string {
		return text + "\n" + head + "[[messages]]\nrole = \"user\"\ncontent = \"x\"\n"
	}
	var sources []string
	for _, kind := range []string{"string", "integer", "number", "boolean", "array", "object", "text"} {
		for _, more := range []string{"", `default = "a"`, "default = 1", "default = 1.5", "default = 1.0", "default = true", "default = []", "default = {}",
			`example = "a"`, "example = 1", "example = true", "example = [1]", "example = { a = 1 }",
			`enum = ["a", "b"]`, "enum = [1, 2]", "enum = [1.5]", "enum = [true]", "enum = []", `enum = ["a", "a"]`, "enum = [1, 1.0]", `enum = "a"`,
			"required = true", "required = false", `required = "no"`, "schema = {}", "schema = 1", "description = 1", "colour = 1", "type2 = 1"} {
			sources = append(sources, variable("type = \""+kind+"\"\n"+more))
		}
	}
	sources = append(sources, variable("default = \"a\""), variable("type = \"string\"\nrequired = true\ndefault = \"a\""), variable("type = \"string\"\nrequired = false\ndefault = \"a\""),
		variable("type = 1"), head+say, say, head, head+"messages = []\n", "model = \"\"\n"+say, head+"variables.1x = { type = \"string\" }\n"+say)
	for _, role := range []string{"system", "developer", "user", "assistant", "tool", ""} {
		sources = append(sources, message("role = \""+role+"\"\ncontent = \"x\""))
	}
	sources = append(sources, message("role = \"user\""), message("content = \"x\""), message("role = \"user\"\ncontent = \"\""), message("role = \"user\"\ncontent = 1"), message("role = \"user\"\ncontent = []"),
		message("placeholder = \"history\""), message("placeholder = \"a b\""), message("placeholder = \"\""), message("placeholder = \"a\"\nrole = \"user\""), message("placeholder = 1"),
		message("examples = true\n[[examples]]\ninput = \"a\"\noutput = \"b\""), message("examples = true\nrole = \"user\"\n[[examples]]\ninput = \"a\"\noutput = \"b\""),
		message("examples = false\n[[examples]]\ninput = \"a\"\noutput = \"b\""), message("examples = true\n[[examples]]\ninput = \"a\""), message("examples = true\n[[examples]]\ninput = \"a\"\noutput = 1"),
		message("examples = true\n[[examples]]\ninput = \"a\"\noutput = \"b\"\nwhy = \"c\""), message("role = \"user\"\ncontent = \"x\"\nname = \"y\""))
	for _, p := range []string{`{ type = "text", text = "a" }`, `{ type = "text" }`, `{ type = "text", text = 1 }`, `{ text = "a" }`, `{ type = "audio" }`, `{ type = "text", text = "a", file = { file_id = "a" } }`,
		`{ type = "image_url", image_url = { url = "a" } }`, `{ type = "image_url", image_url = { url = "a", detail = "low" } }`, `{ type = "image_url", image_url = { url = "a", detail = "lo" } }`,
		`{ type = "image_url", image_url = { detail = "low" } }`, `{ type = "image_url", image_url = "a" }`, `{ type = "image_url" }`, `{ type = "image_url", url = "a" }`,
		`{ type = "file", file = { file_id = "a" } }`, `{ type = "file", file = { file_data = "a", filename = "b" } }`, `{ type = "file", file = { file_data = "a", file_id = "b" } }`,
		`{ type = "file", file = { filename = "a" } }`, `{ type = "file", file = { file_id = 1 } }`, `{ type = "file", file = {} }`, `{ type = "file" }`, `"a"`, `{ type = "file", file = { file_id = "a", x = 1 } }`} {
		sources = append(sources, part(p))
	}
	for _, text := range []string{`description = ""`, `description = 1`, `owners = []`, `owners = ["a"]`, `owners = "a"`, `owners = [1]`, `tags = ["a"]`, `tags = [true]`, `moved_from = "a.b"`, `moved_from = "A"`, `moved_from = ""`,
		`moved_from = "` + strings.Repeat("a", 100) + `"`, `moved_from = "` + strings.Repeat("a", 101) + `"`, `breaking = "b"`, `breaking = " "`, `breaking = true`,
		`deprecated.reason = "x"`, `deprecated.reason = ""`, `deprecated.replaced_by = "a"`, `deprecated.replaced_by = "a..b"`, `deprecated.since = "x"`, `deprecated = true`, `deprecated = {}`,
		`rollout.any.percent = 0`, `rollout.any.percent = 100`, `rollout.any.percent = -1`, `rollout.any.percent = 101`, `rollout.any.percent = 1.5`, `rollout.any.stickiness = ""`, `rollout.any.stickiness = "x"`, `rollout.any = 5`, `rollout.any.x = 5`,
		`check.ignore.PF020 = "x"`, `check.ignore.PF020 = ""`, `check.ignore.PF020 = true`, `check.ignore.PF004 = "x"`, `check.ignore.PF099 = "x"`, `check.ignore.PF101 = "x"`, `check.ignore.PF101 = " "`, `check.ignore.PF999 = "x"`, `check.ignore.PF1000 = "x"`, `check.ignore.x = "x"`, `check.x = 1`, `check = 1`, `check = {}`,
		`tools = []`, `tools = [{ name = "a" }]`, `tools = [{ name = "a b" }]`, `tools = [{ name = "" }]`, `tools = [{}]`, `tools = [{ name = "a", strict = 1 }]`, `tools = [{ name = "a", parameters = 1 }]`, `tools = [{ name = "a", parameters = {}, description = "b" }]`, `tools = [{ name = "a", x = 1 }]`, `tools = {}`,
		`output = {}`, `output.format = "json"`, `output.format = "text"`, `output.format = "xml"`, `output.schema = {}`, `output = { format = "json", schema = {} }`, `output = { format = "text", schema = {} }`, `output.strict = "x"`, `output.x = 1`, `output = 1`,
		`parameters = {}`, `parameters.heat = 1`, `parameters = 1`, `colour = 1`, `examples = []`, `examples = 1`, `variables = {}`, `variables = []`, `name = "x"`} {
		sources = append(sources, rest(text))
	}
	for _, src := range sources {
		ok, err := parses(src)
		v, decodeErr := instance([]byte(src))
		if decodeErr != nil {
			t.Errorf("%v\n%s", decodeErr, src)
			continue
		}
		schemaErr := s.Validate(v)
		if schemaErr == nil && err != nil && !slices.ContainsFunc(ruleIDs.FindAllString(err.Error(), -1), func(id string) bool { return unseen[id] == "" }) {
			continue // known for not being seen
		}
		if ok != (schemaErr == nil) {
			t.Errorf("the parser says %v, the schema %v\n%s", err, schemaErr, src)
		}
	}
	t.Logf("%d definitions", len(sources))
}

// TestKeysAgree compares the keys of the schema with those that the parser's
// source lists: a key that came there and not here is found.
func TestKeysAgree(t *testing.T) {
	lists := keyLists(t)
	at := func(path ...string) Node {
		n := Prompt()
		for _, step := range path {
			next, ok := n[step].(Node)
			if !ok {
				t.Fatalf("no %s in %v", step, path)
			}
			n = next
		}
		return n["properties"].(Node)
	}
	for name, properties := range map[string]Node{
		"fileKeys":     at(),
		"messageKeys":  at("properties", "messages", "items"),
		"toolKeys":     at("properties", "tools", "items"),
		"outputKeys":   at("properties", "output"),
		"variableKeys": at("properties", "variables", "patternProperties", variableName),
		"parameters":   at("properties", "parameters"),
	} {
		want := lists[name]
		if name == "parameters" {
			want = append(want, "extra")
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(properties))); diff != "" {
			t.Errorf("%s (-prompts +schema):\n%s", name, diff)
		}
	}
}

// TestWordsAgree does so for the words that keys may have.
func TestWordsAgree(t *testing.T) {
	lists := keyLists(t)
	for name, n := range map[string]Node{
		"roles":         message()["properties"].(Node)["role"].(Node),
		"partTypes":     part()["properties"].(Node)["type"].(Node),
		"details":       part()["properties"].(Node)["image_url"].(Node)["properties"].(Node)["detail"].(Node),
		"variableTypes": variable()["properties"].(Node)["type"].(Node),
		"formats":       output()["properties"].(Node)["format"].(Node),
	} {
		if diff := cmp.Diff(anys(lists[name]), n["enum"]); diff != "" {
			t.Errorf("%s (-prompts +schema):\n%s", name, diff)
		}
	}
}

// keyLists are the string literals in package-level lists and maps of prompts.
func keyLists(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../../prompts/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of prompts: %v", err)
	}
	out := map[string][]string{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
				for _, e := range literal.Elts {
					if pair, ok := e.(*ast.KeyValueExpr); ok {
						e = pair.Key
					}
					if s, ok := e.(*ast.BasicLit); ok && s.Kind == token.STRING {
						text, _ := strconv.Unquote(s.Value)
						out[spec.Names[0].Name] = append(out[spec.Names[0].Name], text)
					}
				}
			}
			return true
		})
	}
	return out
}

// TestConfigAgrees: keys as the reader of promptflag.toml names them, and values.
func TestConfigAgrees(t *testing.T) {
	s := compiled(t, Config())
	const ok = "bucket = \"mem://\"\nunleash.url = \"https://u\"\n[environments.e]\n"
	root := Config()["properties"].(Node)
	environment := root["environments"].(Node)["patternProperties"].(Node)[`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`].(Node)["properties"].(Node)
	known := regexp.MustCompile(`known here: ([^)]*)`)
	for src, properties := range map[string]Node{
		"x = 1\n" + ok:                                     root,
		"unleash.x = 1\n" + ok:                             root["unleash"].(Node)["properties"].(Node),
		"check.x = 1\n" + ok:                               root["check"].(Node)["properties"].(Node),
		"check.ignore = [{x = 1}]\n" + ok:                  root["check"].(Node)["properties"].(Node)["ignore"].(Node)["items"].(Node)["properties"].(Node),
		"gate.x = 1\n" + ok:                                root["gate"].(Node)["properties"].(Node),
		"endpoints.a.x = 1\n" + ok:                         root["endpoints"].(Node)["patternProperties"].(Node)[""].(Node)["properties"].(Node),
		"prices.a = {x = 1, input = 1, output = 1}\n" + ok: root["prices"].(Node)["patternProperties"].(Node)[""].(Node)["properties"].(Node),
		ok + "x = 1":                                       environment,
		ok + "freeze = [{x = 1}]":                          environment["freeze"].(Node)["items"].(Node)["properties"].(Node),
		"notify = [{x = 1}]\n" + ok:                        root["notify"].(Node)["items"].(Node)["properties"].(Node),
		"retention.x = 1\n" + ok:                           root["retention"].(Node)["properties"].(Node),
		ok + "unleash.x = 1":                               environment["unleash"].(Node)["properties"].(Node),
	} {
		_, err := config.Parse([]byte(src), "/repo")
		m := known.FindStringSubmatch(fmt.Sprint(err))
		if m == nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		want := strings.Split(m[1], ", ")
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(properties))); diff != "" {
			t.Errorf("%q (-config +schema):\n%s", src, diff)
		}
	}
	for _, src := range []string{ok, ok + "percent = 0", ok + "percent = 100", ok + "percent = 101", ok + "percent = -1", ok + "percent = 1.5", ok + "percent = \"5\"", ok + "stickiness = 1",
		ok + "on_open_candidate = \"wait\"", ok + "on_open_candidate = \"maybe\"", ok + "bucket = \"ftp://x\"", ok + "bucket = \"s3://x\"", ok + "unleash = 1", ok + "[environments.\"a b\"]", ok + "x = 1",
		"prompts = \"a/b\"\n" + ok, "prompts = \"../a\"\n" + ok, "prompts = \"/a\"\n" + ok, "prompts = \"a\\\\b\"\n" + ok, "prompts = \"a..b\"\n" + ok, "prompts = \".\"\n" + ok, "branch = 1\n" + ok,
		"unleash.flag_prefix = \"a/\"\n" + ok, "unleash.flag_prefix = \"a.\"\n" + ok, "unleash.project = 1\n" + ok, "bucket = \"mem://\"\n",
		"check.names = [\"support.**\"]\n" + ok, "check.names = [\"A\"]\n" + ok, "check.severity.PF020 = \"note\"\n" + ok, "check.severity.PF020 = \"no\"\n" + ok, "check.severity.PF004 = \"note\"\n" + ok, "check.severity.PF101 = \"error\"\n" + ok,
		"check.ignore = [{ rule = \"PF020\", reason = \"x\" }]\n" + ok, "check.ignore = [{ rule = \"PF020\" }]\n" + ok, "check.ignore = [{ rule = \"PF020\", reason = \" \" }]\n" + ok, "check.ignore = [{ rule = \"x\", reason = \"x\" }]\n" + ok,
		"gate.require_suite = true\n" + ok, "gate.require_suite = 1\n" + ok, "gate.on_inconclusive = \"publish\"\n" + ok, "gate.on_inconclusive = \"pass\"\n" + ok,
		"recorded = \"a/b\"\n" + ok, "recorded = \"../a\"\n" + ok, "recorded = 1\n" + ok, "models.\"a*\" = \"openai\"\n" + ok, "models.a = 1\n" + ok,
		"endpoints.a.family = \"anthropic\"\n" + ok, "endpoints.a.family = \"gemini\"\n" + ok, "endpoints.a.base_url = \"http://127.0.0.1:1/v1\"\n" + ok, "endpoints.a.base_url = \"ftp://x\"\n" + ok,
		"endpoints.a.base_url = \"https://a:b@x\"\n" + ok, "endpoints.a.base_url = \"https://x/?a=b\"\n" + ok, "endpoints.a.concurrency = 1\n" + ok, "endpoints.a.concurrency = 0\n" + ok, "endpoints.a.timeout_seconds = \"1\"\n" + ok,
		"endpoints.a.headers.X-Title = \"a b\"\n" + ok, "endpoints.a.headers.AUTHORIZATION = \"a\"\n" + ok, "endpoints.a.headers.x-api-key = \"a\"\n" + ok, "endpoints.a.headers.\"a b\" = \"a\"\n" + ok, "endpoints.a.headers.a = 1\n" + ok, "endpoints.a.headers.a = \"1\\n2\"\n" + ok, "endpoints.a.headers = 1\n" + ok,
		"prices.m = {input = 0, output = 1.5, cached = 0.1, date = \"x\"}\n" + ok, "prices.m = {input = 0}\n" + ok, "prices.m = {input = -1, output = 1}\n" + ok, "prices.m = {input = \"1\", output = 1}\n" + ok,
		ok + "publish = \"merge\"", ok + "publish = \"no\"", ok + "require_approvals = 0", ok + "require_approvals = 21", ok + "require_approvals = \"1\"", "require_approvals = 2\n" + ok, ok + "require_codeowner = true", ok + "require_codeowner = 1",
		"retention.keep_days = 0\n" + ok, "retention.keep_days = 1\n" + ok, "retention.keep_versions = 0\n" + ok, "retention = 1\n" + ok,
		ok + "freeze = [{days = [\"sat\", \"sun\"], reason = \"r\"}]", ok + "freeze = [{days = [], reason = \"r\"}]", ok + "freeze = [{days = [\"sat\", \"sat\"], reason = \"r\"}]", ok + "freeze = [{days = [\"Sat\"], reason = \"r\"}]", ok + "freeze = [{days = [\"sat\"]}]", ok + "freeze = [{reason = \"r\"}]", ok + "freeze = 1", ok + "freeze = [1]",
		ok + "freeze = [{hours = \"22:00-06:00\", reason = \"r\"}]", ok + "freeze = [{hours = \"22:00-24:00\", reason = \"r\", timezone = \"Europe/Berlin\"}]", ok + "freeze = [{hours = \"22:00-24:30\", reason = \"r\"}]", ok + "freeze = [{hours = \"22-6\", reason = \"r\"}]", ok + "freeze = [{hours = \"22:00-06:00\", reason = \"r\", timezone = \"Local\"}]", ok + "freeze = [{hours = \"22:00-06:00\", reason = \"r\", timezone = \"\"}]",
		ok + "freeze = [{from = \"2026-12-23T18:00:00+01:00\", until = \"2027-01-02T08:00:00Z\", reason = \"r\"}]", ok + "freeze = [{from = \"2026-12-23T18:00:00+01:00\", reason = \"r\"}]", ok + "freeze = [{until = \"2026-12-23T18:00:00+01:00\", reason = \"r\"}]", ok + "freeze = [{from = \"2026-12-23\", until = \"2027-01-02T08:00:00Z\", reason = \"r\"}]",
		ok + "freeze = [{from = \"2026-12-23T18:00:00+01:00\", until = \"2027-01-02T08:00:00Z\", timezone = \"UTC\", reason = \"r\"}]", ok + "freeze = [{from = \"2026-12-23T18:00:00+01:00\", days = [\"sat\"], reason = \"r\"}]",
		"notify = [{kind = \"slack\", url_env = \"A\"}]\n" + ok, "notify = [{kind = \"slack\", url_env = \"A\", secret_env = \"B\"}]\n" + ok, "notify = [{kind = \"webhook\", url_env = \"A\", secret_env = \"B\"}]\n" + ok, "notify = [{url_env = \"A\", secret_env = \"B\"}]\n" + ok, "notify = [{url_env = \"A\"}]\n" + ok, "notify = [{kind = \"slack\"}]\n" + ok, "notify = [{kind = \"mail\", url_env = \"A\", secret_env = \"B\"}]\n" + ok,
		"notify = [{kind = \"slack\", url_env = \"https://x\"}]\n" + ok, "notify = [{kind = \"slack\", url_env = \"A\", on = [\"drift\"], environments = [\"e\"]}]\n" + ok, "notify = [{kind = \"slack\", url_env = \"A\", on = [\"x\"]}]\n" + ok, "notify = [{kind = \"slack\", url_env = \"A\", on = []}]\n" + ok, "notify = 1\n" + ok, "notify = [1]\n" + ok,
		"check.ignore = 1\n" + ok, "check.ignore = [{ rule = \"PF101\", reason = \"x\", prompts = [\"a.*\"] }]\n" + ok} {
		_, err := config.Parse([]byte(src), "/repo")
		v, decodeErr := instance([]byte(src))
		if decodeErr != nil {
			t.Fatalf("%q: %v", src, decodeErr)
		}
		if schemaErr := s.Validate(v); (err == nil) != (schemaErr == nil) {
			t.Errorf("config says %v, the schema %v\n%s", err, schemaErr, src)
		}
	}
}
