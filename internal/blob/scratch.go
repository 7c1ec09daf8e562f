package blob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// scratch makes files for bytes on their way, in a folder that no other process uses.
type scratch struct{ dir string }

// newScratch removes what an earlier process has left in dir, which is there.
func newScratch(dir string) (scratch, error) {
	s := scratch{filepath.Clean(dir)}
	left, err := filepath.Glob(filepath.Join(s.dir, ".scratch-*"))
	errs := []error{err}
	for _, name := range left {
		errs = append(errs, os.Remove(name))
	}
	if err := errors.Join(errs...); err != nil {
		return scratch{}, fmt.Errorf("tidy the scratch files: %w", err)
	}
	return s, nil
}

// Scratch returns an empty file of this process alone for bytes on their way. It is the
// caller's to close and to remove.
func (s scratch) Scratch() (*os.File, error) {
	f, err := os.CreateTemp(s.dir, ".scratch-*")
	if err != nil {
		return nil, fmt.Errorf("make a scratch file: %w", err)
	}
	return f, nil
}
