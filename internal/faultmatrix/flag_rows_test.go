//go:build unix

package faultmatrix

import (
	"context"
	"errors"
	"strings"
)

// shows waits until the server's feed has it.
func (st *stage) shows(ok func(flags map[string]feature) bool) error {
	return st.server.shows(st.t.Context(), st.prefix, ok)
}

// asks says whether a flag in a feed names a version.
func asks(flags map[string]feature, flag, version string) bool {
	return strings.Contains(string(flags[flag].raw), `"`+refOf(flag, version)+`"`)
}

// set makes the strategy of a flag ask for another version.
func (st *stage) set(flag, role, version string) error {
	return st.server.patch(st.t.Context(), st.prefix+flag, role, object{"/variants/0/payload/value": refOf(flag, version)})
}

// setBoth changes the candidate of canary and the stable version of simple.
func (st *stage) setBoth(candidate, stable string) error {
	err := errors.Join(st.set(canary, "candidate", candidate), st.set(simple, "stable", stable))
	if err != nil {
		return err
	}
	return st.shows(func(f map[string]feature) bool { return asks(f, canary, candidate) && asks(f, simple, stable) })
}

func (st *stage) publish() error { return st.setBoth("4", "3") }

// restoreBoth takes setBoth back.
func (st *stage) restoreBoth() error { return st.setBoth("2", "1") }

// unusable is a row whose flags ask for what nobody may serve.
func unusable(what, version string) *row {
	instead := answers{"dialled": "1 STALE (asked " + version + ")", "simple": "1 STALE (asked " + version + ")"}
	return &row{
		where: "flag", what: what, own: true, before: func(st *stage) error { return st.setBoth(version, version) }, lift: (*stage).restoreBoth, restored: true,
		want: map[start]outcome{
			warm:    {answers: instead, events: "CHANGED ERROR"},
			onDisk:  {answers: instead, events: "ERROR"},
			bundled: {answers: instead, events: "ERROR"},
			empty:   {answers: instead.with("simple", "default GENERAL"), events: "ERROR", excuse: "no version of simple that can be served is known"},
		},
	}
}

// flagRows are faults in flags.
func flagRows() []*row {
	return []*row{
		unusable("payloads broken by hand", "hello"),
		unusable("refs to another prompt's bytes", "another's"),
		unusable("blobs of a newer major", "major 2"),
		unusable("blobs with unknown requires", "requires"),
		{
			where: "flag", what: "candidate's blob missing", own: true, fetchFails: true, asked: answers{"dialled": "5 SPLIT"},
			before: func(st *stage) error {
				if err := st.set(canary, "candidate", "5"); err != nil {
					return err
				}
				return st.shows(func(f map[string]feature) bool { return asks(f, canary, "5") })
			},
			lift: func(st *stage) error {
				_, _, err := st.bucket.Put(st.t.Context(), artifact(canary, "5"))
				return err
			},
			want: map[start]outcome{
				warm:    {answers: answers{"dialled": "1 STALE (asked 5)"}, events: "CHANGED ERROR"},
				onDisk:  {answers: answers{"dialled": "1 STALE (asked 5)"}, events: "ERROR"},
				bundled: {answers: answers{"dialled": "1 STALE (asked 5)"}, events: "ERROR"},
				empty:   {answers: answers{"dialled": "1 STALE (asked 5)"}, events: "ERROR"},
			},
		},
		{
			where: "flag", what: "stable strategy disabled", own: true, restored: true,
			before: func(st *stage) error { return st.disableStable(true) },
			lift:   func(st *stage) error { return st.disableStable(false) },
			want: map[start]outcome{
				warm:    {answers: answers{"others": "1 STALE"}, events: "CHANGED ERROR"},
				onDisk:  {answers: answers{"others": "1 STALE"}, events: "ERROR"},
				bundled: {answers: answers{"others": "1 STALE"}, events: "ERROR"},
				empty:   {answers: answers{"others": "default GENERAL"}, events: "ERROR", excuse: "no stable version is named; a candidate is not for those who are not dialled in"},
			},
		},
		{
			where: "flag", what: "archived", own: true, restored: true,
			before: func(st *stage) error {
				if err := st.server.archive(st.t.Context(), st.prefix+simple); err != nil {
					return err
				}
				return st.shows(func(f map[string]feature) bool { return f[simple].Name == "" })
			},
			lift: func(st *stage) error {
				if err := st.server.revive(st.t.Context(), st.prefix+simple); err != nil {
					return err
				}
				return st.shows(func(f map[string]feature) bool { return f[simple].Enabled && asks(f, simple, "1") })
			},
			want: map[start]outcome{
				warm:    {answers: answers{"simple": "1 STALE"}, events: "CHANGED ERROR"},
				onDisk:  {answers: answers{"simple": "1 STALE"}, events: "ERROR"},
				bundled: {answers: answers{"simple": "1 STALE"}}, // no event: the bundle may be old
				empty:   {answers: answers{"simple": "default FLAG_NOT_FOUND"}, excuse: "nothing says that there was such a flag"},
			},
		},
		{
			where: "flag", what: "parent OFF", own: true, child: true, restored: true,
			before: func(st *stage) error { return st.turn(false, plain) },
			lift:   func(st *stage) error { return st.turn(true, plain) },
			want:   everywhere(answers{"child": "1 DISABLED", "plain": "off"}, ""),
		},
		{
			where: "flag", what: "environment OFF", own: true, restored: true,
			before: func(st *stage) error { return st.turn(false, canary, simple) },
			lift:   func(st *stage) error { return st.turn(true, canary, simple) },
			want:   everywhere(answers{"dialled": "1 DISABLED", "others": "1 DISABLED", "simple": "1 DISABLED"}, ""),
		},
	}
}

// everywhere is one outcome for all starts; a running process tells of the change.
func everywhere(a answers, events string) map[start]outcome {
	want := map[start]outcome{}
	for s := range starts {
		want[s] = outcome{answers: a, events: events}
	}
	want[warm] = outcome{answers: a, events: strings.TrimSpace("CHANGED " + events)}
	return want
}

// turn switches environments.
func (st *stage) turn(on bool, flags ...string) error {
	for _, flag := range flags {
		if err := st.server.turn(st.t.Context(), st.prefix+flag, on); err != nil {
			return err
		}
	}
	return st.shows(func(f map[string]feature) bool {
		for _, flag := range flags {
			if f[flag].Name == "" || f[flag].Enabled != on {
				return false
			}
		}
		return true
	})
}

// disableStable switches canary's stable strategy off or on, as people do.
func (st *stage) disableStable(disabled bool) error {
	if err := st.server.patch(context.WithoutCancel(st.t.Context()), st.prefix+canary, "stable", object{"/disabled": disabled}); err != nil {
		return err
	}
	return st.shows(func(f map[string]feature) bool { return f[canary].Name != "" && asks(f, canary, "1") != disabled })
}
