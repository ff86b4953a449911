package unleashflags_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
)

// levels are where OpenFeature takes evaluation contexts from; a later one wins.
func levels() []string { return []string{"api", "transaction", "client", "call", "hook"} }

// contextFlags say by their variant what reached Unleash: one flag for each of
// its fields and for a property, with a strategy for each level's value.
func contextFlags() (specs []flagSpec) {
	for _, field := range unleashFields() {
		f := flagSpec{name: "by." + field}
		for i, level := range levels() {
			f.strategies = append(f.strategies, only(i, field, []string{valueOf(field, level)}, variantOf(level, "string", level)))
		}
		f.strategies = append(f.strategies, everybody(len(levels()), variantOf("nobody", "string", "nobody")))
		specs = append(specs, f)
	}
	return specs
}

func unleashFields() []string {
	return []string{"userId", "sessionId", "remoteAddress", "environment", "appName", "currentTime", "tenantId"}
}

func valueOf(field, level string) string {
	for i, l := range levels() {
		switch {
		case l != level:
		case field == "remoteAddress":
			return fmt.Sprintf("10.0.0.%d", i+1)
		case field == "currentTime":
			return fmt.Sprintf("2026-01-0%dT00:00:00Z", i+1)
		}
	}
	return level + "'s " + field
}

// contextOf is what a level says of a field.
func contextOf(field, level string) openfeature.EvaluationContext {
	if field == "userId" {
		return user(valueOf(field, level))
	}
	return user("", field, valueOf(field, level))
}

// What is merged from all levels reaches Unleash's own fields, and of two that
// name the same field the later one wins.
func TestContextMerging(t *testing.T) {
	onAll(t, contextFlags(), func(t *testing.T, b *backend) {
		bucket := newBucket(t)
		for i := range levels() {
			s := b.serve(t, bucket, nil)
			for _, field := range unleashFields() {
				// level i names the field, and those before it say otherwise
				got := s.at(b.prefix+"by."+field, field, levels()[:i+1])
				if got != levels()[i] {
					t.Errorf("%s given by %v: Unleash has that of %q", field, levels()[:i+1], got)
				}
				if alone := s.at(b.prefix+"by."+field, field, levels()[i:i+1]); alone != levels()[i] {
					t.Errorf("%s given by %s alone: Unleash has that of %q", field, levels()[i], alone)
				}
			}
			if got, _ := ask(s.Client, b.prefix+"by.tenantId", "", nobody); got.Value != "nobody" {
				t.Errorf("a call that says nothing has the tenant of %q", got.Value)
			}
		}
	})
}

// at evaluates with the field given at these levels and says whose value it was.
func (s *service) at(flag, field string, given []string) string {
	s.t.Helper()
	var apiContext, clientContext, callContext openfeature.EvaluationContext
	ctx, options := context.Background(), []openfeature.Option{}
	for _, level := range given {
		ec := contextOf(field, level)
		switch level {
		case "api":
			apiContext = ec
		case "transaction":
			ctx = openfeature.WithTransactionContext(ctx, user("overwritten", field, "overwritten"))
			ctx = openfeature.MergeTransactionContext(ctx, ec)
		case "client":
			clientContext = ec
		case "call":
			callContext = ec
		case "hook":
			options = append(options, openfeature.WithHooks(hook{to: &journal{}, gives: &ec}))
		}
	}
	s.api.SetEvaluationContext(apiContext)
	s.Client.SetEvaluationContext(clientContext)
	value, err := s.StringValue(ctx, flag, "default", callContext, options...)
	if err != nil {
		s.t.Error(err)
	}
	s.api.SetEvaluationContext(nobody)
	s.Client.SetEvaluationContext(nobody)
	return value
}

// The parts of one context may come from different levels.
func TestContextFromAllLevels(t *testing.T) {
	all := only(0, "userId", []string{"anna"}, variantOf("all", "string", "all"))
	for field, value := range map[string]string{"sessionId": "s1", "remoteAddress": "10.1.1.1", "tenantId": "acme", "plan": "pro"} {
		all["constraints"] = append(all["constraints"].([]any), object{"contextName": field, "operator": "IN", "values": []string{value}, "inverted": false, "caseInsensitive": false})
	}
	specs := []flagSpec{{name: "all", strategies: []object{all, everybody(1, variantOf("some", "string", "some"))}}}
	onAll(t, specs, func(t *testing.T, b *backend) {
		s := b.serve(t, newBucket(t), nil)
		s.api.SetEvaluationContext(user("", "sessionId", "s1", "plan", "free"))
		s.Client.SetEvaluationContext(user("", "tenantId", "acme"))
		ctx := openfeature.WithTransactionContext(context.Background(), user("bob", "remoteAddress", "10.1.1.1"))
		plan := user("", "plan", "pro")
		pro := openfeature.WithHooks(hook{to: &journal{}, gives: &plan})
		for _, tt := range []struct {
			user    string
			options []openfeature.Option
			want    string
		}{
			{"anna", []openfeature.Option{pro}, "all"},
			{"anna", nil, "some"},                       // the API's plan
			{"", []openfeature.Option{pro}, "some"},     // the transaction's user
			{"carl", []openfeature.Option{pro}, "some"}, // the call's
		} {
			if got, err := s.StringValue(ctx, b.prefix+"all", "default", user(tt.user), tt.options...); got != tt.want || err != nil {
				t.Errorf("%q with %d hooks: %q %v, want %q", tt.user, len(tt.options), got, err, tt.want)
			}
		}
	})
}

// Options.Environment, and without it what the server says that the token is
// for, is what constraints on the environment compare with.
func TestEnvironmentOfTheToken(t *testing.T) {
	specs := []flagSpec{{name: "here", strategies: []object{
		only(0, "environment", []string{"production"}, variantOf("production", "string", "production")),
		only(1, "environment", []string{"of the call"}, variantOf("call", "string", "of the call")),
		everybody(2, variantOf("other", "string", "other")),
	}}}
	onAll(t, specs, func(t *testing.T, b *backend) {
		s := b.serve(t, newBucket(t), nil)
		if got, _ := ask(s.Client, b.prefix+"here", "", nobody); got.Value != "production" {
			t.Errorf("a caller who names no environment: %v", got)
		}
		if got, _ := ask(s.Client, b.prefix+"here", "", user("", "environment", "of the call")); got.Value != "of the call" {
			t.Errorf("a caller who names one: %v", got)
		}
	})
}
