package notices

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is a town with the conversation of its buyer, and whom the bell has rung for.
type house struct {
	testkit.Town
	db   *store.DB
	talk chat.Conversation
	rung []chat.UserID
	sent int
	plan store.Timing // of what leaves the site; the zero value is nothing
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{db: d.Open(t, nil)}
	h.Town = testkit.Populate(t, h.db)
	h.talk = h.Converse(t, h.db)
	return h
}

// say has somebody write n messages.
func (h *house) say(t *testing.T, who chat.User, n int) {
	t.Helper()
	for range n {
		h.sent++
		_, err := h.db.Append(t.Context(), store.Append{
			Conversation: h.talk.ID, Actor: who.ID, ClientID: fmt.Sprint(h.sent),
			Decide: func(chat.Thread) (chat.Change, error) {
				return chat.Posted(fmt.Sprintf("Message %d", h.sent), time.Now()), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// follow makes the notices that are due in a minute.
func (h *house) follow(t *testing.T) {
	t.Helper()
	ring := func(who chat.UserID, _ ...chat.NoticeID) { h.rung = append(h.rung, who) }
	later := func() time.Time { return time.Now().Add(time.Minute) }
	if _, err := New(h.db, ring, h.plan, slog.New(slog.DiscardHandler), later).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) update(t *testing.T, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := h.db.Update(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (h *house) prefers(t *testing.T, who chat.User, change func(*chat.Preferences)) {
	t.Helper()
	p := chat.DefaultPreferences()
	change(&p)
	h.update(t, func(ctx context.Context, tx *store.Tx) error { return tx.SetPreferences(ctx, who.ID, p) })
}

func (h *house) reads(t *testing.T, who chat.User, seq chat.Seq) {
	t.Helper()
	h.update(t, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.MoveRead(ctx, h.talk.ID, who.ID, seq); err != nil {
			return err
		}
		_, err := tx.ReadNoticesOf(ctx, h.talk.ID, who.ID, seq)
		return err
	})
}

// told returns what somebody has been told of, the newest first, in short: the kind, the
// seq or price, and a star for unread.
func (h *house) told(t *testing.T, who chat.User) []string {
	t.Helper()
	all, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: who.ID, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	short := []string{}
	for _, n := range all {
		s := fmt.Sprintf("%s %d", n.Kind, n.Seq)
		if n.Conversation == 0 {
			s = fmt.Sprintf("%s %d<%d", n.Kind, n.Price.Amount, n.PriceWas)
		}
		if n.Unread {
			s += "*"
		}
		short = append(short, s)
	}
	return short
}

func (h *house) want(t *testing.T, what string, who chat.User, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.told(t, who)); diff != "" {
		t.Errorf("%s: %s was told (-want +got):\n%s", what, who.Username, diff)
	}
}

func TestOneUnreadNoticeForEachConversation(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, h.Buyer, 3)
		h.follow(t)
		h.want(t, "a question and two more", h.Seller, "product_inquiry 3*")
		h.want(t, "a question and two more", h.Buyer)
		if diff := cmp.Diff([]chat.UserID{h.Seller.ID}, h.rung); diff != "" {
			t.Errorf("rung (-want +got):\n%s", diff)
		}
		h.say(t, h.Buyer, 20)
		h.follow(t)
		h.want(t, "many more", h.Seller, "product_inquiry 23*")
		if len(h.rung) != 1 {
			t.Errorf("rung %d times, want once for what is one unread notice", len(h.rung))
		}
		h.say(t, h.Seller, 1)
		h.follow(t)
		h.want(t, "an answer", h.Buyer, "new_message 24*")
		h.reads(t, h.Seller, 23)
		h.say(t, h.Buyer, 2)
		h.follow(t)
		h.want(t, "more after it was read", h.Seller, "new_message 26*", "product_inquiry 23")
	})
}

func TestANoticeShowsTheNewestMessageAndHowManyThereAre(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, h.Buyer, 4)
		h.follow(t)
		all, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: h.Seller.ID, Limit: 10})
		if err != nil || len(all) != 1 {
			t.Fatalf("got %v, %v", all, err)
		}
		n := all[0]
		if n.Text != "Message 4" || n.Count != 4 || n.From.Name != "Buyer" || n.Title != h.Listing.Title || n.Slug != h.Listing.Slug {
			t.Errorf("got %+v", n)
		}
	})
}

func TestANoticeSaysWhatWasSentWithoutWords(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		image := func(a *chat.Attachment) { a.Kind = chat.ImageAttachment }
		voice := func(a *chat.Attachment) { a.Kind, a.Duration = chat.VoiceAttachment, 3*time.Second }
		file := func(*chat.Attachment) {}
		type change = func(*chat.Attachment)
		for i, c := range []struct {
			text, want string
			kinds      []change
		}{
			{"", "Sent a photo", []change{image}},
			{"", "Sent 3 photos", []change{image, image, image}},
			{"", "Sent a voice message", []change{voice}},
			{"", "Sent a file", []change{file}},
			{"", "Sent 2 files", []change{image, file}},
			{"Look at the gears", "Look at the gears", []change{image}},
		} {
			sent := chat.Posted(c.text, time.Now().Add(-time.Minute))
			var ids []chat.AttachmentID
			for _, kind := range c.kinds {
				sent.Attachments = append(sent.Attachments, d.Attach(t, h.Buyer.ID, kind))
				ids = append(ids, sent.Attachments[len(ids)].ID)
			}
			_, err := h.db.Append(t.Context(), store.Append{
				Conversation: h.talk.ID, Actor: h.Buyer.ID, ClientID: fmt.Sprint("files", i), Attachments: ids,
				Decide: func(chat.Thread) (chat.Change, error) { return sent, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			h.follow(t)
			all, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: h.Seller.ID, Limit: 10})
			if err != nil || len(all) != 1 || all[0].Line() != c.want {
				t.Errorf("got %+v, %v, want %q", all, err, c.want)
			}
		}
	})
}

func TestWhoReadsAtOnceIsToldNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, h.Buyer, 2)
		h.reads(t, h.Seller, 2)
		h.follow(t)
		h.want(t, "all is read", h.Seller)
		h.say(t, h.Buyer, 1)
		h.follow(t)
		h.want(t, "one is not", h.Seller, "new_message 3*")
		h.reads(t, h.Seller, 3)
		h.want(t, "reading it", h.Seller, "new_message 3")
	})
}

func TestWhatIsYoungIsWaitedFor(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, h.Buyer, 1)
	event, err := h.db.After(t.Context(), store.Cursor{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		age  time.Duration
		wait time.Duration
		told []string
	}{
		{0, linger, nil},
		{linger - 100*time.Millisecond, 100 * time.Millisecond, nil},
		{linger, look, []string{"product_inquiry 1*"}},
	} {
		f := New(h.db, func(chat.UserID, ...chat.NoticeID) {}, store.Timing{}, slog.New(slog.DiscardHandler), func() time.Time { return event[0].At.Add(c.age) })
		wait, err := f.Follow(t.Context())
		if err != nil || wait != c.wait {
			t.Errorf("after %s: got %s, %v, want %s", c.age, wait, err, c.wait)
		}
		h.want(t, c.age.String(), h.Seller, c.told...)
	}
}

func TestAClockThatWentBackKeepsNobodyWaiting(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, h.Buyer, 1)
	f := New(h.db, func(chat.UserID, ...chat.NoticeID) {}, store.Timing{}, slog.New(slog.DiscardHandler), func() time.Time { return time.Now().Add(-time.Hour) })
	if _, err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.want(t, "an hour back", h.Seller, "product_inquiry 1*")
}

func TestEachPreferenceIsObeyed(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		for _, c := range []struct {
			name         string
			change       func(*chat.Preferences)
			seller, fan  []string
			afterMessage []string
		}{
			{"all on", func(*chat.Preferences) {}, []string{"product_inquiry 1*"}, []string{"sold 800000<800000*", "price_drop 800000<850000*"}, []string{"product_inquiry 2*"}},
			{"no inquiries", func(p *chat.Preferences) { p.ProductInquiry = false }, nil, []string{"sold 800000<800000*", "price_drop 800000<850000*"}, []string{"new_message 2*"}},
			{"no messages", func(p *chat.Preferences) { p.NewMessage = false }, []string{"product_inquiry 1*"}, []string{"sold 800000<800000*", "price_drop 800000<850000*"}, []string{"product_inquiry 1*"}},
			{"no prices", func(p *chat.Preferences) { p.PriceUpdate = false }, []string{"product_inquiry 1*"}, []string{"sold 800000<800000*"}, []string{"product_inquiry 2*"}},
			{"no saved things", func(p *chat.Preferences) { p.Wishlist = false }, []string{"product_inquiry 1*"}, []string{"price_drop 800000<850000*"}, []string{"product_inquiry 2*"}},
			{"neither mail nor push changes what is shown here", func(p *chat.Preferences) { p.Email, p.Push = false, false }, []string{"product_inquiry 1*"}, []string{"sold 800000<800000*", "price_drop 800000<850000*"}, []string{"product_inquiry 2*"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				h := &house{db: d.Open(t, nil)}
				h.Town = h.newcomers(t, c.name)
				h.talk = h.Converse(t, h.db)
				h.prefers(t, h.Seller, c.change)
				h.prefers(t, h.Stranger, c.change)
				h.wishes(t, h.Stranger)
				h.say(t, h.Buyer, 1)
				h.follow(t)
				h.want(t, "a question", h.Seller, c.seller...)
				h.say(t, h.Buyer, 1)
				h.becomes(t, 800000, chat.ListingActive)
				h.follow(t)
				h.want(t, "another message", h.Seller, c.afterMessage...)
				h.becomes(t, 800000, chat.ListingSold)
				h.follow(t)
				h.want(t, "cheaper, then sold", h.Stranger, c.fan...)
				if err := h.db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestAMutedConversationAndAClosedAccountAreToldOfNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.update(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetKeeping(ctx, h.talk.ID, h.Seller.ID, chat.Keeping{Muted: true})
		})
		h.say(t, h.Buyer, 2)
		h.follow(t)
		h.want(t, "muted", h.Seller)
		h.update(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetKeeping(ctx, h.talk.ID, h.Seller.ID, chat.Keeping{})
		})
		h.say(t, h.Buyer, 1)
		h.follow(t)
		h.want(t, "no longer", h.Seller, "new_message 3*")
		h.update(t, func(ctx context.Context, tx *store.Tx) error { return tx.CloseUser(ctx, h.Seller.ID, time.Now()) })
		h.want(t, "closed", h.Seller)
		h.say(t, h.Buyer, 1)
		h.follow(t)
		h.want(t, "closed for good", h.Seller)
	})
}

// TestNoMessageIsToldTwice shows contract 8: a follower that starts again tells nobody twice.
func TestNoMessageIsToldTwice(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, h.Buyer, 2)
		h.wishes(t, h.Stranger)
		h.becomes(t, 700000, chat.ListingActive)
		h.follow(t)
		h.update(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.ReadAllNotices(ctx, h.Stranger.ID, 10); err != nil {
				return err
			}
			_, err := tx.ReadAllNotices(ctx, h.Seller.ID, 10)
			return err
		})
		// As if it had stopped before its cursor was stored, or another one ran beside it.
		if err := d.Exec(t.Context(), `DELETE FROM follower`); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		h.want(t, "again", h.Seller, "product_inquiry 2")
		h.want(t, "again", h.Stranger, "price_drop 700000<850000")
	})
}
