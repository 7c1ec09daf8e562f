package uploads

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// The composer tells people the same before anything is sent: its test reads this file, too.
func TestWhichLimitAFileHasIsSaidByItsType(t *testing.T) {
	data, err := os.ReadFile("../../http/web/testdata/limits.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Type, Limit string }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < len(pictureTypes) {
		t.Fatalf("there are %d cases", len(cases))
	}
	s := newSite(t, testkit.SQLite(t))
	s.Options.Media = chat.Media{ImageBytes: 100, FileBytes: 200, PerMessage: 1, DailyBytes: 1 << 20}
	me := s.town.Buyer.ID
	for _, c := range cases {
		most, kind := int64(200), chat.FileAttachment
		if c.Limit == "picture" {
			most, kind = 100, chat.ImageAttachment
		}
		u, err := s.Begin(t.Context(), me, Begin{Name: "a", Type: c.Type, Length: most})
		if err != nil {
			t.Fatalf("%q: got %v", c.Type, err)
		}
		if row, err := s.row(t.Context(), me, u.ID); err != nil || row.Kind != kind {
			t.Errorf("%q is taken for %q, %v, want %q", c.Type, row.Kind, err, kind)
		}
		_, err = s.Begin(t.Context(), me, Begin{Name: "a", Type: c.Type, Length: most + 1})
		if chat.CodeOf(err) != chat.TooLarge || !strings.HasPrefix(err.Error(), "A "+c.Limit+" can have") {
			t.Errorf("%q with a byte too many: got %v", c.Type, err)
		}
	}
}
