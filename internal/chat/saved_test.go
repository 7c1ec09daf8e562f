package chat

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestSavedRepliesAreParsed(t *testing.T) {
	for name, c := range map[string]struct {
		title, text string
		want        SavedReply
		code        Code
		field       string
	}{
		"both":                {" Where  to ", " Come to {title}.\r\nBye ", SavedReply{Title: "Where to", Text: "Come to {title}.\nBye"}, "", ""},
		"no title":            {"", "Yes.", SavedReply{Text: "Yes."}, "", ""},
		"the longest":         {strings.Repeat("अ", MaxReplyTitle), strings.Repeat("a", MaxMessageChars), SavedReply{Title: strings.Repeat("अ", MaxReplyTitle), Text: strings.Repeat("a", MaxMessageChars)}, "", ""},
		"a long title":        {strings.Repeat("a", MaxReplyTitle+1), "Yes.", SavedReply{}, Invalid, "title"},
		"no text":             {"Yes", " \n ", SavedReply{}, Empty, "text"},
		"a long text":         {"", strings.Repeat("a", MaxMessageChars+1), SavedReply{}, TooLong, "text"},
		"a control character": {"", "a\x00b", SavedReply{}, BadText, "text"},
		"no UTF-8":            {"\xff", "Yes.", SavedReply{}, BadText, "title"},
	} {
		got, err := ParseSavedReply(c.title, c.text)
		if c.code == "" {
			if err != nil || got != c.want {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
			continue
		}
		if e, ok := err.(*Error); !ok || e.Code != c.code || e.Field != c.field || strings.Contains(e.Detail, "message needs") {
			t.Errorf("%s: got %v, want %s about %s", name, err, c.code, c.field)
		}
	}
}

// The browser's modules read the same cases.
func TestSavedRepliesAreFilled(t *testing.T) {
	data, err := os.ReadFile("../http/web/testdata/saved.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Text, Name, Title, Want string }
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 5 {
		t.Fatalf("got %d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		if got := (SavedReply{Text: c.Text}).Filled(c.Name, c.Title); got != c.Want {
			t.Errorf("%q for %q and %q: got %q, want %q", c.Text, c.Name, c.Title, got, c.Want)
		}
	}
}

func TestSavedRepliesAreMoved(t *testing.T) {
	for _, c := range []struct {
		id    SavedReplyID
		place int
		want  string
	}{{1, 1, "1234"}, {1, 3, "2314"}, {4, 1, "4123"}, {3, 2, "1324"}, {2, 99, "1342"}, {3, -1, "3124"}, {9, 1, ""}} {
		all := []SavedReply{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}}
		there := MoveReply(all, c.id, c.place)
		got := ""
		for _, r := range all {
			got += string(rune('0' + r.ID))
		}
		if there != (c.want != "") || there && got != c.want {
			t.Errorf("%d to %d: got %s, %v; want %s", c.id, c.place, got, there, c.want)
		}
	}
}
