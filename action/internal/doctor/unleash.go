package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/unleashadmin"
)

// tested are the majors of Unleash that promptflag is tested with.
const oldest, newest = 7, 8

// unleash looks at one environment of one server.
func (d *doctor) unleash(ctx context.Context, e config.Environment) []Check {
	checks := d.clientToken(ctx, e)
	token, variable := d.AdminToken(e)
	if token == "" {
		fix := "set " + variable + " to a personal access token of an Unleash user of its own with the Editor role"
		if t, v := d.ClientToken(e); tokenKind(t) != backendToken && t != "" {
			fix = v + " seems to hold it: " + fix
		}
		return append(one("unleash token", Fail, fix, "%s is not set", variable), checks...)
	}
	client, err := unleashadmin.New(unleashadmin.Options{
		URL: e.UnleashURL, Project: e.Project, Environment: e.UnleashEnvironment, Token: token,
		HTTPClient: &http.Client{Transport: d.clocks.watch(d.Transport)}, Timeout: d.Timeout / 3,
	})
	if err != nil {
		return append(one("unleash token", Fail, "correct "+variable+" or the url in promptflag.toml", "%v", err), checks...)
	}
	x := &server{doctor: d, client: client, environment: e, variable: variable}
	account, known := x.account(ctx)
	if !known {
		return append(x.checks, checks...) // whatever else is asked gives the same answer
	}
	x.about(ctx)
	if x.place(ctx) {
		x.rights(ctx, account)
		x.naming(ctx)
		x.changeRequests(ctx, account)
		x.parameters(ctx)
	}
	return append(x.checks, checks...)
}

// server is what was found of one.
type server struct {
	*doctor
	client      *unleashadmin.Client
	environment config.Environment
	variable    string
	checks      []Check
}

func (x *server) add(about string, r Result, fix, format string, args ...any) {
	x.checks = append(x.checks, one(about, r, fix, format, args...)...)
}

// failed adds an error: refused is Fail, unanswered is CannotTell.
func (x *server) failed(about string, err error) {
	r, found, fix := judged(err)
	x.add(about, r, fix, "%s", found)
}

// judged tells a no from no answer.
func judged(err error) (r Result, found, fix string) {
	r, found, fix = CannotTell, err.Error(), "look whether it is up and reachable from here"
	if e, ok := errors.AsType[*unleashadmin.Error](err); ok {
		if e.Hint != "" {
			bare := *e
			bare.Hint = ""
			found, fix = bare.Error(), e.Hint
		}
		if e.Status > 0 && e.Status < 500 && e.Status != http.StatusTooManyRequests || errors.Is(err, flags.ErrNotFound) {
			r = Fail
		}
	}
	return r, found, fix
}

const expiresSoon = 30 * 24 * time.Hour

func (x *server) account(ctx context.Context) (unleashadmin.Account, bool) {
	a, err := x.client.Account(ctx)
	if err != nil {
		x.failed("unleash token", err)
		return a, false
	}
	left := a.Expires.Sub(x.Now())
	switch {
	case a.Kind == unleashadmin.Admin:
		x.add("unleash token", Warn, "make an Unleash user for promptflag with the Editor role, and a personal access token of that user",
			"%s holds an admin token: it may do everything, and the event log will say %q for whatever promptflag does", x.variable, a.Name)
	case !a.Expires.IsZero() && left < expiresSoon:
		x.add("unleash token", Warn, "make a new one in time", "%s holds a token of %q that expires on %s", x.variable, a.Name, a.Expires.UTC().Format(time.DateOnly))
	default:
		x.add("unleash token", OK, "", "%s holds a token of the %s %q", x.variable, a.Kind, a.Name)
	}
	return a, true
}

func (x *server) about(ctx context.Context) {
	about, err := x.client.About(ctx)
	if err != nil {
		x.failed("unleash version", err)
		return
	}
	major, _, _ := strings.Cut(about.Version, ".")
	n, err := strconv.Atoi(major)
	name := fmt.Sprintf("%s (%s)", about.Version, about.Edition)
	switch {
	case err != nil:
		x.add("unleash version", CannotTell, fmt.Sprintf("look whether it is Unleash %d or %d", oldest, newest), "%q is no version", about.Version)
	case n < oldest:
		x.add("unleash version", Fail, fmt.Sprintf("update Unleash to %d.6 or later: parts of the Admin API that promptflag uses are missing", oldest), "%s", name)
	case n > newest:
		x.add("unleash version", Warn, "try it with doctor --write, and on an environment of little weight first", "%s: promptflag is tested with %d and %d", name, oldest, newest)
	default:
		x.add("unleash version", OK, "", "%s", name)
	}
}

// place looks for project and environment.
func (x *server) place(ctx context.Context) bool {
	if err := x.client.Ping(ctx); err != nil {
		x.failed("unleash environment", err)
		return false
	}
	enabled, err := x.client.EnvironmentEnabled(ctx)
	switch {
	case err != nil:
		x.failed("unleash environment", err)
	case !enabled:
		x.add("unleash environment", Fail, "enable it on the environments page of Unleash", "environment %s is disabled for the whole server", x.environment.UnleashEnvironment)
	default:
		x.add("unleash environment", OK, "", "project %s has it, and it is enabled", x.environment.Project)
	}
	return true
}

func (x *server) rights(ctx context.Context, a unleashadmin.Account) {
	const about = "unleash rights"
	if lacks := x.client.Lacks(a); len(lacks) > 0 {
		x.add(about, Fail, "give that user the Editor role, or a role in project "+x.environment.Project+" with these permissions",
			"the user of %s may read but not %s", x.variable, list(lacks))
		return
	}
	switch can, err := x.client.CanTag(ctx, a); {
	case err != nil:
		x.failed(about, err)
	case !can:
		x.add(about, Fail, "let an administrator create the tag type "+flags.TagType+" once, or give that user CREATE_TAG_TYPE",
			"it may write flags, and not the tag that marks them: the server has no tag type %s", flags.TagType)
	default:
		x.add(about, OK, "", "it may write flags in project %s", x.environment.Project)
	}
}

// naming compares the flags that publish would make with the names that the
// project takes.
func (x *server) naming(ctx context.Context) {
	const about = "unleash naming"
	pattern, err := x.client.Naming(ctx)
	if err != nil {
		x.failed(about, err)
		return
	}
	if pattern == "" {
		return
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		x.add(about, CannotTell, "compare it with the names of the prompts", "project %s takes only some names of flags, by a pattern that is not read here", x.environment.Project)
		return
	}
	var refused []string
	for _, name := range x.names() {
		if flag := x.environment.Flag(name); !re.MatchString(flag) {
			refused = append(refused, flag)
		}
	}
	if len(refused) > 0 {
		x.add(about, Fail, "set flag_prefix under [unleash] so that names fit, or change the pattern in the settings of the project",
			"project %s refuses the name of flag %s%s, by its naming pattern", x.environment.Project, refused[0], more(len(refused)-1))
		return
	}
	x.add(about, OK, "", "project %s takes the names of all prompts", x.environment.Project)
}

func (x *server) changeRequests(ctx context.Context, a unleashadmin.Account) {
	on, err := x.client.ChangeRequests(ctx)
	switch {
	case err != nil:
		x.failed("unleash change requests", err)
	case on && !x.client.SkipsChangeRequests(a):
		x.add("unleash change requests", Fail, "give the user of the token the permission to skip them (SKIP_CHANGE_REQUEST), or switch them off there",
			"they are on: publish would be refused")
	case on:
		x.add("unleash change requests", OK, "", "they are on, and the user of the token may skip them")
	default:
		x.add("unleash change requests", OK, "", "they are off")
	}
}

// parameters looks whether the server keeps the role of a strategy: on a flag
// that is there, or on one made for it.
func (x *server) parameters(ctx context.Context) {
	const about = "unleash role parameter"
	all, err := x.client.Export(ctx)
	if err != nil {
		x.failed(about, err)
		return
	}
	for _, f := range all {
		for _, s := range f.Strategies {
			if s.Parameters[flags.ParamRole] != "" && s.Parameters[flags.ParamID] != "" {
				x.add(about, OK, "", "kept: flags that promptflag published have theirs")
				return
			}
		}
	}
	if !x.Write {
		x.add(about, Warn, "promptflag doctor --write tries it on a flag that it deletes again", "not tried: there is no prompt flag yet to read it from")
		return
	}
	name := x.environment.FlagPrefix + "promptflag-doctor-" + x.ID + "-" + strings.ToLower(x.environment.Name)
	kept, leftover, err := x.client.TryParameters(ctx, name)
	switch {
	case err != nil:
		x.failed(about, err)
	case !kept:
		x.add(about, Fail, "promptflag needs custom parameters of strategies: is something between here and the server that rewrites requests?", "the server drops it")
	default:
		x.add(about, OK, "", "kept, tried on a flag that was deleted again")
	}
	if leftover != nil {
		x.add("unleash probe", Warn, "archive and delete it by hand", "flag %s could not be deleted: %v", name, leftover)
	}
}
