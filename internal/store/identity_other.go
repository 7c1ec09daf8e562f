//go:build !linux

package store

import (
	"fmt"
	"os"
	"syscall"
)

// identify returns what tells an open file from its copies, as far as this system says it
// in the same way as others.
func identify(f *os.File) (identity, error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, fmt.Errorf("identify %s: %w", f.Name(), err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return identity{Inode: s.Ino}, nil
	}
	return identity{}, nil
}
