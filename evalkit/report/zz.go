package report

import (
	"io"

	"github.com/promptflag/promptflag/evalkit"
)

type HTMLOptions struct{}

func HTML(w io.Writer, r []*evalkit.Report, open Open, o *HTMLOptions) error { return nil }
