package web

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The browser's module is held against the same file: a message must not change when the
// script draws it.
func TestLinksOfAMessage(t *testing.T) {
	data, err := os.ReadFile("testdata/links.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text  string
		Parts []part
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		got := parts(c.Text)
		if got == nil {
			got = []part{}
		}
		if diff := cmp.Diff(c.Parts, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.Text, diff)
		}
	}
}

func FuzzLinks(f *testing.F) {
	for _, seed := range []string{"https://a.test/(b)", "mailto:a@b.test", "x https://u@h.test:1/, y", "https://\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range parts(text) {
			all.WriteString(p.Text)
			lower := strings.ToLower(p.Href)
			if p.Href != "" && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "mailto:") {
				t.Errorf("%q: got a link to %q", text, p.Href)
			}
		}
		if all.String() != text {
			t.Errorf("got %q, want %q", all.String(), text)
		}
	})
}
