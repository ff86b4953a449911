package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/promptflag/promptflag/evalkit"
)

// Open opens the results of a prompt: JSON lines, each an evalkit.Line. It is
// called more than once for the same prompt, and each reader is closed. A nil
// Open means that there are no results to show beside the Report.
//
// A last line that was cut off, because the run was killed, is passed over. An
// answer that is there twice counts as it was last written: the run was resumed
// and asked again.
type Open func(prompt string) (io.ReadCloser, error)

// maxLine bounds what is read at once.
const maxLine = 64 << 20

// head is what the index needs of a line; texts are not even decoded.
type head struct {
	Case *struct {
		ID   string   `json:"id"`
		Tags []string `json:"tags"`
		File string   `json:"file"`
		Line int      `json:"line"`
	} `json:"case"`
	Sample *struct {
		Case   string `json:"case"`
		Arm    string `json:"arm"`
		Repeat int    `json:"repeat"`
		Pass   bool   `json:"pass"`
		Fault  string `json:"fault"`
		Error  string `json:"error"`
		Output struct {
			Latency int64 `json:"latencyNanoseconds"`
		} `json:"output"`
	} `json:"sample"`
}

// body is a line with its texts. Vars stay as they were written, so that no
// number changes.
type body struct {
	Case *struct {
		Vars map[string]json.RawMessage `json:"vars"`
	} `json:"case"`
	Sample *evalkit.Sample `json:"sample"`
}

// lines calls f with each line of the results of prompt, and its bytes, which
// are valid until f returns.
func lines(open Open, prompt string, f func(h *head, text []byte) error) (err error) {
	file, err := open(prompt)
	if err != nil {
		return fmt.Errorf("open the results of %q: %w", prompt, err)
	}
	defer func() {
		if closing := file.Close(); err == nil && closing != nil {
			err = fmt.Errorf("close the results of %q: %w", prompt, closing)
		}
	}()
	r := bufio.NewReaderSize(file, 1<<16)
	var text []byte
	for n := 1; ; n++ {
		last := false
		text, last, err = readLine(r, text[:0])
		if err != nil {
			return fmt.Errorf("results of %q, line %d: %w", prompt, n, err)
		}
		if len(text) > 0 {
			var h head
			switch err := json.Unmarshal(text, &h); {
			case err != nil && last:
				return nil // a run that was killed
			case err != nil:
				return fmt.Errorf("results of %q, line %d: %w", prompt, n, err)
			}
			if err := f(&h, text); err != nil {
				return fmt.Errorf("results of %q, line %d: %w", prompt, n, err)
			}
		}
		if last {
			return nil
		}
	}
}

// readLine appends the next line to buffer, without its end.
func readLine(r *bufio.Reader, buffer []byte) (text []byte, last bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		buffer = append(buffer, part...)
		switch {
		case len(buffer) > maxLine:
			return buffer, false, fmt.Errorf("longer than %d bytes", maxLine)
		case err == nil:
			return buffer[:len(buffer)-1], false, nil
		case errors.Is(err, io.EOF):
			return buffer, true, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return buffer, false, err
		}
	}
}
