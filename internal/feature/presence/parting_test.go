package presence_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/presence"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type nobody struct{}

func (nobody) Signal(chat.Signal) {}

// A crowd that goes at once is noted, each with their own time.
func TestACrowdThatGoesIsNotedTogether(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		const crowd = 250
		began := time.UnixMilli(time.Now().UnixMilli()).UTC()
		people := make([]chat.UserID, crowd)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range people {
				u, err := tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprint("person_", i), Name: "Somebody", CreatedAt: began}, "!")
				if err != nil {
					return err
				}
				people[i] = u.ID
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		s := presence.New(db, hub.New(new(bus.Memory).Join, nil, log), nobody{}, nil, log)
		var going sync.WaitGroup
		for i, who := range people {
			going.Go(func() { s.Changed(who, false, began.Add(time.Duration(i)*time.Second)) })
		}
		going.Wait()
		seen, err := db.LastSeen(context.Background(), people)
		if err != nil || len(seen) != crowd {
			t.Fatalf("%d people, %v", len(seen), err)
		}
		at := map[chat.UserID]time.Time{}
		for _, u := range seen {
			at[u.ID] = u.LastSeen
		}
		for i, who := range people {
			if want := began.Add(time.Duration(i) * time.Second); !at[who].Equal(want) {
				t.Errorf("number %d was last seen at %s, want %s", i, at[who], want)
			}
		}
	})
}
