package publish

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
	"github.com/promptflag/promptflag/action/internal/plan"
	"github.com/promptflag/promptflag/action/internal/rollout"
)

// play runs a story: sentences separated by ";".
//
//	publish v2            the file becomes v2 and is published; "publish" alone publishes as is
//	publish x=v1          another prompt of the tree
//	crash N publish v2    the process dies before its Nth+1 write to production; also a retry or rollback
//	remove | rename y     the file goes, or gets another name
//	dial N, promote, kill, off, on, rollback v1, retry      commands of ours
//	person …              somebody in the server's UI
func (l *lab) play(story string) {
	l.Helper()
	for _, sentence := range strings.Split(story, ";") {
		words := strings.Fields(sentence)
		switch words[0] {
		case "publish":
			l.publishWords(words[1:])
		case "crash":
			n, _ := strconv.Atoi(words[1])
			l.server["production"].crashAfter = n
			run := map[string]func() error{
				"publish":  func() error { return l.tryPublish(words[3:]) },
				"retry":    func() error { return l.publish("p") },
				"rollback": func() error { return l.ourCommand(words[2:]) },
			}[words[2]]
			if err := run(); err == nil {
				l.Fatalf("%q: nothing was written, so nothing crashed", sentence)
			}
			l.server["production"].crashAfter = -1
		case "remove":
			delete(l.files, "prompts/p.toml")
		case "rename":
			l.files["prompts/"+words[1]+".toml"] = l.files["prompts/p.toml"]
			delete(l.files, "prompts/p.toml")
		case "wait":
			l.notes.Wait = true
		case "configure":
			l.notes.Percent, _ = strconv.Atoi(words[1])
		case "retry":
			if err := l.publish("p"); err != nil {
				l.Fatal(err)
			}
		case "person":
			l.person(words[1], words[2:])
		default:
			if err := l.ourCommand(words); err != nil {
				l.Fatal(err)
			}
		}
	}
}

func (l *lab) publishWords(words []string) {
	l.Helper()
	if err := l.tryPublish(words); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) tryPublish(words []string) error {
	for _, w := range words {
		prompt, v, ok := strings.Cut(w, "=")
		if !ok {
			prompt, v = "p", w
		}
		l.write(prompt, v)
	}
	return l.publish()
}

func (l *lab) ourCommand(words []string) error {
	l.Helper()
	return l.command("p", func(p rollout.Place, f *flags.Flag) (plan.Item, error) {
		switch words[0] {
		case "dial":
			n, _ := strconv.Atoi(words[1])
			return p.Dial(f, n)
		case "promote":
			return p.Promote(f)
		case "kill":
			return p.Kill(f)
		case "off":
			return p.Switch(f, false)
		case "on":
			return p.Switch(f, true)
		case "rollback":
			return p.RollbackTo(f, l.versionOf("p", words[1]))
		}
		l.Fatalf("unknown sentence %q", words)
		return plan.Item{}, nil
	})
}

// person does in production what somebody can do in the server's UI.
func (l *lab) person(verb string, args []string) {
	l.Helper()
	server, flag := l.server["production"].Flags, l.prefix+"p"
	var err error
	switch verb {
	case "creates":
		err = server.Create(l.ctx, flags.New{Name: flag, Prompt: "p"})
	case "archives":
		l.site.archive(l.T, flag)
	case "clones":
		l.site.clone(l.T, flag, l.prefix+args[0])
	case "off", "on":
		err = server.Switch(l.ctx, flag, verb == "on")
	case "adds":
		err = l.addTheirs(server, flag, args)
	default:
		err = l.personOnOurs(server, flag, verb, args)
	}
	if err != nil {
		l.Fatalf("person %s %v: %v", verb, args, err)
	}
}

// addTheirs adds a strategy of a person: "tenant 10" has that sort order and a
// constraint; "copy-of-development" is what the UI makes of the other
// environment.
func (l *lab) addTheirs(server plan.Flags, flag string, args []string) error {
	if args[0] == "copy-of-development" {
		from, err := l.server["development"].Flags.Read(l.ctx, flag)
		if err != nil {
			return err
		}
		for _, s := range from.Strategies {
			s.ID = ""
			if _, err := server.Add(l.ctx, flag, s); err != nil {
				return err
			}
		}
		return nil
	}
	order, _ := strconv.Atoi(args[1])
	_, err := server.Add(l.ctx, flag, flags.Strategy{
		Name: flags.StrategyName, Title: args[0], SortOrder: order, Constraints: []json.RawMessage{constraint},
		Parameters: map[string]string{"rollout": "100", "stickiness": "default", "groupId": flag},
	})
	return err
}

func (l *lab) personOnOurs(server plan.Flags, flag, verb string, args []string) error {
	f, err := server.Read(l.ctx, flag)
	if err != nil {
		return err
	}
	r := flags.Recognise(f, "p", "production")
	s := r.Candidate
	if len(args) > 0 && args[0] == "stable" {
		s = r.Stable
	}
	yes, no := true, false
	switch verb {
	case "dials":
		n, _ := strconv.Atoi(args[0])
		return server.Patch(l.ctx, flag, s.ID, flags.Patch{Rollout: &n})
	case "disables":
		return server.Patch(l.ctx, flag, s.ID, flags.Patch{Disabled: &yes})
	case "enables":
		return server.Patch(l.ctx, flag, s.ID, flags.Patch{Disabled: &no})
	case "deletes":
		return server.Delete(l.ctx, flag, s.ID)
	case "unmarks":
		return server.Patch(l.ctx, flag, s.ID, flags.Patch{Parameters: map[string]*string{flags.ParamRole: nil, flags.ParamID: nil}})
	case "copies":
		c := *s
		c.ID, c.Title = "", "copy"
		_, err := server.Add(l.ctx, flag, c)
		return err
	case "constrains":
		c := *s
		c.ID, c.Constraints = "", []json.RawMessage{constraint}
		if _, err := server.Add(l.ctx, flag, c); err != nil {
			return err
		}
		return server.Delete(l.ctx, flag, s.ID)
	case "moves":
		n, _ := strconv.Atoi(args[1])
		return server.Reorder(l.ctx, flag, map[string]int{s.ID: n})
	}
	l.Fatalf("a person cannot %q", verb)
	return nil
}
