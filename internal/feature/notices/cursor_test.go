package notices

import (
	"encoding/base64"
	"fmt"
	"testing"

	"swapnest/internal/chat"
)

// FuzzPlaceAmongNotices holds that what is taken for a cursor names a place, and that
// everything else is refused as a fault of the field.
func FuzzPlaceAmongNotices(f *testing.F) {
	for _, seed := range []string{"", "x", "1.1", "1795644477803613.9", "-1.5", "1.-5", "1.1x", "99999999999999999999.1", "1.1\n"} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(seed)))
	}
	f.Add("not base64 at all %")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, id, err := parseCursor(cursor)
		if err != nil {
			if chat.CodeOf(err) != chat.Invalid {
				t.Errorf("%q: got %v", cursor, err)
			}
			return
		}
		again, sameID, err := parseCursor(base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", at.UnixMicro(), id)))
		if err != nil || id <= 0 || !again.Equal(at) || sameID != id {
			t.Errorf("%q: got %v, %d, and then %v, %d, %v", cursor, at, id, again, sameID, err)
		}
	})
}
