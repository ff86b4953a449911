package demo

import (
	"context"
	"fmt"
)

// The prompt and environment of the story, and what of its thousand users
// falls into the first 10 and 50 per cent.
const (
	prompt      = "support.triage"
	environment = "production"
	users       = 1000
	atTen       = 96
	atFifty     = 502
)

// story runs the steps. Each one names what users get afterwards.
func (d *demo) story(ctx context.Context) error {
	d.say("A prompts repository: three prompts, their configuration, and nothing else.")
	if err := d.run(ctx, "check"); err != nil {
		return err
	}
	d.say("The first publish: new prompts go to everybody.")
	if err := d.run(ctx, "publish"); err != nil {
		return err
	}
	if err := d.expect(ctx, "everybody has the first version", want{first: users}); err != nil {
		return err
	}
	if err := d.change(ctx); err != nil {
		return err
	}
	d.say("Is it better than what production serves? Its suite asks both. The answers were recorded, so nobody is called.")
	if err := d.run(ctx, "eval", prompt, "--replay"); err != nil {
		return err
	}
	d.say("What merging it would do, and merging it: its evaluation lets it pass, and in production it starts at 10 %.")
	if err := d.run(ctx, "plan"); err != nil {
		return err
	}
	if err := d.run(ctx, "publish"); err != nil {
		return err
	}
	steps := []struct {
		say     string
		command []string
		then    string
		want    want
	}{
		{"", nil, "one user in ten has the second version", want{second: atTen, first: users - atTen}},
		{"It looks good: dial it up. Who had it keeps it.", []string{"dial", prompt, "50", "-e", environment},
			"half have it, and nobody lost it", want{second: atFifty, first: users - atFifty, grows: true}},
		{"It does not look good after all: take it back.", []string{"rollback", prompt, "-e", environment, "--reason", "wrong queue for refunds"},
			"nobody has it", want{first: users}},
		{"The next merge of anything does not raise it again.", []string{"publish"},
			"still nobody", want{first: users}},
		{"It was a false alarm: end the hold.", []string{"publish", "--retry", prompt},
			"the same tenth as before", want{second: atTen, first: users - atTen}},
		{"Promote it.", []string{"promote", prompt, "-e", environment},
			"everybody has it", want{second: users, grows: true}},
		{"Panic: switch the environment OFF.", []string{"off", prompt, "-e", environment},
			"everybody has the version before", want{first: users}},
		{"And ON again.", []string{"on", prompt, "-e", environment},
			"back to the second version", want{second: users}},
		{"Roll back.", []string{"rollback", prompt, "-e", environment, "--reason", "tone"},
			"everybody has the version before, in one command", want{first: users}},
	}
	for _, s := range steps {
		if s.say != "" {
			d.say(s.say)
			if err := d.run(ctx, s.command...); err != nil {
				return err
			}
		}
		if err := d.expect(ctx, s.then, s.want); err != nil {
			return err
		}
	}
	d.say("What is live now, and why.")
	return d.run(ctx, "status", prompt)
}

// want is how many users get the first and the second version. grows demands
// that everybody who had the second one before still has it.
type want struct {
	first, second int
	grows         bool
}

func (w want) String() string {
	return fmt.Sprintf("%d users on the first and %d on the second version", w.first, w.second)
}
