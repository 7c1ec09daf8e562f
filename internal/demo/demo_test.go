package demo

import (
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// newTown returns an empty town on a real database and a real disk.
func newTown(t *testing.T) (Town, *blob.Disk) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	disk, err := blob.NewDisk(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	h := hub.New(new(bus.Memory).Join, nil, slog.New(slog.DiscardHandler))
	people := accounts.New(db, auth.NewGuard(db, nil, true, clock), h, accounts.Options{Limits: &accounts.Limits{}, Demo: true, Log: slog.New(slog.DiscardHandler), Now: clock})
	// The store looks at the real clock when something expires.
	files := uploads.New(db, disk, uploads.Options{Media: chat.DefaultMedia(), Now: time.Now})
	return Town{DB: db, Accounts: people, Blobs: disk, Uploads: files, Now: now}, disk
}

func fill(t *testing.T, town Town) []Person {
	t.Helper()
	guests, err := Fill(t.Context(), town)
	if err != nil {
		t.Fatal(err)
	}
	return guests
}

// told is a conversation as the tests compare it.
type told struct {
	Title, Buyer, Seller string
	Texts                []string
	Times                []time.Time
	UnreadBuyer          int64
	UnreadSeller         int64
}

// snapshot reads the whole town.
func snapshot(t *testing.T, db *store.DB) (map[string]told, []chat.Listing) {
	t.Helper()
	ctx := t.Context()
	talks := make(map[string]told)
	var listings []chat.Listing
	for _, p := range people {
		u, _, err := db.Credentials(ctx, p.username)
		if err != nil {
			t.Fatal(err)
		}
		own, err := db.Listings(ctx, store.ListingQuery{Seller: u.ID, All: true, Sort: store.SortRecent, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range own {
			l.ID, l.Seller.ID = 0, 0
			listings = append(listings, l)
		}
		for _, e := range entriesOf(t, db, u.ID, chat.Buyer) {
			other, err := db.Entry(ctx, e.Conversation.ID, e.Other.ID)
			if err != nil {
				t.Fatal(err)
			}
			k := told{
				Title: e.Conversation.Title, Buyer: u.Username, Seller: e.Other.Username,
				UnreadBuyer: e.Unread, UnreadSeller: other.Unread,
			}
			messages, err := db.MessagesAfter(ctx, e.Conversation.ID, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range messages {
				k.Texts = append(k.Texts, m.Sender.Username+": "+m.Text)
				k.Times = append(k.Times, m.SentAt)
			}
			talks[e.Listing.Slug+" "+u.Username] = k
		}
	}
	return talks, listings
}

func TestTheTownIsLargeEnough(t *testing.T) {
	town, _ := newTown(t)
	began := time.Now()
	guests := fill(t, town)
	t.Logf("filling the town took %v", time.Since(began).Round(time.Millisecond))

	talks, listings := snapshot(t, town.DB)
	messages := 0
	shelves := make(map[string]int)
	states := make(map[chat.ListingStatus]int)
	for _, k := range talks {
		messages += len(k.Texts)
		if len(k.Texts) < 2 || len(k.Texts) > 300 {
			t.Errorf("%s and %s: got %d messages, want 2 to 300", k.Buyer, k.Seller, len(k.Texts))
		}
	}
	for _, l := range listings {
		shelves[l.Category]++
		states[l.Status]++
	}
	t.Logf("%d people, %d listings, %d conversations, %d messages", len(people), len(listings), len(talks), messages)
	if len(people) < 8 || len(listings) < 40 || len(talks) < 25 {
		t.Errorf("got %d people, %d listings, %d conversations", len(people), len(listings), len(talks))
	}
	if got, want := len(shelves), len(chat.Categories); got != want {
		t.Errorf("got things in %d categories, want %d: %v", got, want, shelves)
	}
	if states[chat.ListingSold] == 0 || states[chat.ListingReserved] == 0 {
		t.Errorf("got %v, want sold and reserved ones too", states)
	}
	for _, g := range guests {
		u, _, err := town.DB.Credentials(t.Context(), g.Username)
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := town.DB.Unread(t.Context(), u.ID, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if n.Conversations < 2 {
			t.Errorf("%s: got %d unread conversations, want some", g.Username, n.Conversations)
		}
		if u.Name != g.Name || !u.Demo {
			t.Errorf("got %+v, want the demo account of %s", u, g.Name)
		}
	}
}

func TestTheGuestsCanSignInAndShareALivelyConversation(t *testing.T) {
	town, _ := newTown(t)
	guests := fill(t, town)
	for _, g := range guests {
		if _, _, err := town.Accounts.SignIn(t.Context(), accounts.SignInCommand{Username: g.Username, Password: g.Password}); err != nil {
			t.Errorf("%s: %v", g.Username, err)
		}
	}
	talks, _ := snapshot(t, town.DB)
	shared, latest := 0, time.Time{}
	for _, k := range talks {
		if last := k.Times[len(k.Times)-1]; last.After(latest) {
			latest = last
		}
		if k.Buyer == guests[0].Username && k.Seller == guests[1].Username {
			shared = len(k.Texts)
		}
	}
	if shared < 50 {
		t.Errorf("the guests share %d messages, want more than one page", shared)
	}
	if age := now.Sub(latest); age <= 0 || age > 10*time.Minute {
		t.Errorf("the newest message is %v old, want minutes", age)
	}
}

func TestTheTownIsTheSameEveryTime(t *testing.T) {
	one, _ := newTown(t)
	two, _ := newTown(t)
	fill(t, one)
	fill(t, two)
	talksOne, listingsOne := snapshot(t, one.DB)
	talksTwo, listingsTwo := snapshot(t, two.DB)
	if diff := cmp.Diff(talksOne, talksTwo); diff != "" {
		t.Errorf("two towns differ (-one +two):\n%s", diff)
	}
	if diff := cmp.Diff(listingsOne, listingsTwo); diff != "" {
		t.Errorf("two towns differ (-one +two):\n%s", diff)
	}
}

func TestATownThatIsThereStaysAsItIs(t *testing.T) {
	town, _ := newTown(t)
	first := fill(t, town)
	before, things := snapshot(t, town.DB)
	town.Now = now.Add(time.Hour)
	second := fill(t, town)
	after, thingsAfter := snapshot(t, town.DB)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the second fill changed conversations:\n%s", diff)
	}
	if diff := cmp.Diff(things, thingsAfter); diff != "" {
		t.Errorf("the second fill changed listings:\n%s", diff)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second fill returned other people:\n%s", diff)
	}
}

func TestAStrangersDatabaseIsLeftAlone(t *testing.T) {
	town, _ := newTown(t)
	err := town.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertUser(t.Context(), chat.User{Username: "somebody", Name: "Somebody", CreatedAt: now}, "x")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, town)
	if n, err := town.DB.CountUsers(t.Context()); err != nil || n != 1 {
		t.Errorf("got %d accounts (%v), want the one that was there", n, err)
	}
}

func TestTimesRiseWithinTheLastTwoWeeks(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	talks, listings := snapshot(t, town.DB)
	offered := make(map[string]time.Time)
	for _, l := range listings {
		offered[l.Title] = l.CreatedAt
	}
	for name, k := range talks {
		previous := offered[k.Title]
		if previous.IsZero() || now.Sub(previous) > 14*24*time.Hour {
			t.Errorf("%s: offered at %v, want within two weeks", name, previous)
		}
		for i, at := range k.Times {
			if !at.After(previous) {
				t.Errorf("%s: message %d at %v is not after %v", name, i+1, at, previous)
			}
			previous = at
		}
		if !previous.Before(now) {
			t.Errorf("%s: ends at %v, want before now", name, previous)
		}
	}
}

func TestUnreadMessagesAreTheOtherPersons(t *testing.T) {
	talks, err := readTalks(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range talks {
		for i, l := range k.lines {
			left := len(k.lines) - i
			if left <= k.unreadBuyer && l.buyer || left <= k.unreadSeller && !l.buyer {
				t.Errorf("%s: the writer of message %d has not read it", k.file, i+1)
			}
		}
	}
}

func TestTextsAreWhatTheRulesMakeOfThem(t *testing.T) {
	talks, err := readTalks(now)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, k := range talks {
		for i, l := range k.lines {
			parse := chat.ParseText
			if len(l.carries) > 0 {
				parse = chat.ParseCaption
			}
			got, err := parse(l.text)
			if err != nil || got != l.text {
				t.Errorf("%s, message %d: got %q, %v", k.file, i+1, got, err)
			}
			all.WriteString(l.text)
		}
	}
	for script, sample := range map[string]string{
		"Devanagari": "ठीक", "Arabic": "السلام", "Han": "相机", "kana": "ありがとう", "Tamil": "வணக்கம்", "an emoji": "🎉",
	} {
		if !strings.Contains(all.String(), sample) {
			t.Errorf("no message is in %s", script)
		}
	}
	for _, p := range people {
		if _, err := chat.ParseUsername(p.username); err != nil {
			t.Errorf("%s: %v", p.username, err)
		}
		if name, err := chat.ParseName(p.name); err != nil || name != p.name {
			t.Errorf("%s: got %q, %v", p.name, name, err)
		}
	}
}

func TestBadTalksAreRefused(t *testing.T) {
	for name, data := range map[string]string{
		"no body":           "about: x",
		"nobody speaks":     "about: x\n\n",
		"unknown head":      "colour: x\n\nb: hi\n",
		"bad duration":      "ends: soon\n\nb: hi\n",
		"bad pause":         "about: x\n\nb: hi\n~ later\n",
		"unknown mark":      "about: x\n\nc: hi\n",
		"empty message":     "about: x\n\nb:\n",
		"second line first": "about: x\n\n| hi\n",
	} {
		if _, err := parseTalk(data, dice()); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func dice() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestPeopleSendEachOtherPhotosAndAPaper(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	kinds := make(map[chat.AttachmentID]chat.AttachmentKind)
	for _, p := range people {
		u, _, err := town.DB.Credentials(t.Context(), p.username)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entriesOf(t, town.DB, u.ID, chat.Buyer) {
			messages, err := town.DB.MessagesAfter(t.Context(), e.Conversation.ID, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range messages {
				for _, a := range m.Attachments {
					kinds[a.ID] = a.Kind
					shown, file, err := town.Uploads.(*uploads.Service).Open(t.Context(), u.ID, a.ID, false)
					if err != nil {
						t.Fatalf("%s: %v", a.Name, err)
					}
					if shown.Size != file.Size() || a.Kind == chat.ImageAttachment && (a.Width != photoWidth || a.Height != photoHeight) {
						t.Errorf("got %+v of %d bytes", shown, file.Size())
					}
					file.Close()
				}
			}
		}
	}
	images := 0
	for _, kind := range kinds {
		if kind == chat.ImageAttachment {
			images++
		}
	}
	if images != 5 || len(kinds) != 7 {
		t.Errorf("got %v", kinds)
	}
}
