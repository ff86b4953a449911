package secrets_test

import (
	"fmt"

	"github.com/promptflag/promptflag/action/internal/secrets"
)

func Example() {
	d, err := secrets.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	key := "gh" + "p_" + "R4nd0mR4nd0mLettersAndD1gitsOf36Byte"
	text := "Call the API with " + key + ", never with {{api_key}}."
	for _, s := range d.Find(text) {
		fmt.Printf("%s at %d: %s (%s)\n", s.What, s.Start, s.Redacted(text), s.Rule)
	}
	// Output:
	// GitHub token at 18: ghp_… (github-token)
}
