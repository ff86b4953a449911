package cli

import "runtime/debug"

// stamped is the version of a release. Only the linker sets it, where the
// build sees no git: -ldflags "-X …/action/internal/cli.stamped=v1.2.3".
var stamped string

// version is that of the release, the module version that go install recorded,
// or the commit. The image that a workflow builds has none of them, but the
// workflow knows which ref of the action it asked for.
func (p Process) version() string {
	v := buildVersion()
	if ref := p.Getenv("GITHUB_ACTION_REF"); v == "devel" && ref != "" {
		return ref
	}
	return v
}

func buildVersion() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
