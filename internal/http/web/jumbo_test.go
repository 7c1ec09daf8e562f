package web

import (
	"encoding/json"
	"os"
	"testing"
)

// The browser's module is held against the same file: a message must not change its
// size when the script draws it.
func TestAFewEmojiAreLarge(t *testing.T) {
	data, err := os.ReadFile("testdata/jumbo.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text  string `json:"text"`
		Jumbo bool   `json:"jumbo"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := jumbo(c.Text); got != c.Jumbo {
			t.Errorf("%q: got %v, want %v", c.Text, got, c.Jumbo)
		}
	}
}
