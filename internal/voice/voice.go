// Package voice makes clean voice messages of what browsers record. It takes the containers
// that MediaRecorder writes (WebM, Ogg and MP4, with one track of Opus or AAC in them), looks
// at every part of them, and writes a new file of the same kind that holds the sound and
// nothing else: no tags, no places, no names of devices or programs. The sound itself is copied
// and not encoded anew. The package knows neither people nor messages.
package voice

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"swapnest/internal/chat"
)

// Note says what a voice message is.
type Note struct {
	Type     string // audio/webm, audio/ogg or audio/mp4
	Size     int64  // bytes that were written
	Duration time.Duration
	Waveform []int // chat.WaveformBars levels of 0 to 100, the loudest of which is 100; nil when they cannot be told
}

const (
	// slack is by how much a recording may be longer than allowed: a browser ends it by a timer.
	slack = time.Second
	// maxBytes is of an upload; offsets fit 32 bits.
	maxBytes = 1 << 31
	// maxParts is how many elements, pages or boxes a file may have. Five minutes of the
	// shortest packets of Opus are 120,400.
	maxParts = 1 << 19
	// maxPacket is of one packet, in bytes: more than Opus (61,298) and AAC (1,536) can need.
	maxPacket = 61_440
)

// Read looks at a recording and writes a clean file of the same kind to w, which can be played
// and searched from its first byte on. What it refuses is a *chat.Error on the field
// "attachments": UnsupportedMedia for what is no recording of one voice (a picture moves, another
// codec, no sound at all), TooLarge for more than most, Invalid for what is broken, cut off or
// empty. What was written to w before an error is of no use. It reads r twice, holds at most 4 MB
// whatever is in it, and ends early when ctx does.
func Read(ctx context.Context, r io.ReadSeeker, w io.Writer, most time.Duration) (Note, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return Note{}, fmt.Errorf("read a recording: %w", err)
	}
	if size >= maxBytes {
		return Note{}, tooLong(most)
	}
	s := &source{ctx: ctx, r: r, size: size, pos: size}
	t := &track{most: most}
	if err := t.read(s); err != nil {
		return Note{}, told(err, most)
	}
	if len(t.packets) == 0 || t.duration() <= 0 {
		return Note{}, empty()
	}
	out := &counter{w: w}
	b := bufio.NewWriter(out)
	levels := newLevels(t)
	if err := t.write(s, b, levels); err != nil {
		return Note{}, told(err, most)
	}
	if err := b.Flush(); err != nil {
		return Note{}, fmt.Errorf("write a recording: %w", err)
	}
	return Note{Type: t.container, Size: out.n, Duration: t.duration(), Waveform: levels.bars(chat.WaveformBars)}, nil
}

// The media types of containers.
const (
	webm = "audio/webm"
	ogg  = "audio/ogg"
	mp4  = "audio/mp4"
)

// read finds the packets of a file, by what it is and not by its name.
func (t *track) read(s *source) error {
	head, err := s.at(0, min(12, int(s.size)))
	if err != nil {
		return err
	}
	switch {
	case len(head) < 12:
		return errOther
	case string(head[:4]) == "\x1a\x45\xdf\xa3":
		t.container = webm
		return t.readWebM(s)
	case string(head[:4]) == "OggS":
		t.container = ogg
		return t.readOgg(s)
	case string(head[4:8]) == "ftyp":
		t.container = mp4
		return t.readMP4(s)
	}
	return errOther
}

// write writes the packets anew.
func (t *track) write(s *source, w *bufio.Writer, l *levels) error {
	p := &player{s: s, t: t, levels: l}
	switch t.container {
	case webm:
		return t.writeWebM(p, w)
	case ogg:
		return t.writeOgg(p, w)
	}
	return t.writeMP4(p, w)
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// What is wrong with a file, before it is put into words.
var (
	errBroken = errors.New("the recording is broken")
	errCut    = errors.New("the recording is cut off")
	errOther  = errors.New("the file is no recording")
	errVideo  = errors.New("the file is a film")
	errTracks = errors.New("the file has several tracks")
	errLong   = errors.New("the recording is too long")
)

// field is the input that a refused recording is about.
const field = "attachments"

// told returns the sentence for what is wrong with a file. Other errors stay what they are.
func told(err error, most time.Duration) error {
	switch {
	case errors.Is(err, errBroken):
		return chat.FieldError(field, "This recording is broken. Record it again.")
	case errors.Is(err, errCut):
		return chat.FieldError(field, "This recording is cut off. Record it again.")
	case errors.Is(err, errLong):
		return tooLong(most)
	case errors.Is(err, errVideo):
		return unsupported("This is a film and no voice message. Send it as a file.")
	case errors.Is(err, errTracks):
		return unsupported("This recording has more than one track. Record it with the microphone button, or send it as a file.")
	case errors.Is(err, errOther):
		return unsupported("This is no voice message that can be played here. Record it with the microphone button, or send it as a file.")
	}
	return fmt.Errorf("read a recording: %w", err)
}

func unsupported(detail string) error {
	return &chat.Error{Code: chat.UnsupportedMedia, Field: field, Detail: detail}
}

func empty() error { return chat.FieldError(field, "This recording is empty. Record it again.") }

func tooLong(most time.Duration) error {
	long := fmt.Sprintf("%d seconds", int(most.Seconds()))
	if most > time.Minute && most%time.Minute == 0 {
		long = fmt.Sprintf("%d minutes", int(most.Minutes()))
	}
	return &chat.Error{Code: chat.TooLarge, Field: field, Detail: "A voice message can be " + long + " long at most. Record it in two parts."}
}
