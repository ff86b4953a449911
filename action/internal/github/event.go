package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Event is what started a workflow run. Fields that an event does not have are
// empty. Titles, inputs and names of branches are text of people.
type Event struct {
	Name       string // pull_request, push, merge_group, schedule, workflow_dispatch, …
	Action     string // of pull_request and merge_group: opened, synchronize, checks_requested, …
	Repository string // "owner/name" that the workflow runs for
	Sender     string // login

	// Ref is the full name of a ref: the pushed one, that of workflow_dispatch
	// and schedule, refs/pull/N/merge of a pull request.
	Ref string
	// Base and Head are the commits of a pull request or a merge group, BaseRef
	// and HeadRef their branches without refs/heads/.
	Base, Head, BaseRef, HeadRef string

	// Pull is the number of the pull request, 0 without one.
	Pull  int
	Draft bool
	// Fork: the proposing side is another repository, or one that is gone. The
	// token is read-only then and there are no secrets.
	Fork bool
	// Merged: the pull request is closed and merged.
	Merged bool

	// Before and After are the commits of a push. Before is "" where the branch
	// is new, After is "" where it was deleted.
	Before, After            string
	Created, Deleted, Forced bool

	Inputs   map[string]string // of workflow_dispatch
	Schedule string            // the cron line that was due
}

// maxPayload is the size of the largest event that GitHub delivers.
const maxPayload = 25 << 20

// payload is the part of GitHub's events that is read.
type payload struct {
	Action     *string
	Ref        *string
	Before     *string
	After      *string
	Created    bool
	Deleted    bool
	Forced     bool
	Schedule   string
	Inputs     map[string]any
	Repository *struct {
		FullName string `json:"full_name"`
	}
	Sender *struct{ Login string }
	Pull   *struct {
		Number     int
		Draft      bool
		Merged     bool
		Base, Head *side
	} `json:"pull_request"`
	Number     int
	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
}

type side struct {
	Ref, SHA string
	Repo     *struct {
		FullName string `json:"full_name"`
	}
}

// ReadEvent reads the event of this run: GITHUB_EVENT_NAME and the payload in
// the file GITHUB_EVENT_PATH. An error says all that is wrong with the payload.
// Events that have no command of their own come with what they have.
func ReadEvent(getenv func(string) string) (Event, error) {
	name, path := getenv("GITHUB_EVENT_NAME"), getenv("GITHUB_EVENT_PATH")
	if name == "" {
		return Event{}, errors.New("read the event: GITHUB_EVENT_NAME is not set: this is no workflow run")
	}
	if path == "" {
		return Event{}, fmt.Errorf("read the event %q: GITHUB_EVENT_PATH is not set", name)
	}
	src, err := readLimited(path, maxPayload)
	if err != nil {
		return Event{}, fmt.Errorf("read the event %q: %w", name, err)
	}
	e, err := ParseEvent(name, src)
	if err != nil {
		return Event{}, err
	}
	if e.Ref == "" {
		e.Ref = getenv("GITHUB_REF")
	}
	if e.Repository == "" {
		e.Repository = getenv("GITHUB_REPOSITORY")
	}
	return e, nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(src)) > limit {
		err = fmt.Errorf("the payload has more than %d MiB", limit>>20)
	}
	return src, err
}

// ParseEvent reads the payload of the event called name.
func ParseEvent(name string, src []byte) (Event, error) {
	var p *payload
	if err := json.Unmarshal(src, &p); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return Event{}, fmt.Errorf("event %q: the payload holds the wrong kind of value, a %s, in %q", name, kind.Value, strings.ToLower(kind.Field))
		}
		return Event{}, fmt.Errorf("event %q: the payload is not JSON: %w", name, err)
	}
	if p == nil {
		return Event{}, fmt.Errorf("event %q: the payload is null", name)
	}
	e := Event{Name: name, Action: deref(p.Action), Ref: deref(p.Ref), Schedule: p.Schedule}
	if p.Repository != nil {
		e.Repository = p.Repository.FullName
	}
	if p.Sender != nil {
		e.Sender = p.Sender.Login
	}
	var missing []string
	switch name {
	case "pull_request", "pull_request_target", "pull_request_review":
		missing = e.pull(p)
	case "push":
		missing = e.push(p)
	case "merge_group":
		missing = e.mergeGroup(p)
	case "workflow_dispatch":
		missing = e.dispatch(p)
	}
	if len(missing) > 0 {
		return Event{}, fmt.Errorf("event %q: the payload is not complete: %s", name, strings.Join(missing, "; "))
	}
	return e, nil
}

func (e *Event) pull(p *payload) (missing []string) {
	if p.Pull == nil {
		return []string{"pull_request is missing"}
	}
	e.Pull, e.Draft, e.Merged = p.Pull.Number, p.Pull.Draft, p.Pull.Merged
	if e.Pull == 0 {
		e.Pull = p.Number
	}
	if e.Pull <= 0 {
		missing = append(missing, "pull_request.number is missing")
	}
	for _, s := range []struct {
		name     string
		side     *side
		sha, ref *string
	}{{"base", p.Pull.Base, &e.Base, &e.BaseRef}, {"head", p.Pull.Head, &e.Head, &e.HeadRef}} {
		if s.side == nil {
			missing = append(missing, "pull_request."+s.name+" is missing")
			continue
		}
		*s.sha, *s.ref = s.side.SHA, s.side.Ref
		missing = append(missing, notCommit("pull_request."+s.name+".sha", s.side.SHA)...)
		if s.side.Ref == "" {
			missing = append(missing, "pull_request."+s.name+".ref is missing")
		}
	}
	if len(missing) > 0 {
		return missing
	}
	if p.Pull.Base.Repo == nil || p.Pull.Base.Repo.FullName == "" {
		return []string{"pull_request.base.repo is missing"}
	}
	head := p.Pull.Head.Repo
	e.Fork = head == nil || !strings.EqualFold(head.FullName, p.Pull.Base.Repo.FullName)
	if e.Ref == "" {
		e.Ref = fmt.Sprintf("refs/pull/%d/merge", e.Pull)
	}
	return nil
}

func (e *Event) push(p *payload) (missing []string) {
	if e.Ref == "" {
		missing = append(missing, "ref is missing")
	}
	missing = append(missing, notCommit("before", deref(p.Before))...)
	missing = append(missing, notCommit("after", deref(p.After))...)
	e.Created, e.Deleted, e.Forced = p.Created, p.Deleted, p.Forced
	// A commit of zeros stands for none.
	if e.Before = deref(p.Before); strings.Trim(e.Before, "0") == "" {
		e.Before, e.Created = "", true
	}
	if e.After = deref(p.After); strings.Trim(e.After, "0") == "" {
		e.After, e.Deleted = "", true
	}
	return missing
}

func (e *Event) mergeGroup(p *payload) (missing []string) {
	g := p.MergeGroup
	if g == nil {
		return []string{"merge_group is missing"}
	}
	e.Base, e.Head = g.BaseSHA, g.HeadSHA
	e.BaseRef, e.HeadRef = strings.TrimPrefix(g.BaseRef, "refs/heads/"), strings.TrimPrefix(g.HeadRef, "refs/heads/")
	if e.Ref == "" {
		e.Ref = g.HeadRef
	}
	missing = append(missing, notCommit("merge_group.base_sha", g.BaseSHA)...)
	missing = append(missing, notCommit("merge_group.head_sha", g.HeadSHA)...)
	if g.BaseRef == "" {
		missing = append(missing, "merge_group.base_ref is missing")
	}
	return missing
}

// dispatch reads the inputs: a form gives strings, the API may give booleans
// and numbers too.
func (e *Event) dispatch(p *payload) (missing []string) {
	e.Inputs = map[string]string{}
	for name, v := range p.Inputs {
		switch v := v.(type) {
		case nil:
		case string, bool, float64:
			e.Inputs[name] = fmt.Sprint(v)
		default:
			missing = append(missing, fmt.Sprintf("input %q is not a word", name))
		}
	}
	return missing
}

func notCommit(field, sha string) []string {
	switch {
	case sha == "":
		return []string{field + " is missing"}
	case !commitID.MatchString(sha):
		return []string{field + " is not a commit id"}
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
