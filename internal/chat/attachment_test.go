package chat

import (
	"crypto/rand"
	"reflect"
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

func TestWhatAMessageMayAttach(t *testing.T) {
	a, b, c := Attachment{ID: "a", Name: "a.pdf"}, Attachment{ID: "b", Kind: ImageAttachment}, Attachment{ID: "c"}
	for name, test := range map[string]struct {
		asked []AttachmentID
		there []Attachment
		want  []Attachment
		says  string
	}{
		"nothing":                     {},
		"nothing of what is there":    {there: []Attachment{a}},
		"one":                         {asked: []AttachmentID{"a"}, there: []Attachment{a}, want: []Attachment{a}},
		"as many as there may be":     {asked: []AttachmentID{"c", "a", "b"}, there: []Attachment{a, b, c}, want: []Attachment{c, a, b}},
		"more than that":              {asked: []AttachmentID{"a", "b", "c", "d"}, there: []Attachment{a, b, c}, says: "At most 3 files"},
		"one that is not there":       {asked: []AttachmentID{"a", "d"}, there: []Attachment{a}, says: "not there any more"},
		"one twice":                   {asked: []AttachmentID{"a", "b", "a"}, there: []Attachment{a, b, a}, says: "attached twice"},
		"one of those that are there": {asked: []AttachmentID{"b"}, there: []Attachment{a, b}, want: []Attachment{b}},
	} {
		th, noon := about()
		th.About, th.Attached = Message{}, test.there
		change, err := th.Post(buyer, Draft{Attachments: test.asked}, 3, noon)
		if test.says != "" {
			e, ok := err.(*Error)
			if !ok || e.Code != Invalid || e.Field != "attachments" || !strings.Contains(e.Detail, test.says) {
				t.Errorf("%s: %v, want %q in the field attachments", name, err, test.says)
			}
			continue
		}
		_, event := th.Apply(buyer, "c", change)
		if err != nil || !reflect.DeepEqual(event.Message.Attachments, test.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, event.Message.Attachments, err, test.want)
		}
		th.About = event.Message
		deletion, err := th.Delete(buyer, noon)
		if _, gone := th.Apply(buyer, "d", deletion); err != nil || gone.Message.Attachments != nil {
			t.Errorf("%s: a deleted message has %+v, %v", name, gone.Message.Attachments, err)
		}
		if edit, err := th.Edit(buyer, "", noon); (err == nil) != (len(test.want) > 0 || len(test.asked) == 0) {
			t.Errorf("%s: edited to nothing: %+v, %v", name, edit, err)
		}
	}
}

func TestAnAttachmentIsNamedBy26Characters(t *testing.T) {
	good := strings.Repeat("a2z7", 7)[:26]
	for s, want := range map[string]bool{
		good: true, strings.ToLower(rand.Text()): true, "": false, good[:25]: false, good + "a": false, strings.ToUpper(good): false,
		"1" + good[1:]: false, "8" + good[1:]: false, "/" + good[1:]: false, good[:25] + "\x00": false, good[:24] + "é": false,
	} {
		if got := ValidAttachmentID(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestAMessageIsSoughtByItsTextAndTheNamesOfItsFiles(t *testing.T) {
	m := Message{Text: "The bill", Attachments: []Attachment{{Name: "a.pdf"}, {Name: "b.jpg"}}}
	if got, want := m.Sought(), "The bill\na.pdf\nb.jpg"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
