package uploads

import "testing"

func TestPicturesAndVoicesAreCalledAsWhatTheyAreServed(t *testing.T) {
	for _, c := range []struct{ name, kind, want string }{
		{"a.jpg", "image/jpeg", "a.jpg"},
		{"a.JPEG", "image/jpeg", "a.JPEG"},
		{"a.png", "image/jpeg", "a.jpg"},
		{"a.tar.webp", "image/png", "a.tar.png"},
		{"bill.pdf", "image/jpeg", "bill.pdf.jpg"},
		{"photo", "image/gif", "photo.gif"},
		{"jpg", "image/jpeg", "jpg.jpg"},
		{"voice.webm", "audio/webm", "voice.webm"},
		{"voice.OPUS", "audio/ogg", "voice.OPUS"},
		{"voice.ogg", "audio/mp4", "voice.m4a"},
		{"voice.html", "audio/webm", "voice.html.webm"},
		{"voice.exe", "audio/ogg", "voice.exe.ogg"},
	} {
		if got := renamed(c.name, c.kind); got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.name, c.kind, got, c.want)
		}
	}
}
