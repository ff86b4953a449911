package npm

import "os"

// WriteFixtures writes what the mock of models answers: aimock/fixtures.json.
// Whose message is a part of a user's message, its answer comes; sequenceIndex
// counts within one X-Test-Id.
func WriteFixtures(file string) error {
	b, err := trees.ReadFile(Aimock + "/fixtures.json")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}
