# make without a target lists the targets.

GO ?= go

# Tools run at exact versions, outside of go.mod.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# Servers, and what the demonstrations leave to look at. Not in git.
WORK      := .work
TESTSTACK := bin/teststack

# The packages whose tests need Unleash: they run on both major versions.
UNLEASH_TESTS := ./action/internal/publish ./action/internal/unleashadmin ./action/promptflag ./provider/...

# Of these, what asks no Unleash, or publishes a hundred times: once is enough.
WITHOUT_UNLEASH := ^Test(Scripts|Readme.*|Example.*|EvalResume|EvalKilled.*|EvalResumes.*|EvalWriteFaults|EvalGoesOn|Runner.*|PublishKilled|PublishRace)$$

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: preflight
preflight: ## say what is missing on this machine, and how to get it
	@.ci/preflight test && echo "nothing is missing"

.PHONY: demo
demo: ## the whole story in a minute, without any server; needs Go only
	@.ci/preflight demo
	@$(GO) run -tags nocloud ./action/promptflag demo --dir $(WORK)/demo
	@echo "The command that it used is promptflag: go install ./action/promptflag puts it into $$($(GO) env GOPATH)/bin."

.PHONY: demo-unleash
demo-unleash: $(TESTSTACK) ## the same story on a real Unleash and an S3 server
	@$(TESTSTACK) -only unleash,s3 -- sh -c ' \
		export UNLEASH_ADMIN_TOKEN="$$PROMPTFLAG_TEST_UNLEASH_ADMIN_TOKEN"; \
		export UNLEASH_CLIENT_TOKEN_DEVELOPMENT="$$PROMPTFLAG_TEST_UNLEASH_DEV_TOKEN"; \
		export UNLEASH_CLIENT_TOKEN_PRODUCTION="$$PROMPTFLAG_TEST_UNLEASH_PROD_TOKEN"; \
		exec $(GO) run ./action/promptflag demo --dir $(WORK)/demo-unleash \
			--unleash "$$PROMPTFLAG_TEST_UNLEASH_URL" --bucket "$$PROMPTFLAG_TEST_S3_URL"'

# What counts allocations cannot do so under the race detector.
COUNTING := ./provider/unleashflags ./provider/otelprompt ./internal/bench

# They count polls and milliseconds of their own servers: one after the other, and alone.
PATIENT := internal/faultmatrix provider/unleashflags

# The whole program, by scripts and on servers: three times as long under the race detector. What needs
# Unleash and does not publish a hundred times runs under it on version 8, and the packages beneath have parallel tests of their own.
WHOLE := action/promptflag

# Long computations, ten times as long under the race detector.
COMPUTING := internal/repocheck action/internal/bar action/internal/comment action/internal/secrets action/internal/check action/internal/importer action/internal/schema \
	action/internal/gen prompts/compare evalkit/report evalkit/stats evalkit/suite

.PHONY: test
test: $(TESTSTACK) ## all tests, most with the race detector, against real servers that it installs
	@test -d $(WORK)/npm || echo "The first run installs servers and compiles everything: about 10 minutes and 6 GB, most of it in Go's caches."
	$(TESTSTACK) -- sh -c '$(GO) test -race -shuffle=on -timeout 20m $$($(GO) list ./... | grep -v $(patsubst %,-e %$$,$(PATIENT) $(WHOLE) $(COMPUTING))) && \
		$(GO) test -shuffle=on -timeout 20m -parallel 4 ./$(WHOLE) && \
		$(GO) test -race -shuffle=on -p 1 $(addprefix ./,$(PATIENT))'
	$(TESTSTACK) -unleash 8 -only unleash,s3,aimock -- $(GO) test -race -shuffle=on -skip '$(WITHOUT_UNLEASH)' $(UNLEASH_TESTS)
	PROMPTFLAG_STACK=require $(GO) test -shuffle=on $(addprefix ./,$(COMPUTING))
	$(GO) test -count=1 -run 'Allocs|CostsNothing' $(COUNTING)

.PHONY: bench
bench: $(TESTSTACK) ## what it all costs: a line for each figure with its goal; fails when one is short
	@$(GO) test -c -o bin/bench ./internal/bench
	@$(TESTSTACK) -only unleash,s3 -- bin/bench -figures

# Always asks the go command, which knows whether there is anything to build.
.PHONY: $(TESTSTACK)
$(TESTSTACK):
	@.ci/preflight test
	@$(GO) build -o $@ ./internal/teststack/cmd/teststack

.PHONY: check
check: fmt vet staticcheck tidy actionlint action rules ## everything but the tests: format, vet, staticcheck, go.mod, workflows, rules

.PHONY: fmt
fmt: ## all Go files are formatted
	@.ci/preflight check
	@files=$$(gofmt -l action evalkit internal prompts provider store); \
		test -z "$$files" || { echo "run gofmt -w on:"; echo "$$files"; exit 1; }

.PHONY: vet
vet: ## go vet, also of the build without clouds and for other systems
	$(GO) vet ./...
	$(GO) vet -tags nocloud ./action/...
	GOOS=darwin $(GO) vet -tags nocloud ./action/... ./evalkit/... ./prompts/... ./provider/... ./store
	GOOS=windows $(GO) vet -tags nocloud ./action/... ./evalkit/... ./prompts/... ./provider/... ./store

.PHONY: staticcheck
staticcheck: ## staticcheck
	$(GO) run $(STATICCHECK) ./...

.PHONY: tidy
tidy: ## go.mod and go.sum hold what is needed and nothing else
	.ci/tidy

.PHONY: actionlint
actionlint: ## the workflows of this repository and of the example
	$(GO) run $(ACTIONLINT) -shellcheck= -pyflakes= .github/workflows/*.yml action/example/.github/workflows/*.yml

.PHONY: action
action: ## action.yml, by action-validator from npm
	.ci/validate action.yml

.PHONY: image
image: ## build the image of the action without docker and run it; needs root, buildah and crun
	internal/teststack/image/build.sh

.PHONY: rules
rules: ## the repository's own rules (internal/repocheck)
	$(GO) test -count=1 ./internal/repocheck

.PHONY: clean
clean: ## remove binaries and demonstrations, keep installed servers
	rm -rf bin $(WORK)/demo $(WORK)/demo-unleash

.PHONY: clean-all
clean-all: clean ## remove installed servers too
	rm -rf $(WORK)
