package unleashflags

import (
	"fmt"

	"github.com/promptflag/promptflag/provider"
)

// Engine is one of Unleash's Go SDKs, used for what it decides: strategies,
// constraints, stickiness, variants. Its polls, storage and metrics have no part.
// The default is unleash-client-go v4; package unleashv6 has its successor.
type Engine interface {
	// About says what the engine is and what it knows. It always says the same.
	About() EngineInfo
	// Open makes the engine of one source, at every Start a new one.
	Open(o EngineOptions) (Evaluator, error)
}

// EngineInfo describes an engine. What is in a feed and not in these lists is
// kept away from the engine: such a strategy matches nobody and is reported.
type EngineInfo struct {
	SDK           string   // name:version, as the flag server is told
	Specification string   // the client specification that the SDK declares
	Operators     []string // of constraints
	Strategies    []string // kinds of strategies
}

// EngineOptions are what an engine is opened with.
type EngineOptions struct {
	AppName, InstanceID string
	// Environment is what constraints see of callers that do not say.
	Environment string
	// Complain takes what the SDK has to say. It never waits, so that an SDK
	// that reports on the path of a call is not held up.
	Complain func(error)
}

// Evaluator is an open engine. Any number of goroutines may compile, and ask
// what was compiled.
type Evaluator interface {
	// Compile reads one flag, the JSON of an element of "features" in a feed. It
	// has no segments and no dependencies, only known operators and kinds of
	// strategies, a stickiness and a group wherever the SDKs need one, and weights
	// that add up to more than 0.
	Compile(flag []byte) (Rules, error)
	// Close is called once. Nothing is asked during it and after it.
	Close() error
}

// Rules answer for one flag. They compute and never wait.
type Rules interface {
	Enabled(c Context) bool
	Variant(c Context) Outcome
}

// Context is a caller in Unleash's words. It has the fields of the SDKs' own
// types in their order, so that it converts to them. Rules neither change its
// map nor keep it.
type Context struct {
	UserId        string
	SessionId     string
	RemoteAddress string
	Environment   string
	AppName       string
	CurrentTime   string // RFC 3339
	Properties    map[string]string
}

// Outcome is an SDK's answer.
type Outcome struct {
	On      bool             // a strategy matched, or the flag is enabled and has none
	Variant provider.Variant // without a name when there is none
}

// open opens the engine that the options choose.
func (e *engine) open() (err error) {
	o := &e.src.opt
	e.about = o.Engine.About()
	e.says = newComplaints(e.src.log)
	e.sdk, err = o.Engine.Open(EngineOptions{
		AppName: o.AppName, InstanceID: o.InstanceID, Environment: o.Environment, Complain: e.says.say,
	})
	if err != nil {
		e.says.stop()
		return fmt.Errorf("open %s: %w", e.about.SDK, err)
	}
	return nil
}
