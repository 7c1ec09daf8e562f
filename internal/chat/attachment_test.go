package chat

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestAFileIsCalledByTheLastPartOfItsPath(t *testing.T) {
	long := strings.Repeat("ä", 2*MaxFileName)
	for name, want := range map[string]string{
		"photo.jpg": "photo.jpg", "  Invoice – 2023.pdf ": "Invoice – 2023.pdf", "../../etc/passwd": "passwd", `C:\Users\me\a.txt`: "a.txt",
		"": FallbackFileName, "/": FallbackFileName, "..": FallbackFileName, " . ": FallbackFileName, ".profile": "profile", "a\x00b\r\nc.txt": "abc.txt",
		"gpj.\u202eexe.txt": "gpj.exe.txt", "\xff\xfe.pdf": "pdf", "राम.jpg": "राम.jpg", "a.tar.gz": "a.tar.gz",
		long + ".jpeg":      strings.Repeat("ä", MaxFileName-5) + ".jpeg",
		long + "." + long:   strings.Repeat("ä", MaxFileName),
		"<script>.html":     "<script>.html",
		"x\u2028y\u2029.md": "xy.md",
	} {
		if got := ParseFileName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"photo.jpg", "../x", `a\b`, "\u202e", "...", strings.Repeat("x", 300) + ".pdf", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := ParseFileName(name)
		if got == "" || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsAny(got, `/\`) ||
			utf8.RuneCountInString(got) > MaxFileName {
			t.Errorf("%q is called %q", name, got)
		}
		if again := ParseFileName(got); again != got {
			t.Errorf("%q is called %q, and that %q", name, got, again)
		}
	})
}

func TestAMessageWithoutTextIsSummedUpByWhatItHasAttached(t *testing.T) {
	photo, file := Attachment{Kind: ImageAttachment, Name: "a.jpg"}, Attachment{Kind: FileAttachment, Name: "bill.pdf"}
	voice := Attachment{Kind: VoiceAttachment, Duration: 83*time.Second + 600*time.Millisecond}
	for _, c := range []struct {
		text string
		all  []Attachment
		want string
	}{
		{"Hello", []Attachment{photo}, "Hello"},
		{"", nil, ""},
		{"", []Attachment{photo}, "Photo"},
		{"", []Attachment{photo, photo, photo}, "3 photos"},
		{"", []Attachment{voice}, "Voice message, 1:24"},
		{"", []Attachment{file}, "bill.pdf"},
		{"", []Attachment{file, photo}, "2 files"},
	} {
		if got := (Message{Text: c.text, Attachments: c.all}).Summary(); got != c.want {
			t.Errorf("%q with %d: got %q, want %q", c.text, len(c.all), got, c.want)
		}
	}
}
