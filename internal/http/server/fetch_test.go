package server_test

import (
	"testing"

	"swapnest/internal/testkit"
)

// Somebody who has all their places for files taken is told to come again, nobody else is, and
// pages have their small pictures all the same.
func TestWhoIsSentManyFilesAtOnceIsToldToComeAgain(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	s := open(t, d)
	at := "/attachments/" + string(s.attach(t, d, "a.png", "image/png", picture(t, 900, 30)))
	for range 16 {
		leave, err := s.Uploads.Fetch(t.Context(), s.town.Buyer.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	if got := s.buyer.Do("GET", at, ""); got.Status != 429 || got.Header.Get("Retry-After") == "" {
		t.Errorf("got %d with %v", got.Status, got.Header)
	}
	if got := s.buyer.Do("GET", at+"/thumb", ""); got.Status != 200 {
		t.Errorf("a small picture: got %d", got.Status)
	}
	if got := s.seller.Do("GET", at, ""); got.Status != 200 {
		t.Errorf("somebody else: got %d", got.Status)
	}
}
