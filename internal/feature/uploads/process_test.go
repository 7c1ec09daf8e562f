package uploads

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

func TestPicturesAreCalledAsWhatTheyAreServed(t *testing.T) {
	for _, c := range []struct{ name, kind, want string }{
		{"a.jpg", "image/jpeg", "a.jpg"},
		{"a.JPEG", "image/jpeg", "a.JPEG"},
		{"a.png", "image/jpeg", "a.jpg"},
		{"a.tar.webp", "image/png", "a.tar.png"},
		{"bill.pdf", "image/jpeg", "bill.pdf.jpg"},
		{"photo", "image/gif", "photo.gif"},
		{"jpg", "image/jpeg", "jpg.jpg"},
	} {
		if got := renamed(c.name, c.kind); got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.name, c.kind, got, c.want)
		}
	}
}

// endingsOfPrograms are all that package filetype refuses.
func endingsOfPrograms(t *testing.T) (all []string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "filetype", "programs.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"programs", "macros"} {
		_, list, found := strings.Cut(string(source), "var "+name+" = words(")
		if !found {
			t.Fatalf("there are no %s", name)
		}
		list, _, _ = strings.Cut(list, ")\n")
		for _, line := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list, -1) {
			all = append(all, strings.Fields(line[1])...)
		}
	}
	if len(all) < 150 {
		t.Fatalf("there are %d endings only", len(all))
	}
	return all
}

func TestAVoiceMessageIsNotCalledAsItWasSent(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	recording := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "..", "voice", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	ogg := recording("tags.ogg")
	for _, ending := range endingsOfPrograms(t) {
		for _, name := range []string{"song." + ending, "song." + strings.ToUpper(ending) + " ."} {
			a, err := s.Add(t.Context(), s.town.Buyer.ID, Begin{Name: name, Type: "audio/ogg", Voice: true}, bytes.NewReader(ogg))
			if chat.CodeOf(err) != chat.UnsupportedMedia {
				t.Errorf("%s: it is taken as %q, %v", name, a.Name, err)
			}
		}
	}
	f, err := os.Open(filepath.Join("..", "..", "voice", "testdata", "tags.ogg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.voice(over, chat.Attachment{}, f); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("when its time is over: got %v", err)
	}
	for _, c := range []struct{ name, recording, want string }{
		{"voice-message.webm", "tags.webm", "voice-message.webm"},
		{"song.html", "tags.ogg", "voice-message.ogg"},
		{"song.OPUS", "tags.ogg", "voice-message.ogg"},
		{"", "tags.m4a", "voice-message.m4a"},
		{"song.ogg", "tags.m4a", "voice-message.m4a"},
	} {
		a, err := s.Add(t.Context(), s.town.Buyer.ID, Begin{Name: c.name, Voice: true}, bytes.NewReader(recording(c.recording)))
		if err != nil || a.Name != c.want || a.Kind != chat.VoiceAttachment {
			t.Errorf("%s: it is called %q, %v, want %s", c.name, a.Name, err, c.want)
		}
	}
}
