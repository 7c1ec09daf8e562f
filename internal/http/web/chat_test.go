package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/search"
)

// words is a message of somebody, minutes before today.
func words(seq chat.Seq, who chat.User, text string, minutes int) chat.Message {
	return chat.Message{
		ID: chat.MessageID(100 + seq), Conversation: 41, Seq: seq, ClientID: fmt.Sprintf("c.%d", seq),
		Sender: chat.Author{ID: who.ID, Username: who.Username, Name: who.Name}, Text: text, SentAt: today.Add(-time.Duration(minutes) * time.Minute),
	}
}

// talkEntry is aarav's conversation with meera about the cycle.
func talkEntry(last chat.Message, unread int64) chat.Entry {
	return chat.Entry{
		Conversation: chat.Conversation{
			ID: 41, Listing: 12, Title: "Hero Sprint cycle, 21 gears", BuyerID: aarav.User.ID, SellerID: meera.ID,
			Head: last.Seq, LastAt: last.SentAt, CreatedAt: today.AddDate(0, 0, -1),
		},
		Listing: cycle(), Other: meera, Role: chat.Buyer, Unread: unread, Last: &last, ReadSeq: last.Seq - chat.Seq(unread),
	}
}

// draw renders a page as a browser would get it.
func draw(t *testing.T, w *Web, name string, view any) string {
	t.Helper()
	rec := httptest.NewRecorder()
	if err := w.render(rec, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, name, view); err != nil {
		t.Fatal(err)
	}
	return rec.Body.String()
}

func contains(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %s", s)
		}
	}
}

func lacks(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, s := range unwanted {
		if strings.Contains(page, s) {
			t.Errorf("the page has %s", s)
		}
	}
}

func drawInbox(t *testing.T, filter inbox.Filter, page inbox.Page) string {
	t.Helper()
	w := newWeb(t)
	return draw(t, w, "inbox", inboxView{shell: chatShell(frame(w, "Chats", "chats"), "inbox"), List: newList(aarav, filter, "", page, 0)})
}

func TestAnEntryOfTheListSaysWhoAboutWhatAndTheLastWords(t *testing.T) {
	page := drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(words(9, meera, "Yes <b>it is</b>", 3), 2)}, Next: "abc"})
	contains(t, page, `<body class="chat" data-pane="inbox" data-person="4">`, "<bdi>Meera Kulkarni</bdi>", "Buying: ", "· ₹8,500", "Yes &lt;b&gt;it is&lt;/b&gt;",
		`data-unread`, `<span>2</span><span class="sr"> unread</span>`, "3 min ago", `href="/chat/conversation/41/"`, `href="/chat/?cursor=abc"`)
	contains(t, page, `data-empty hidden`)
	lacks(t, page, "<b>it is")
}

func TestAnEntryOfTheListSaysWhatWasSentWithoutWords(t *testing.T) {
	last := words(9, meera, "", 3)
	last.Attachments = []chat.Attachment{{Kind: chat.FileAttachment, Name: "<b>bill</b>.pdf"}}
	contains(t, drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(last, 0)}}), "&lt;b&gt;bill&lt;/b&gt;.pdf")
	last.Text = "Here it is"
	page := drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(last, 0)}})
	contains(t, page, "Here it is")
	lacks(t, page, ".pdf")
}

func TestWhatWasFoundByAFilesNameShowsIt(t *testing.T) {
	image := chat.Attachment{Kind: chat.ImageAttachment, Name: "IMG_2034.jpg"}
	bill := chat.Attachment{Kind: chat.FileAttachment, Name: "bill.pdf"}
	within := []search.Range{{Start: 0, End: 4}}
	for want, h := range map[string]search.Hit{
		"Look here":                              {Message: chat.Message{Text: "Look here", Attachments: []chat.Attachment{image}}, Highlights: within},
		"Look here: IMG_2034.jpg":                {Message: chat.Message{Text: "Look here", Attachments: []chat.Attachment{image}}},
		"Photo: IMG_2034.jpg":                    {Message: chat.Message{Attachments: []chat.Attachment{image}}},
		"bill.pdf":                               {Message: chat.Message{Attachments: []chat.Attachment{bill}}},
		"2 files: bill.pdf, IMG_2034.jpg":        {Message: chat.Message{Attachments: []chat.Attachment{bill, image}}},
		"a word that was changed in this moment": {Message: chat.Message{Text: "a word that was changed in this moment"}},
	} {
		if got := found(h); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheListSaysHowFarOnesOwnLastMessageHasCome(t *testing.T) {
	last := words(9, aarav.User, "Hello", 3)
	sent := drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(last, 0)}})
	contains(t, sent, `<svg class="tick" data-state="sent"`)
	last.Read = true
	read := drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(last, 0)}})
	contains(t, read, `<svg class="tick" data-state="read"`)
}

func TestAnEmptyListSaysWhatToDoNext(t *testing.T) {
	for filter, want := range map[inbox.Filter]string{
		inbox.All: "Go to the shop", inbox.Buying: "Go to the shop", inbox.Selling: "Sell something",
		inbox.Unread: "All chats", inbox.Archived: "All chats",
	} {
		contains(t, drawInbox(t, filter, inbox.Page{}), want)
	}
}

func TestTheFiltersKnowWhereOneIs(t *testing.T) {
	page := drawInbox(t, inbox.Selling, inbox.Page{Next: "abc"})
	contains(t, page, `href="/chat/?filter=selling" aria-current="true"`, `data-unread-number> 4</span>`)
}

// drawTalk renders the conversation that change has made of an ordinary one.
func drawTalk(t *testing.T, change func(*inbox.Details, *messaging.MessagesPage, *composer)) string {
	t.Helper()
	w := newWeb(t)
	messages := []chat.Message{words(1, aarav.User, "Hi, is it still available?", 90), words(2, meera, "Yes", 80), words(3, aarav.User, "Good", 79)}
	entry := talkEntry(messages[2], 0)
	entry.OtherRead, entry.OtherGot = 1, 2
	d := inbox.Details{Entry: entry, Epoch: "e1"}
	p := messaging.MessagesPage{Messages: messages, Head: 3, Epoch: "e1"}
	c := composer{ClientID: "f.1"}
	if change != nil {
		change(&d, &p, &c)
	}
	v := conversationView{
		shell: chatShell(frame(w, "Meera Kulkarni", "chats"), "conversation"),
		List:  newList(aarav, "", "", inbox.Page{Entries: []chat.Entry{d.Entry}}, 41),
		talk:  newTalk(aarav.User.ID, d.Entry, p, "/chat/"),
	}
	v.Media = chat.DefaultMedia()
	c.Action, c.First = v.URL, v.First
	v.Composer = c
	return draw(t, w, "conversation", v)
}

func TestAConversationShowsPersonThingMessagesAndWhereOneWrites(t *testing.T) {
	page := drawTalk(t, nil)
	contains(t, page, `<body class="chat" data-pane="conversation" data-person="4">`, `data-conversation="41"`, `data-head="3"`, `data-epoch="e1"`,
		"Hero Sprint cycle, 21 gears", "₹8,500", "Active", "Aundh, Pune", "last seen", "Hi, is it still available?",
		`action="/chat/conversation/41/" method="post"`, `name="client_id" value="f.1"`, `placeholder="Write to Meera"`,
		`data-image-bytes="8388608" data-file-bytes="26214400" data-max-files="10" data-voice-ms="300000"`,
		`<composer-files hidden></composer-files>`, `enctype="multipart/form-data"`, `<noscript><p class="composer-plain"><label>Photos or files <input type="file" name="files" multiple>`,
		`<template id="message-template">`, `role="log"`, `data-move="older" hidden`, `data-move="newer" hidden`, `data-move="latest" hidden`)
	lacks(t, page, "New messages</span></li>\n", `<div class="composer" id="composer">`, "Mark as read", "ZgotmplZ")
}

func TestTheLineIsNotSaidToBeDownWhereNoScriptTriesIt(t *testing.T) {
	badge := regexp.MustCompile(`<line-badge[^>]*>`).FindString(drawTalk(t, nil))
	if !strings.Contains(badge, " hidden") {
		t.Errorf("got %s, want it hidden until a script shows it", badge)
	}
}

func TestTicksGoAsFarAsTheDataDoes(t *testing.T) {
	page := drawTalk(t, func(d *inbox.Details, p *messaging.MessagesPage, _ *composer) {
		p.Messages = []chat.Message{words(1, aarav.User, "one", 30), words(2, aarav.User, "two", 20), words(3, aarav.User, "three", 10)}
	})
	got := regexp.MustCompile(`data-run="only" data-state="(\w+)"`).FindAllStringSubmatch(page, -1)
	var states []string
	for _, m := range got {
		states = append(states, m[1])
	}
	if want := []string{"read", "delivered", "sent"}; !slices.Equal(states, want) {
		t.Errorf("got %v, want %v", states, want)
	}
}

func TestWhatPeopleWriteIsTextAndNothingElse(t *testing.T) {
	page := drawTalk(t, func(d *inbox.Details, p *messaging.MessagesPage, c *composer) {
		p.Messages[1].Text = "<script>alert(1)</script>"
		d.Entry.Other.Name = `"><img src=x>`
		d.Entry.Listing.Title = "</bdi><b>bold"
		c.Text = "</textarea><b>"
	})
	lacks(t, page, "<script>alert", "<img src=x>", "<b>bold", "</textarea><b>")
}

func TestTheTextBeginsAndEndsWithItsBubble(t *testing.T) {
	page := drawTalk(t, func(_ *inbox.Details, p *messaging.MessagesPage, _ *composer) { p.Messages[1].Text = "two\nlines" })
	contains(t, page, `<p class="text" dir="auto">two`+"\n"+`lines<span class="meta">`)
}

func TestNewMessagesAreSetOffAndCanBeMarkedAsRead(t *testing.T) {
	page := drawTalk(t, func(d *inbox.Details, p *messaging.MessagesPage, _ *composer) {
		d.Entry.Unread, d.Entry.ReadSeq = 1, 1
		p.Messages = p.Messages[:2]
		p.Head = 2
	})
	contains(t, page, `<li class="unread" id="new">`, `action="/chat/mark-read/41/"`, `name="seq" value="2"`)
}

func TestPagesOfAConversationLeadToOneAnother(t *testing.T) {
	page := drawTalk(t, func(_ *inbox.Details, p *messaging.MessagesPage, _ *composer) {
		p.HasOlder, p.HasNewer, p.Head = true, true, 90
	})
	contains(t, page, `data-move="older"><a class="button" data-size="small" href="/chat/conversation/41/?before=1#messages"`,
		`data-move="newer"><a class="button" data-size="small" href="/chat/conversation/41/?after=3#messages"`,
		`href="/chat/conversation/41/?before=91#composer" data-move="latest"`,
		" data-older", " data-newer", `data-head="90" data-head-at=""`)
}

func TestAConversationIsReadableInEveryStateOfItsThing(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*inbox.Details)
		want   []string
		lacks  []string
	}{
		{"sold", func(d *inbox.Details) { d.Entry.Listing.Status = chat.ListingSold }, []string{`data-kind="sold">Sold`, `data-state="off">₹8,500`}, nil},
		{
			"gone", func(d *inbox.Details) {
				d.Entry.Listing = chat.Listing{Title: "Hero Sprint cycle", Status: chat.ListingInactive}
			},
			[]string{"No longer available", `data-state="gone"`, "Hero Sprint cycle"},
			[]string{"the listing</span>", `class="price"`},
		},
		{"closed", func(d *inbox.Details) { d.Entry.Conversation.ClosedAt = today }, []string{"composer-closed", "This conversation is closed."}, []string{"<textarea"}},
		{
			"the other person has left", func(d *inbox.Details) {
				d.Entry.Other = chat.User{ID: 7, Name: chat.FormerMember, ClosedAt: today}
			},
			[]string{"Former member", "no longer here"},
			[]string{"last seen"},
		},
		{"the other person is here", func(d *inbox.Details) { d.Entry.Other.Online = true }, []string{">online</presence-text>"}, []string{"last seen"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := drawTalk(t, func(d *inbox.Details, _ *messaging.MessagesPage, _ *composer) { c.change(d) })
			contains(t, page, c.want...)
			lacks(t, page, c.lacks...)
		})
	}
}

func TestARefusedMessageIsKeptAndTheReasonSaid(t *testing.T) {
	page := drawTalk(t, func(_ *inbox.Details, _ *messaging.MessagesPage, c *composer) {
		c.Text, c.Fault = "\nbegins with an empty line", "This message is too long."
	})
	contains(t, page, "<textarea", ">\n\nbegins with an empty line</textarea>", `role="alert"`, "This message is too long.", `aria-invalid="true"`)
}

func TestAConversationWithoutMessagesSaysHello(t *testing.T) {
	page := drawTalk(t, func(_ *inbox.Details, p *messaging.MessagesPage, _ *composer) { *p = messaging.MessagesPage{} })
	contains(t, page, "Say hello to <bdi>Meera</bdi>")
}

func TestAConversationOpensWhereItsNewMessagesBegin(t *testing.T) {
	entry := func(head, read chat.Seq, unread int64) chat.Entry {
		return chat.Entry{Conversation: chat.Conversation{Head: head}, ReadSeq: read, Unread: unread}
	}
	for _, c := range []struct {
		name                  string
		path                  string
		entry                 chat.Entry
		before, after, around chat.Seq // 0 for nil
	}{
		{"nothing is new", "/", entry(300, 20, 0), 0, 0, 0},
		{"little is new, so the newest page has it", "/", entry(300, 270, 30), 0, 0, 0},
		{"more than a page is new", "/", entry(300, 200, 100), 0, 0, 201},
		{"far more is new", "/", entry(30000, 200, 29800), 0, 0, 201},
		{"everything is new", "/", entry(300, 0, 300), 0, 0, 1},
		{"the address names an older page", "/?before=120", entry(300, 200, 100), 120, 0, 0},
		{"the address names a newer page", "/?after=120", entry(300, 200, 100), 0, 120, 0},
		{"the address names none", "/?before=x&after=-1&message=0", entry(300, 300, 0), 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := newWeb(t).pageQuery(httptest.NewRequest(http.MethodGet, c.path, nil), 1, c.entry)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range []struct {
				name string
				got  *chat.Seq
				want chat.Seq
			}{{"before", q.Before, c.before}, {"after", q.After, c.after}, {"around", q.Around, c.around}} {
				var got chat.Seq
				if one.got != nil {
					got = *one.got
				}
				if got != one.want {
					t.Errorf("got %s %d, want %d", one.name, got, one.want)
				}
			}
		})
	}
}

func TestBubblesOfOnePersonFormRuns(t *testing.T) {
	other := chat.Participant{User: meera, ReadSeq: 5}
	page := []chat.Message{
		words(1, meera, "a", 24*60), words(2, meera, "b", 61), words(3, meera, "c", 60), words(4, meera, "d", 59),
		words(5, aarav.User, "e", 58), words(6, aarav.User, "f", 57), words(7, meera, "g", 40), words(8, meera, "h", 30),
	}
	all := bubbles(aarav.User.ID, page, 7, other)
	var runs, meta, days, fresh []string
	for _, b := range all {
		runs = append(runs, b.Run)
		if b.Meta {
			meta = append(meta, b.Text)
		}
		if b.Day != nil {
			days = append(days, b.Text)
		}
		if b.New {
			fresh = append(fresh, b.Text)
		}
	}
	if want := []string{"only", "first", "middle", "last", "first", "last", "only", "only"}; !slices.Equal(runs, want) {
		t.Errorf("got runs %v, want %v", runs, want)
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{{"meta", meta, []string{"e"}}, {"days", days, []string{"a", "b"}}, {"new", fresh, []string{"h"}}} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestAskingAboutAThing(t *testing.T) {
	w := newWeb(t)
	page := draw(t, w, "start", newStart(frame(w, "Ask", "shop"), cycle(), composer{ClientID: "f.1", Text: "Hi, is it still available?"}))
	contains(t, page, "Ask <bdi>Meera</bdi>", "Hi, is it still available?</textarea>", `action="/chat/start/12/" method="post"`, `value="f.1"`,
		"Pay when you have it in your hands", "Nothing is sent until you press Send.")
}

func TestAskingWhereOneCannot(t *testing.T) {
	w := newWeb(t)
	for _, c := range []struct {
		name   string
		change func(*chat.Listing)
		want   []string
	}{
		{"one's own", func(l *chat.Listing) { l.Seller = aarav.User }, []string{"This is your own listing", `href="/chat/"`}},
		{"sold", func(l *chat.Listing) { l.Status = chat.ListingSold }, []string{"This has been sold", `href="/categories/cycles/"`}},
		{"taken down", func(l *chat.Listing) { l.Status = chat.ListingInactive }, []string{"This is no longer offered", `href="/categories/cycles/"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := cycle()
			c.change(&l)
			rec := httptest.NewRecorder()
			v := newStart(frame(w, "Ask", "shop"), l, composer{ClientID: "f.1", Text: "Hi"})
			if err := w.showStart(rec, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, v); err != nil {
				t.Fatal(err)
			}
			if got, want := rec.Code, http.StatusConflict; got != want {
				t.Errorf("got %d, want %d", got, want)
			}
			contains(t, rec.Body.String(), c.want...)
			lacks(t, rec.Body.String(), "<textarea")
		})
	}
}

func TestARetryKeepsItsNameOnlyWhileTheOutcomeIsOpen(t *testing.T) {
	if got := retryID(chat.Errorf(chat.Unavailable, "x"), "f.1"); got != "f.1" {
		t.Errorf("unavailable: got %q, want the same name", got)
	}
	for _, code := range []chat.Code{chat.TooLong, chat.Empty, chat.BadText, chat.RateLimited, chat.Conflict} {
		if got := retryID(chat.Errorf(code, "x"), "f.1"); got == "f.1" || !chat.ValidClientID(got) {
			t.Errorf("%s: got %q, want another valid name", code, got)
		}
	}
	if got := retryID(chat.Errorf(chat.Unavailable, "x"), "not valid"); !chat.ValidClientID(got) {
		t.Errorf("got %q, want a valid name", got)
	}
}
