package assert

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// The bounds of one expression. Expressions have no loops but over lists, and
// each turn of one is a step.
const (
	maxExprNodes  = 1000
	maxExprMemory = 100_000 // elements of lists and tables that it makes
	maxExprSteps  = 200_000
	maxExprText   = 4 << 20 // bytes of a text that it puts together
)

func exprKind() kind {
	return kind{name: "expr", summary: "The expression (expr-lang.org) is true, or its number from 0 to 1 reaches the threshold. " +
		"It knows output, json (the output read as JSON, or nil), vars, metadata, tool_calls (name, arguments), latency_ms and cost.",
		value: `an expression: len(output) < 200 && json.total > 0`, threshold: scoreLimit, make: makeExpr}
}

// exprCall is a call of a function as expressions see it.
type exprCall struct {
	Name      string `expr:"name"`
	Arguments any    `expr:"arguments"` // as JSON decodes it; nil when it is broken
}

// exprEnvironment is what expressions know. The two functions are called by what
// guard puts into an expression.
type exprEnvironment struct {
	Output    string         `expr:"output"`
	JSON      any            `expr:"json"`
	Vars      map[string]any `expr:"vars"`
	Metadata  map[string]any `expr:"metadata"`
	ToolCalls []exprCall     `expr:"tool_calls"`
	Latency   float64        `expr:"latency_ms"`
	Cost      float64        `expr:"cost"`

	Step func() (bool, error)   `expr:"__step"`
	Text func(any) (any, error) `expr:"__text"`
}

const (
	stepName = "__step"
	textName = "__text"
)

func makeExpr(w *written) checker {
	source, ok := w.value.(string)
	path := valuePath()
	switch {
	case w.value == nil || ok && strings.TrimSpace(source) == "":
		w.problem(path, `write value = "len(output) < 200"`, "expr needs a value")
		return nil
	case !ok:
		w.problem(path, "", "the value of expr is text, not %s", nameOf(w.value))
		return nil
	case strings.Contains(source, stepName), strings.Contains(source, textName):
		w.problem(path, "", "%s and %s are reserved", stepName, textName)
		return nil
	}
	g := &guard{}
	options := []expr.Option{expr.Env(exprEnvironment{}), expr.MaxNodes(maxExprNodes), expr.Patch(g)}
	for _, name := range []string{"now", "repeat", "replace"} { // no clock, and no texts that grow by multiplying
		options = append(options, expr.DisableBuiltin(name))
	}
	program, err := compileExpr(source, options)
	if err != nil {
		w.problem(path, exprHint(err), "%s", exprFault(err))
		return nil
	}
	c := exprCheck{program: program, source: source, threshold: w.threshold, not: w.not, json: g.json, cost: g.cost, latency: g.latency}
	switch kind := resultKind(program); {
	case kind == reflect.Bool:
		if w.threshold != nil {
			w.problem([]string{"threshold"}, "remove it", "the expression is true or false, and has no threshold")
		}
	case kind == reflect.Interface:
	case kind >= reflect.Int && kind <= reflect.Float64:
		if w.threshold == nil {
			w.problem([]string{"threshold"}, "write threshold = 0.8, or compare the number", "the expression is a number, and needs a threshold")
		}
	default:
		w.problem(path, "compare it: output contains \"…\"", "the expression must be true or false, or a number from 0 to 1")
	}
	return c
}

// compileExpr compiles; a fault inside the library is an error.
func compileExpr(source string, options []expr.Option) (program *vm.Program, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the expression cannot be compiled")
		}
	}()
	return expr.Compile(source, options...)
}

// exprFault is the library's message in one line, with the place.
func exprFault(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Sprintf("not an expression: %s, at line %d, column %d", clip(at.Message), at.Line, at.Column+1)
	}
	return "not an expression: " + clip(err.Error())
}

// exprHint says what was probably meant by a name that is not known.
func exprHint(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		if name, ok := strings.CutPrefix(at.Message, "unknown name "); ok {
			if near := nearest(name, []string{"output", "json", "vars", "metadata", "tool_calls", "latency_ms", "cost"}); near != "" {
				return "did you mean " + near + "?"
			}
		}
	}
	return "it knows output, json, vars, metadata, tool_calls, latency_ms and cost; its functions are on expr-lang.org"
}

// resultKind is what an expression gives; Interface when only a run can tell.
func resultKind(p *vm.Program) reflect.Kind {
	if t := p.Node().Type(); t != nil {
		return t.Kind()
	}
	return reflect.Interface
}

// guard bounds an expression: each turn of a loop is a step, and each sum that
// may be a text is looked at. It also finds out what must be known.
type guard struct {
	json, cost, latency bool
	done                map[ast.Node]bool
}

// Visit is called for each node, the inner ones first.
func (g *guard) Visit(node *ast.Node) {
	if g.done == nil {
		g.done = map[ast.Node]bool{}
	}
	if g.done[*node] {
		return // the library may visit more than once
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		g.json = g.json || n.Value == "json"
		g.cost = g.cost || n.Value == "cost"
		g.latency = g.latency || n.Value == "latency_ms"
	case *ast.PredicateNode:
		g.done[n] = true
		step := &ast.CallNode{Callee: &ast.IdentifierNode{Value: stepName}}
		n.Node = &ast.SequenceNode{Nodes: []ast.Node{step, n.Node}}
	case *ast.BinaryNode:
		if t := n.Type(); n.Operator == "+" && (t == nil || t.Kind() == reflect.String || t.Kind() == reflect.Interface) {
			g.done[n] = true
			ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: textName}, Arguments: []ast.Node{n}})
		}
	}
}

type exprCheck struct {
	program             *vm.Program
	source              string
	threshold           *float64
	not                 bool
	json, cost, latency bool // whether it uses them
}

// check runs the expression. One that fails is an error, but an output that is
// no JSON fails the assertion when the expression cannot do without: that is the
// model's fault. Only the opposite is an error then, because it would pass.

func (c exprCheck) check(ctx context.Context, in Input, _ Services) (Result, error) {
	env, err := c.environment(ctx, in)
	if err != nil {
		return Result{}, err
	}
	machine := vm.VM{MemoryBudget: maxExprMemory}
	got, err := machine.Run(c.program, env)
	if err != nil {
		if c.json && env.JSON == nil && !c.not && ctx.Err() == nil {
			if _, broken := parseJSON(in.Output.Text); broken != nil {
				return binary(false, "is not JSON, which %s needs: %s", quote(c.source), quote(in.Output.Text)), nil
			}
		}
		return Result{}, errors.New(strings.Replace(exprFault(err), "not an expression", "the expression failed", 1))
	}
	if pass, ok := got.(bool); ok {
		if c.threshold != nil {
			return Result{}, errors.New("the expression is true or false, and has no threshold")
		}
		return binary(pass, "%s is %v", quote(c.source), pass), nil
	}
	v := reflect.ValueOf(got)
	score := math.NaN()
	switch {
	case got == nil:
	case v.CanInt():
		score = float64(v.Int())
	case v.CanUint():
		score = float64(v.Uint())
	case v.CanFloat():
		score = v.Float()
	}
	switch {
	case !(score >= 0 && score <= 1):
		return Result{}, fmt.Errorf("the expression is %s, neither true or false nor a number from 0 to 1", quote(shortValue(got)))
	case c.threshold == nil:
		return Result{}, fmt.Errorf("the expression is the number %s, and there is no threshold", numberText(score))
	}
	return scored("the expression", score, *c.threshold), nil
}

func shortValue(v any) string {
	switch v.(type) {
	case nil, string, bool, int, int64, float64:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("a value of type %T", v)
}

func (c exprCheck) environment(ctx context.Context, in Input) (exprEnvironment, error) {
	env := exprEnvironment{Output: in.Output.Text, Latency: float64(in.Output.Latency) / float64(time.Millisecond)}
	if v, err := parseJSON(in.Output.Text); err == nil {
		env.JSON = v
	}
	for _, from := range []struct {
		name   string
		values map[string]any
		to     *map[string]any
	}{{"vars", in.Vars, &env.Vars}, {"metadata", in.Metadata, &env.Metadata}} {
		v, problems := normal(from.values)
		if len(problems) > 0 {
			return env, fmt.Errorf("%s: %s", from.name, problems[0].Message)
		}
		*from.to, _ = v.(map[string]any)
	}
	for _, call := range in.Output.ToolCalls {
		arguments, _ := parseJSON(call.Arguments) // nil when it is broken
		env.ToolCalls = append(env.ToolCalls, exprCall{call.Name, arguments})
	}
	switch {
	case c.latency && env.Latency <= 0:
		return env, errors.New("the latency is not known")
	case in.Cost != nil:
		env.Cost = *in.Cost
	case c.cost:
		return env, errors.New("the cost is not known: the endpoint gave no usage, or the model has no price")
	}
	steps := 0
	env.Step = func() (bool, error) {
		if steps++; steps > maxExprSteps {
			return false, errors.New("it takes too many steps")
		}
		return true, ctx.Err()
	}
	env.Text = func(v any) (any, error) {
		if s, ok := v.(string); ok && len(s) > maxExprText {
			return nil, errors.New("it makes too long a text")
		}
		return v, nil
	}
	return env, nil
}
