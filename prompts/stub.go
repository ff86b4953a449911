package prompts

import (
	"errors"
	"io/fs"
)

type variable struct{ Variable }
type message struct{ Message }

// ErrUnsupported marks an artifact that a newer promptflag made.
var ErrUnsupported = errors.New("made by a newer promptflag")

var errTODO = errors.New("not yet")

func Decode(artifact []byte) (*Prompt, error)                     { return nil, errTODO }
func From(v any) (*Prompt, error)                                 { return nil, errTODO }
func (p *Prompt) Render(values map[string]any) ([]Message, error) { return nil, errTODO }
func (p *Prompt) Structure() map[string]any                       { return nil }

type Definition struct {
	Prompt       *Prompt
	File         string
	Description  string
	Owners, Tags []string
	MovedFrom    string
	Deprecated   *Deprecated
	Rollout      map[string]Rollout
}
type Deprecated struct{ Reason, ReplacedBy string }
type Rollout struct {
	Percent    *int
	Stickiness string
}
type Tree struct{ definitions []*Definition }

func (t *Tree) Definitions() []*Definition                     { return t.definitions }
func (t *Tree) Lookup(name string) (*Definition, bool)         { return nil, false }
func Parse(file, name string, src []byte) (*Definition, error) { return nil, errTODO }
func Load(fsys fs.FS, root string) (*Tree, error)              { return &Tree{}, errTODO }

// RenderError lists everything wrong with the values given to Render.
type RenderError struct {
	Ref      Ref
	Problems []Problem
}

// Problem is one thing wrong with one variable.
type Problem struct{ Variable, Message, Hint string }

func (e *RenderError) Error() string { return "" }
