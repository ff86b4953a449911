package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Event is what started a workflow run, as far as commands ask for it. Fields that
// an event does not have are empty. Titles, messages and names of branches are text
// of people.
type Event struct {
	Repository string // "owner/name" that the workflow runs for

	// Base and Head are the commits of a pull request or a merge group, HeadRef the
	// proposing branch without refs/heads/.
	Base, Head, HeadRef string

	// Pull is the number of the pull request, 0 without one.
	Pull       int
	Title, URL string // of the pull request, and its page
	// Fork: the proposing side is another repository, or one that is gone. The
	// token is read-only then and there are no secrets.
	Fork bool

	// Before is the commit that a branch was at before a push; "" for a new one.
	Before string
	// Message is that of the newest commit of a push.
	Message string
}

// maxPayload is the size of the largest event that GitHub delivers.
const maxPayload = 25 << 20

// payload is the part of GitHub's events that is read.
type payload struct {
	Before     string
	Repository *struct {
		FullName string `json:"full_name"`
	}
	Commit *struct{ Message string } `json:"head_commit"`
	Pull   *struct {
		Number     int
		Title      string
		URL        string `json:"html_url"`
		Base, Head *side
	} `json:"pull_request"`
	Number     int
	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
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
	var e Event
	if p.Repository != nil {
		e.Repository = p.Repository.FullName
	}
	if p.Commit != nil {
		e.Message = p.Commit.Message
	}
	if p.Pull != nil {
		e.Title, e.URL = p.Pull.Title, p.Pull.URL
	}
	var missing []string
	switch name {
	case "pull_request", "pull_request_target", "pull_request_review":
		missing = e.pull(p)
	case "push":
		missing = e.push(p)
	case "merge_group":
		missing = e.mergeGroup(p)
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
	e.Pull = p.Pull.Number
	if e.Pull == 0 {
		e.Pull = p.Number
	}
	if e.Pull <= 0 {
		missing = append(missing, "pull_request.number is missing")
	}
	for _, s := range []struct {
		name string
		side *side
		sha  *string
	}{{"base", p.Pull.Base, &e.Base}, {"head", p.Pull.Head, &e.Head}} {
		if s.side == nil {
			missing = append(missing, "pull_request."+s.name+" is missing")
			continue
		}
		*s.sha = s.side.SHA
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
	e.HeadRef = p.Pull.Head.Ref
	return nil
}

func (e *Event) push(p *payload) (missing []string) {
	if strings.Trim(p.Before, "0") != "" { // a commit of zeros stands for none
		e.Before = p.Before
	}
	return notCommit("before", p.Before)
}

func (e *Event) mergeGroup(p *payload) (missing []string) {
	g := p.MergeGroup
	if g == nil {
		return []string{"merge_group is missing"}
	}
	e.Base, e.Head, e.HeadRef = g.BaseSHA, g.HeadSHA, strings.TrimPrefix(g.HeadRef, "refs/heads/")
	return append(notCommit("merge_group.base_sha", g.BaseSHA), notCommit("merge_group.head_sha", g.HeadSHA)...)
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
