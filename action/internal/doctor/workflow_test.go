package doctor

import (
	"testing"
	"testing/fstest"
)

const goodWorkflow = `
on:
  pull_request:
  push:
    branches: [main]
  schedule:
    - cron: "0 6 * * *"
permissions:
  contents: read
  pull-requests: write
jobs:
  prompts:
    runs-on: ubuntu-latest
    steps:
      - uses: promptflag/promptflag@v0
`

func TestWorkflows(t *testing.T) {
	const use = "\n    steps: [{uses: acme/promptflag@v1}]\n"
	for name, tc := range map[string]struct {
		file   string
		about  string
		result Result
		words  string
	}{
		"good": {goodWorkflow, "workflow", OK, "may do what it needs"},
		"own jobs": {"on: {pull_request: , push: , schedule: }\npermissions: {}\njobs:\n" +
			"  a:\n    if: github.event_name == 'pull_request'\n    permissions: {contents: read, pull-requests: write}" + use +
			"  b:\n    if: github.event_name == 'push' || github.event_name == 'schedule'\n    permissions: {contents: read}" + use, "workflow", OK, "may do what it needs"},
		"other":      {"on: push\njobs: {a: {steps: [{run: make promptflag}]}}\n", "workflow", Warn, "no workflow of GitHub"},
		"no push":    {"on: [pull_request]\npermissions: write-all\njobs:\n  a:" + use, "workflow", Warn, "does not run on push"},
		"no drift":   {"on: push\npermissions: write-all\njobs:\n  a:" + use, "workflow", Warn, "drift"},
		"none said":  {"on: push\njobs:\n  a:" + use, "workflow rights", Warn, "names no permissions"},
		"no comment": {"on: pull_request\npermissions: read-all\njobs:\n  a:" + use, "workflow rights", Warn, "lacks pull-requests: write"},
		"own":        {"on: push\npermissions: write-all\njobs:\n  a:\n    permissions: {}" + use, "workflow rights", Fail, "lacks contents: read"},
		"strangers":  {"on: pull_request_target\npermissions: write-all\njobs:\n  a:" + use, "workflow rights", Fail, "pull_request_target"},
		"cloud": {"on: push\npermissions: {contents: read}\njobs:\n  a:\n    steps: [{uses: aws-actions/configure-aws-credentials@v4, with: {role-to-assume: x}}, {run: promptflag publish}]\n",
			"workflow rights", Fail, "lacks id-token: write"},
		"broken": {"on: [promptflag\n", "workflow", CannotTell, "not a workflow"},
		"shape":  {"jobs: promptflag\n", "workflow", CannotTell, "not a workflow"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{".github/workflows/x.yaml": {Data: []byte(tc.file)}}
			want(t, Run(t.Context(), input(t, files, nil)), tc.about, tc.result, tc.words)
		})
	}
}
