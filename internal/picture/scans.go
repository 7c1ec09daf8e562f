package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxScans is how many scans a progressive JPEG may have: programs write about ten.
	maxScans = 32
	// maxBlocks is how many blocks of 8 by 8 pixels these may go through, in all of them together:
	// a scan of a few bytes goes through all blocks of the picture. It takes a second.
	maxBlocks = 10_000_000
)

// countScans counts the scans of a progressive JPEG, and the blocks that they go through.
func (f *facts) countScans(r *bufio.Reader) error {
	blocks := (int64(f.width) + 7) / 8 * ((int64(f.height) + 7) / 8)
	scans, components, err := scansOf(r)
	f.scans, f.blocks = scans, components*blocks
	return err
}

// scansOf counts all that may be the head of a scan (ITU-T T.81, B.2.3), and the components in these,
// wherever it stands: in a thumbnail and behind the picture's end, too. Who believed in lengths and
// ends could be led past scans that a decoder finds, which looks for the next restart where its bits
// make no sense. By chance such a head stands in a file every 2^38 bytes.
func scansOf(r *bufio.Reader) (scans, components int64, err error) {
	const fixed, each, most = 6, 2, 4
	for {
		// What stands before the next 0xff is of no interest.
		_, err := r.ReadSlice(0xff)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return scans, components, nil
		case err != nil:
			return 0, 0, fmt.Errorf("read an upload: %w", err)
		}
		head, err := r.Peek(4)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, 0, fmt.Errorf("read an upload: %w", err)
		}
		if len(head) < 4 || head[0] != 0xda {
			continue
		}
		if n := int(head[3]); n >= 1 && n <= most && int(binary.BigEndian.Uint16(head[1:])) == fixed+each*n {
			scans, components = scans+1, components+int64(n)
		}
	}
}
