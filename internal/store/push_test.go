package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// ensureKey makes the first key as every node does that starts.
func ensureKey(ctx context.Context, db *store.DB, name string, at time.Time) (id int64, err error) {
	err = db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockPushKeys(ctx); err != nil {
			return err
		}
		k, err := tx.CurrentPushKey(ctx)
		if chat.CodeOf(err) == chat.NotFound {
			k.ID, err = tx.ReplacePushKey(ctx, store.PushKey{Public: "public " + name, Private: "private " + name, CreatedAt: at})
		}
		id = k.ID
		return err
	})
	return id, err
}

// Several nodes that start at once on an empty database agree on one key.
func TestTheFirstPushKeyIsMadeOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		if _, err := db.CurrentPushKey(t.Context()); chat.CodeOf(err) != chat.NotFound {
			t.Fatalf("at first there is a key: %v", err)
		}
		var nodes sync.WaitGroup
		ids := make([]int64, 8)
		for i := range ids {
			nodes.Go(func() {
				var err error
				if ids[i], err = ensureKey(t.Context(), db, fmt.Sprint(i), time.Now()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		keys, err := db.PushKeys(t.Context())
		if err != nil || len(keys) != 1 || slices.ContainsFunc(ids, func(id int64) bool { return id != keys[0].ID }) {
			t.Errorf("the nodes have the keys %v, and there are %+v (%v)", ids, keys, err)
		}
	})
}

// pushing is a database with a key, and sessions of people.
type pushing struct {
	*store.DB
	town testkit.Town
	now  time.Time
	key  int64
}

func newPushing(t *testing.T, d *testkit.Database) *pushing {
	t.Helper()
	p := &pushing{DB: d.Open(t, nil), now: time.Now().Truncate(time.Microsecond)}
	p.town = testkit.Populate(t, p.DB)
	var err error
	if p.key, err = ensureKey(t.Context(), p.DB, "first", p.now); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pushing) update(t *testing.T, do func(*store.Tx) error) {
	t.Helper()
	if err := p.Update(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func (p *pushing) signIn(t *testing.T, id byte, who chat.User) chat.SessionID {
	t.Helper()
	s := chat.Session{ID: chat.SessionID{id}, User: who.ID, Agent: fmt.Sprintf("Browser %d", id), CreatedAt: p.now, ExpiresAt: p.now.Add(time.Hour)}
	p.update(t, func(tx *store.Tx) error { return tx.InsertSession(t.Context(), s) })
	return s.ID
}

// put stores a device a minute later than the one before.
func (p *pushing) put(t *testing.T, session chat.SessionID, who chat.User, endpoint string) (d store.PushDevice, fresh bool) {
	t.Helper()
	p.now = p.now.Add(time.Minute)
	p.update(t, func(tx *store.Tx) error {
		var err error
		d, fresh, err = tx.PutPushDevice(t.Context(), store.PushDevice{
			User: who.ID, Session: session, Endpoint: endpoint, P256dh: "p of " + endpoint, Auth: "a of " + endpoint, Key: p.key, CreatedAt: p.now,
		})
		return err
	})
	return d, fresh
}

// devices are the endpoints of a person's devices, the newest first.
func (p *pushing) devices(t *testing.T, who chat.User) []string {
	t.Helper()
	all, err := p.PushDevicesOf(t.Context(), who.ID, p.now)
	if err != nil {
		t.Fatal(err)
	}
	endpoints := []string{}
	for _, d := range all {
		endpoints = append(endpoints, d.Endpoint)
	}
	return endpoints
}

func TestAPushDeviceIsOfItsSession(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newPushing(t, d)
		buyer, seller := p.town.Buyer, p.town.Seller
		phone, laptop, theirs := p.signIn(t, 1, buyer), p.signIn(t, 2, buyer), p.signIn(t, 3, seller)
		first, fresh := p.put(t, phone, buyer, "one")
		want := store.PushDevice{
			ID: first.ID, User: buyer.ID, Session: phone, Endpoint: "one", P256dh: "p of one", Auth: "a of one", Key: p.key, Agent: "Browser 1", CreatedAt: p.now, UsedAt: p.now,
		}
		if got, err := p.PushDevice(t.Context(), first.ID, p.now); err != nil || !fresh || !sameDevice(got, want) || !sameDevice(first, want) {
			t.Errorf("the device is %+v, and was put as %+v (fresh: %v), not %+v: %v", got, first, fresh, want, err)
		}
		// The same browser in another session of the same person.
		again, fresh := p.put(t, laptop, buyer, "one")
		if fresh || again.ID != first.ID || again.Session != laptop || again.Agent != "Browser 2" || !again.CreatedAt.Equal(first.CreatedAt) || !again.UsedAt.Equal(p.now) {
			t.Errorf("put again it is %+v (fresh: %v)", again, fresh)
		}
		// And then of somebody else: what waits for the buyer by the device's id must not come to them.
		taken, fresh := p.put(t, theirs, seller, "one")
		if !fresh || taken.ID == first.ID || taken.User != seller.ID {
			t.Errorf("taken over it is %+v (fresh: %v)", taken, fresh)
		}
		if _, err := p.PushDevice(t.Context(), first.ID, p.now); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("the buyer's device is still there: %v", err)
		}
		// Nobody subscribes by a session that is over, or somebody else's.
		for session, who := range map[chat.SessionID]chat.User{{9}: buyer, theirs: buyer} {
			err := p.Update(t.Context(), func(tx *store.Tx) error {
				_, _, err := tx.PutPushDevice(t.Context(), store.PushDevice{User: who.ID, Session: session, Endpoint: "two", Key: p.key, CreatedAt: p.now})
				return err
			})
			if chat.CodeOf(err) != chat.NotFound {
				t.Errorf("a device of no session of theirs: %v", err)
			}
		}
	})
}

func sameDevice(a, b store.PushDevice) bool {
	same := a.CreatedAt.Equal(b.CreatedAt) && a.UsedAt.Equal(b.UsedAt)
	a.CreatedAt, a.UsedAt, b.CreatedAt, b.UsedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return same && a == b
}

func TestWhateverEndsASessionEndsItsPushDevices(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newPushing(t, d)
		buyer := p.town.Buyer
		for name, end := range map[string]func(id chat.SessionID){
			"signed out": func(id chat.SessionID) {
				p.update(t, func(tx *store.Tx) error {
					_, err := tx.DeleteSession(t.Context(), id)
					return err
				})
			},
			"signed out elsewhere": func(chat.SessionID) {
				p.update(t, func(tx *store.Tx) error {
					_, err := tx.DeleteSessionsOf(t.Context(), buyer.ID, chat.SessionID{})
					return err
				})
			},
			"expired": func(chat.SessionID) { p.now = p.now.Add(time.Hour) },
			"expired and swept": func(chat.SessionID) {
				p.now = p.now.Add(time.Hour)
				p.update(t, func(tx *store.Tx) error { return tx.DeleteExpired(t.Context(), p.now) })
			},
		} {
			endsWith(t, p, buyer, name, end)
		}
		endsWith(t, p, p.town.Stranger, "closed", func(chat.SessionID) {
			p.update(t, func(tx *store.Tx) error { return tx.CloseUser(t.Context(), p.town.Stranger.ID, p.now) })
		})
	})
}

func endsWith(t *testing.T, p *pushing, who chat.User, name string, end func(chat.SessionID)) {
	t.Helper()
	session := p.signIn(t, byte(len(name)), who)
	device, _ := p.put(t, session, who, name)
	if got := p.devices(t, who); !slices.Contains(got, name) {
		t.Fatalf("%s: there are %v", name, got)
	}
	end(session)
	if _, err := p.PushDevice(t.Context(), device.ID, p.now); chat.CodeOf(err) != chat.NotFound {
		t.Errorf("%s: the device is still sent to: %v", name, err)
	}
	if got := p.devices(t, who); slices.Contains(got, name) {
		t.Errorf("%s: the device is still shown: %v", name, got)
	}
}

func TestTheOldestPushDevicesGo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newPushing(t, d)
		buyer, seller := p.town.Buyer, p.town.Seller
		session, other := p.signIn(t, 1, buyer), p.signIn(t, 2, seller)
		p.put(t, other, seller, "theirs")
		for i := range 5 {
			p.put(t, session, buyer, fmt.Sprint(i))
		}
		p.update(t, func(tx *store.Tx) error { return tx.TrimPushDevices(t.Context(), buyer.ID, 3) })
		if got := p.devices(t, buyer); !slices.Equal(got, []string{"4", "3", "2"}) {
			t.Errorf("there are %v", got)
		}
		if got := p.devices(t, seller); !slices.Equal(got, []string{"theirs"}) {
			t.Errorf("somebody else has %v", got)
		}
	})
}

func TestPushDevicesAreDeletedByTheirOwner(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newPushing(t, d)
		buyer, seller := p.town.Buyer, p.town.Seller
		session := p.signIn(t, 1, buyer)
		one, _ := p.put(t, session, buyer, "one")
		p.put(t, session, buyer, "two")
		three, _ := p.put(t, session, buyer, "three")
		p.update(t, func(tx *store.Tx) error {
			if _, err := tx.DeletePushDeviceOf(t.Context(), seller.ID, one.ID); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("somebody else's: %v", err)
			}
			if _, err := tx.ForgetPushDevice(t.Context(), seller.ID, "two"); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("somebody else's endpoint: %v", err)
			}
			return nil
		})
		if got := p.devices(t, buyer); len(got) != 3 {
			t.Fatalf("there are %v", got)
		}
		p.update(t, func(tx *store.Tx) error {
			if agent, err := tx.DeletePushDeviceOf(t.Context(), buyer.ID, one.ID); err != nil || agent != "Browser 1" {
				t.Errorf("by its id: %q, %v", agent, err)
			}
			if agent, err := tx.ForgetPushDevice(t.Context(), buyer.ID, "two"); err != nil || agent != "Browser 1" {
				t.Errorf("by its endpoint: %q, %v", agent, err)
			}
			if err := tx.PushDeviceUsed(t.Context(), three.ID, p.now.Add(time.Second)); err != nil {
				return err
			}
			return tx.DeletePushDevice(t.Context(), one.ID) // is gone already
		})
		left, err := p.PushDevicesOf(t.Context(), buyer.ID, p.now)
		if err != nil || len(left) != 1 || left[0].Endpoint != "three" || !left[0].UsedAt.Equal(p.now.Add(time.Second)) {
			t.Errorf("left are %+v, %v", left, err)
		}
	})
}

func TestARetiredPushKeyStaysWhileADeviceUsesIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newPushing(t, d)
		session := p.signIn(t, 1, p.town.Buyer)
		device, _ := p.put(t, session, p.town.Buyer, "one")
		rotate := func(name string) (id int64) {
			t.Helper()
			p.now = p.now.Add(time.Minute)
			p.update(t, func(tx *store.Tx) error {
				if err := tx.LockPushKeys(t.Context()); err != nil {
					return err
				}
				var err error
				id, err = tx.ReplacePushKey(t.Context(), store.PushKey{Public: name, Private: "private", CreatedAt: p.now})
				return err
			})
			return id
		}
		second, third := rotate("second"), rotate("third")
		keys, err := p.PushKeys(t.Context())
		if err != nil || len(keys) != 2 || keys[0].ID != third || keys[1].ID != p.key || keys[1].Devices != 1 || keys[0].Devices != 0 {
			t.Errorf("there are %+v (%v), not the newest and the one that a device uses", keys, err)
		}
		if !keys[0].RetiredAt.IsZero() || keys[1].RetiredAt.IsZero() {
			t.Errorf("retired: %v and %v", keys[0].RetiredAt, keys[1].RetiredAt)
		}
		if k, err := p.CurrentPushKey(t.Context()); err != nil || k.ID != third {
			t.Errorf("in use is %+v, %v", k, err)
		}
		if k, err := p.PushKey(t.Context(), p.key); err != nil || k.Private != "private first" {
			t.Errorf("the first is %+v, %v", k, err)
		}
		if _, err := p.PushKey(t.Context(), second); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("the second is still there: %v", err)
		}
		p.update(t, func(tx *store.Tx) error { return tx.DeletePushDevice(t.Context(), device.ID) })
		rotate("fourth")
		if keys, err := p.PushKeys(t.Context()); err != nil || len(keys) != 1 || keys[0].Public != "fourth" {
			t.Errorf("without a device there are %+v, %v", keys, err)
		}
	})
}
