package notices

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// outbox returns what is to be sent, the oldest first: channel and, in whole minutes from now,
// when.
func (h *house) outbox(t *testing.T) []string {
	t.Helper()
	all, err := h.db.Deliveries(t.Context(), store.DeliveryQuery{State: store.DeliveryWaiting})
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for i := range all {
		d := all[len(all)-1-i]
		lines = append(lines, fmt.Sprintf("%s to %d in %d", d.Channel, d.To, int(time.Until(d.Due).Round(time.Minute).Minutes())))
	}
	return lines
}

// What people are told of is put into the outbox with it, by the channels that there are; who has
// read it by then is sent nothing.
func TestWhatPeopleAreToldOfIsToBeSent(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		for _, who := range []chat.UserID{h.Seller.ID, h.Buyer.ID, h.Stranger.ID} {
			d.Device(t, who)
			d.Verify(t, who)
		}
		want := func(what string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(append([]string{}, want...), h.outbox(t)); diff != "" {
				t.Errorf("%s: the outbox holds (-want +got):\n%s", what, diff)
			}
		}
		to := func(channel chat.Channel, who chat.User, minutes int) string {
			return fmt.Sprintf("%s to %d in %d", channel, who.ID, minutes)
		}
		h.say(t, h.Buyer, 1)
		h.follow(t)
		want("without a way out of the site")
		h.plan = store.Timing{Mail: true, PushAfter: time.Minute, MailAfter: 10 * time.Minute, MailGap: time.Hour}
		h.say(t, h.Buyer, 1)
		h.follow(t) // in a minute
		want("by mail alone", to("mail", h.Seller, 11))
		h.plan.Push = true
		h.say(t, h.Buyer, 2)
		h.follow(t)
		want("by both", to("mail", h.Seller, 11), to("push", h.Seller, 2))
		h.say(t, h.Seller, 1)
		h.reads(t, h.Buyer, 5)
		h.follow(t)
		want("what was read", to("mail", h.Seller, 11), to("push", h.Seller, 2))
		h.wishes(t, h.Stranger)
		h.becomes(t, 800000, chat.ListingActive)
		h.follow(t)
		want("a price", to("mail", h.Seller, 11), to("push", h.Seller, 2), to("push", h.Stranger, 2), to("mail", h.Stranger, 11))
		if diff := cmp.Diff([]chat.UserID{h.Seller.ID, h.Stranger.ID}, h.rung); diff != "" {
			t.Errorf("rung (-want +got):\n%s", diff)
		}
	})
}

// TestNothingIsPlannedTwice has a follower look at the same messages again, as one that
// was killed before its cursor was stored.
func TestNothingIsPlannedTwice(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		d.Device(t, h.Seller.ID)
		h.plan = store.Timing{Push: true, PushAfter: time.Minute}
		h.say(t, h.Buyer, 2)
		h.follow(t)
		before := h.outbox(t)
		if len(before) != 1 {
			t.Fatalf("planned %v, want one", before)
		}
		all, err := h.db.ClaimDeliveries(t.Context(), chat.PushChannel, time.Now().Add(time.Hour), time.Minute, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("claimed %v, %v", all, err)
		}
		if ok, err := h.db.SettleDelivery(t.Context(), all[0], store.Settlement{As: store.SettledSent, At: time.Now()}); err != nil || !ok {
			t.Fatalf("settled: %t, %v", ok, err)
		}
		if err := d.Exec(t.Context(), `DELETE FROM follower`); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		if got := h.outbox(t); len(got) != 0 {
			t.Errorf("planned again: %v", got)
		}
	})
}

// How the price fell before is looked for among what has changed at all listings within an hour: sellers change prices
// as they like, also of what nobody wishes for.
func TestHowAPriceFellBeforeIsAskedOnlyForSomebody(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		asked := 0
		h := &house{db: d.OpenTraced(t, nil, func(query string) {
			if strings.Contains(query, "price < price_was") {
				asked++
			}
		})}
		h.Town = testkit.Populate(t, h.db)
		h.becomes(t, 800000, chat.ListingActive)
		h.follow(t)
		h.becomes(t, 700000, chat.ListingActive)
		h.follow(t)
		if asked != 0 {
			t.Errorf("asked %d times for nobody", asked)
		}
		h.wishes(t, h.Stranger)
		h.becomes(t, 600000, chat.ListingActive)
		h.follow(t)
		if asked != 1 {
			t.Errorf("asked %d times for somebody, want once", asked)
		}
	})
}

// A price that falls, rises and falls again is sent once an hour, though each time it is told anew.
func TestAPriceThatIsPlayedWithIsSentOnceAnHour(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.plan = store.Timing{Push: true, Mail: true, PushAfter: time.Minute, MailAfter: 10 * time.Minute, MailGap: time.Hour}
		d.Device(t, h.Stranger.ID)
		d.Verify(t, h.Stranger.ID)
		h.wishes(t, h.Stranger)
		h.becomes(t, 800000, chat.ListingActive)
		h.follow(t)
		h.becomes(t, 900000, chat.ListingActive)
		h.follow(t)
		h.becomes(t, 800000, chat.ListingActive)
		h.follow(t)
		want := []string{fmt.Sprintf("push to %d in 60", h.Stranger.ID), fmt.Sprintf("mail to %d in 60", h.Stranger.ID)}
		if diff := cmp.Diff(want, h.outbox(t)); diff != "" {
			t.Errorf("the outbox holds (-want +got):\n%s", diff)
		}
	})
}
