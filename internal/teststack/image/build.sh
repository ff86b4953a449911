#!/usr/bin/env bash
# Builds the image of the action without docker, and runs it as the runner of
# a workflow would. Then it is built for arm64, too, which is not run here.
#
#   internal/teststack/image/build.sh            modules from this machine's cache
#   COLD=1 internal/teststack/image/build.sh     modules from the network, as on a runner
#   KEEP=1 internal/teststack/image/build.sh     leaves localhost/promptflag:dev behind
#
# It needs root, Go, buildah, crun and jq (Debian: apt-get install
# --no-install-recommends buildah crun jq), 4 minutes on two cores, and 8 when
# COLD. No registry is asked: the base image is made here, from the Go of this
# machine under the name that the Dockerfile gives it, with digest or without. So this shows that the
# Dockerfile builds and what the result does, not what is in the real base.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

for tool in go buildah crun jq; do
	command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "run it as root: buildah mounts the base image" >&2; exit 2; }

export BUILDAH_ISOLATION=chroot
image=localhost/promptflag:dev
from=$(awk 'toupper($1) == "FROM" { print $2 ~ /^--/ ? $3 : $2; exit }' Dockerfile)
builder=${from%%@*}
version=v0.0.0-image-test
work=$(mktemp -d)
containers=()
cleanup() {
	for c in "${containers[@]}"; do buildah rm "$c" >/dev/null || true; done
	[ -n "${KEEP:-}" ] || buildah rmi -f "$image" >/dev/null 2>&1 || true
	buildah rmi -f "$image-other" >/dev/null 2>&1 || true
	buildah rmi -f "localhost/$builder" >/dev/null 2>&1 || true
	[ -z "${fake:-}" ] || kill "$fake"
	rm -rf "$work"
}
trap cleanup EXIT

# make_base commits Go, a shell, what they link to and the certificates.
make_base() {
	local c root
	c=$(buildah from scratch)
	containers+=("$c")
	root=$(buildah mount "$c")
	mkdir -p "$root"/{usr/local,usr/bin,etc/ssl/certs,lib,lib64,go/cache,src} "$root/tmp"
	chmod 1777 "$root/tmp"
	ln -s usr/bin "$root/bin"
	cp -a "$(go env GOROOT)" "$root/usr/local/go"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	for tool in bash mkdir; do
		cp -L "$(command -v "$tool")" "$root/usr/bin/"
		ldd "$(command -v "$tool")" | grep -o '/[^ ]*' | while read -r lib; do
			mkdir -p "$root/$(dirname "$lib")"
			cp -L "$lib" "$root/$lib"
		done
	done
	ln -s bash "$root/usr/bin/sh"
	buildah config --env PATH=/go/bin:/usr/local/go/bin:/usr/bin --env GOPATH=/go --env GOCACHE=/go/cache --env GOTOOLCHAIN=local --env HOME=/root "$c"
	buildah umount "$c" >/dev/null
	buildah commit -q "$c" "localhost/$builder" >/dev/null
}

begin=$SECONDS
make_base
echo "base $builder: $((SECONDS - begin)) s"

mounts=()
[ -n "${COLD:-}" ] || mounts=(--volume "$(go env GOMODCACHE):/go/pkg/mod" --volume "$(go env GOCACHE):/go/cache")
host=$(go env GOHOSTARCH)

# build ARCH NAME: docker sets the platforms by itself.
build() {
	local begin=$SECONDS
	buildah bud --pull-never --network host --no-cache "${mounts[@]}" --platform "linux/$1" \
		--build-context "$from=container-image://localhost/$builder" \
		--build-arg BUILDPLATFORM="linux/$host" --build-arg TARGETOS=linux --build-arg TARGETARCH="$1" --build-arg VERSION="$version" \
		-t "$2" -f Dockerfile . >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	echo "build for $1: $((SECONDS - begin)) s, $(buildah images --format '{{.Size}}' "$2")"
}

build "$host" "$image"

# A runner sets all inputs of action.yml, to their defaults or to nothing.
inputs=()
for name in $(awk '/^inputs:/ { on = 1; next } /^[a-z]/ { on = 0 } on && /^  [a-z-]+:$/ { print toupper(substr($1, 1, length($1) - 1)) }' action.yml); do
	inputs+=(--env "INPUT_$name=")
done
inputs+=(--env INPUT_DIRECTORY=.)

# run NAME=VALUE... [-- ARGUMENT...]: one step, with the variables, folders and
# user of a runner; inputs that a workflow leaves out are empty. Sets code.
run() {
	local variables=() c
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		variables+=(--env "$1")
		shift
	done
	[ $# -eq 0 ] || shift
	c=$(buildah from --pull-never "$image")
	containers+=("$c")
	: >"$work/commands/output"
	: >"$work/commands/summary"
	code=0
	buildah run --workingdir /github/workspace \
		--volume "$work/repo:/github/workspace" --volume "$work/commands:/github/file_commands" --volume "$work/home:/github/home" \
		--env HOME=/github/home --env CI=true --env GITHUB_ACTIONS=true --env GITHUB_WORKSPACE=/github/workspace \
		--env GITHUB_OUTPUT=/github/file_commands/output --env GITHUB_STEP_SUMMARY=/github/file_commands/summary \
		--env GITHUB_REPOSITORY=acme/prompts --env GITHUB_ACTOR=ada --env GITHUB_SHA="$sha" --env GITHUB_API_URL="$(cat "$work/api")" --env GITHUB_SERVER_URL=https://github.com \
		"${inputs[@]}" \
		"${variables[@]}" "$c" /promptflag "$@" >"$work/log" 2>&1 || code=$?
}

# expect CODE FILE PATTERN: of the last run.
expect() {
	[ "$code" = "$1" ] && grep -q -- "$3" "$2" && return
	echo "exit code $code, want $1 and '$3' in $(basename "$2"), which has:" >&2
	cat "$2" "$work/log" >&2
	exit 1
}

mkdir "$work/commands" "$work/home"
cp -r action/example "$work/repo"

# GitHub, as a program: main has the commit of the run and one before it.
before=$(printf '%040d' 1) sha=0123456789012345678901234567890123456789
(cd action/example && find promptflag.toml prompts -type f | while read -r name; do jq -Rs --arg name "$name" '{($name): .}' "$name"; done) | jq -s add >"$work/tree.json"
jq -n --arg before "$before" --arg sha "$sha" --slurpfile tree "$work/tree.json" '{Repository: "acme/prompts", Branches: {main: $sha},
	Trees: {($before): $tree[0], ($sha): $tree[0]}, History: [{SHA: $before}, {SHA: $sha}],
	Pulls: {"7": {Author: "ada", Base: $before, Head: $sha, HeadRef: "change", Files: ["prompts/support/triage.toml"]}}}' >"$work/state.json"
go build -o "$work/githubfake" ./internal/githubfake/cmd/githubfake
"$work/githubfake" "$work/state.json" >"$work/api" &
fake=$!
until [ -s "$work/api" ]; do kill -0 "$fake"; done
jq -n --arg before "$before" --arg sha "$sha" '{ref: "refs/heads/main", before: $before, after: $sha, repository: {full_name: "acme/prompts"}, sender: {login: "ada"}}' >"$work/home/push.json"
jq -n --arg before "$before" --arg sha "$sha" '{action: "opened", number: 7, repository: {full_name: "acme/prompts"}, sender: {login: "ada"}, pull_request: {number: 7,
	base: {ref: "main", sha: $before, repo: {full_name: "acme/prompts"}}, head: {ref: "change", sha: $sha, repo: {full_name: "acme/prompts"}}}}' >"$work/home/pull_request.json"

c=$(buildah from --pull-never "$image")
containers+=("$c")
root=$(buildah mount "$c")
[ -s "$root/etc/ssl/certs/ca-certificates.crt" ] || { echo "no certificates in the image" >&2; exit 1; }
[ -k "$root/tmp" ] || { echo "no folder for temporary files in the image" >&2; exit 1; }
echo "files in it: $(cd "$root" && find . -type f | tr '\n' ' ')"
echo "entry point: $(buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}} user {{printf "%q" .OCIv1.Config.User}} directory {{printf "%q" .OCIv1.Config.WorkingDir}}' "$image")"
buildah umount "$c" >/dev/null

run -- --version
expect 0 "$work/log" "^$version\$"
run INPUT_COMMAND=check
expect 0 "$work/log" '3 prompts, no findings'
pull=(GITHUB_EVENT_NAME=pull_request GITHUB_EVENT_PATH=/github/home/pull_request.json GITHUB_REF=refs/pull/7/merge INPUT_TOKEN=of-the-run)
push=(GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH=/github/home/push.json GITHUB_REF=refs/heads/main)
run "${pull[@]}"
expect 0 "$work/commands/summary" '^## '
expect 0 "$work/commands/output" '^plan={"items":'
run "${push[@]}"
expect 4 "$work/commands/summary" '^### Nothing was published'
run "${push[@]}" INPUT_TOKEN=of-the-run
expect 0 "$work/commands/summary" '^### What was published'
run INPUT_COMMAND='split support.triage' INPUT_ENVIRONMENT=production
expect 0 "$work/log" '1000 of 1000'
run GITHUB_EVENT_NAME=workflow_dispatch INPUT_COMMAND=off INPUT_PROMPT=support.triage INPUT_ENVIRONMENT=production INPUT_REASON="it's --help"
expect 0 "$work/commands/summary" '^### What was done'
sed -i 's/"user"/"usr"/' "$work/repo/prompts/support/triage.toml"
run "${pull[@]}"
expect 1 "$work/log" '^::error .*file=prompts/support/triage.toml,line='
run GITHUB_EVENT_NAME=release
expect 2 "$work/log" 'the event "release" has no command'
echo "nine runs are as expected"

# 0xb7 is AArch64, 0x3e x86-64: e_machine of ELF.
other=arm64 machine=b7
[ "$host" = amd64 ] || { other=amd64 machine=3e; }
build "$other" "$image-other"
c=$(buildah from --pull-never --arch "$other" "$image-other")
containers+=("$c")
root=$(buildah mount "$c")
found=$(od -An -tx1 -j18 -N1 "$root/promptflag" | tr -d ' ')
[ "$found" = $machine ] || { echo "the binary for $other is of machine 0x$found" >&2; exit 1; }
echo "the binary for $other is one: ELF machine 0x$found, image $(buildah inspect --type image --format '{{.OCIv1.Architecture}}' "$image-other")"
