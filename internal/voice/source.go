package voice

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
)

// windowSize is how much of a file is read at once, in bytes: more than any packet.
const windowSize = 64 << 10

// source reads a file at any place, mostly forward. It seeks only where it must, since that
// can mean a request to where the file is kept.
type source struct {
	ctx    context.Context
	r      io.ReadSeeker
	size   int64
	pos    int64 // where r stands
	window []byte
	start  int64 // of the window in the file
	room   [windowSize]byte
}

// at returns n bytes from off on, which are valid until the next call. It is errCut beyond the
// end of the file, and errBroken for more than fits the window.
func (s *source) at(off int64, n int) ([]byte, error) {
	switch {
	case n > windowSize || n < 0 || off < 0:
		return nil, errBroken
	case off > s.size-int64(n):
		return nil, errCut
	}
	if off < s.start || off+int64(n) > s.start+int64(len(s.window)) {
		if err := s.load(off, n); err != nil {
			return nil, err
		}
	}
	return s.window[off-s.start:][:n], nil
}

// load moves the window to off, with n bytes in it at least. What of it is there already is kept.
func (s *source) load(off int64, n int) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	kept := 0
	if off >= s.start && off < s.start+int64(len(s.window)) {
		kept = copy(s.room[:], s.window[off-s.start:])
	}
	from := off + int64(kept)
	s.window, s.start = s.room[:kept], off
	if s.pos != from {
		if _, err := s.r.Seek(from, io.SeekStart); err != nil {
			return fmt.Errorf("seek: %w", err)
		}
		s.pos = from
	}
	got, err := io.ReadAtLeast(s.r, s.room[kept:], n-kept)
	s.pos += int64(got)
	s.window = s.room[:kept+got]
	if err != nil {
		return fmt.Errorf("read at %d: %w", from, err)
	}
	return nil
}

// u32 returns the number of 4 bytes at off, the high one first.
func (s *source) u32(off int64) (uint32, error) {
	b, err := s.at(off, 4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}
