package scaffold

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/schema"
)

//go:embed files
var embedded embed.FS

// starterName is the first prompt.
const starterName = "ticket-title"

// newConfig is promptflag.toml with what the options say.
func (l *layout) newConfig() ([]byte, error) {
	src, err := embedded.ReadFile("files/promptflag.toml")
	if err != nil {
		return nil, err
	}
	text := string(src)
	for _, v := range []struct{ line, key, value string }{
		{`branch  = "main"`, `branch  = `, l.Branch},
		{`bucket = "file://.promptflag/bucket"`, `bucket = `, l.Bucket},
		{`url         = "file://.promptflag/flags"`, `url         = `, l.Unleash},
	} {
		if v.value == "" {
			continue
		}
		if strings.Count(text, v.line) != 1 {
			return nil, fmt.Errorf("promptflag.toml: %q is not there once", v.line)
		}
		quoted, err := quote(v.value)
		if err != nil {
			return nil, err
		}
		text = strings.Replace(text, v.line, v.key+quoted, 1)
	}
	return []byte(text), nil
}

// quote writes a basic string of TOML, which is one of JSON but for DEL.
func quote(s string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return "", err
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`), nil
}

// starter is the first prompt, its suite and the recorded answers; none if the
// team has prompts already.
func (l *layout) starter() ([]file, error) {
	cfg := l.result.Config
	var files []file
	ours := map[string]bool{}
	err := fs.WalkDir(embedded, "files", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimPrefix(p, "files/")
		data, err := embedded.ReadFile(p)
		if err != nil {
			return err
		}
		if rest, ok := strings.CutPrefix(name, "prompts/"); ok {
			data = bytes.Replace(data, []byte(`"`+Placeholder+`"`), []byte(`"`+l.Owner+`"`), 1)
			name = below(cfg.Prompts, rest)
			// The schemas are at the root.
			up := cmp.Or(strings.Repeat("../", strings.Count(name, "/")), "./")
			data = bytes.Replace(data, []byte("#:schema ../"), []byte("#:schema "+up), 1)
		} else if rest, ok := strings.CutPrefix(name, "recorded/"); ok {
			name = below(cfg.Recorded, rest)
		} else {
			return nil
		}
		ours[name] = true
		files = append(files, file{name, data})
		return nil
	})
	if err != nil {
		return nil, err
	}
	others, err := l.hasOthers(ours)
	if err != nil || others {
		return nil, err
	}
	l.result.Starter = starterName
	return files, nil
}

// below joins a folder, which may be ".", and a path.
func below(folder, rest string) string {
	return strings.TrimPrefix(folder+"/"+rest, "./")
}

// schemas are what editors complete by, and where they are for which files.
func (l *layout) schemas() ([]file, error) {
	taplo, err := embedded.ReadFile("files/taplo.toml")
	if err != nil {
		return nil, err
	}
	taplo = bytes.ReplaceAll(taplo, []byte(`"prompts/**`), []byte(`"`+below(l.result.Config.Prompts, "**")))
	files := []file{{".taplo.toml", taplo}}
	for _, s := range []struct {
		name string
		node schema.Node
	}{{"prompt", schema.Prompt()}, {"eval", schema.Suite()}, {"config", schema.Config()}} {
		data, err := schema.JSON(s.node)
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		files = append(files, file{s.name + ".schema.json", data})
	}
	return files, nil
}

const workflowPath = ".github/workflows/prompts.yml"

var (
	branches = regexp.MustCompile(`(?m)^( *branches: )\[main\]$`)
	choices  = regexp.MustCompile(`(?m)^( *options: )\[production, development\]$`) // of the form by which people start it
	jobs     = regexp.MustCompile(`(?m)^jobs:$`)
)

// workflow is the one of the example, for the branch and the folder of this
// repository.
func (l *layout) workflow() (file, error) {
	src, err := fs.ReadFile(example.FS(), workflowPath)
	if err != nil {
		return file{}, err
	}
	text, cfg := string(src), l.result.Config
	if cfg.Branch != "main" {
		name, err := quote(cfg.Branch)
		if err != nil {
			return file{}, err
		}
		if !branches.MatchString(text) {
			return file{}, errors.New("the workflow of the example names no branch main")
		}
		text = branches.ReplaceAllString(text, "${1}["+strings.ReplaceAll(name, "$", "$$")+"]")
	}
	for _, p := range []struct{ of, here string }{
		{"prompts/**", below(cfg.Prompts, "**")}, {"recorded/**", below(cfg.Recorded, "**")}, {config.FileName, config.FileName},
	} {
		here, err := quote(l.below + p.here)
		if err != nil {
			return file{}, err
		}
		text = strings.ReplaceAll(text, `"`+p.of+`"`, here)
	}
	if names := cfg.Names(); !slices.Equal(slices.Sorted(slices.Values(names)), []string{"development", "production"}) {
		// Names are letters, digits and - . _ ~: quoted, YAML takes none for a number
		// or for yes and no.
		text = choices.ReplaceAllString(text, `${1}["`+strings.Join(names, `", "`)+`"]`)
	}
	if l.below != "" {
		if jobs.FindAllString(text, -1) == nil || strings.Contains(text, "\nenv:\n") {
			return file{}, errors.New("the workflow of the example has no place for the folder")
		}
		name, err := quote(strings.TrimSuffix(l.below, "/"))
		if err != nil {
			return file{}, err
		}
		text = jobs.ReplaceAllString(text, "env:\n  PROMPTFLAG_DIRECTORY: "+strings.ReplaceAll(name, "$", "$$")+"\n\njobs:")
	}
	return file{workflowPath, []byte(text)}, nil
}
