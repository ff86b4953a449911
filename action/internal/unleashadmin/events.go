package unleashadmin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// EventType is the server's word for what happened.
type EventType string

// Events that change what a flag serves. Others are kept as the server names them.
const (
	StrategyAdded   EventType = "feature-strategy-add"
	StrategyUpdated EventType = "feature-strategy-update"
	StrategyRemoved EventType = "feature-strategy-remove"
	StrategiesMoved EventType = "strategy-order-changed"
	SwitchedOn      EventType = "feature-environment-enabled"
	SwitchedOff     EventType = "feature-environment-disabled"
	FlagCreated     EventType = "feature-created"
	FlagArchived    EventType = "feature-archived"
	FlagRevived     EventType = "feature-revived"
	FlagDeleted     EventType = "feature-deleted"
	FlagTagged      EventType = "feature-tagged"
	FlagLinked      EventType = "feature-link-added"
	SegmentUpdated  EventType = "segment-updated"
	SegmentDeleted  EventType = "segment-deleted"
)

// Event is one line of the server's event log.
type Event struct {
	ID          int64 // rises with time
	Type        EventType
	Time        time.Time // UTC, by the server's clock
	By          string    // user name or e-mail; that of an admin token is "admin"
	User        int64     // id of that user; of an admin token below 0
	Environment string    // "" for events of the whole flag
	// Before and After are the whole strategy of an event about one, nil where
	// there is none.
	Before, After *flags.Strategy
	// OrderBefore and OrderAfter are the ids of all strategies, of StrategiesMoved.
	OrderBefore, OrderAfter []string
	// Link is the address, of FlagLinked.
	Link string
}

// Log is the events of one flag.
type Log struct {
	Events []Event // oldest first
	// Whole is false if the server has more, older events than were read.
	Whole bool
}

const (
	eventPage = 1000 // the server's own limit
	maxEvents = 50_000
)

// wireEvent is the server's form of an event. data and preData are whatever the
// type says; of feature-strategy-… a strategy.
type wireEvent struct {
	ID          int64           `json:"id"`
	Type        EventType       `json:"type"`
	By          string          `json:"createdBy"`
	User        int64           `json:"createdByUserId"`
	Time        time.Time       `json:"createdAt"`
	Environment *string         `json:"environment"`
	Data        json.RawMessage `json:"data"`
	PreData     json.RawMessage `json:"preData"`
}

// Events reads the event log of a flag, all environments, also of one that is
// archived or deleted. A flag that the log does not know has no events, which is
// not an error: a name that never was looks the same as one whose events somebody
// deleted. More than 50,000 events are cut off at the old end.
func (c *Client) Events(ctx context.Context, flag string) (Log, error) {
	return c.events(ctx, "read the event log of "+flag, url.Values{"feature": {"IS:" + flag}})
}

// events pages through the log from the newest event. What is added meanwhile
// moves the pages, so that events may come twice: ids tell.
func (c *Client) events(ctx context.Context, op string, query url.Values) (Log, error) {
	log := Log{Whole: true}
	seen := map[int64]bool{}
	for offset := 0; ; {
		query.Set("limit", strconv.Itoa(eventPage))
		query.Set("offset", strconv.Itoa(offset))
		var page struct {
			Events []wireEvent `json:"events"`
			Total  *int        `json:"total"`
		}
		r := request{op: op, method: http.MethodGet, path: path("search", "events") + "?" + query.Encode()}
		if err := c.call(ctx, r, &page); err != nil {
			return Log{}, err
		}
		if page.Total == nil {
			return Log{}, &Error{Op: op, Err: errNotUnleash, Hint: "the event log of this server cannot be searched: Unleash 6.10 or later can"}
		}
		for _, w := range page.Events {
			if seen[w.ID] {
				continue
			}
			seen[w.ID] = true
			e, err := w.value()
			if err != nil {
				return Log{}, &Error{Op: op, Err: err}
			}
			log.Events = append(log.Events, e)
		}
		offset += len(page.Events)
		if len(page.Events) == 0 || offset >= *page.Total {
			break
		}
		if len(log.Events) >= maxEvents {
			log.Whole = false
			break
		}
	}
	slices.SortFunc(log.Events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	return log, nil
}

func (w wireEvent) value() (Event, error) {
	e := Event{ID: w.ID, Type: w.Type, Time: w.Time.UTC(), By: w.By, User: w.User}
	if w.Environment != nil {
		e.Environment = *w.Environment
	}
	read := func(raw json.RawMessage, into any) error {
		if len(raw) == 0 || string(raw) == "null" {
			return nil
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("event %d (%s) is not what such events are: %w", w.ID, w.Type, err)
		}
		return nil
	}
	var err error
	switch w.Type {
	case StrategyAdded, StrategyUpdated, StrategyRemoved:
		var before, after *strategy
		if err = read(w.PreData, &before); err == nil {
			err = read(w.Data, &after)
		}
		e.Before, e.After = optional(before), optional(after)
	case StrategiesMoved:
		var before, after struct {
			IDs []string `json:"strategyIds"`
		}
		if err = read(w.PreData, &before); err == nil {
			err = read(w.Data, &after)
		}
		e.OrderBefore, e.OrderAfter = before.IDs, after.IDs
	case FlagLinked:
		var l link
		err = read(w.Data, &l)
		e.Link = l.URL
	}
	return e, err
}

func optional(s *strategy) *flags.Strategy {
	if s == nil {
		return nil
	}
	v := s.value()
	return &v
}

// Segments reads the constraints of all segments as they were at a moment: as they
// are now, less what the event log says happened since. A segment that was deleted
// since is there as it was.
func (c *Client) Segments(ctx context.Context, at time.Time) (map[int][]json.RawMessage, error) {
	type segment struct {
		ID          int               `json:"id"`
		Constraints []json.RawMessage `json:"constraints"`
	}
	var now struct {
		Segments []segment `json:"segments"`
	}
	op := "read segments"
	if err := c.call(ctx, request{op: op, method: http.MethodGet, path: "segments"}, &now); err != nil {
		return nil, err
	}
	out := map[int][]json.RawMessage{}
	for _, s := range now.Segments {
		out[s.ID] = s.Constraints
	}
	query := url.Values{
		"type":  {"IS_ANY_OF:" + string(SegmentUpdated) + "," + string(SegmentDeleted)},
		"from":  {"IS:" + at.UTC().Format(time.DateOnly)},
		"limit": {strconv.Itoa(eventPage)},
	}
	var page struct {
		Events []wireEvent `json:"events"` // newest first: the last word is the oldest change since
		Total  int         `json:"total"`
	}
	if err := c.call(ctx, request{op: op, method: http.MethodGet, path: path("search", "events") + "?" + query.Encode()}, &page); err != nil {
		return nil, err
	}
	if page.Total > len(page.Events) {
		return nil, &Error{Op: op, Hint: fmt.Sprintf("segments changed more than %d times since %s", eventPage, at.UTC().Format(time.DateOnly))}
	}
	for _, e := range page.Events {
		if !e.Time.After(at) {
			continue
		}
		var before segment
		if err := json.Unmarshal(e.PreData, &before); err != nil {
			return nil, &Error{Op: op, Err: fmt.Errorf("event %d (%s) does not say what the segment was: %w", e.ID, e.Type, err)}
		}
		out[before.ID] = before.Constraints
	}
	return out, nil
}

// Parents are the flags that a flag depends on.
func (c *Client) Parents(ctx context.Context, flag string) ([]string, error) {
	var doc struct {
		Dependencies []struct {
			Feature string `json:"feature"`
		} `json:"dependencies"`
	}
	if err := c.call(ctx, request{op: "read flag " + flag, method: http.MethodGet, path: c.flag(flag)}, &doc); err != nil {
		return nil, err
	}
	var parents []string
	for _, d := range doc.Dependencies {
		parents = append(parents, d.Feature)
	}
	return parents, nil
}
