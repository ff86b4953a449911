package config

import (
	"errors"

	"github.com/BurntSushi/toml"

	"github.com/promptflag/promptflag/prompts"
)

// lines finds keys in the source.
type lines struct{}

func newLines([]byte) lines { return lines{} }

func (lines) find([]string) (line, col int) { return 0, 0 }

func syntaxFinding(src []byte, err error) error {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return prompts.Findings{{File: FileName, Message: err.Error()}}
	}
	return prompts.Findings{{File: FileName, Line: syntax.Position.Line, Col: syntax.Position.Col, Message: syntax.Message}}
}
