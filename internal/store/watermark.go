package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"swapnest/internal/chat"
)

// mark is the last event of the log as this node has seen it, committed, under the epoch
// that was in force. An empty log has a mark without an event.
type mark struct {
	Epoch        string              `json:"epoch"`
	Pos          int64               `json:"pos"`
	Conversation chat.ConversationID `json:"conversation"`
	Seq          chat.Seq            `json:"seq"`
	CreatedAt    int64               `json:"created_at"` // in microseconds
}

// at tells whether two marks name the same event.
func (m mark) at(other mark) bool {
	return m.Conversation == other.Conversation && m.Seq == other.Seq && m.CreatedAt == other.CreatedAt
}

// watermark is the mark in its file. The file names itself, so that a copy is known as one:
// a directory that is put back from a backup brings a watermark that agrees with its
// database, and yet both are old.
type watermark struct {
	mark
	File identity `json:"file"`
}

// identity tells a file from its copies: no way of copying one keeps both.
type identity struct {
	Inode uint64 `json:"inode"`
	Born  int64  `json:"born"` // in nanoseconds; 0 where the file system does not know
}

// What a watermark may be instead of a mark that vouches for the database beside it.
var (
	errNoMark     = errors.New("nothing vouches for it")
	errBrokenMark = errors.New("its watermark cannot be read")
	errCopiedMark = errors.New("it is a copy")
)

// markLimit bounds what is read: a watermark has some 200 bytes.
const markLimit = 4 << 10

// readMark reads a watermark. The errors above say why there is none that counts.
func readMark(path string) (mark, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, errNoMark
	}
	if err != nil {
		return mark{}, fmt.Errorf("%w: %w", errBrokenMark, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, markLimit))
	if err != nil {
		return mark{}, fmt.Errorf("%w: %w", errBrokenMark, err)
	}
	w, err := parseMark(data)
	if err != nil {
		return mark{}, fmt.Errorf("%w: %w", errBrokenMark, err)
	}
	is, err := identify(f)
	if err != nil {
		return mark{}, fmt.Errorf("%w: %w", errBrokenMark, err)
	}
	if is != w.File {
		return w.mark, errCopiedMark
	}
	return w.mark, nil
}

func parseMark(data []byte) (watermark, error) {
	var w watermark
	if err := json.Unmarshal(data, &w); err != nil {
		return w, err
	}
	if w.Epoch == "" || w.Pos < 0 || w.Seq < 0 || (w.Seq == 0) != (w.Pos == 0) {
		return w, errors.New("it names no place")
	}
	return w, nil
}

// writeMark replaces the watermark in one step: whoever reads it finds the old one or the
// new one, also after the machine has lost its power.
func writeMark(path string, m mark) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "watermark-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// It is of no use; the error that matters is the one before.
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := watermark{mark: m}
	if w.File, err = identify(f); err != nil {
		return err
	}
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(data, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
