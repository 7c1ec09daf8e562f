package mailer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
)

func TestOneMailShowsWhatIsUnreadInAConversation(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.answered()
		for i := range 6 {
			h.say(t, fmt.Sprintf("Question %d", i))
		}
		h.say(t, strings.Repeat("very long ", 200))
		files, err := d.Uploads(t.Context(), h.Buyer.ID, 1, func(a *chat.Attachment) { a.Kind, a.Name, a.Type = chat.ImageAttachment, "a.jpg", "image/jpeg" })
		if err != nil {
			t.Fatal(err)
		}
		h.say(t, "", files[0].ID)
		got := h.mailed(t, h.told(t))
		if got.To != "seller@example.org" || got.From != fmt.Sprintf("b-%d-abcdefghij@reply.swap.example", h.Seller.ID) {
			t.Errorf("the envelope is %s → %s", got.From, got.To)
		}
		from, err := got.Header.AddressList("From")
		if err != nil || from[0].Name != "Buyer (SwapNest)" || from[0].Address != fmt.Sprintf("r-%d-%d-abcdefghij@reply.swap.example", h.talk.ID, h.Seller.ID) {
			t.Errorf("it is from %v (%v)", from, err)
		}
		if got.Get("Subject") != "Buyer wrote about Hero Sprint cycle" {
			t.Errorf("the subject is %q", got.Get("Subject"))
		}
		leave := "https://swap.example/unsubscribe/" + h.options.Leaves.Token(h.Seller.ID, chat.NoticeInquiry) + "/"
		if got.Get("List-Unsubscribe") != "<"+leave+">" || got.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("it is left by %q, %q", got.Get("List-Unsubscribe"), got.Get("List-Unsubscribe-Post"))
		}
		thread := "<" + h.options.Names.Thread(h.talk.ID, h.Seller.ID) + ">"
		if got.Get("Message-ID") != "<"+h.options.Names.Delivery(7)+">" || got.Get("References") != thread || got.Get("In-Reply-To") != thread {
			t.Errorf("it is named %q, %q", got.Get("Message-ID"), got.Get("References"))
		}
		for name, text := range map[string]string{"text": got.Plain, "page": got.HTML} {
			for _, want := range []string{
				"Reply above this line", "Question 3", "Question 5", "very long", "…", "Photo", "And 3 earlier messages", "Hero Sprint cycle", "₹8,500",
				fmt.Sprintf("https://swap.example/chat/conversation/%d/", h.talk.ID), "https://swap.example/product/" + h.Listing.Slug + "/", leave,
				"https://swap.example/notifications/preferences/", "Or answer this mail",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("the %s has no %q: %s", name, want, text)
				}
			}
			for _, not := range []string{"Question 2", "buyer@example.org", "seller@example.org"} {
				if strings.Contains(text, not) {
					t.Errorf("the %s has %q", name, not)
				}
			}
			if strings.Count(text, "very long ") > 60 {
				t.Errorf("the %s has all of a long message", name)
			}
		}
		if !strings.HasPrefix(got.Plain, "— Reply above this line —\n") {
			t.Errorf("the text begins with %.60q", got.Plain)
		}
	})
}

func TestAnotherMailOfTheConversationIsOfTheSameThread(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "Is it still there?")
		first := h.mailed(t, h.told(t))
		h.reads(t)
		h.say(t, "And the bell?")
		again := h.told(t)
		again.ID = 8
		second := h.mailed(t, again)
		if first.Get("References") == "" || first.Get("References") != second.Get("References") || first.Get("Subject") != second.Get("Subject") ||
			first.Get("Message-ID") == second.Get("Message-ID") {
			t.Errorf("got %v and then %v", first.Header, second.Header)
		}
		if from, err := first.Header.AddressList("From"); err != nil || from[0].Address != "hello@swap.example" || first.Header.Get("Reply-To") != "" {
			t.Errorf("where nobody answers by mail it is from %v, with the way back %q", from, first.Header.Get("Reply-To"))
		}
		if strings.Contains(first.Plain+first.HTML, "above this line") || !strings.Contains(second.Plain, "And the bell?") || strings.Contains(second.Plain, "still there") {
			t.Errorf("got %s and then %s", first.Plain, second.Plain)
		}
	})
}

func TestItIsLookedAtAgainBeforeItIsMailed(t *testing.T) {
	const none = 0
	tests := []struct {
		name  string
		do    func(*testing.T, *house)
		want  outbox.Result
		until time.Duration // from now on; none for no time
	}{
		{name: "read meanwhile", do: func(t *testing.T, h *house) { h.reads(t) }, want: outbox.Dropped},
		{name: "deleted meanwhile", do: func(t *testing.T, h *house) {
			h.update(t, func(ctx tctx, tx *store.Tx) error { _, err := tx.DeleteNotices(ctx, h.Seller.ID, 10); return err })
		}, want: outbox.Dropped},
		{name: "muted", do: func(t *testing.T, h *house) {
			h.exec(t, `UPDATE member SET muted = TRUE WHERE user_id = %d`, h.Seller.ID)
		}, want: outbox.Dropped},
		{name: "never verified", do: func(t *testing.T, h *house) { h.exec(t, `UPDATE users SET email_verified_at = 0`) }, want: outbox.Dropped},
		{name: "came back for good", do: func(t *testing.T, h *house) { h.exec(t, `UPDATE users SET email_bounced_at = 1`) }, want: outbox.Dropped},
		{name: "no address", do: func(t *testing.T, h *house) { h.exec(t, `UPDATE users SET email = '', email_key = ''`) }, want: outbox.Dropped},
		{name: "closed", do: func(t *testing.T, h *house) { h.exec(t, `UPDATE users SET closed_at = 1 WHERE id = %d`, h.Seller.ID) }, want: outbox.Dropped},
		{name: "nobody's", do: func(t *testing.T, h *house) { h.exec(t, `UPDATE users SET demo = TRUE`) }, want: outbox.Dropped},
		{name: "wants no mail", do: func(t *testing.T, h *house) {
			h.prefers(t, h.Seller, func(p *chat.Preferences) { p.Email = false })
		}, want: outbox.Dropped},
		{name: "wants no mail of messages", do: func(t *testing.T, h *house) {
			h.prefers(t, h.Seller, func(p *chat.Preferences) { p.EmailNewMessage = false })
		}, want: outbox.Dropped},
		{name: "wants no mail of questions", do: func(t *testing.T, h *house) {
			h.prefers(t, h.Seller, func(p *chat.Preferences) { p.EmailProductInquiry = false })
		}, want: outbox.Sent},
		{name: "paused", do: func(t *testing.T, h *house) {
			h.prefers(t, h.Seller, func(p *chat.Preferences) { p.PausedUntil = h.now.Add(3 * time.Hour) })
		}, want: outbox.Postponed, until: 3 * time.Hour},
		{name: "quiet", do: func(t *testing.T, h *house) {
			h.prefers(t, h.Seller, func(p *chat.Preferences) {
				p.TimeZone = "Asia/Kolkata"
				p.Quiet = chat.Hours{From: 22 * 60, To: 7 * 60}
			})
		}, want: outbox.Postponed, until: 7*time.Hour + 30*time.Minute},
		{name: "enough for a day", do: func(t *testing.T, h *house) { h.mailedBefore(t, 20) }, want: outbox.Postponed, until: time.Hour},
		{name: "room for one more", do: func(t *testing.T, h *house) { h.mailedBefore(t, 19) }, want: outbox.Sent},
	}
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.now = time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC) // 23:30 in Kolkata
		h.say(t, "Is it still there?")                         // a question; what follows are messages
		h.told(t)
		for _, test := range tests {
			for _, query := range []string{
				`UPDATE users SET email = username || '@example.org', email_key = username || '@example.org', email_verified_at = 1, email_bounced_at = 0, demo = FALSE, closed_at = 0`,
				`DELETE FROM preference`, `UPDATE member SET muted = FALSE`, `DELETE FROM outbox`,
			} {
				h.exec(t, "%s", query)
			}
			h.reads(t)
			h.say(t, test.name)
			of, before := h.told(t), len(h.server.Mails())
			if test.do != nil {
				test.do(t, h)
			}
			got := h.send(t, of)
			if got.Result != test.want || got.Err != nil {
				t.Errorf("%s: got %+v, want %d", test.name, got, test.want)
			}
			if test.until != none && !got.Until.Round(time.Millisecond).Equal(h.now.Add(test.until).Round(time.Millisecond)) {
				t.Errorf("%s: until %s, want %s", test.name, got.Until, h.now.Add(test.until))
			}
			if sent := len(h.server.Mails()) - before; (sent == 1) != (test.want == outbox.Sent) {
				t.Errorf("%s: %d mails were sent", test.name, sent)
			}
		}
	})
}

func TestAMessageThatIsDeletedMeanwhileIsNotMailed(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "A slip of the hand")
		of := h.told(t)
		h.exec(t, `UPDATE message SET body = '', deleted_at = %d`, time.Now().UnixMicro())
		if got := h.send(t, of); got.Result != outbox.Dropped || len(h.server.Mails()) != 0 {
			t.Errorf("got %+v and %d mails", got, len(h.server.Mails()))
		}
	})
}

func TestWhatTheMailServerSaysDecidesWhatBecomesOfAMail(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "Is it still there?")
		of := h.told(t)
		for _, test := range []struct {
			at      mailtest.Step
			code    int
			status  [3]int
			want    outbox.Result
			bounced int
			says    string
		}{
			{mailtest.To, 450, [3]int{4, 2, 0}, outbox.Retry, 0, ""},
			{mailtest.Take, 554, [3]int{5, 7, 1}, outbox.Dead, 0, ""},
			{mailtest.From, 550, [3]int{5, 7, 1}, outbox.Retry, 0, ""},
			{mailtest.To, 550, [3]int{5, 1, 1}, outbox.Dropped, 1, "5.1.1"},
		} {
			h.people.bounced = nil
			h.server.Fail(test.at, test.code, test.status, "about seller@example.org")
			got := h.send(t, of)
			h.server.Fail(test.at, 0, [3]int{}, "")
			if got.Result != test.want || len(h.people.bounced) != test.bounced {
				t.Errorf("%s %d: got %+v, bounced %v", test.at, test.code, got, h.people.bounced)
			}
			if (test.want == outbox.Retry || test.want == outbox.Dead) && (got.Err == nil || strings.Contains(got.Err.Error(), "seller@")) {
				t.Errorf("%s %d: got the error %v", test.at, test.code, got.Err)
			}
			if test.bounced == 1 && h.people.bounced[0] != fmt.Sprint(h.Seller.ID, " seller@example.org ", test.says) {
				t.Errorf("got the bounce %q, want %s", h.people.bounced[0], test.says)
			}
		}
	})
}

func TestNoNumberOfMailsADayIsTheUsualOne(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.options.PerDay = 0
	h.say(t, "Is it still there?")
	if got := h.send(t, h.told(t)); got.Result != outbox.Sent {
		t.Errorf("got %+v, want it sent", got)
	}
}

// Between the server's 250 and what the outbox writes of it a node may end: the mail is sent once
// more, and named the same, so that mail programs show it once.
func TestAMailThatIsSentTwiceIsNamedTheSame(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "Is it still there?")
		of := h.told(t)
		h.server.Fail(mailtest.Lose, 1, [3]int{}, "")
		if got := h.send(t, of); got.Result != outbox.Retry || got.Err == nil {
			t.Fatalf("the answer was lost: got %+v", got)
		}
		h.server.Fail(mailtest.Lose, 0, [3]int{}, "")
		second := h.mailed(t, of)
		if first := h.server.Mails()[0]; first.Get("Message-ID") == "" || first.Get("Message-ID") != second.Get("Message-ID") {
			t.Errorf("it is named %q and then %q", first.Get("Message-ID"), second.Get("Message-ID"))
		}
	})
}

func TestNewsOfSavedThingsIsMailed(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "Is it still there?")
		of := h.told(t)
		news := chat.Notice{ID: 1, Unread: true, Title: "Hero Sprint cycle", Listing: h.Listing.ID, Slug: h.Listing.Slug}
		h.options.Store = looking{DB: h.db, spoil: func(n *store.News) {
			n.Notice = news
			n.Listing.Photos = []chat.Photo{{Key: "full.jpg", ThumbKey: "there.jpg", Width: 1000, Height: 750}}
		}}
		news.Kind, news.Price, news.PriceWas = chat.NoticePriceDrop, chat.Money{Amount: 850000, Currency: "INR"}, 950000
		drop := h.mailed(t, of)
		if drop.Get("Subject") != "Hero Sprint cycle now costs ₹8,500" || !strings.Contains(drop.Plain, "was ₹9,500") || !strings.Contains(drop.HTML, "₹9,500</s>") {
			t.Errorf("got %q: %s", drop.Get("Subject"), drop.Plain)
		}
		if from, err := drop.Header.AddressList("From"); err != nil || *from[0] != h.options.From || drop.Header.Get("References") != "" {
			t.Errorf("it is from %v, of the thread %q", from, drop.Header.Get("References"))
		}
		id := h.options.Names.Picture(7)
		if string(drop.Pictures[id]) != "a picture" || !strings.Contains(drop.HTML, `<img src="cid:`+id+`" width="120" height="90"`) {
			t.Errorf("got the pictures %v in %s", drop.Pictures, drop.HTML)
		}
		news.Kind = chat.NoticeSold
		sold := h.mailed(t, of)
		if sold.Get("Subject") != "Hero Sprint cycle was sold" || !strings.Contains(sold.Plain, "/shop/") {
			t.Errorf("got %q: %s", sold.Get("Subject"), sold.Plain)
		}
		// Of what was read while its mail was being looked at there is nothing that says so but the notice.
		for _, news.Kind = range []chat.NoticeKind{chat.NoticePriceDrop, chat.NoticeSold} {
			news.Unread = false
			if got := h.send(t, of); got.Result != outbox.Dropped {
				t.Errorf("a %s that was read: %+v", news.Kind, got)
			}
		}
		h.options.Store = looking{DB: h.db, spoil: func(n *store.News) { n.Listing.Photos = []chat.Photo{{ThumbKey: "gone.jpg"}} }}
		if plain := h.mailed(t, of); len(plain.Pictures) != 0 || strings.Contains(plain.HTML, "<img") {
			t.Error("a picture that is gone is shown")
		}
	})
}

func TestMailsAboutAnAccountSayWhatWasDoneAndWhatToDo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.people.to, h.people.link = h.Seller, site+"/accounts/secret/"
		// A name may be whatever somebody wants a stranger to read in a mail of the site.
		h.people.to.Name = "Prizes at evil.example"
		note := `{"address":"seller@example.org","agent":"Chrome on Android","at":"2026-11-28T18:00:00Z"}`
		for kind, says := range map[store.DeliveryKind][]string{
			store.DeliverVerify:     {"Is this your address?", "seller gave this address"},
			store.DeliverReset:      {"A new password for SwapNest", "seller, from Chrome on Android", "30 minutes", "works once"},
			store.DeliverPassword:   {"Your password was changed", "28 November at 18:00 UTC, from Chrome on Android"},
			store.DeliverAddress:    {"Your e-mail address was changed", "28 November at 18:00 UTC", "write to the people who run this marketplace"},
			store.DeliverNewBrowser: {"A new browser signed in", "from Chrome on Android"},
		} {
			got := h.mailed(t, store.Delivery{ID: 9, Channel: chat.MailChannel, Kind: kind, To: h.Seller.ID, Note: note})
			if got.Get("Subject") != says[0] || got.To != "seller@example.org" || got.Header.Get("List-Unsubscribe") != "" {
				t.Errorf("%s: got %q to %s, left by %q", kind, got.Get("Subject"), got.To, got.Header.Get("List-Unsubscribe"))
			}
			for _, text := range []string{got.Header.Get("To"), got.Plain, got.HTML} {
				if strings.Contains(text, "evil.example") {
					t.Errorf("%s: the name of an account is in %s", kind, text)
				}
			}
			for _, text := range []string{got.Plain, got.HTML} {
				for _, want := range append(says[1:], h.people.link) {
					if !strings.Contains(text, want) {
						t.Errorf("%s: there is no %q in %s", kind, want, text)
					}
				}
			}
		}
		h.people.gone = true
		before := len(h.server.Mails())
		if got := h.send(t, store.Delivery{Kind: store.DeliverReset, Note: note}); got.Result != outbox.Dropped || len(h.server.Mails()) != before {
			t.Errorf("for nobody: got %+v", got)
		}
		if got := h.send(t, store.Delivery{Kind: store.DeliverReset, Note: "{"}); got.Result != outbox.Dead {
			t.Errorf("a broken note: got %+v", got)
		}
	})
}

// What people write, are called and sell may hold anything; a mail shows it as text.
func TestNothingOfPeopleIsMoreThanText(t *testing.T) {
	payloads := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title><svg onload=alert(1)>`, `{{.Site}}`, `' style='x:expression(1)`,
		`<a href="javascript:alert(1)">x</a>`, "<!--", `<style>*{display:none}</style>`,
	}
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, strings.Join(payloads, "\n"))
		of := h.told(t)
		for _, p := range payloads {
			h.options.Store = looking{DB: h.db, spoil: func(n *store.News) {
				n.Notice.From.Name, n.Notice.Title, n.Listing.Title, n.Person.Name = p, p, p, p
			}}
			got := h.mailed(t, of)
			for _, tag := range []string{"<script", "<svg", "<img", "<style>*", `href="javascript`, "onerror=alert(1)>", "<!--"} {
				if strings.Contains(got.HTML, tag) {
					t.Errorf("%s: the page has %s", p, tag)
				}
			}
			if !strings.Contains(got.Plain, p) || strings.Count(got.HTML, "</title>") != 1 {
				t.Errorf("%s: the text has not what was written, or the page is torn", p)
			}
		}
		// A name with a line break cannot be, and if it were, it would end no header.
		h.options.Store = looking{DB: h.db, spoil: func(n *store.News) { n.Notice.From.Name, n.Notice.Title = "A\r\nBcc: x@example.org", "B\nX: y" }}
		if got := h.mailed(t, of); got.Header.Get("Bcc") != "" || got.Get("Subject") != "A Bcc: x@example.org wrote about B X: y" {
			t.Errorf("got %v", got.Header)
		}
	})
}

func TestADatabaseThatIsAwayIsWaitedFor(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.options.Store = away{h.db}
		if got := h.send(t, store.Delivery{Kind: store.DeliverNotice}); got.Result != outbox.Retry || got.Err == nil {
			t.Errorf("got %+v", got)
		}
	})
}

type away struct{ *store.DB }

func (away) News(tctx, store.Delivery) (store.News, error) {
	return store.News{}, errors.New("the database is away")
}
