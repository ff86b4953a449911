package origin

import (
	"context"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Checkout is what git knows about the folder. What it does not know is empty.
type Checkout struct {
	Top     string // root of the work tree, absolute; "": no checkout, or git does not run
	Branch  string // checked out; also before the first commit; "" if detached
	Default string // the branch that the remote calls its default, if it was cloned from there
	Remote  string // name of the remote that is asked for the head: origin, else the first
	URL     string // of Remote, without credentials
	// Repository is owner/name of the remote, if its URL has that form, and Host
	// where it is.
	Repository, Host string
}

// Checkout looks around without asking the remote.
func (f Finder) Checkout(ctx context.Context) Checkout {
	var c Checkout
	top, err := f.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil || top == "" {
		return c
	}
	c.Top = filepath.FromSlash(top)
	c.Branch, _ = f.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	remotes, _ := f.git(ctx, "remote")
	if remotes == "" {
		return c
	}
	c.Remote = mainRemote(remotes)
	head, _ := f.git(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/"+c.Remote+"/HEAD")
	c.Default = strings.TrimPrefix(head, c.Remote+"/")
	url, _ := f.git(ctx, "remote", "get-url", c.Remote)
	c.URL = redactURL(url)
	if m := remoteForm.FindStringSubmatch(c.URL); m != nil {
		c.Host, c.Repository = m[1], m[2]
	}
	return c
}

// mainRemote is origin, else the first of those that git lists.
func mainRemote(remotes string) string {
	if slices.Contains(strings.Split(remotes, "\n"), "origin") {
		return "origin"
	}
	return firstLine(remotes)
}

// remoteForm takes https://host/owner/name.git, ssh://git@host/owner/name and
// git@host:owner/name.git.
var remoteForm = regexp.MustCompile(`^(?:[a-z+]+://)?(?:[^@/]+@)?([A-Za-z0-9.-]+)(?::[0-9]+)?[:/]([A-Za-z0-9._-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$`)

// Uncommitted are those of the files, slash paths below Dir, that are not as the
// commit has them that is checked out: changed, or unknown to git, ignored ones
// included. What the commit has in one of the folders and is deleted here is among
// them. A folder that is a repository of its own stands for its files.
func (f Finder) Uncommitted(ctx context.Context, files, folders []string) ([]string, error) {
	var places []string // all files would not fit on a command line
	for _, file := range slices.Concat(files, folders) {
		place, _, _ := strings.Cut(file, "/")
		places = append(places, place)
	}
	slices.Sort(places)
	if places = slices.Compact(places); len(places) > 100 {
		places = []string{"."}
	}
	places = append([]string{"--"}, places...)
	changed, err := f.git(ctx, append([]string{"diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD"}, places...)...)
	if err != nil {
		return nil, err
	}
	deleted, err := f.git(ctx, append([]string{"diff", "--name-only", "--no-renames", "--relative", "--diff-filter=D", "-z", "HEAD"}, places...)...)
	if err != nil {
		return nil, err
	}
	unknown, err := f.git(ctx, append([]string{"ls-files", "--others", "-z"}, places...)...)
	if err != nil {
		return nil, err
	}
	differ := map[string]bool{}
	for name := range strings.SplitSeq(changed+"\x00"+unknown, "\x00") {
		differ[strings.TrimSuffix(name, "/")] = true
	}
	var out []string
	for _, file := range files {
		for place := file; place != "."; place = path.Dir(place) {
			if differ[place] {
				out = append(out, place)
			}
		}
	}
	for name := range strings.SplitSeq(deleted, "\x00") {
		if slices.ContainsFunc(folders, func(folder string) bool { return folder == "." || strings.HasPrefix(name, folder+"/") }) && name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// HeadOf asks the remote for the commit at the head of a branch; "" if it has
// no such branch.
func (f Finder) HeadOf(ctx context.Context, remote, branch string) (string, error) {
	out, err := f.git(ctx, "ls-remote", remote, "refs/heads/"+branch)
	if err != nil {
		return "", err
	}
	head, _, _ := strings.Cut(out, "\t")
	return head, nil
}
