package prompts

import "testing"

// A tool that returns nothing, or somebody with a name who says nothing, has a
// content; an assistant that calls tools may have none.
func TestMessageWithoutText(t *testing.T) {
	for _, test := range []struct {
		in   Message
		want string
	}{
		{Message{Role: "tool", Other: map[string]any{"tool_call_id": "a"}}, `{"content":"","role":"tool","tool_call_id":"a"}`},
		{Message{Role: "user", Other: map[string]any{"name": "a"}}, `{"content":"","name":"a","role":"user"}`},
		{Message{Role: "assistant", Other: map[string]any{"tool_calls": []any{}}}, `{"role":"assistant","tool_calls":[]}`},
		{Message{Role: "assistant"}, `{"content":"","role":"assistant"}`},
	} {
		got, err := test.in.MarshalJSON()
		if err != nil || string(got) != test.want {
			t.Errorf("got %s, %v, want %s", got, err, test.want)
		}
		var again Message
		if err := again.UnmarshalJSON(got); err != nil || again.Role != test.in.Role {
			t.Errorf("read again: %+v, %v", again, err)
		}
	}
}
