package uploads

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/picture"
	"swapnest/internal/store"
)

// Image is a picture as it is served. Thumb is a JPEG.
type Image struct {
	Full, Thumb   []byte
	Type          string // of Full
	Width, Height int
	Animated      bool
}

// Images make a picture of an upload. They refuse with UnsupportedMedia what is none that can
// be shown: that is sent as a file. Other refusals hold.
type Images interface {
	Image(ctx context.Context, r io.ReadSeeker) (Image, error)
}

// Note is a voice message as it is served.
type Note struct {
	Type     string
	Size     int64
	Duration time.Duration
	Waveform []int
}

// Voices write what is served of a recording of at most most, and refuse what is none.
type Voices interface {
	Read(ctx context.Context, r io.ReadSeeker, w io.Writer, most time.Duration) (Note, error)
}

// Kind returns the media type as which a file is saved, and refuses what nobody should have.
type Kind func(r io.ReadSeeker, name string) (string, error)

// Scanner refuses what is harmful with a *chat.Error that is not Retryable; when it cannot
// look just now, the file waits.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) error
}

// unknownKind is the media type of what is not known.
const unknownKind = "application/octet-stream"

// process stores what is served of a whole file.
func (s *Service) process(ctx context.Context, u store.Upload, f *os.File) (chat.Attachment, error) {
	a := chat.Attachment{ID: u.ID, Kind: u.Kind, Name: u.Name}
	if s.Scanner != nil {
		if err := rewind(f); err != nil {
			return a, err
		}
		if err := s.Scanner.Scan(ctx, f); err != nil {
			return a, err
		}
	}
	if err := rewind(f); err != nil {
		return a, err
	}
	switch u.Kind {
	case chat.VoiceAttachment:
		return s.voice(ctx, a, f)
	case chat.ImageAttachment:
		a, err := s.image(ctx, a, f)
		if chat.CodeOf(err) != chat.UnsupportedMedia {
			return a, err
		}
	}
	return s.file(ctx, a, u.Length, f)
}

func rewind(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

func (s *Service) voice(ctx context.Context, a chat.Attachment, f *os.File) (chat.Attachment, error) {
	if s.Voices == nil {
		return a, &chat.Error{Code: chat.UnsupportedMedia, Field: field, Detail: "Voice messages are not taken here. Write a message instead."}
	}
	clean, done, err := s.scratch()
	if err != nil {
		return a, err
	}
	defer done()
	note, err := s.Voices.Read(ctx, f, clean, s.Options.Media.VoiceLength)
	if err != nil {
		return a, err
	}
	if err := rewind(clean); err != nil {
		return a, err
	}
	a.Type, a.Size, a.Duration, a.Waveform = note.Type, note.Size, note.Duration, note.Waveform
	return a, s.blobs.Put(ctx, fileKey(a.ID), clean)
}

func (s *Service) image(ctx context.Context, a chat.Attachment, f *os.File) (chat.Attachment, error) {
	img, err := s.Images.Image(ctx, f)
	if err != nil {
		return a, err
	}
	a.Kind, a.Type, a.Size = chat.ImageAttachment, img.Type, int64(len(img.Full))
	a.Width, a.Height, a.Animated = img.Width, img.Height, img.Animated
	return a, errors.Join(s.blobs.Put(ctx, thumbKey(a.ID), bytes.NewReader(img.Thumb)), s.blobs.Put(ctx, fileKey(a.ID), bytes.NewReader(img.Full)))
}

// file stores a file as it came.
func (s *Service) file(ctx context.Context, a chat.Attachment, length int64, f *os.File) (chat.Attachment, error) {
	if err := rewind(f); err != nil {
		return a, err
	}
	kind, err := s.Kind(f, a.Name)
	if err != nil {
		return a, err
	}
	if err := rewind(f); err != nil {
		return a, err
	}
	a.Kind, a.Type, a.Size = chat.FileAttachment, kind, length
	return a, s.blobs.Put(ctx, fileKey(a.ID), f)
}

// stills make a JPEG of every picture.
type stills struct{ maker *picture.Maker }

// Image implements Images.
func (s stills) Image(ctx context.Context, r io.ReadSeeker) (Image, error) {
	full, thumb, err := s.maker.Make(ctx, r)
	return Image{Full: full.JPEG, Thumb: thumb.JPEG, Type: "image/jpeg", Width: full.Width, Height: full.Height}, err
}
