package uploads

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/filetype"
	"swapnest/internal/store"
	"swapnest/internal/voice"
)

// Scanner refuses what is harmful with a *chat.Error that is not Retryable; when it cannot
// look just now, the file waits.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) error
}

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
	// Whatever it is said to be: the sound of a voice message is copied, and may be a program as well.
	kind, err := filetype.Of(f, a.Name)
	if err != nil {
		return a, err
	}
	if u.Kind == chat.VoiceAttachment {
		return s.voice(ctx, a, f)
	}
	// Whatever it was said to be: a photo that is called a document tells where it was taken, too.
	if shown, err := s.image(ctx, a, f); chat.CodeOf(err) != chat.UnsupportedMedia {
		return shown, err
	}
	a.Kind, a.Type, a.Size = chat.FileAttachment, kind, u.Length
	if err := rewind(f); err != nil {
		return a, err
	}
	return a, s.blobs.Put(ctx, fileKey(a.ID), f)
}

func rewind(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

func (s *Service) voice(ctx context.Context, a chat.Attachment, f *os.File) (chat.Attachment, error) {
	clean, done, err := s.scratch()
	if err != nil {
		return a, err
	}
	defer done()
	note, err := voice.Read(ctx, f, clean, s.Options.Media.VoiceLength)
	if ctx.Err() != nil {
		return a, busy()
	}
	if err != nil {
		return a, err
	}
	if err := rewind(clean); err != nil {
		return a, err
	}
	a.Name, a.Type, a.Size = "voice-message"+endings[note.Type][0], note.Type, note.Size
	a.Duration, a.Waveform = note.Duration, note.Waveform
	return a, s.blobs.Put(ctx, fileKey(a.ID), clean)
}

func (s *Service) image(ctx context.Context, a chat.Attachment, f *os.File) (chat.Attachment, error) {
	img, err := s.maker.Image(ctx, f)
	if err != nil {
		return a, err
	}
	a.Kind, a.Name, a.Type, a.Size = chat.ImageAttachment, renamed(a.Name, img.Type), img.Type, int64(len(img.Full))
	a.Width, a.Height, a.Animated = img.Width, img.Height, img.Animated
	return a, errors.Join(s.blobs.Put(ctx, thumbKey(a.ID), bytes.NewReader(img.Thumb)), s.blobs.Put(ctx, fileKey(a.ID), bytes.NewReader(img.Full)))
}

// endings of the names of pictures and voice messages, by their types; the first is the usual one.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "image/gif": {".gif"},
	"audio/webm": {".webm"}, "audio/ogg": {".ogg", ".oga", ".opus"}, "audio/mp4": {".m4a", ".mp4"},
}

// renamed returns what a picture is called that was made anew, maybe as one of another type.
func renamed(name, kind string) string {
	ending := strings.ToLower(path.Ext(name))
	fitting := endings[kind]
	if slices.Contains(fitting, ending) {
		return name
	}
	for _, others := range endings {
		if slices.Contains(others, ending) || ending == ".webp" {
			return chat.ParseFileName(name[:len(name)-len(ending)] + fitting[0])
		}
	}
	return chat.ParseFileName(name + fitting[0])
}
