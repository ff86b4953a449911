package publish

import (
	"context"
	"fmt"

	"github.com/promptflag/promptflag/action/internal/plan"
)

// nearly is the share of the server's limit, in per cent, from which on a plan
// warns.
const nearly = 90

// limit stops the new prompts of an environment if the server has no room for
// their flags, and warns when there will be little left. It asks the server
// only if there are any. existing counts the flags of the project, archived
// ones not included: the server may have more.
func limit(ctx context.Context, server plan.Flags, existing int, items []plan.Item) error {
	var created []*plan.Item
	for i := range items {
		if items[i].Kind == plan.Create && items[i].Seen == nil {
			created = append(created, &items[i])
		}
	}
	if len(created) == 0 {
		return nil
	}
	most, err := server.FlagLimit(ctx)
	if err != nil || most == 0 {
		return err
	}
	const hint = "archive flags that nobody needs, or raise the limit of the server"
	switch total := existing + len(created); {
	case total > most:
		for _, i := range created {
			i.Stop(fmt.Sprintf("the server takes %d flags and has %d: there is no room for %d new ones", most, existing, len(created)), hint)
		}
	case total*100 > most*nearly:
		created[0].Warnings = append(created[0].Warnings, fmt.Sprintf("the server will have %d of at most %d flags: %s", total, most, hint))
	}
	return nil
}
