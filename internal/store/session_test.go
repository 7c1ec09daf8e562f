package store_test

import (
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestLivingSessionsAreThoseThatHaveNotEnded(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db, now := d.Open(t, nil), time.Now()
		town := testkit.Populate(t, db)
		lives, expired, ended, closed := chat.SessionID{1, 0xff}, chat.SessionID{2}, chat.SessionID{3}, chat.SessionID{4}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for id, who := range map[chat.SessionID]chat.User{lives: town.Buyer, expired: town.Buyer, ended: town.Buyer, closed: town.Stranger} {
				s := chat.Session{ID: id, User: who.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
				if id == expired {
					s.ExpiresAt = now
				}
				if err := tx.InsertSession(t.Context(), s); err != nil {
					return err
				}
			}
			if _, err := tx.DeleteSession(t.Context(), ended); err != nil {
				return err
			}
			return tx.CloseUser(t.Context(), town.Stranger.ID, now)
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.LivingSessions(t.Context(), []chat.SessionID{expired, lives, ended, closed, {9}}, now)
		if err != nil || len(got) != 1 || got[0].Session != lives || got[0].User.ID != town.Buyer.ID {
			t.Errorf("got %v, %v; want %v alone", got, err, lives)
		}
		if got, err := db.LivingSessions(t.Context(), nil, now); err != nil || len(got) != 0 {
			t.Errorf("of none %v, %v are left", got, err)
		}
	})
}
