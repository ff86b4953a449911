// Package teststack gives tests the real servers that they talk to: Unleash on
// PostgreSQL, an S3, a Google Cloud and an Azure object store, and a mock of
// models, a check of what is asked of GitHub, a runner of workflows; and the cases that every client of Unleash has to pass.
//
// The servers are started once for a whole test run, by a command around it:
//
//	go run ./internal/teststack/cmd/teststack -- go test ./...
//	go run ./internal/teststack/cmd/teststack -unleash 8 -only unleash -- go test ./action/...
//	go run ./internal/teststack/cmd/teststack install
//
// It installs what is missing at exact versions below .work/ of the repository
// (PROMPTFLAG_STACK_CACHE names another folder), starts the servers on free
// loopback ports with their data in a temporary folder, runs the command with
// the variables below and stops everything again, also when it is killed. Its
// exit code is the command's (go run turns any but 0 into 1).
//
//	PROMPTFLAG_STACK                    require: a missing server is a failure, not a skip
//	PROMPTFLAG_TEST_UNLEASH_URL         http://127.0.0.1:PORT
//	PROMPTFLAG_TEST_UNLEASH_VERSION     7.6.5 or 8.2.0
//	PROMPTFLAG_TEST_UNLEASH_ADMIN_TOKEN admin token
//	PROMPTFLAG_TEST_UNLEASH_DEV_TOKEN   backend token of environment development
//	PROMPTFLAG_TEST_UNLEASH_PROD_TOKEN  backend token of environment production
//	PROMPTFLAG_TEST_S3_URL              s3://test?…, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
//	PROMPTFLAG_TEST_GCS_URL             gs://test, with STORAGE_EMULATOR_HOST
//	PROMPTFLAG_TEST_AZURE_URL           azblob://test, with AZURE_STORAGE_CONNECTION_STRING
//	PROMPTFLAG_TEST_LLM_URL             http://127.0.0.1:PORT, with /v1/chat/completions, /v1/messages, /v1/embeddings
//	PROMPTFLAG_TEST_GITHUB_URL          http://127.0.0.1:PORT, which checks requests by GitHub's own description and keeps nothing
//	PROMPTFLAG_TEST_ACT                 the program act, which runs workflows
//	PROMPTFLAG_TEST_SPECIFICATION       the folder of Unleash's client specification, which comes with Unleash
//
// With -only some servers, the variables of the others are absent and
// PROMPTFLAG_STACK is still require: run the packages that need what was
// started.
//
// Tests call Unleash, Specification, S3, GCS, Azure, LLM, GitHub or Runner, which skip when there is no stack.
// All tests of a run share the servers and may run in parallel: Prefix gives
// each test names of its own.
package teststack
