package inbox

import (
	"testing"

	"swapnest/internal/chat"
)

// FuzzPlaceInTheList reads any text as a page's cursor: it is a place in the list, or refused.
func FuzzPlaceInTheList(f *testing.F) {
	for _, seed := range []string{"", "MS4x", "MTIzLjQ1", "LTEuMQ", "!", "MS4xOyBEUk9Q"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, id, err := parseCursor(s)
		if err == nil && (at.UnixMicro() <= 0 || id <= 0) {
			t.Errorf("%q: got %v, %d", s, at, id)
		}
		if err != nil && chat.CodeOf(err) != chat.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	})
}
