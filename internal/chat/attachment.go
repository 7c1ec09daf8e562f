package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AttachmentID names an attachment: 26 characters with 130 random bits, so that nobody finds
// one that they have not been told of.
type AttachmentID string

// ValidAttachmentID tells whether s may name an attachment: 26 characters of a-z and 2-7.
func ValidAttachmentID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// AttachmentKind says how an attachment is shown.
type AttachmentKind string

// The kinds of attachments: a picture, a voice message, and whatever else, which can be saved.
const (
	ImageAttachment AttachmentKind = "image"
	VoiceAttachment AttachmentKind = "voice"
	FileAttachment  AttachmentKind = "file"
)

// Attachment is a file that goes with a message, as it is served: of a picture or a voice
// message what was made of the upload, of another file the file itself.
type Attachment struct {
	ID       AttachmentID
	Kind     AttachmentKind
	Name     string // as ParseFileName leaves it
	Type     string // the media type that it is served as
	Size     int64  // bytes
	Width    int    // of a picture, in pixels
	Height   int
	Animated bool          // a picture that moves
	Duration time.Duration // of a voice message
	Waveform []int         // of a voice message: WaveformBars levels of 0 to 100; nil when it is not known
}

// Media are the limits of what people attach, which whoever runs the site chooses.
type Media struct {
	ImageBytes  int64 // of a picture as it is uploaded
	FileBytes   int64 // of any other file
	PerMessage  int   // attachments of a message
	DailyBytes  int64 // that somebody may upload within 24 hours
	VoiceLength time.Duration
}

// DefaultMedia are the limits where nobody has chosen others.
func DefaultMedia() Media {
	return Media{ImageBytes: 8 << 20, FileBytes: 25 << 20, PerMessage: 10, DailyBytes: 500 << 20, VoiceLength: MaxVoice}
}

// errGone refuses an attachment that is not the sender's, not ready, expired or sent already: of one
// that is somebody else's it says no more than of one that never was.
var errGone = FieldError("attachments", "One of the files is not there any more. Add it again.")

// ErrAttached refuses more attachments than a message may have.
func ErrAttached(most int) *Error {
	if most == 1 {
		return FieldError("attachments", "One file fits in a message. Send the others on their own.")
	}
	return FieldError("attachments", "At most %d files fit in one message. Send the others in another one.", most)
}

// attach returns what a draft names, in its order, of what the thread has for it. It is Invalid, in
// the field attachments, when one of them is not there, is named twice, or they are more than most.
func (t Thread) attach(ids []AttachmentID, most int) ([]Attachment, error) {
	if len(ids) > most {
		return nil, ErrAttached(most)
	}
	var all []Attachment
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return nil, FieldError("attachments", "A file is attached twice. Send each one once.")
		}
		at := slices.IndexFunc(t.Attached, func(a Attachment) bool { return a.ID == id })
		if at < 0 {
			return nil, errGone
		}
		all = append(all, t.Attached[at])
	}
	return all, nil
}

// FallbackFileName is what a file without a name of its own is called.
const FallbackFileName = "file"

// ParseFileName returns what a file is called where it is shown and saved: the last part of a
// path of any system, without control characters and what changes the direction of text, of at
// most MaxFileName characters, of which the extension is kept. It refuses nothing.
func ParseFileName(name string) string {
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, name)
	outside := func(r rune) bool { return r == '.' || unicode.IsSpace(r) }
	name = strings.TrimFunc(name, outside)
	if name == "" {
		return FallbackFileName
	}
	runes := []rune(name)
	if len(runes) <= MaxFileName {
		return name
	}
	var extension []rune
	if dot := strings.LastIndexByte(name, '.'); len(name)-dot <= maxExtension {
		extension = []rune(name[dot:])
	}
	return strings.TrimRightFunc(string(runes[:MaxFileName-len(extension)]), outside) + string(extension)
}

// maxExtension is how long an extension may be that is kept, in bytes with its dot.
const maxExtension = 12

// Sought is what a message is found by: its text, and below it the names of what it has attached,
// each on a line of its own.
func (m Message) Sought() string {
	sought := m.Text
	for _, a := range m.Attachments {
		sought += "\n" + a.Name
	}
	return sought
}

// Summary is what a list, a quote or a notice shows of a message: its text, or what it has
// attached where it has none; empty for one that was deleted.
func (m Message) Summary() string {
	if m.Text != "" || len(m.Attachments) == 0 {
		return m.Text
	}
	first, alike := m.Attachments[0], 0
	for _, a := range m.Attachments {
		if a.Kind == first.Kind {
			alike++
		}
	}
	switch {
	case len(m.Attachments) == 1 && first.Kind == ImageAttachment:
		return "Photo"
	case len(m.Attachments) == 1 && first.Kind == VoiceAttachment:
		seconds := int(first.Duration.Round(time.Second).Seconds())
		return fmt.Sprintf("Voice message, %d:%02d", seconds/60, seconds%60)
	case len(m.Attachments) == 1:
		return first.Name
	case alike == len(m.Attachments) && first.Kind == ImageAttachment:
		return fmt.Sprintf("%d photos", alike)
	}
	return fmt.Sprintf("%d files", len(m.Attachments))
}
