package pusher

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"swapnest/internal/chat"
	"swapnest/internal/push"
	"swapnest/internal/store"
)

func TestAMessageFitsWhateverPeopleWrite(t *testing.T) {
	for name, one := range map[string]string{
		"letters": "a", "quotation marks": `"`, "line ends": "\n", "markup": "<", "accents": "e\u0301", "Devanagari": "क्षि", "emoji": "🎉", "families": "👨‍👩‍👧‍👦", "separators": "\u2028", "a long stack": "z" + strings.Repeat("\u0301", 50),
	} {
		long := strings.Repeat(one, 200)
		n := store.News{Notice: chat.Notice{
			ID: 1 << 60, To: 1 << 60, Kind: chat.NoticeInquiry, Conversation: 1 << 60, From: chat.User{Name: cut(long, chat.MaxNameChars)},
			Title: cut(long, chat.MaxTitleChars), Text: cut(long, chat.MaxMessageChars), At: time.Now(),
		}, Unread: chat.Unread{Conversations: 1 << 60}}
		d := store.Delivery{Kind: store.DeliverNotice, To: 1 << 60, Notice: 1 << 60}
		text, err := compose(d, n, tagOf(d, n.Notice), true)
		if err != nil || len(text) > 3000 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
		if len(text) > push.MaxText {
			t.Errorf("%s: %d bytes do not fit into a message", name, len(text))
		}
		var m notice
		if err := json.Unmarshal(text, &m); err != nil || !utf8.ValidString(m.Title) || strings.ContainsRune(m.Title+m.Body, utf8.RuneError) {
			t.Errorf("%s: %v in %q", name, err, text)
		}
		if len(m.Title) > maxTitle || len(m.Body) > maxBody {
			t.Errorf("%s: a title of %d bytes and a text of %d", name, len(m.Title), len(m.Body))
		}
	}
}

func cut(s string, runes int) string {
	return string([]rune(s)[:min(runes, utf8.RuneCountInString(s))])
}

func TestNoCharacterIsTorn(t *testing.T) {
	const family = "👨‍👩‍👧‍👦" // 25 bytes
	for most, want := range map[int]string{
		100: strings.Repeat(family, 3) + "…", 78: strings.Repeat(family, 3) + "…", 77: strings.Repeat(family, 2) + "…", 30: family + "…", 28: family + "…", 27: "…",
		125: strings.Repeat(family, 5),
	} {
		if got := shorten(strings.Repeat(family, 5), most); got != want || len(got) > most {
			t.Errorf("in %d bytes it is %q, not %q", most, got, want)
		}
	}
	if got := shorten("one two three", 10); got != "one two…" {
		t.Errorf("got %q", got)
	}
}

func TestTagsNameWhatIsTold(t *testing.T) {
	planned := func(note string) store.Delivery { return store.Delivery{Note: note} }
	for _, c := range []struct {
		d    store.Delivery
		n    chat.Notice
		want string
	}{
		{planned(""), chat.Notice{Kind: chat.NoticeMessage, Conversation: 7, Listing: 9}, "conversation-7"},
		{planned(""), chat.Notice{Kind: chat.NoticeInquiry, Conversation: 7}, "conversation-7"},
		{planned(""), chat.Notice{Kind: chat.NoticeSold, Listing: 9}, "listing-9-sold"},
		{planned(""), chat.Notice{Kind: chat.NoticePriceDrop, Listing: 9}, "listing-9-price_drop"},
		// The listing is gone by now.
		{planned(`{"kind":"sold","conversation":0,"listing":9}`), chat.Notice{Kind: chat.NoticeSold}, "listing-9-sold"},
	} {
		if got := tagOf(c.d, c.n); got != c.want {
			t.Errorf("%+v is %s, not %s", c.n, got, c.want)
		}
	}
	one, other := store.PushDevice{Auth: "one"}, store.PushDevice{Auth: "other"}
	topic := topicOf(one, "conversation-7")
	if len(topic) != 32 || topic != topicOf(one, "conversation-7") || topic == topicOf(one, "conversation-8") || topic == topicOf(other, "conversation-7") {
		t.Errorf("the topic is %s", topic)
	}
}

func TestNewsOfListings(t *testing.T) {
	n := store.News{Notice: chat.Notice{ID: 3, Kind: chat.NoticePriceDrop, Listing: 9, Slug: "lamp", Title: "Lamp", Price: chat.Money{Amount: 40000, Currency: "INR"}, PriceWas: 50000}}
	d := store.Delivery{Kind: store.DeliverNotice, Notice: 3}
	for previews, want := range map[bool]notice{
		true:  {Type: "notice", Notice: 3, Tag: "t", Title: n.Notice.Headline(), Body: n.Notice.Line(), URL: "/product/lamp/"},
		false: {Type: "notice", Notice: 3, Tag: "t", Title: "News on SwapNest about something you saved", URL: "/product/lamp/"},
	} {
		text, err := compose(d, n, "t", previews)
		if err != nil {
			t.Fatal(err)
		}
		var got notice
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		got.At = want.At
		if got != want {
			t.Errorf("with previews %v it is %+v, not %+v", previews, got, want)
		}
	}
}

// Apple's service ends subscriptions that show nothing; and services are named as far as many have them.
func TestServicesAreKnownByTheirHosts(t *testing.T) {
	p := New(nil, Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	for host, want := range map[string]struct {
		apple bool
		name  string
	}{
		"web.push.apple.com":                {true, "the push service push.apple.com"},
		"WEB.PUSH.APPLE.COM":                {true, "the push service push.apple.com"},
		"push.apple.com.evil.example":       {false, "a push service"},
		"notpush.apple.com":                 {false, "a push service"},
		"fcm.googleapis.com":                {false, "the push service fcm.googleapis.com"},
		"updates.push.services.mozilla.com": {false, "the push service push.services.mozilla.com"},
		"wns2-par02p.notify.windows.com":    {false, "the push service notify.windows.com"},
		"push.somebody.example":             {false, "a push service"},
	} {
		to, err := push.ParseSubscription("https://"+host+"/secret", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg", false)
		if err != nil {
			t.Fatal(err)
		}
		_, dropped := p.hold(store.Delivery{Kind: store.DeliverClear}, store.News{}, to)
		if dropped != want.apple || service(to) != want.name {
			t.Errorf("%s is Apple's: %v, and is called %q", host, dropped, service(to))
		}
	}
}
