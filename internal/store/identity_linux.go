package store

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// identify returns what tells an open file from its copies. An inode's number alone would
// not do: it is given to the next file once its own is gone.
func identify(f *os.File) (identity, error) {
	var s unix.Statx_t
	if err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_BTIME, &s); err != nil {
		return identity{}, fmt.Errorf("identify %s: %w", f.Name(), err)
	}
	is := identity{Inode: s.Ino}
	if s.Mask&unix.STATX_BTIME != 0 {
		is.Born = s.Btime.Sec*1e9 + int64(s.Btime.Nsec)
	}
	return is, nil
}
