package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
)

// The golden frames are read by the browser tests too: server holds what the
// server sends, client what clients send, one frame a file.
var update = flag.Bool("update", false, "rewrite the golden frames of the server")

var (
	at    = time.Date(2026, 11, 22, 10, 42, 7, 381_000_000, time.UTC)
	aarav = chat.User{ID: 7, Username: "aarav", Name: "Aarav K.", Online: true, LastSeen: at}
	meera = chat.User{ID: 3, Username: "meera_k", Name: "Meera Kulkarni", LastSeen: at.Add(-time.Hour)}
)

func message() chat.Message {
	return chat.Message{
		ID: 5012, Conversation: 41, Seq: 18, ClientID: "tab1.0042", Text: "Perfect, six it is 🎉\nशाम छह बजे, <ठीक>?", SentAt: at,
		Sender: chat.Author{ID: aarav.ID, Username: aarav.Username, Name: aarav.Name},
	}
}

// revised are an edit and the deletion of the message.
func revised() (edited, deleted chat.Event) {
	e := chat.Event{
		Conversation: 41, Seq: 21, Kind: chat.MessageEdited, Actor: aarav.ID, At: at.Add(time.Minute), BuyerID: aarav.ID, SellerID: meera.ID,
		Message: message(),
	}
	e.Message.Text, e.Message.EditedAt = "Perfect, seven it is 🎉", e.At
	d := e
	d.Seq, d.Kind, d.At = 22, chat.MessageDeleted, at.Add(2*time.Minute)
	d.Message.Text, d.Message.DeletedAt = "", d.At
	return e, d
}

// reacted is a reaction to the message, which has others already.
func reacted() chat.Event {
	e := chat.Event{
		Conversation: 41, Seq: 23, Kind: chat.MessageReacted, Actor: meera.ID, At: at.Add(3 * time.Minute), BuyerID: aarav.ID, SellerID: meera.ID,
		Message: message(),
	}
	e.Message.Reactions = []chat.Reaction{{User: meera.ID, Emoji: "👍"}, {User: aarav.ID, Emoji: "👍"}, {User: meera.ID, Emoji: "❤️"}}
	return e
}

// replies are the message as an answer, to one that is there and to one that was deleted.
func replies() (to, toDeleted chat.Event) {
	e := chat.Event{Conversation: 41, Seq: 18, Kind: chat.MessagePosted, Actor: aarav.ID, At: at, BuyerID: aarav.ID, SellerID: meera.ID, Message: message()}
	e.Message.ReplyTo = chat.Quote{ID: 5009, Seq: 15, SenderID: meera.ID, SenderName: meera.Name, Text: "Six or seven?"}
	d := e
	d.Message.ReplyTo.Text, d.Message.ReplyTo.Deleted = "", true
	return e, d
}

// attached is a message of a picture, a voice message and a file, without a text.
func attached() chat.Event {
	e := chat.Event{Conversation: 41, Seq: 18, Kind: chat.MessagePosted, Actor: aarav.ID, At: at, BuyerID: aarav.ID, SellerID: meera.ID, Message: message()}
	e.Message.Text = ""
	e.Message.Attachments = []chat.Attachment{
		{ID: "krhs2yxbcr6ewznm7p4zkqvd3a", Kind: chat.ImageAttachment, Name: "gears.gif", Type: "image/gif", Size: 214310, Width: 1600, Height: 1200, Animated: true},
		{
			ID: "7wq5n2fjx3tb6ydm4rhc2ksvpa", Kind: chat.VoiceAttachment, Name: "voice.ogg", Type: "audio/ogg", Size: 41200, Duration: 9400 * time.Millisecond,
			Waveform: []int{0, 12, 40, 100},
		},
		{ID: "c5mz3hq7ryv2kd6jw4xtn3bfsa", Kind: chat.FileAttachment, Name: "रसीद <2026>.pdf", Type: "application/pdf", Size: 18233},
	}
	return e
}

func entry() chat.Entry {
	last := message()
	return chat.Entry{
		Conversation: chat.Conversation{
			ID: 41, Listing: 9, Title: "Hero Sprint cycle, 21 gears", BuyerID: aarav.ID, SellerID: meera.ID, Head: 18,
			BuyerSent: 10, SellerSent: 8, CreatedAt: at.Add(-24 * time.Hour), LastAt: at,
		},
		Listing: chat.Listing{
			ID: 9, Slug: "hero-sprint-cycle-k3x9qa", Seller: meera, Title: "Hero Sprint cycle, 21 gears",
			Price: chat.Money{Amount: 850000, Currency: "INR"}, Category: "cycles", Condition: "good", Status: chat.ListingActive,
			City: "Aundh, Pune", Negotiable: true, Photos: []chat.Photo{{Key: "demo/bicycle.svg", ThumbKey: "demo/bicycle.svg", Width: 400, Height: 300}},
			CreatedAt: at.Add(-48 * time.Hour),
		},
		Other: meera, Role: chat.Buyer, Unread: 2, Last: &last, ReadSeq: 15, OtherRead: 16,
	}
}

// serverFrames are all kinds of frames that the server sends, by file.
func serverFrames() map[string][]byte {
	head, unread := chat.Seq(18), chat.Unread{Conversations: 4, Notices: 2}
	e, m := entry(), message()
	edited, deleted := revised()
	reply, replyDeleted := replies()
	concealed, cleared := edited, e
	concealed.Message = edited.Message.Concealed()
	cleared.Last, cleared.Unread, cleared.ClearedSeq, cleared.Cleared = nil, 0, 18, true
	return map[string][]byte{
		"hello_chat": Hello{
			Epoch: "e7f3", You: aarav, Media: chat.DefaultMedia(), Head: &head, Entry: &e,
			Participants: []chat.Participant{
				{User: meera, Role: chat.Seller, ReadSeq: 16, DeliveredSeq: 18},
				{User: aarav, Role: chat.Buyer, ReadSeq: 15, DeliveredSeq: 15},
			},
		}.Encode(),
		"hello_all": Hello{Epoch: "e7f3", You: aarav, Media: chat.DefaultMedia(), Unread: &unread}.Encode(),
		"message": Event(chat.Event{
			Conversation: 41, Seq: 18, Kind: chat.MessagePosted, Actor: aarav.ID, At: at, BuyerID: aarav.ID, SellerID: meera.ID, Message: m,
		}),
		"message_reply":         Event(reply),
		"message_reply_deleted": Event(replyDeleted),
		"message_attachments":   Event(attached()),

		"message_edited":    Event(edited),
		"message_deleted":   Event(deleted),
		"message_concealed": Event(concealed),
		"ack_edited":        Done("tab1.0043", edited, false),
		"reaction":          Event(reacted()),
		"ack_reacted":       Done("tab1.0045", reacted(), false),

		"ack":           Ack(m, false),
		"ack_duplicate": Ack(m, true),
		"error": Error(&chat.Error{
			Code: chat.TooLong, Field: "message", Detail: "This message is too long: at most 4,000 characters fit in one. Send it in parts.",
		}, "tab1.0042"),
		"error_rate_limited": Error(&chat.Error{
			Code: chat.RateLimited, Detail: "A little slower, please. You can send again in a moment.", RetryAfter: 1500 * time.Millisecond,
		}, "tab1.0042"),
		"notification": Signal(chat.NoticesChanged{To: aarav.ID, Unread: 2, Fresh: &chat.Notice{
			ID: 88, To: aarav.ID, Kind: chat.NoticeMessage, Listing: 9, Slug: "hero-sprint-cycle-k3x9qa", Title: "Hero Sprint cycle, 21 gears",
			At: at, Unread: true, Conversation: 41, Seq: 19, From: meera, Text: "See you at six\nat the gate", Count: 1,
		}}),
		"notification_price": Signal(chat.NoticesChanged{To: aarav.ID, Unread: 3, Fresh: &chat.Notice{
			ID: 89, To: aarav.ID, Kind: chat.NoticePriceDrop, Listing: 9, Slug: "hero-sprint-cycle-k3x9qa", Title: "Hero Sprint cycle, 21 gears",
			At: at, Unread: true, Price: chat.Money{Amount: 850000, Currency: "INR"}, PriceWas: 920000,
		}}),
		"notification_count":   Signal(chat.NoticesChanged{To: aarav.ID, Unread: 1}),
		"typing":               Signal(chat.Typing{To: aarav.ID, Conversation: 41, User: meera.ID, Name: meera.Name, On: true}),
		"read":                 Signal(chat.ReadMoved{Conversation: 41, User: meera.ID, Seq: 18, At: at}),
		"delivered":            Signal(chat.DeliveredMoved{Conversation: 41, User: meera.ID, Seq: 18, At: at}),
		"presence":             Signal(chat.PresenceChanged{User: meera.ID, Online: false, LastSeen: at}),
		"privacy":              Signal(chat.PrivacyChanged{User: meera.ID, HidesSeen: true}),
		"conversation":         Signal(chat.Introduced{To: aarav.ID, Entry: e}),
		"conversation_cleared": Signal(chat.Introduced{To: aarav.ID, Entry: cleared}),
		"hidden":               Signal(chat.MessageHidden{To: aarav.ID, Message: m.Concealed()}),
		"hidden_back":          Signal(chat.MessageHidden{To: aarav.ID, Message: m}),
		"listing":              Signal(chat.ListingChanged{To: []chat.UserID{aarav.ID}, Listing: e.Listing}),
		"listing_gone":         Signal(chat.ListingChanged{To: []chat.UserID{aarav.ID}, Listing: chat.Listing{ID: 9}, Gone: true}),
		"caught_up":            CaughtUp(41, 18),
		"reset":                Reset(41, "gap"),
		"bye":                  Bye("restarting", 3250*time.Millisecond),
		"pong":                 Pong(),
	}
}

// clientFrames are all kinds of frames that clients send, by file, and the command
// that each is on the socket of conversation implied.
var clientFrames = map[string]struct {
	implied  chat.ConversationID
	want     Command
	clientID string
}{
	"original_message": {41, Send{Conversation: 41, Message: "Is this still available?"}, ""},
	"original_typing":  {41, Typing{Conversation: 41, On: true}, ""},
	"send":             {0, Send{Conversation: 41, ClientID: "tab1.0042", Message: "Perfect, six it is 🎉"}, "tab1.0042"},
	"send_reply":       {0, Send{Conversation: 41, ClientID: "tab1.0042", Message: "Perfect, six it is 🎉", ReplyTo: 5009}, "tab1.0042"},
	"send_attachments": {0, Send{
		Conversation: 41, ClientID: "tab1.0046", Attachments: []chat.AttachmentID{"krhs2yxbcr6ewznm7p4zkqvd3a", "7wq5n2fjx3tb6ydm4rhc2ksvpa"},
	}, "tab1.0046"},
	"send_caption":   {0, Send{Conversation: 41, ClientID: "tab1.0047", Message: "The gears", Attachments: []chat.AttachmentID{"krhs2yxbcr6ewznm7p4zkqvd3a"}}, "tab1.0047"},
	"original_reply": {41, Send{Conversation: 41, Message: "Is this still available?", ReplyTo: 5009}, ""},
	"edit":           {0, Edit{Conversation: 41, ID: 5012, ClientID: "tab1.0043", Message: "Perfect, seven it is 🎉"}, "tab1.0043"},
	"edit_unnamed":   {41, Edit{Conversation: 41, ID: 5012, Message: "Perfect, seven it is 🎉"}, ""},
	"delete":         {0, Delete{Conversation: 41, ID: 5012, ClientID: "tab1.0044"}, "tab1.0044"},
	"react":          {0, React{Conversation: 41, ID: 5012, ClientID: "tab1.0045", Emoji: "❤️", On: true}, "tab1.0045"},
	"react_back":     {41, React{Conversation: 41, ID: 5012, Emoji: "❤️"}, ""},
	"open":           {0, Open{Conversation: 41}, ""},
	"open_at":        {0, Open{Conversation: 41, Position: &Position{After: 18, At: at, Epoch: "e7f3"}}, ""},
	"close":          {0, Close{Conversation: 41}, ""},
	"typing":         {0, Typing{Conversation: 41, On: true}, ""},
	"read":           {0, Read{Conversation: 41, Seq: 18}, ""},
	"delivered":      {0, Delivered{Conversation: 41, Seq: 18}, ""},
	"watch":          {0, Watch{Users: []chat.UserID{3, 7}}, ""},
	"ping":           {0, Ping{}, ""},
}

// golden returns the frames of a folder by name, each on one line.
func golden(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no golden frames in %s: %v", folder, err)
	}
	frames := make(map[string][]byte)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, data); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		frames[strings.TrimSuffix(filepath.Base(file), ".json")] = line.Bytes()
	}
	return frames
}

func TestTheServersFramesAreTheGoldenOnes(t *testing.T) {
	frames := serverFrames()
	if *update {
		for name, frame := range frames {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, frame, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			if err := os.WriteFile(filepath.Join("testdata", "server", name+".json"), pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := golden(t, "server")
	for name, frame := range frames {
		if diff := cmp.Diff(string(want[name]), string(frame)); diff != "" {
			t.Errorf("%s (-golden +got):\n%s", name, diff)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("testdata/server/%s.json is of no frame", name)
	}
}

func TestTheClientsGoldenFramesAreTheirCommands(t *testing.T) {
	frames := golden(t, "client")
	for name, c := range clientFrames {
		t.Run(name, func(t *testing.T) {
			got, clientID, err := Decode(frames[name], c.implied)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if clientID != c.clientID {
				t.Errorf("got client_id %q, want %q", clientID, c.clientID)
			}
		})
		delete(frames, name)
	}
	for name := range frames {
		t.Errorf("testdata/client/%s.json is of no command", name)
	}
}

// The script of the system before this one reads these fields, and its types.
func TestTheOriginalsFieldsKeepTheirTypes(t *testing.T) {
	frames := golden(t, "server")
	for name, fields := range map[string]map[string]any{
		"message": {
			"type": "", "message": "", "sender_id": 0.0, "sender_username": "", "sender_name": "", "message_id": 0.0,
			"timestamp": "", "is_read": false,
		},
		"typing": {"type": "", "user": "", "is_typing": false},
	} {
		var got map[string]any
		if err := json.Unmarshal(frames[name], &got); err != nil {
			t.Fatal(err)
		}
		if got["type"] != name {
			t.Errorf("got type %v, want %s", got["type"], name)
		}
		for field, kind := range fields {
			if want, got := cmpKind(kind), cmpKind(got[field]); got != want {
				t.Errorf("%s: %s is a %s, want a %s", name, field, got, want)
			}
		}
	}
}

func cmpKind(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case nil:
		return "null"
	}
	return "something else"
}

func TestTimesAreUTCWithMilliseconds(t *testing.T) {
	pune := time.FixedZone("IST", 5*3600+1800)
	for name, c := range map[string]struct {
		at   time.Time
		want string
	}{
		"another zone":      {time.Date(2026, 1, 2, 8, 34, 5, 6_700_000, pune), `"2026-01-02T03:04:05.006Z"`},
		"a whole second":    {time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), `"2026-01-02T03:04:05.000Z"`},
		"no time at all":    {time.Time{}, `null`},
		"less than a milli": {time.Date(2026, 1, 2, 3, 4, 5, 999_999, time.UTC), `"2026-01-02T03:04:05.000Z"`},
	} {
		got, err := json.Marshal(Time{c.at})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, c.want)
		}
	}
	back, err := ParseTime("2026-11-22T16:12:07.381+05:30")
	if err != nil || !back.Equal(at) || back.Location() != time.UTC {
		t.Errorf("got %v, %v, want %v", back, err, at)
	}
	for _, bad := range []string{"", "yesterday", "2026-11-22", "2026-13-01T00:00:00Z"} {
		if _, err := ParseTime(bad); err == nil {
			t.Errorf("ParseTime(%q): got no error", bad)
		}
	}
}

func TestAClosedAccountTellsNothing(t *testing.T) {
	u := aarav
	u.ClosedAt = at
	if got := UserOf(u); got.Online || !got.LastSeen.IsZero() {
		t.Errorf("got %+v, want neither online nor last seen", got)
	}
}

func TestAddressesAreEscaped(t *testing.T) {
	if got, want := ListingURL(chat.Listing{Slug: "लैंप/?"}), "/product/%E0%A4%B2%E0%A5%88%E0%A4%82%E0%A4%AA%2F%3F/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ListingURL(chat.Listing{}), "/shop/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ConversationURL(41), "/chat/conversation/41/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimitsAreThoseInForce(t *testing.T) {
	media := chat.DefaultMedia()
	l := AllLimits(media)
	for name, pair := range map[string][2]int{
		"message_chars": {l.MessageChars, chat.MaxMessageChars}, "frame_bytes": {l.FrameBytes, chat.MaxFrameBytes},
		"client_id_chars": {l.ClientIDChars, chat.MaxClientIDChars}, "open": {l.Open, chat.MaxOpen},
		"watched": {l.Watched, chat.MaxWatched}, "replay": {l.Replay, chat.MaxReplay}, "title_chars": {l.TitleChars, chat.MaxTitleChars},
		"description_chars": {l.DescriptionChars, chat.MaxDescriptionChars}, "username_chars": {l.UsernameChars, chat.MaxUsernameChars},
		"name_chars": {l.NameChars, chat.MaxNameChars}, "password_chars_least": {l.PasswordChars, chat.MinPasswordChars},
		"city_chars": {l.CityChars, chat.MaxCityChars}, "about_chars": {l.AboutChars, chat.MaxAboutChars}, "photos": {l.Photos, chat.MaxPhotos},
		"image_bytes": {l.ImageBytes, 8 << 20}, "attachment_bytes": {l.AttachmentBytes, 25 << 20}, "attachments": {l.Attachments, 10},
		"daily_upload_bytes": {l.DailyUploadBytes, 500 << 20}, "voice_ms": {l.VoiceMS, 300_000},
		"photo_bytes": {l.PhotoBytes, chat.MaxPhotoBytes}, "photo_pixels": {l.PhotoPixels, chat.MaxPhotoPixels},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %d, want %d", name, pair[0], pair[1])
		}
	}
	var shape map[string]int
	data, _ := json.Marshal(l)
	if err := json.Unmarshal(data, &shape); err != nil || slices.Contains(slices.Collect(maps.Values(shape)), 0) {
		t.Errorf("got %v, %v, want no zero", shape, err)
	}
}
